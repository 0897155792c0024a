"""One of several replicas works: leader election by a Lease (coordination.k8s.io/v1), with client-go's rules.

A candidate trusts its own clock only: a lease has run out if it has not changed for its whole duration since this
candidate saw it first, whatever times are written in it. Every write names the version that it replaces.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from federation.controllers.incluster import Connect
from federation.controllers.process import Process
from federation.errors import ConflictError, FederationError
from federation.kube import Kube, Object, Ref

API = "coordination.k8s.io/v1"
REQUEST_SECONDS = 2.0


@dataclass(frozen=True)
class Timing:
    """Seconds. `give_up` + one request < `lease`: a leader stops before another one may begin."""

    lease: float = 10.0
    give_up: float = 7.0
    renew: float = 2.0


def identity() -> str:
    """Of this process: the pod's name and something that another container of the pod does not have."""
    return f"{os.environ.get('POD_NAME') or socket.gethostname()}_{uuid.uuid4().hex[:8]}"


class Election:
    """A candidate for one Lease.

    Args:
        connect: to the cluster of the Lease; with a timeout of a few seconds (`REQUEST_SECONDS`), see `Timing`.
        namespace: of the Lease.
        name: of the Lease.
        me: this candidate; see `identity`.
        timing: of lease and renewals.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(
        self,
        connect: Connect,
        namespace: str,
        name: str,
        me: str,
        *,
        timing: Timing | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connect, self.me, self.timing, self._clock = connect, me, timing or Timing(), clock
        self._ref = Ref(API, "leases", name, namespace)
        self._seen: tuple[str, float] = ("", 0.0)  # version of the Lease, and when it was seen first

    def attempt(self) -> bool:
        """Take or renew the lease; False while somebody else has it. Raises `FederationError` if that is unknown."""
        kube = self._connect()
        try:
            found = kube.get(self._ref)
            if found is None:
                kube.create(self._lease(transitions=0))
                return True
            return self._take(kube, found)
        except ConflictError:  # somebody else was faster
            return False

    def release(self) -> None:
        """Let the next one begin at once, if the lease is ours. Raises `FederationError`."""
        kube = self._connect()
        found = kube.get(self._ref)
        if found and found["spec"].get("holderIdentity") == self.me:
            version = found["metadata"]["resourceVersion"]
            changes = {"metadata": {"resourceVersion": version}, "spec": {"holderIdentity": ""}}
            kube.merge(self._ref, changes)

    def _take(self, kube: Kube, found: Object) -> bool:
        spec, version = found.get("spec", {}), found["metadata"]["resourceVersion"]
        holder = spec.get("holderIdentity") or ""
        if version != self._seen[0]:
            self._seen = (version, self._clock())
        runs_out = self._seen[1] + (spec.get("leaseDurationSeconds") or 0)
        if holder not in ("", self.me) and self._clock() < runs_out:
            return False
        transitions = (spec.get("leaseTransitions") or 0) + (holder != self.me)
        lease = self._lease(transitions, since=spec.get("acquireTime") if holder == self.me else None)
        lease["metadata"]["resourceVersion"] = version
        return kube.merge(self._ref, lease) is not None

    def _lease(self, transitions: int, since: str | None = None) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {
            "holderIdentity": self.me,
            "leaseDurationSeconds": int(self.timing.lease),
            "acquireTime": since or now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }
        metadata = {"name": self._ref.name, "namespace": self._ref.namespace}
        return {"apiVersion": API, "kind": "Lease", "metadata": metadata, "spec": spec}


def lead(process: Process, election: Election, work: Callable[[threading.Event], None]) -> None:
    """Wait for the lease and do `work` while it is ours, again and again, until the process shall stop.

    `work` is given an event that is set when its term is over (the lease is lost, or the process stops): it then has
    `lease - give_up` seconds to end before another replica may begin. Whoever waits is ready and alive. An error of
    `work` ends the process, after the lease was given back.
    """
    while not process.stop.is_set():
        process.health.beat()
        if not _attempt(process, election):
            process.health.ready()
            process.stop.wait(election.timing.renew)
            continue
        process.log.info("leading", identity=election.me)
        over = threading.Event()
        renewals = threading.Thread(target=_renew, args=(process, election, over), name="lease", daemon=True)
        renewals.start()
        try:
            work(over)
        finally:
            over.set()
            renewals.join()
            _release(process, election)


def _renew(process: Process, election: Election, over: threading.Event) -> None:
    """Renew until the term is over, which it is when renewing has failed for too long."""
    held = time.monotonic()
    while not over.wait(0.1):
        if process.stop.is_set():
            break
        elapsed = time.monotonic() - held
        if elapsed < election.timing.renew:
            continue
        if _attempt(process, election):
            held = time.monotonic()
        elif elapsed >= election.timing.give_up:
            process.log.warning(
                "no longer leading: the lease could not be renewed", seconds=round(elapsed, 1)
            )
            break
    over.set()


def _attempt(process: Process, election: Election) -> bool:
    try:
        return election.attempt()
    except FederationError as error:
        process.log.warning("the lease is not known", error=str(error))
        return False


def _release(process: Process, election: Election) -> None:
    try:
        election.release()
    except FederationError as error:
        process.log.warning("the lease is kept until it runs out", error=str(error))
