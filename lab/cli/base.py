"""What all commands share: which lab they are about, and how they speak."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console

from lab import preflight
from lab.layout import Layout
from lab.state import Record, State

# A log or a pipe has no width, and a table must not be cut there.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="print JSON for programs")]


@dataclass
class Choice:
    """Which lab the commands are about."""

    lab: str = "lab"


choice = Choice()


def state() -> State:
    """The lab that the command line chose. Raises `LabError`."""
    return State(choice.lab)


def opened() -> tuple[State, Record, Layout]:
    """The lab that is up. Raises `LabError`."""
    preflight.require_linux_and_root()
    here = state()
    record = here.require()
    return here, record, here.layout(record)


def clock() -> Callable[[str, str], None]:
    """Prints progress with the seconds since now."""
    start = time.monotonic()

    def say(subject: str, text: str) -> None:
        errors.print(f"{time.monotonic() - start:6.1f} s  {subject}: {text}", markup=False)

    return say


def print_json(data: Any) -> None:
    """JSON on standard output."""
    print(json.dumps(data, indent=2))
