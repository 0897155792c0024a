"""The page of all errors, `docs/troubleshooting.md`, out of the sources. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from federation.catalogue.advice import LOOK, PROBLEMS
from federation.catalogue.raises import Kind, Made, kinds, made
from federation.catalogue.sources import Source
from federation.catalogue.texts import REST
from federation.errors import anchor_of

LEAD = """\
# Troubleshooting

<!-- Written by `make schema` out of the sources; edit there. What to look at is in federation/catalogue/advice.py. -->

Every error that you can act on is one line, and a second one that leads here:

```
error: OBJECT: CAUSE. Next: STEP.
More: docs/troubleshooting.md#TYPE
```

Search this page for the words of the cause. `…` stands for what differs: a name, a number, or a text of a server.
Anything with a traceback is a bug: please report it with the bundle that `fedctl gather` makes, without secrets.

`fedctl status` shows what is wrong with a federation as it is now; `fedctl upgrade --check` what keeps it from a newer
version.
"""


def page(sources: Mapping[str, Source]) -> str:
    """The page, in Markdown."""
    known = sorted(kinds(sources).values(), key=lambda kind: (kind.name.startswith("lab."), kind.title))
    rows = merged(made(sources))
    parts = [
        LEAD,
        _contents(known),
        _problems(),
        *(_section(kind, rows.get(kind.name, ())) for kind in known),
    ]
    return "\n".join(parts)


def merged(found: Iterable[Made]) -> dict[str, list[Made]]:
    """By type: one row for each text, with all steps; without texts that nobody can search for."""
    fixes: dict[tuple[str, str, str], list[Made]] = {}
    for one in found:
        if any(letter.isalpha() for letter in one.cause):
            fixes.setdefault((one.kind, one.obj, one.cause), []).append(one)
    rows: dict[str, list[Made]] = {}
    for (kind, obj, cause), same in fixes.items():
        steps = [step for step in dict.fromkeys(one.fix for one in same) if step != REST]
        paths = dict.fromkeys(one.path for one in same)
        rows.setdefault(kind, []).append(Made(kind, ", ".join(paths), obj, cause, " / ".join(steps)))
    return rows


def _contents(known: Sequence[Kind]) -> str:
    links = (f"[{kind.title}](#{anchor_of(kind.title)})" for kind in known)
    return f"Types: {', '.join(links)}.\n"


def _problems() -> str:
    rows = [f"| `{_code(problem)}` | {_cell(step)} |" for problem, step in PROBLEMS.items()]
    return "\n".join(["## What `fedctl status` says", "", "| problem | what to do |", "|---|---|", *rows, ""])


def _section(kind: Kind, rows: Sequence[Made]) -> str:
    lines = [
        f"## {kind.title}\n",
        f"`{kind.name}`: {_first(kind.meaning)} {LOOK.get(kind.title, '')}".rstrip(),
    ]
    if rows:
        lines += ["", "| it says | next | from |", "|---|---|---|", *_table(rows)]
    return "\n".join([*lines, ""])


def _first(docstring: str) -> str:
    return " ".join(docstring.partition("\n\n")[0].split())


def _table(rows: Sequence[Made]) -> Iterator[str]:
    for row in rows:
        said = row.cause if not any(letter.isalpha() for letter in row.obj) else f"{row.obj}: {row.cause}"
        next_step = _cell(row.fix) or "what the message says"
        yield f"| `{_code(said)}` | {next_step} | {_places(row.path)} |"


def _code(text: str) -> str:
    """In a cell, within backticks."""
    return text.replace("`", "'").replace("|", r"\|")


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*")


def _places(paths: str) -> str:
    return paths.replace("federation/", "").replace(".py", "")
