"""Previews as a comment on a change: what a reviewer must know, in one screen. Pure.

A comment has at most `MOST_LINES` lines, whatever the size of the change, as a longer one is not read; counted are all
lines of the Markdown, also those that are collapsed. Sections share these lines evenly, and say what they leave out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from federation.preview.markdown import code, row
from federation.preview.sections import Section, sections
from federation.preview.summary import Summary

MOST_LINES = 60
PLATFORMS: Mapping[str, int] = {"github": 65_536, "gitlab": 1_000_000, "azure-devops": 150_000}
"""Platform → the longest comment that it takes, in characters."""
LEAST_ROOM = 1_000
"""Characters that every comment may have: more than what is never left out."""
SOME_ROWS = 3
"""Of each section, before any gets more."""
_LONGEST_KEY = 60
TO_DO = {
    "replace": "to replace",
    "delete": "to delete",
    "create": "to create",
    "import": "to import",
    "update": "to update",
    "delete-replaced": "left over, to delete",
    "drift": "drifted",
    "unknown": "unknown",
}


def marker(key: str = "") -> str:
    """The comment's first line, which nobody sees: by it a former comment is found and replaced."""
    kept = "".join(ch for ch in key if ch.isalnum() or ch in "._-")
    return f"<!-- fedctl comment{f' {kept[:_LONGEST_KEY]}' if kept else ''} -->"


def render(summaries: Sequence[Summary], *, platform: str = "github", limit: int = 0, key: str = "") -> str:
    """The comment.

    Args:
        summaries: of each stack, in the order in which they are shown.
        platform: one of `PLATFORMS`.
        limit: characters, at least `LEAST_ROOM`; 0: what the platform takes. Bytes of UTF-8 are counted, which
            are never fewer.
        key: tells this comment from others of the same change.
    """
    limit = limit or PLATFORMS[platform]
    texts = (
        "\n".join([marker(key), *_body(summaries, lines - 1, platform)]) + "\n"
        for lines in range(MOST_LINES, 1, -1)
    )
    return next(text for text in texts if len(text.encode()) <= limit)


def _body(summaries: Sequence[Summary], room: int, platform: str) -> list[str]:
    if len(summaries) == 1:
        return _stack(summaries[0], room, platform)
    head = ["| stack | changes |", "|---|---|"]
    rows = [row(code(s.stack), _counts(s)) for s in summaries]
    table = Section(head, rows, lambda n: row(f"… and {n} more", ""))
    loud = [summary for summary in summaries if not summary.quiet]
    shown = table.lines(max(1, min(len(rows), room - table.frame)))
    each = (room - len(shown)) // max(1, len(loud))
    if each < _LEAST_LINES:
        return shown
    return [*shown, *(line for summary in loud for line in ["", *_stack(summary, each - 1, platform)])]


_LEAST_LINES = 8
"""Of a stack that is shown in full: a heading, and a section with some rows."""


def _stack(summary: Summary, room: int, platform: str) -> list[str]:
    if summary.quiet:
        same = sum(summary.counts.values())
        return [f"**No changes** in {code(summary.stack)}; resources: {same}"]
    heading = f"### {code(summary.stack)}: {_counts(summary)}"
    return [heading, *fit(list(sections(summary, platform)), room - 1)]


def fit(asked: Sequence[Section], room: int) -> list[str]:
    """As many sections as there is room for, the first ones first: some rows of each, then all of those that matter."""
    kept = list(asked)
    while kept and sum(section.frame + bool(section.rows) for section in kept) > room:
        kept.pop()
    left = room - sum(section.frame for section in kept)
    wanted = [len(section.rows) for section in kept]
    some = [min(SOME_ROWS, count) for count in wanted]
    most = [few if section.minor else count for section, count, few in zip(kept, wanted, some, strict=True)]
    given = [0] * len(kept)
    for caps in (some, most, wanted):
        given, left = _dealt(given, caps, left)
    return [line for section, rows in zip(kept, given, strict=True) for line in section.lines(rows)]


def _dealt(given: Sequence[int], caps: Sequence[int], left: int) -> tuple[list[int], int]:
    """One line to each in turn, up to its cap, until none are left; and how many are."""
    now = list(given)
    while left and (asking := [place for place, cap in enumerate(caps) if now[place] < cap]):
        for place in asking[:left]:
            now[place] += 1
        left -= len(asking[:left])
    return now, left


def _counts(summary: Summary) -> str:
    told = [f"{n} {TO_DO[op]}" for op in TO_DO if (n := summary.counts.get(op, 0))]
    same = sum(n for op, n in summary.counts.items() if op not in TO_DO)
    told += [f"{same} unchanged"] if same else []
    if summary.errors or not summary.finished:
        return f"the preview FAILED{' after ' + ', '.join(told) if told else ''}"
    stopped = any(policy.mandatory for policy in summary.policies)
    return (", ".join(told) or "nothing") + ("; stopped by policies" if stopped else "")
