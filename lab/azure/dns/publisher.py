"""Keeps the nameserver's files as the inventory is."""

from __future__ import annotations

import logging
import threading
import time

from lab.azure.dns import alias
from lab.azure.dns.dataplane import DataPlane
from lab.azure.dns.prober import Prober
from lab.azure.dns.served import served_zones
from lab.azure.dns.state import of
from lab.azure.kinds import Context

_log = logging.getLogger("azure.dns")
AT_MOST_EVERY = 0.3
"""Seconds between two writes: a thousand changes a minute must not become a thousand renderings. Three times as long as
a write takes, if that is more: a large zone must not keep a processor busy."""
LOOK_EVERY = 1.0
"""Seconds until resources of other packages are looked at, which tell nobody of their changes: public IP addresses."""


class DnsServer:
    """All of DNS that runs beside the resource manager: nameserver, probes, and the thread between.

    Args:
        probe_scale: of the probes' intervals and timeouts; see `Prober`.
    """

    def __init__(self, context: Context, plane: DataPlane, *, probe_scale: float = 1.0) -> None:
        self._context, self.plane = context, plane
        self._prober = Prober(context, scale=probe_scale)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dns-publisher", daemon=True)

    def start(self) -> None:
        """Start all. Raises `LabError` when the nameserver can't run."""
        self.publish()
        self.plane.start()
        self._prober.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop all."""
        self._stopping.set()
        of(self._context).dirty.set()
        if self._thread.is_alive():
            self._thread.join(5)
        self._prober.stop()
        self.plane.stop()

    def publish(self) -> list[str]:
        """Write what has changed; the names of the zones."""
        of(self._context).dirty.clear()
        alias.release_dangling(self._context)
        return self.plane.sync(served_zones(self._context, self.plane.address))

    def _run(self) -> None:
        while not self._stopping.is_set():
            of(self._context).dirty.wait(LOOK_EVERY)
            began = time.monotonic()
            try:
                self.publish()
            except Exception:  # noqa: BLE001 - one mistake must not end the nameserver's care
                _log.exception("the zone files could not be written")
            took = time.monotonic() - began
            self._stopping.wait(min(max(AT_MOST_EVERY, 3 * took), LOOK_EVERY))
