"""One comment to a pull request that is kept up to date, whatever the platform."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ci.web import PipelineError

MARK = re.compile(r"<!-- \S.*-->")
"""The first line of a comment that `fedctl comment` has made: it is not shown, and finds the comment again."""


@dataclass(frozen=True)
class Comment:
    """One of ours: its id on the platform, and its Markdown."""

    id: str
    text: str


class Discussion(Protocol):
    """The comments to one pull request."""

    def ours(self) -> Iterable[Comment]:
        """Those that the token's owner has written: another's is never rewritten, whatever stands in it."""

    def write(self, text: str) -> None:
        """Add a comment."""

    def rewrite(self, comment: Comment, text: str) -> None:
        """Replace a comment's text."""


def post(discussion: Discussion, text: str) -> str:
    """Write a comment, or bring the former one up to date.

    Args:
        text: its first line is the mark.

    Returns:
        What was done: "written", "rewritten" or "unchanged".

    Raises:
        PipelineError: there is no mark, so that each run would add one more comment.
    """
    mark = text.partition("\n")[0].strip()
    if not MARK.fullmatch(mark):
        raise PipelineError(
            "the comment", f"its first line is {mark!r} and no mark", "write it with `make comment`"
        )
    former = next((c for c in discussion.ours() if c.text.partition("\n")[0].strip() == mark), None)
    if former is None:
        discussion.write(text)
        return "written"
    if former.text.strip() == text.strip():
        return "unchanged"
    discussion.rewrite(former, text)
    return "rewritten"
