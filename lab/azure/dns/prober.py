"""Probes all endpoints of Traffic Manager at their intervals."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from lab.azure.dns import probes, routing
from lab.azure.dns.health import Check
from lab.azure.dns.state import of
from lab.azure.kinds import Context

_log = logging.getLogger("azure.dns")
_TURN_SECONDS = 0.25
_AT_ONCE = 16


class Prober:
    """A thread that probes.

    Args:
        scale: of intervals and timeouts: 0.01 makes 30 seconds 0.3, for tests.
        probe: replaced in tests.
    """

    def __init__(
        self,
        context: Context,
        *,
        scale: float = 1.0,
        probe: Callable[[Check, float], str | None] = probes.probe,
    ) -> None:
        self._context, self._scale, self._probe = context, scale, probe
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begin."""
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="probe")
        self._thread = threading.Thread(target=self._run, name="prober", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a probe that is on its way is not waited for."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def turn(self) -> list[tuple[str, Check]]:
        """What is due now: each is due again after its interval."""
        health = of(self._context).health
        health.watch(routing.checks(self._context))
        return health.due(self._context.clock.now(), self._scale)

    def probe(self, id_: str, check: Check) -> None:
        """Make one probe and remember what it finds."""
        state = of(self._context)
        reason = self._probe(check, check.timeout * self._scale)
        if state.health.note(id_, check, reason):
            _log.info("endpoint %s is %s: %s", id_, state.health.status(id_), reason or "it answers")
            state.dirty.set()

    def _run(self) -> None:
        while not self._stopping.wait(_TURN_SECONDS * min(1.0, self._scale * 4)):
            for id_, check in self.turn():
                if self._pool is not None:
                    self._pool.submit(self.probe, id_, check)
