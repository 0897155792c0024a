"""What a job of a pipeline asks its platform for: `make fetch-snapshot` and `make post-comment`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci import azure_devops, github, gitlab
from ci.discussion import Discussion, post
from ci.web import PipelineError
from federation.errors import FederationError

SNAPSHOTS = {
    "GITHUB_ACTIONS": github.snapshot,
    "GITLAB_CI": gitlab.snapshot,
    "TF_BUILD": azure_devops.snapshot,
}
"""The variable that a platform sets → what gets a snapshot there."""


def fetch_snapshot(env: Mapping[str, str], stack: str, file: Path) -> str:
    """Put the last snapshot of a stack into a file, and say so. None is no mistake: the preview is from nothing.

    Raises:
        PipelineError: this is no pipeline, or its platform fails.
    """
    found = SNAPSHOTS[_platform(env, SNAPSHOTS)](env, stack)
    if found is None:
        return f"no snapshot of {stack} is to be had: the preview is from nothing"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(found)
    return f"the last snapshot of {stack} is in {file}"


def post_comment(env: Mapping[str, str], file: Path) -> str:
    """Write a file as the comment to the pull requests of this run, and say so.

    Raises:
        PipelineError: this is no pipeline for a pull request, or its platform refuses.
    """
    platform = _platform(env, ("GITHUB_ACTIONS", "TF_BUILD"))
    threads: Sequence[Discussion] = (
        github.discussions(env) if platform == "GITHUB_ACTIONS" else [azure_devops.PullRequest(env)]
    )
    done = [post(thread, file.read_text()) for thread in threads]
    return f"comment {', '.join(done)}" if done else "no open pull request has this commit any more"


def _platform(env: Mapping[str, str], known: Sequence[str] | Mapping[str, object]) -> str:
    for variable in known:
        if env.get(variable):
            return variable
    raise PipelineError("this job", f"none of {', '.join(known)} is set", "run it in a pipeline: docs/ci.md")


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 1 for what the reader can act on, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="python -m ci", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser(
        "fetch-snapshot", help="the last snapshot of a stack that the main branch has left"
    )
    fetch.add_argument("stack")
    fetch.add_argument("file", type=Path)
    write = commands.add_parser("post-comment", help="write or rewrite the comment to the pull request")
    write.add_argument("file", type=Path)
    asked = parser.parse_args(words)
    try:
        if asked.command == "fetch-snapshot":
            print(fetch_snapshot(os.environ, asked.stack, asked.file))
        else:
            print(post_comment(os.environ, asked.file))
    except FederationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
