"""The resident memory of a program and of all that it has started, while it runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

INTERVAL_SECONDS = 0.2


class Process(NamedTuple):
    """One line of the process table; `resident` in bytes."""

    parent: int
    resident: int


def total(root: int, table: Mapping[int, Process]) -> int:
    """Bytes held by a process and its descendants. Pages that several of them share count for each, as in `ps`."""
    children: dict[int, list[int]] = {}
    for pid, process in table.items():
        children.setdefault(process.parent, []).append(pid)
    found, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        if pid in table:
            found += table[pid].resident
        waiting += children.get(pid, ())
    return found


def processes(proc: Path = Path("/proc")) -> dict[int, Process]:
    """All processes of this machine (proc_pid_stat(5): the parent is field 4, resident pages are field 24)."""
    size, table = os.sysconf("SC_PAGE_SIZE"), {}
    for place in proc.iterdir():
        if not place.name.isdigit():
            continue
        try:
            # A program's name is in parentheses, and may hold some itself.
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        table[int(place.name)] = Process(int(fields[1]), int(fields[21]) * size)
    return table


class Peak:
    """Samples a process from `with` to its end.

    Attributes:
        bytes: the most that it held at once, with all its descendants.
    """

    bytes: int

    def __init__(self, root: int) -> None:
        self.bytes = 0
        self._root, self._done = root, threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL_SECONDS):
            self.bytes = max(self.bytes, total(self._root, processes()))
