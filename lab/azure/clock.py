"""Time, as something that tests can hold in their hands."""

from __future__ import annotations

import datetime
import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch, and a way to let some pass."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return so many seconds later."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Return so many seconds later."""
        time.sleep(seconds)


class ManualClock:
    """A clock for tests: time passes when somebody sleeps, or moves `time` on, and never else."""

    def __init__(self, time_: float = 1_790_000_000.0) -> None:
        self._time = time_
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        return self._time

    def sleep(self, seconds: float) -> None:
        """Move the clock on; returns at once."""
        with self._lock:
            self._time += max(0.0, seconds)


def timestamp(seconds: float) -> str:
    """As ARM writes it: ISO 8601 in UTC with microseconds and `Z`."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
