"""A federation with names on real clusters: what `dig` says of a service, and a log of what clients would have got."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.labs import TestLab
from tests.lab.stacks import FEDERATION, Stack

DOMAIN = "fc-federated.com"
GLOBAL = f"nginx.default.{FEDERATION}.svc.{DOMAIN}"
REGION = f"nginx.default.{FEDERATION}.svc.us.{DOMAIN}"
EAST = f"nginx.default.{FEDERATION}.svc.east.us.{DOMAIN}"
WEST = f"nginx.default.{FEDERATION}.svc.west.us.{DOMAIN}"
LEVELS = (GLOBAL, REGION, EAST, WEST)
VIP_EAST, VIP_WEST = "10.250.0.2", "10.250.1.2"
NODE_PORT = 30053


@dataclass
class Log:
    """What a client that asks ten times a second has been told.

    Attributes:
        entries: moment (seconds of time.time()), name, response code, addresses.
    """

    entries: list[tuple[float, str, str, frozenset[str]]] = field(default_factory=list)

    def failures(self) -> list[str]:
        """Answers without an address: NXDOMAIN, no data, SERVFAIL, or none at all."""
        return [f"{at:.1f} {name} {rcode}" for at, name, rcode, values in self.entries if not values]

    def settled(self, since: float, until: float, wanted: dict[str, set[str]]) -> float:
        """Seconds after `since` from which on, to `until`, every answer was the wanted one of its name."""
        other = [at for at, name, _, values in self.entries if since < at < until and values != wanted[name]]
        return max(other) - since if other else 0.0


@dataclass(frozen=True)
class Names:
    """The names of a stack's federation.

    Attributes:
        lab: with its clusters.
        stack: that is up.
        server: address of the nameserver.
    """

    lab: TestLab
    stack: Stack
    server: str

    def dig(self, name: str, *words: str) -> str:
        return self.lab(
            "exec", "--", "dig", f"@{self.server}", "-p", str(NODE_PORT), "+time=2", "+tries=1", name, *words
        )

    def answers(self) -> dict[str, set[str]]:
        """Name → addresses, of all levels."""
        return {name: set(self.dig(name, "+short").split()) for name in LEVELS}

    def unlike(self, wanted: dict[str, set[str]]) -> str | None:
        found = self.answers()
        return None if found == wanted else str(found)

    @contextmanager
    def logged(self, folder: Path) -> Iterator[Log]:
        """Ask for all levels while the block runs; the log is whole afterwards."""
        log, file, stop = Log(), folder / "queries.jsonl", folder / "stop"
        stop.unlink(missing_ok=True)
        asked = (f"{self.server}:{NODE_PORT}", ",".join(LEVELS), str(file), str(stop))
        running = self.lab.start("exec", "--", sys.executable, "-m", "tests.lab.federation.querylog", *asked)
        try:
            _first_answers(running, file)
            yield log
        finally:
            stop.touch()
            try:
                running.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGTERM)
                raise
        log.entries += _entries(file.read_text().splitlines())


def _first_answers(running: subprocess.Popen[str], file: Path) -> None:
    end = time.monotonic() + 30
    while not (file.exists() and len(file.read_text().splitlines()) >= len(LEVELS)):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end, "no answer is logged"
        time.sleep(0.2)


def _entries(lines: Sequence[str]) -> Iterator[tuple[float, str, str, frozenset[str]]]:
    for line in lines:
        entry = json.loads(line)
        yield entry["at"], entry["name"], entry["rcode"], frozenset(entry["values"])


def healthy() -> dict[str, set[str]]:
    both = {VIP_EAST, VIP_WEST}
    return {GLOBAL: both, REGION: both, EAST: {VIP_EAST}, WEST: {VIP_WEST}}


def only(address: str) -> dict[str, set[str]]:
    """One member serves: every level leads to it."""
    return {name: {address} for name in LEVELS}
