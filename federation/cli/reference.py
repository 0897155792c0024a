"""The reference of `fedctl`, `docs/fedctl.md`, out of the commands themselves.

python -m federation.cli.reference > docs/fedctl.md    (`make schema` does it)
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from federation.cli.commands import app
from federation.cli.exits import MEANINGS

LEAD = """\
# `fedctl`: all commands

<!-- Written by `make schema` out of federation/cli; edit there. -->

Tools for the operator of a federation. `fedctl COMMAND --help` has the same as this page, and `fedctl --version` prints
the version. `--json` prints one JSON document on the standard output; errors are on the standard error.

## Exit status

| status | meaning |
|---|---|
"""


def page() -> str:
    """The page, in Markdown."""
    statuses = "".join(f"| {status} | {meaning} |\n" for status, meaning in MEANINGS.items())
    return LEAD + statuses + "".join(f"\n{_section(*found)}" for found in commands())


def commands() -> list[tuple[str, TyperCommand]]:
    """All commands by their words, such as "records plan", sorted."""
    group = typer.main.get_command(app)
    return sorted(_inside(group, ""), key=lambda found: found[0])


def _inside(command: Any, words: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _inside(inner, f"{words} {name}".strip())
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield words, command


def _section(words: str, command: TyperCommand) -> str:
    parameters = [p for p in command.params if p.name != "help" and not getattr(p, "hidden", False)]
    lines = [f"## fedctl {words}", "", inspect.cleandoc(command.help or ""), ""]
    if parameters:
        lines += ["| argument or option | | meaning |", "|---|---|---|", *map(_row, parameters), ""]
    return "\n".join(lines)


def _row(parameter: Any) -> str:
    """Name and value; whether it must be given, else its default; help."""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name.upper()).strip("[]")
    else:
        value = "" if parameter.is_flag else f" {_value(parameter)}"
        name = "`, `".join((*parameter.opts, *parameter.secondary_opts)) + value
    note = "required" if parameter.required else _default(parameter.default)
    more = "repeatable" if getattr(parameter, "multiple", False) or parameter.nargs == -1 else ""
    notes = ", ".join(filter(None, (note, more)))
    return f"| `{name}` | {notes} | {_cell(getattr(parameter, 'help', None) or '')} |"


def _value(parameter: Any) -> str:
    """What stands for the value: its choices, or the kind of thing that it is."""
    if parameter.metavar:
        return str(parameter.metavar)
    kind = parameter.type_descriptor.annotation
    if get_origin(kind) in (list, tuple):
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "/".join(str(each.value) for each in kind)
    if get_origin(kind) is Literal:
        return "/".join(map(str, get_args(kind)))
    return {Path: "FILE", int: "N", float: "N"}.get(kind, "TEXT")


def _default(default: Any) -> str:
    if default is None or callable(default) or default is False or default in ("", (), []):
        return ""
    shown = default.value if isinstance(default, Enum) else default
    return f"`{shown:g}`" if isinstance(shown, float) else f"`{shown}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    print(page(), end="")
