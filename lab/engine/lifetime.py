"""How long a process of the engine's lives: until a signal comes, or the engine dies."""

from __future__ import annotations

import os
import signal

# As the engine's own limit: a stack's state may be that large.
MESSAGE = 400 << 20
STOP = (signal.SIGINT, signal.SIGTERM)


def wakeup() -> int:
    """A descriptor that becomes readable when a signal to stop comes.

    No work is done in a handler, and no wait relies on being interrupted: gRPC has threads, and a signal that lands
    on one of them leaves the main thread asleep (seen as 5 s at the end of one run in six).
    """
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in STOP:
        signal.signal(number, lambda *_: None)
    return readable


def parent() -> list[int]:
    """A descriptor that becomes readable when the engine has died without a word, where there is such a thing."""
    try:
        return [os.pidfd_open(os.getppid())]
    except (AttributeError, OSError):  # not Linux, or the parent is in another PID namespace
        return []
