"""A service's own limit of requests, kept from our side: so that it has nothing to refuse.

Azure publishes "200 a minute" and does not say how it counts. What is kept here fits all ways to count: in no window of
that length, wherever it begins, are more requests answered or on their way. So many may still go out at once, which is
what a failover needs.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Monotonic seconds."""


@dataclass(frozen=True)
class Rate:
    """So many calls in any window of so many seconds."""

    calls: int
    seconds: float = 60.0

    @property
    def spacing(self) -> float:
        """Seconds from one to the next if they are spread evenly."""
        return self.seconds / self.calls


class Quota:
    """What is left of a `Rate`. Safe to use from several threads.

    A request counts until its window has passed since its *answer*: when the service counted it lies before that.
    After a refusal requests are spread evenly for a window, as somebody else then uses the same limit.
    """

    def __init__(self, rate: Rate, *, clock: Clock = time.monotonic) -> None:
        self.rate, self._clock = rate, clock
        self._answered, self._running = deque[float](), 0
        self._closed_until = self._spread_until = float("-inf")
        self._last = float("-inf")
        self._lock = threading.Lock()

    def take(self) -> float:
        """Seconds to wait before asking again; 0: one request may go out now, and `done` has to follow."""
        with self._lock:
            now = self._clock()
            wait = self._wait(now)
            if wait <= 0:
                self._running += 1
                self._last = now
            return wait

    def done(self) -> None:
        """A request that was taken has been answered, or never will be."""
        with self._lock:
            self._running -= 1
            self._answered.append(self._clock())

    def refused(self, seconds: float) -> None:
        """The service has refused a request as one too many: none goes out for so long."""
        with self._lock:
            now = self._clock()
            self._closed_until = max(self._closed_until, now + seconds)
            self._spread_until = self._closed_until + self.rate.seconds

    def room(self) -> int:
        """How many requests may go out now."""
        with self._lock:
            now = self._clock()
            return 0 if now < self._closed_until else max(0, self.rate.calls - self._counted(now))

    def _wait(self, now: float) -> float:
        wait = self._closed_until - now
        if now < self._spread_until:
            wait = max(wait, self._last + self.rate.spacing - now)
        if self._counted(now) >= self.rate.calls:
            oldest = self._answered[0] + self.rate.seconds - now if self._answered else 0.0
            wait = max(wait, oldest, self.rate.spacing / 10)
        return max(0.0, wait)

    def _counted(self, now: float) -> int:
        while self._answered and self._answered[0] + self.rate.seconds <= now:
            self._answered.popleft()
        return len(self._answered) + self._running
