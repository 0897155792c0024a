"""One store of records, kept as it shall be; what was done there as metrics and log lines."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from federation.controllers.pace import Pace
from federation.controllers.process import Process
from federation.dns.backend import Backend
from federation.dns.facts import Current, Facts
from federation.dns.reconcile import Result, reconcile
from federation.dns.records import Conflict
from federation.dns.view import View
from federation.errors import FederationError

FactsOf = Callable[[tuple[Current, ...]], Facts]


class Metrics:
    """What /metrics shows besides the process itself; `store` is the store's number, from 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"federation_dns_{name}", text, labels, registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"federation_dns_{name}", text, labels, registry=registry)

        self.members = gauge("member_ready", "whether a member counts as ready", "member")
        self._shown: set[str] = set()
        self.services = gauge("services", "services that shall have names")
        self.problems = gauge("problems", "why names do not lead somewhere: lines of the log")
        self.records = gauge("records", "record sets of the federation", "store")
        self.conflicts = gauge("conflicts", "record sets of others at names of services", "store")
        self.succeeded = gauge(
            "last_success_timestamp_seconds", "when the store was as it shall be, since 1970", "store"
        )
        self.changes = counter("changes", "record sets written", "store", "action")
        self.failures = counter("failures", "turns that have failed", "store")
        self.seconds = Histogram(
            "federation_dns_turn_seconds", "reading, planning and writing", ["store"], registry=registry
        )

    def show(self, view: View) -> None:
        """What a view says; members that have left are shown no longer."""
        names = {member.name for member in view.members}
        for name in self._shown - names:
            self.members.remove(name)
        self._shown = names
        for member in view.members:
            self.members.labels(member.name).set(member.ready)
        self.services.set(len(view.services))
        self.problems.set(len(view.problems))


class Writer:
    """Keeps one store true.

    Args:
        number: of the store, for logs and metrics.
        backend: the store.
        owner: the federation.
        process: for its log.
        metrics: shared by all writers.
        pace: of the turns.
    """

    def __init__(
        self,
        number: int,
        backend: Backend,
        *,
        owner: str,
        process: Process,
        metrics: Metrics,
        pace: Pace | None = None,
    ) -> None:
        self._backend, self._owner, self._metrics = backend, owner, metrics
        self._store = str(number)
        self._log = process.log.bind(store=number, backend=backend.name)
        self._conflicts: frozenset[Conflict] = frozenset()
        self.pace = pace or Pace()
        self.problem: str | None = "its store was not written yet"
        """Why the store is not as it shall be; None if it is."""

    def turn(self, facts_of: FactsOf) -> None:
        """Read, plan, write. What fails is logged, and tried again when `pace` says so."""
        self.pace.begin()
        began = time.monotonic()
        try:
            result = reconcile(self._backend, facts_of, owner=self._owner)
        except FederationError as error:
            self.problem = str(error)
            self._metrics.failures.labels(self._store).inc()
            self._log.warning("records not written", error=str(error))
        else:
            self.problem = None
            self._tell(result)
        self._metrics.seconds.labels(self._store).observe(time.monotonic() - began)
        self.pace.end(failed=self.problem is not None)
        if self.problem is None and result.left:
            self._go_on(result.left)

    def _go_on(self, left: int) -> None:
        """The store takes only so many changes in a time: the rest is planned anew at once, by what is true then."""
        self.problem = f"{left} changes of records are not made yet: the store takes only so many in a time"
        self.pace.changed()

    def _tell(self, result: Result) -> None:
        plan, metrics, store = result.plan, self._metrics, self._store
        metrics.records.labels(store).set(len(plan.records))
        metrics.conflicts.labels(store).set(len(plan.conflicts))
        if not result.left:
            metrics.succeeded.labels(store).set_to_current_time()
        for action, count in Tally(change.action for change in result.made).items():
            metrics.changes.labels(store, action).inc(count)
        for change in result.made:
            record = change.record
            self._log.info(
                "record written",
                action=change.action,
                name=record.name,
                type=record.type,
                values=list(record.values),
            )
        self._warn(plan.conflicts)

    def _warn(self, conflicts: Iterable[Conflict]) -> None:
        """Once each, not every turn."""
        found = frozenset(conflicts)
        for each in sorted(found - self._conflicts, key=lambda c: (c.name, c.type)):
            self._log.warning(
                "a record of somebody else is in the way; nothing is changed for its service",
                name=each.name,
                type=each.type,
                owner=each.owner,
            )
        self._conflicts = found
