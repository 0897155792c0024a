"""The room of a comment: its lines and characters, its first line, and several stacks in one."""

from __future__ import annotations

import pytest

from federation.preview.changes import parse
from federation.preview.comment import LEAST_ROOM, MOST_LINES, marker, render
from federation.preview.summary import summarize
from tests.preview import comment_events as events
from tests.preview.comment_events import JOIN, lines, step
from tests.preview.comment_fixtures import many, shown, summary


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("", "<!-- fedctl comment -->"),
        ("west", "<!-- fedctl comment west -->"),
        ("--> <b>", "<!-- fedctl comment --b -->"),
    ],
)
def test_the_first_line_is_a_mark_that_nobody_sees(key: str, line: str) -> None:
    assert marker(key) == line
    assert render([summary()], key=key).splitlines()[0] == line


def test_a_long_comment_says_what_it_leaves_out_and_most_of_what_is_collapsed() -> None:
    joins = [
        events.replacement(JOIN, f"fc{n:03}", f"path{n:03}", inputs={"member": f"fc{n:03}"})
        for n in range(100)
    ]
    found = shown(*joins, *many(100))
    assert len(found) + 1 == MOST_LINES
    assert len([line for line in found if line.startswith("> - replaced")]) == 20
    assert "> - … and 180 more" in found
    assert "| … and 81 more | | |" in found
    assert "| | … and 39 more types | |" in found


@pytest.mark.parametrize("limit", [LEAST_ROOM, 2_000, 5_000])
def test_a_comment_is_never_longer_than_allowed(limit: int) -> None:
    text = render([summary(*many(200))], limit=limit)
    assert len(text.encode()) <= limit
    assert text.splitlines()[1] == "### `icp`: 200 to delete"


def test_several_stacks_begin_with_a_table_and_quiet_ones_are_only_there() -> None:
    west = summarize(parse(lines(step("create", JOIN, "a", stack="west"))))
    found = render([summary(events.same(JOIN, "a")), west]).splitlines()
    assert found[:8] == [
        "<!-- fedctl comment -->",
        "| stack | changes |",
        "|---|---|",
        "| `icp` | 1 unchanged |",
        "| `west` | 1 to create |",
        "",
        "### `west`: 1 to create",
        "",
    ]


def test_many_stacks_share_the_lines() -> None:
    loud = summary(*many(100), events.violation("p01", "no"))
    for count in (2, 3, 5, 8, 60, 100):
        found = render([loud] * count).splitlines()
        assert len(found) <= MOST_LINES
        assert found[3] == "| `icp` | 100 to delete; stopped by policies |"
    assert found[-1] == "| … and 44 more | |"
