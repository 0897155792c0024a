"""How requests to Azure wait: for a limit to let them through, and for a service that fails to recover."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Patience:
    """What a caller can bear.

    Attributes:
        clock: monotonic seconds.
        sleep: waits so many seconds; whatever it raises ends the request.
        say: is told what a long wait waits for.
        turn: seconds after which a write of many changes stops, to be gone on with; None: it goes on to its end.
        failing: seconds that a service may fail to answer.
        throttled: seconds that it may refuse everything as too much.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = print
    turn: float | None = None
    failing: float = 60.0
    throttled: float = 900.0
