"""What a nameserver answers, asked again and again: when it is what it should be, and since when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from federation.dns.query import ask
from federation.errors import FederationError

LOG_SECONDS = 0.1  # between two questions for one name
QUERY_SECONDS = 2.0


@dataclass(frozen=True)
class Entry:
    """One answer.

    Attributes:
        at: when the question was sent, in seconds of time.monotonic().
        name: that was asked for.
        values: addresses; none where there was an error, or no answer in time.
    """

    at: float
    name: str
    values: frozenset[str]


def settled(
    log: Iterable[Entry], since: float, wanted: Mapping[str, frozenset[str]], *, until: float
) -> float:
    """Seconds after `since` from which on, to `until`, every answer was the wanted one of its name."""
    other = [e.at for e in log if since < e.at < until and e.values != wanted[e.name]]
    return max(other) - since if other else 0.0


def unanswered(log: Iterable[Entry]) -> int:
    """How many answers had no address."""
    return sum(not entry.values for entry in log)


def addresses(nameserver: str, name: str) -> frozenset[str]:
    """One answer; an error, or none in time, has no address."""
    try:
        return frozenset(ask(nameserver, name, timeout=QUERY_SECONDS).values)
    except FederationError:
        return frozenset()


def answered(
    nameserver: str, name: str, wanted: frozenset[str], *, every: float, within: float
) -> float | None:
    """When the first wanted answer came, in seconds of time.monotonic(); None if none did in time."""
    end = time.monotonic() + within
    while (now := time.monotonic()) < end:
        if addresses(nameserver, name) == wanted:
            return time.monotonic()
        time.sleep(max(0.0, now + every - time.monotonic()))
    return None


@dataclass
class Log:
    """Asks for names, ten times a second each, from `with` to its end.

    Args:
        nameserver: "address:port".
        names: to ask for.

    Attributes:
        entries: of all names, those of each in order.
    """

    nameserver: str
    names: Sequence[str]
    entries: list[Entry] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._follow, args=(n,), daemon=True) for n in self.names]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _follow(self, name: str) -> None:
        """At fixed moments: a slow answer does not make the log thinner than it must be."""
        due = time.monotonic()
        while not self._done.wait(max(0.0, due - time.monotonic())):
            began = time.monotonic()
            self.entries.append(Entry(began, name, addresses(self.nameserver, name)))
            due = max(due + LOG_SECONDS, began)
