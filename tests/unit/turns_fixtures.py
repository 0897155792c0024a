"""Interleavings that a seed gives: threads that go on one at a time."""

from __future__ import annotations

import random
from threading import Semaphore


class Turns:
    """Lets threads go on one at a time, in the order that a seed gives."""

    def __init__(self, seed: int, threads: int) -> None:
        self._random = random.Random(seed)
        self._go, self._stopped = [Semaphore(0) for _ in range(threads)], Semaphore(0)
        self._alive = set(range(threads))

    def wait(self, thread: int) -> None:
        """Stop here until it is this thread's turn again."""
        self._stopped.release()
        assert self._go[thread].acquire(timeout=30)

    def end(self, thread: int) -> None:
        """The thread has no turns any more."""
        self._alive.discard(thread)
        self._stopped.release()

    def run(self) -> list[int]:
        """Until all have ended; who had each turn."""
        for _ in self._go:
            self._stopped.acquire(timeout=30)
        order = []
        while self._alive:
            order.append(self._random.choice(sorted(self._alive)))
            self._go[order[-1]].release()
            assert self._stopped.acquire(timeout=30)
        return order
