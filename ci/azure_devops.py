"""Azure DevOps: comments to a pull request of Azure Repos, and the snapshots that builds of main have left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ci.discussion import Comment
from ci.github import unpacked
from ci.web import Web

VERSION = {"api-version": "7.1"}
"""Of the REST API: each request has it."""
BUILDS = 30
"""How many builds are looked through for a snapshot: the nightly one has one of each stack."""


def connect(env: Mapping[str, str]) -> Web:
    """The API of the project, with the job's token in `SYSTEM_ACCESSTOKEN`."""
    base = f"{env['SYSTEM_COLLECTIONURI'].rstrip('/')}/{env['SYSTEM_TEAMPROJECTID']}/_apis"
    return Web(base, {"Authorization": f"Bearer {env['SYSTEM_ACCESSTOKEN']}"})


class PullRequest:
    """Comments to one pull request (a `Discussion`): each is the first one of a thread."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._api = connect(env)
        self._url = env["SYSTEM_COLLECTIONURI"].rstrip("/")
        number = env["SYSTEM_PULLREQUEST_PULLREQUESTID"]
        self._threads = f"git/repositories/{env['BUILD_REPOSITORY_ID']}/pullRequests/{number}/threads"

    def ours(self) -> Iterator[Comment]:
        """Those of the build service."""
        me = self._api.ask("GET", f"{self._url}/_apis/connectionData")["authenticatedUser"]["id"]
        for thread in self._api.ask("GET", self._threads, query=VERSION)["value"]:
            for first in thread["comments"][:1]:
                if first["author"]["id"] == me and not first.get("isDeleted"):
                    yield Comment(str(thread["id"]), first.get("content") or "")

    def write(self, text: str) -> None:
        """A thread that is closed already: it asks nobody for an answer."""
        body = {"comments": [{"content": text, "commentType": "text"}], "status": "closed"}
        self._api.ask("POST", self._threads, body=body, query=VERSION)

    def rewrite(self, comment: Comment, text: str) -> None:
        """One of `ours`."""
        path = f"{self._threads}/{comment.id}/comments/1"
        self._api.ask("PATCH", path, body={"content": text}, query=VERSION)


def snapshot(env: Mapping[str, str], stack: str) -> bytes | None:
    """The last snapshot of a stack, of a build of the main branch."""
    api = connect(env)
    asked = {
        "definitions": env["SYSTEM_DEFINITIONID"],
        "branchName": "refs/heads/main",
        "queryOrder": "finishTimeDescending",
        "$top": str(BUILDS),
    }
    builds = api.ask("GET", "build/builds", query=asked | VERSION)
    for build in builds["value"]:
        listed = api.ask("GET", f"build/builds/{build['id']}/artifacts", query=VERSION)
        for artifact in listed["value"]:
            if artifact["name"] == f"snapshot-{stack}":
                archive = api.found(artifact["resource"]["downloadUrl"])
                return None if archive is None else unpacked(archive, f"{stack}.json")
    return None
