"""Telling a person, or a log, that long work is alive: lines in a log, a moving line on a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

HEARTBEAT = 30.0  # seconds; continuous integration gives up on jobs that are silent for long
_REDRAW = 1.0


def clock_text(seconds: float) -> str:
    """12 becomes 12s, 160 2m40s, 3720 1h02m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"


class Progress:
    """Counts pieces of work that may overlap; safe to call from several threads.

    Use it as a context manager: outside, it prints starts and ends but no sign of life.

    Args:
        console: where to; default is standard error.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(
        self, console: Console | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False, soft_wrap=True)
        self._clock, self._begun = clock, clock()
        self._total = self._done = 0
        self._running: dict[str, tuple[str, float]] = {}
        self._guard, self._stop = threading.Lock(), threading.Event()
        self._status: Status | None = None
        self._ticker: threading.Thread | None = None

    def expect(self, total: int) -> None:
        """So many pieces are to come."""
        self._total = total

    def start(self, label: str, doing: str, hint: str = "") -> None:
        """A piece begins, such as ("etcd v3.6.14", "building", "its log is FILE")."""
        with self._guard:
            self._running[label] = (doing, self._clock())
            self._print(f"      {label}  {doing}{hint and f' ({hint})'}")

    def finish(self, label: str, how: str) -> None:
        """A piece is done; `how` may hold {time}, which becomes what it took."""
        with self._guard:
            _, since = self._running.pop(label, ("", self._clock()))
            self._done += 1
            took, all_of_it = clock_text(self._clock() - since), clock_text(self._clock() - self._begun)
            counted = f"[{self._done}/{self._total}]"
            self._print(f"{counted} {label}  {how.format(time=took)} (total {all_of_it})")

    @contextmanager
    def within(self, label: str, doing: str) -> Iterator[None]:
        """Work that is worth a line only when it takes long."""
        with self._guard:
            self._running[label] = (doing, self._clock())
        try:
            yield
        finally:
            with self._guard:
                self._running.pop(label, None)

    def drop(self, label: str, why: str) -> None:
        """A piece ends without being done; something else will do it."""
        with self._guard:
            self._running.pop(label, None)
            self._print(f"      {label}  {why}")

    def note(self, text: str) -> None:
        """Something worth a line that is no end."""
        with self._guard:
            self._print(f"      {text}")

    def beat(self) -> None:
        """Show that what runs still runs: one line for each piece."""
        with self._guard:
            lines = [
                f"{label}  still {doing}, {clock_text(self._clock() - since)}"
                for label, (doing, since) in self._running.items()
            ]
            if self._status is not None:
                self._status.update(" | ".join(lines) or "working")
                return
            for line in lines:
                self._print(f"      {line}")

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status("working")
            self._status.start()
        self._stop.clear()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
        self._ticker.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join()
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _tick(self) -> None:
        while not self._stop.wait(_REDRAW if self._status is not None else HEARTBEAT):
            self.beat()

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False)
