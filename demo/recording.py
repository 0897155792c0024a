"""The README's recording: `make demo` is up, and one of its two clusters loses its power.

    python -m demo.recording           print it
    python -m demo.recording --write   put it into the README

Every line is what a command has printed in this very run; in front of each stand the seconds since the first.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from demo import block
from demo.run import STACK
from demo.steps import dig, kubectl, lab

BLOCK = "recording"
MEMBER = "fc02"
HEALED_SECONDS = 60.0


class Recording:
    """Lines, with the time of each command."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._start = time.monotonic()

    def command(self, shown: str, said: str) -> None:
        """A command as a user types it, and what it has printed."""
        self.lines += [
            f"{time.monotonic() - self._start:5.1f}s $ {shown}",
            *(f"       {line}" for line in said.splitlines()),
        ]


def record() -> str:
    """The recording, as a Markdown block. The member has its power back at the end."""
    kubeconfig, federation = STACK.kubeconfig(), STACK.topology["name"]
    ask = dig(STACK.output("nameservers")[0])
    name = next(iter(STACK.output("names").values()))[0]
    shown = Recording()
    for what in ("get clusters", "get deployment nginx"):
        words = (*kubectl(kubeconfig, federation), *what.split())
        shown.command(f"kubectl {what}", lab("exec", "--", *words, quiet=True))
    before = _answer(ask, name)
    shown.command(f"dig +short {name}", before)
    try:
        lab("fault", "kill", MEMBER, quiet=True)
        shown.command(f"lab fault kill {MEMBER}        # its power is cut", "")
        shown.command(f"dig +short {name}", _until_another(ask, name, before))
    finally:
        lab("fault", "restore", MEMBER, quiet=True)
    return "\n".join(("```", *shown.lines, "```"))


def _answer(ask: Sequence[str], name: str) -> str:
    return "\n".join(sorted(lab("exec", "--", *ask, name, quiet=True).split()))


def _until_another(ask: Sequence[str], name: str, before: str) -> str:
    """The first answer that is another one. Raises `TimeoutError`."""
    end = time.monotonic() + HEALED_SECONDS
    while (now := _answer(ask, name)) == before:
        if time.monotonic() > end:
            raise TimeoutError(f"{name} answers as before after {HEALED_SECONDS:.0f} s")
    return now


if __name__ == "__main__":
    said = record()
    if sys.argv[1:] == ["--write"]:
        block.write(BLOCK, said)
    else:
        print(said)
