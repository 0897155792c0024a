"""Golden comments: of what kinds of changes a reviewer sees what."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from federation.preview.changes import parse
from federation.preview.comment import MOST_LINES, PLATFORMS
from tests.preview.comment_cases import CASES, GOLDEN, MADE, comment, golden, told

PARSER = MarkdownIt("commonmark").enable("table")


@pytest.mark.parametrize("case", CASES)
def test_the_comment_is_as_it_was_agreed_on(case: str) -> None:
    assert comment(case) == golden(case).read_text(), "python -m tests.preview.comment_cases writes them anew"


@pytest.mark.parametrize("case", CASES)
def test_the_comment_is_short(case: str) -> None:
    assert len(comment(case).splitlines()) <= MOST_LINES
    assert len(comment(case)) <= min(PLATFORMS.values())


@pytest.mark.parametrize("case", CASES)
def test_tables_blocks_and_what_is_collapsed_are_read_as_such(case: str) -> None:
    tokens = PARSER.parse(comment(case))
    plain = [
        t.content for t, before in zip(tokens[1:], tokens, strict=False) if before.type == "paragraph_open"
    ]
    assert not [text for text in plain if text.startswith(("|", "```", "<", "-"))]
    opened = [token.content.startswith("<details>") for token in tokens if token.type == "html_block"]
    assert opened == [False, *[True, False] * (len(opened) // 2)], "the mark, then pairs"


def test_the_largest_one_is_of_two_hundred_resources() -> None:
    changes = parse(told(MADE)).changes
    assert len([change for change in changes if change.op != "same"]) == 200
    assert len(comment(MADE).splitlines()) == MOST_LINES


def test_every_file_is_used() -> None:
    files = {file.name for file in GOLDEN.iterdir()}
    assert files == {f"{case}.md" for case in CASES} | {f"{case}.jsonl" for case in CASES if case != MADE}
