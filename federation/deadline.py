"""Every wait has an end, says what it waits for, and shows what is missing."""

from __future__ import annotations

import time
from collections.abc import Callable

from federation.errors import NotInTimeError

PROGRESS_SECONDS = 5.0  # how often a long wait says that it goes on


class Deadline:
    """A point in time for several waits that share it.

    Args:
        seconds: from now.
        clock: monotonic seconds; replaced in tests.
        sleep: waits so many seconds; replaced in tests.
        progress: is told, every few seconds, what is still missing; prints it by default, which the engine shows.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        progress: Callable[[str], None] = print,
    ) -> None:
        self._clock, self._sleep, self._progress = clock, sleep, progress
        self._seconds, self._end = seconds, clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never below zero."""
        return max(0.0, self._end - self._clock())

    def until(
        self, subject: str, probe: Callable[[], str | None], *, fix: str, interval: float = 0.2
    ) -> None:
        """Wait until `probe` returns None; what it returns before that is the reason it is not so yet.

        An error that `probe` raises ends the wait.

        Raises `NotInTimeError` about `subject` with the last reason, and with `fix` as the next step.
        """
        told = self._clock()
        while (reason := probe()) is not None:
            if not self.left:
                raise NotInTimeError(subject, f"not so within {self._seconds:g} s: {reason}", fix)
            if self._clock() - told >= PROGRESS_SECONDS:
                told = self._clock()
                self._progress(f"{subject}: waiting, {reason} ({self.left:.0f} s left)")
            self._sleep(min(interval, self.left))
