"""A command of `fedctl` loads what it needs, and every command is found."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.core import TyperGroup

from federation.cli import MODULES
from federation.cli.commands import app

PROGRAM = """\
import sys
from federation.cli import app, load
load(sys.argv[1:])
print("federation.kube" in sys.modules)
app(sys.argv[1:])
"""


def every_command() -> list[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    inner = {name: c for name, c in group.commands.items() if isinstance(c, TyperGroup)}
    nested = [f"{name} {each}" for name, c in inner.items() for each in c.commands]
    return [name for name in group.commands if name not in inner] + nested


def test_every_command_has_its_module() -> None:
    assert set(every_command()) - MODULES.keys() == {"versions"}, "which is in the package itself"


@pytest.mark.parametrize(
    ("words", "clients"),
    [
        ("records plan", "False"),
        ("placement", "False"),
        ("status", "True"),
        ("records", "True"),
        ("versions", "True"),
    ],
)
def test_a_command_loads_what_it_needs(words: str, clients: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words.split(), "--help"],
        text=True,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[0] == clients
    assert "Usage: " in done.stdout
