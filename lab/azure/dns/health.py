"""What probes have found of each endpoint of Traffic Manager: pure, but for the lock.

Source: learn.microsoft.com/azure/traffic-manager/traffic-manager-monitoring. Azure probes from many places and decides
in each; here is one place.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Found = Literal["CheckingEndpoint", "Online", "Degraded"]


@dataclass(frozen=True)
class Check:
    """How an endpoint is probed. What differs in it is another check, whose results begin anew.

    Attributes:
        target: name or IP address.
        path: with HTTP and HTTPS only.
        headers: of the request, `Host` among them if it is to be another one than the target.
        expected: ranges of status codes, both ends in.
        interval: seconds from the begin of one probe to the next.
        timeout: seconds.
        tolerated: so many failures in a row change nothing.
    """

    target: str
    protocol: Literal["HTTP", "HTTPS", "TCP"]
    port: int
    path: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    expected: tuple[tuple[int, int], ...] = ((200, 200),)
    interval: float = 30.0
    timeout: float = 10.0
    tolerated: int = 3


@dataclass
class _Seen:
    check: Check
    status: Found = "CheckingEndpoint"
    failures: int = 0
    due: float = 0.0
    reason: str | None = None


@dataclass
class Health:
    """The results by endpoint id."""

    _seen: dict[str, _Seen] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, wanted: dict[str, Check]) -> None:
        """Say what is to be probed: id → check. Results of all others are forgotten."""
        with self._lock:
            self._seen = {
                id_: self._seen[id_] if id_ in self._seen and self._seen[id_].check == check else _Seen(check)
                for id_, check in wanted.items()
            }

    def due(self, now: float, scale: float = 1.0) -> list[tuple[str, Check]]:
        """What has to be probed now; each is due again after its interval times `scale`."""
        with self._lock:
            found = [(id_, seen) for id_, seen in self._seen.items() if seen.due <= now]
            for _, seen in found:
                seen.due = now + seen.check.interval * scale
            return [(id_, seen.check) for id_, seen in found]

    def note(self, id_: str, check: Check, reason: str | None) -> bool:
        """Remember a probe's result: None, or why it failed. Whether the endpoint's status is another one now."""
        with self._lock:
            seen = self._seen.get(id_)
            if seen is None or seen.check != check:
                return False
            before, seen.reason = seen.status, reason
            if reason is None:
                seen.status, seen.failures = "Online", 0
            else:
                seen.failures += 1
                if seen.failures > check.tolerated:
                    seen.status = "Degraded"
            return seen.status != before

    def status(self, id_: str) -> Found:
        """What is known of an endpoint."""
        with self._lock:
            seen = self._seen.get(id_.lower())
            return seen.status if seen else "CheckingEndpoint"

    def reason(self, id_: str) -> str | None:
        """Why the last probe failed; None when it did not."""
        with self._lock:
            seen = self._seen.get(id_.lower())
            return seen.reason if seen else None


def profile_status(enabled: bool, endpoints: Iterable[str]) -> str:
    """`profileMonitorStatus` from the statuses of all endpoints (the table in the page above)."""
    found = set(endpoints)
    if not enabled:
        return "Disabled"
    for one, whole in (
        ("Degraded", "Degraded"),
        ("Online", "Online"),
        ("Unmonitored", "Online"),
        ("CheckingEndpoint", "CheckingEndpoints"),
    ):
        if one in found:
            return whole
    return "Inactive"
