"""docs/fedctl.md is what the commands are, and every exit status is one of the table."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from typer.core import TyperCommand

from federation import cli
from federation.cli import MODULES, exits
from federation.cli.reference import commands, page

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "fedctl.md"
ORDINARY = {exits.FINE, exits.ERROR, exits.USAGE}
"""They mean the same for every command, and need no word in its description."""


def modules() -> list[ModuleType]:
    names = sorted({*MODULES.values()})
    return [cli, *(import_module(f"federation.cli.{name}") for name in names)]


def statuses(module: ModuleType) -> Iterator[int]:
    """Every constant that a module ends the program with; of one that is chosen, all choices."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Exit", "sys.exit"):
            for part in node.args or [word.value for word in node.keywords]:
                choices = [part.body, part.orelse] if isinstance(part, ast.IfExp) else [part]
                yield from (int(eval(ast.unparse(each), vars(module))) for each in choices)  # noqa: S307


def told(text: str) -> set[int]:
    """Statuses that a description tells of."""
    sentence = " ".join(text.split()).partition("Exit status")[2]
    return {int(number) for number in re.findall(r"\b\d\b", sentence.partition(". ")[0])}


def test_the_page_is_that_of_the_commands() -> None:
    assert PAGE.read_text() == page(), "run `make schema`"


def test_every_command_is_on_the_page_once() -> None:
    titles = re.findall(r"^## fedctl (.+)$", PAGE.read_text(), re.MULTILINE)
    assert titles == sorted({*MODULES, "versions"})


def test_every_status_has_its_row() -> None:
    named = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    assert named == exits.MEANINGS.keys()
    for status, meaning in exits.MEANINGS.items():
        assert f"| {status} | {meaning} |\n" in PAGE.read_text()


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.__name__)
def test_a_module_ends_with_statuses_of_the_table_and_its_commands_tell_the_unusual_ones(
    module: ModuleType,
) -> None:
    found = {*statuses(module)}
    assert found <= exits.MEANINGS.keys()
    mine = [c for words, c in commands() if import_module_of(words) is module]
    for status in found - ORDINARY:
        assert any(status in told(command.help or "") for command in mine), (
            f"no description tells of {status}"
        )


def import_module_of(words: str) -> ModuleType:
    return import_module(f"federation.cli.{MODULES[words]}") if words in MODULES else cli


@pytest.mark.parametrize(("words", "command"), commands(), ids=str)
def test_a_description_tells_of_statuses_of_the_table_only(words: str, command: TyperCommand) -> None:
    assert told(command.help or "") <= exits.MEANINGS.keys()


@pytest.mark.parametrize(("words", "command"), commands(), ids=str)
def test_a_command_and_each_of_its_options_say_what_they_are_for(words: str, command: TyperCommand) -> None:
    assert command.help
    assert [p.name for p in command.params if p.name != "help" and not getattr(p, "help", None)] == []


def test_statuses_are_seen() -> None:
    assert {*statuses(import_module("federation.cli.status"))} == {exits.FINDINGS}
    assert {*statuses(import_module("federation.cli.convert"))} == {exits.FINE, exits.ERROR}
    assert told("Exit status 0 if fine,\n3 if not. And 7 more.") == {0, 3}
