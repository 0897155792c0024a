"""What tests of comments share: a summary of events, the lines of its comment, and many changes."""

from __future__ import annotations

from typing import Any

from federation.preview.changes import parse
from federation.preview.comment import render
from federation.preview.summary import Summary, summarize
from tests.preview import comment_events as events
from tests.preview.comment_events import lines


def summary(*told: Any) -> Summary:
    return summarize(parse(lines(*told)))


def shown(*told: Any, **options: Any) -> list[str]:
    """The comment's lines after the marker."""
    return render([summary(*told)], **options).splitlines()[1:]


def many(count: int, kinds: int = 40) -> list[Any]:
    return [events.delete(f"kubernetes:core/v1:Kind{n % kinds:02}", f"r{n}") for n in range(count)]
