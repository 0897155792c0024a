"""GitHub: comments to the pull requests of a run, and the snapshots that runs on the default branch have left."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ci.discussion import Comment
from ci.web import PipelineError, Query, Web

OURS = "github-actions[bot]"
"""Whose comments those written with a job's token are."""
PAGE = 100
"""Items of an answer; GitHub has no more."""


def connect(env: Mapping[str, str]) -> Web:
    """The API, with the job's token in `GITHUB_TOKEN`."""
    headers = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {env['GITHUB_TOKEN']}"}
    return Web(f"{env['GITHUB_API_URL']}/repos/{env['GITHUB_REPOSITORY']}", headers)


class PullRequest:
    """Comments to one pull request (a `Discussion`)."""

    def __init__(self, api: Web, number: int) -> None:
        self._api, self._number = api, number

    def ours(self) -> Iterator[Comment]:
        """In the order of their age."""
        for found in pages(self._api, f"issues/{self._number}/comments"):
            if found["user"] and found["user"]["login"] == OURS:  # a deleted account is none
                yield Comment(str(found["id"]), found["body"] or "")

    def write(self, text: str) -> None:
        """A pull request is an issue, as far as its comments go."""
        self._api.ask("POST", f"issues/{self._number}/comments", body={"body": text})

    def rewrite(self, comment: Comment, text: str) -> None:
        """One of `ours`."""
        self._api.ask("PATCH", f"issues/comments/{comment.id}", body={"body": text})


def discussions(env: Mapping[str, str]) -> list[PullRequest]:
    """The open pull requests whose last commit the run had that has started this one (`workflow_run`).

    The event names none if the branch is of a fork, and what the run has left may name any: it is the work of the
    fork's code. So GitHub is asked which pull requests have this commit of this branch.

    Raises:
        PipelineError: this is no such run.
    """
    run = _event(env).get("workflow_run") or {}
    if run.get("event") != "pull_request":
        raise PipelineError("the comment", "no run for a pull request is behind this one", "see docs/ci.md")
    if not run["head_repository"]:  # the fork is gone
        return []
    api = connect(env)
    head = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
    found = api.ask("GET", "pulls", query={"state": "open", "head": head, "per_page": PAGE})
    return [PullRequest(api, int(each["number"])) for each in found if each["head"]["sha"] == run["head_sha"]]


def snapshot(env: Mapping[str, str], stack: str) -> bytes | None:
    """The last snapshot of a stack: of a run on the default branch of this repository, never of a fork's."""
    api = connect(env)
    main = _event(env)["repository"]["default_branch"]
    for found in pages(api, "actions/artifacts", {"name": f"snapshot-{stack}"}, key="artifacts"):
        run = found["workflow_run"]
        own = run["head_repository_id"] == run["repository_id"]
        if own and run["head_branch"] == main and not found["expired"]:
            archive = api.found(f"actions/artifacts/{found['id']}/zip")
            return None if archive is None else unpacked(archive, f"{stack}.json")
    return None


def pages(api: Web, path: str, query: Query | None = None, *, key: str = "") -> Iterator[dict[str, Any]]:
    """All items of a list, whatever the number of pages."""
    page = 1
    while True:
        answer = api.ask("GET", path, query={**(query or {}), "per_page": PAGE, "page": page})
        items = answer[key] if key else answer
        yield from items
        if len(items) < PAGE:
            return
        page += 1


def unpacked(archive: bytes, name: str) -> bytes:
    """A file out of an archive, in whatever folder it is there; nothing else of it is looked at.

    Raises:
        PipelineError: it is not there.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for member in opened.namelist():
            if member.rpartition("/")[2] == name:
                return opened.read(member)
    raise PipelineError(
        f"artifact with {name}", "the file is not in it", "run the job on the main branch again"
    )


def _event(env: Mapping[str, str]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(Path(env["GITHUB_EVENT_PATH"]).read_text())
    return event
