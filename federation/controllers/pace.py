"""When a loop may turn again: at once after a change, not too often, later after failures, and now and then anyway."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds, but for `burst`.

    Attributes:
        every: between two turns without a change in between.
        burst: so many turns may follow each other at once,
        refill: and then one in that time.
        backoff: after the first failure; twice as much after each further one in a row,
        longest: but no longer.
    """

    every: float = 30.0
    burst: int = 5
    refill: float = 1.0
    backoff: float = 1.0
    longest: float = 30.0


class Pace:
    """A token bucket with a memory for failures. Not safe to use from several threads.

    Args:
        limits: of the pace.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(self, limits: Limits | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits or Limits(), clock
        self._tokens, self._filled = float(self._limits.burst), clock()
        self._failures = 0
        self._changed, self._last = True, clock()

    def changed(self) -> None:
        """There is something to do."""
        self._changed = True

    def wait(self) -> float:
        """Seconds until the next turn, 0 if it is due."""
        limits, now = self._limits, self._clock()
        if self._failures:
            due = self._last + min(limits.longest, limits.backoff * 2.0 ** (self._failures - 1))
        else:
            due = self._last if self._changed else self._last + limits.every
        missing = max(0.0, 1.0 - self._level(now)) * limits.refill
        return max(0.0, due - now, missing)

    def begin(self) -> None:
        """A turn begins: changes from now on are for the next one."""
        now = self._clock()
        self._tokens, self._filled = self._level(now) - 1.0, now
        self._changed = False

    def end(self, *, failed: bool = False) -> None:
        """The turn has ended."""
        self._failures = self._failures + 1 if failed else 0
        self._last = self._clock()

    def _level(self, now: float) -> float:
        return min(float(self._limits.burst), self._tokens + (now - self._filled) / self._limits.refill)
