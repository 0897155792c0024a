"""Previews of a stack in a lab, with access to all of it and without any."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.lab.labs import LAB
from tests.lab.stacks import RUN_SECONDS, Stack


def fedctl(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    """A command for a stack, by an operator with access."""
    program = str(Path(sys.executable).with_name("fedctl"))
    argv = [*LAB, "exec", "--", program, *words]
    return subprocess.run(
        argv, env=stack.env, text=True, capture_output=True, timeout=RUN_SECONDS, check=False
    )


VIOLATED = 3
"""Of a preview: a lab's images come from no registry that the policies know."""


def of_stack(stack: Stack, *words: str, fine: tuple[int, ...] = (0,)) -> None:
    """A command that must succeed."""
    done = fedctl(stack, *words, "--stack", stack.name, "--project", str(stack.directory))
    assert done.returncode in fine, f"fedctl {' '.join(words)}:\n{done.stdout}{done.stderr}"


def compared(stack: Stack) -> dict[str, Any]:
    """What `fedctl preview --compare` says of a preview with access and one against the last snapshot."""
    folder = stack.directory / "events"
    ones = ("preview", "--json", "--events", str(folder / "with.jsonl"))
    others = ("preview", "--offline", "--events", str(folder / "without.jsonl"))
    for words in (ones, others):
        of_stack(stack, *words, fine=(0, VIOLATED))
    files = (str(folder / "with.jsonl"), str(folder / "without.jsonl"))
    done = fedctl(stack, "preview", "--json", "--compare", *files)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == (found["share"] >= 0.95 and not found["replacements"]), found
    return found
