"""`fedctl comment`: what previews say, as a comment on a change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from federation.cli import app
from federation.errors import FederationError
from federation.preview import comment
from federation.preview.changes import parse
from federation.preview.summary import Summary, summarize

Platform = Literal["github", "gitlab", "azure-devops"]


class EventsError(FederationError):
    """A file has no events of the engine."""


@app.command("comment")
def command(
    events: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EVENTS]...", help="files of the engine's events; - or none: standard input"),
    ] = None,
    stack: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="a file, and what to call its stack; may be repeated"),
    ] = None,
    platform: Annotated[Platform, typer.Option(help="where the comment will be")] = "github",
    limit: Annotated[
        int,
        typer.Option(help="characters; 0: what the platform takes", min=0, show_default="of the platform"),
    ] = 0,
    key: Annotated[str, typer.Option(help="tells this comment from others on the same change")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="print JSON: the comment and what it was made of")
    ] = False,
) -> None:
    """Make a comment in Markdown of what previews say: at most 60 lines, what is destroyed first.

    The files are those of `fedctl preview --events`, or what `pulumi preview --json` writes when
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true. The comment's first line is the same for each new version of it.
    Exit status 0 whatever the previews say, 1 if a file cannot be read or is none of these.
    """
    if 0 < limit < comment.LEAST_ROOM:
        raise typer.BadParameter(f"must be 0, or at least {comment.LEAST_ROOM}", param_hint="--limit")
    named = [_named(text) for text in stack or ()]
    sources = [("", each) for each in events or ([] if named else ["-"])]
    summaries = [_summary(name, source) for name, source in (*sources, *named)]
    body = comment.render(summaries, platform=platform, limit=limit, key=key)
    if as_json:
        document = {
            "marker": comment.marker(key),
            "body": body,
            "stacks": [each.as_json() for each in summaries],
        }
        print(json.dumps(document, indent=2))
    else:
        sys.stdout.write(body)


def _named(text: str) -> tuple[str, str]:
    name, _, file = text.partition("=")
    if not (name and file):
        raise typer.BadParameter(f"{text!r} is not NAME=FILE", param_hint="--stack")
    return name, file


def _summary(name: str, source: str) -> Summary:
    """An empty file is a preview that said nothing. Raises `EventsError`."""
    seen = False

    def watched() -> Iterator[str]:
        nonlocal seen
        for line in _lines(source):
            seen = seen or bool(line.strip())
            yield line

    preview = parse(watched())
    if seen and not (preview.changes or preview.finished or preview.errors or preview.policies):
        raise EventsError(
            "standard input" if source == "-" else source,
            "it has no event of the engine",
            "write it with fedctl preview --events FILE, or with "
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json",
        )
    fallback = "stack" if source == "-" else Path(source).stem
    return summarize(replace(preview, stack=name or preview.stack or fallback))


def _lines(source: str) -> Iterator[str]:
    """Of a file, or of standard input; what is no UTF-8 does not matter."""
    if source == "-":
        for line in sys.stdin.buffer:
            yield line.decode(errors="replace")
        return
    try:
        with Path(source).open("rb") as file:
            for line in file:
                yield line.decode(errors="replace")
    except OSError as error:
        raise EventsError(source, str(error.strerror), "name a file that can be read") from None
