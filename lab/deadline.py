"""Every wait has an end, and says what it waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab.errors import LabError


class Deadline:
    """A point in time for several waits that share it.

    Args:
        seconds: from now.
        clock: monotonic seconds; replaced in tests.
        sleep: waits so many seconds; replaced in tests.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._seconds, self._end = seconds, clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never below zero."""
        return max(0.0, self._end - self._clock())

    def until(
        self, subject: str, probe: Callable[[], str | None], *, fix: str, interval: float = 0.2
    ) -> None:
        """Wait until `probe` returns None; what it returns before that is the reason it is not so yet.

        Raises `LabError` about `subject` with the last reason, and with `fix` as the next step.
        """
        while (reason := probe()) is not None:
            if not self.left:
                raise LabError(subject, f"not so within {self._seconds:g} s: {reason}", fix)
            self._sleep(min(interval, self.left))
