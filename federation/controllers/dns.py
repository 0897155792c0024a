"""The DNS controller: names of services lead to where they are served, whatever happens to members.

It watches the federation API (members, Services, where they are placed) and each member (its API server, endpoints),
puts together what it sees (`federation.dns.view`), and makes each store's records what `federation.dns.plan` says.
While the federation API does not answer nothing is changed, as what is seen may be long ago; a store that cannot be
written is tried again. It never resolves, checks or proxies traffic itself.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from federation.azure.patience import Patience
from federation.controllers import incluster, leader
from federation.controllers.dns_members import Context, Fresh, Members, Probe, Timing
from federation.controllers.dns_writer import Metrics, Writer
from federation.controllers.mirror import Mirror
from federation.controllers.process import Process
from federation.dns import live, observed
from federation.dns.facts import Current, Facts
from federation.dns.store import AnyStore, open_backend, store_of
from federation.dns.view import View, assemble, facts_of
from federation.errors import FederationError
from federation.karmada import reader
from federation.kube import Kube, Object
from federation.kubeconfig import Access, access

TICK = 0.5  # seconds at most from one look at the clock to the next
WRITE = 15.0  # seconds at most that changes are written before the next look
LEASE = "dns-controller"


@dataclass(frozen=True)
class Settings:
    """The configuration file: keys as here, in camelCase.

    Attributes:
        federation: its name, the owner of the records.
        domain: the zone.
        ttl: seconds.
        kubeconfig: for the federation API, as text; secret.
        stores: where the records are written; secret.
        lease_namespace: of the Lease in the cluster it runs in; None: it is alone.
    """

    federation: str
    domain: str
    ttl: int
    kubeconfig: str = field(repr=False)
    stores: tuple[AnyStore, ...]
    lease_namespace: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """From the parsed file. Raises `FederationError`, which names a key and shows no value."""
        try:
            return cls(
                federation=config["federation"],
                domain=config["domain"],
                ttl=int(config["ttl"]),
                kubeconfig=config["kubeconfig"],
                stores=tuple(store_of(store) for store in config["stores"]),
                lease_namespace=config.get("leaseNamespace"),
            )
        except (KeyError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else "has a value of the wrong kind"
            raise FederationError("configuration", what, "run `pulumi up`, which writes it anew") from None


def main(config: Mapping[str, Any], process: Process) -> None:
    """Run until `process.stop` is set. Raises `FederationError` for a configuration that cannot work."""
    settings = Settings.of(config)
    metrics = Metrics(process.metrics)
    with ExitStack() as stack:
        writers = [
            Writer(
                number,
                stack.enter_context(open_backend(store, settings.domain, patience=patience(process))),
                owner=settings.federation,
                process=process,
                metrics=metrics,
            )
            for number, store in enumerate(settings.stores)
        ]
        work = partial(keep, settings, writers, metrics, process)
        if settings.lease_namespace is None:
            work(process.stop)
            return
        connect = incluster.connect(timeout=leader.REQUEST_SECONDS)
        election = leader.Election(connect, settings.lease_namespace, LEASE, leader.identity())
        leader.lead(process, election, work)


def patience(process: Process) -> Patience:
    """Of a store with limits of its own: its waits are turns of the loop for whoever asks, and end with the process.

    A turn's writing is short: what is true is looked at between two, as a member may die while a zone is being built.
    """

    def sleep(seconds: float) -> None:
        process.health.beat()
        if process.stop.wait(seconds):
            raise FederationError("DNS controller", "it is told to stop", "start it again")

    def say(text: str) -> None:
        process.log.info("waiting", reason=text)

    return Patience(sleep=sleep, say=say, turn=WRITE, failing=WRITE)


def keep(
    settings: Settings,
    writers: Sequence[Writer],
    metrics: Metrics,
    process: Process,
    over: threading.Event,
    *,
    timing: Timing | None = None,
) -> None:
    """Keep the records true until `over` is set."""
    changed = threading.Event()
    term = replace(process, stop=over)
    with ExitStack() as stack:
        seen = Seen(settings, term, changed, metrics, timing=timing or Timing())
        stack.callback(seen.close)
        for writer in writers:
            writer.pace.changed()
        while not over.is_set():
            process.health.beat()
            if changed.is_set():
                changed.clear()
                for writer in writers:
                    writer.pace.changed()
            waiting = seen.waiting()
            if waiting is None:
                for writer in writers:
                    if not over.is_set() and not writer.pace.wait():
                        writer.turn(seen.facts_of)
            process.health.ready(waiting or next((w.problem for w in writers if w.problem), None))
            due = min((writer.pace.wait() for writer in writers), default=TICK)
            changed.wait(TICK if waiting else min(TICK, due))


class Seen:
    """What is seen of the federation and its members.

    Args:
        settings: how to reach the federation API.
        process: whose `stop` ends all watching.
        changed: set when there is news.
        metrics: of members, services and problems.
        timing: of probes.
    """

    def __init__(
        self,
        settings: Settings,
        process: Process,
        changed: threading.Event,
        metrics: Metrics,
        *,
        timing: Timing,
    ) -> None:
        self._settings, self._log, self._metrics = settings, process.log, metrics
        self._problems: frozenset[str] = frozenset()
        reach = access(settings.kubeconfig)
        name = f"federation {settings.federation}"
        plane = Kube(reach, name)

        def mirror(ref: Any, keep: Any) -> Any:
            made: Mirror[Any] = Mirror(lambda: plane, ref, keep, changed=changed)
            made.start(process)
            return made

        self._clusters: Mirror[observed.Cluster] = mirror(live.CLUSTERS, observed.cluster)
        self._services: Mirror[observed.Federated] = mirror(live.SERVICES, observed.federated)
        self._bindings: Mirror[tuple[Any, Any]] = mirror(live.BINDINGS, observed.placed)
        self._readers: Mirror[Access | str] = mirror(live.READERS, _way)
        mirrors: tuple[Any, ...] = (self._clusters, self._services, self._bindings, self._readers)
        self._fresh = Fresh(*mirrors, stale=timing.stale)
        self._members = Members(Context(process, changed, timing=timing))
        probed = Kube(reach, name, timeout=timing.timeout)
        self._probe = Probe(probed, turned=lambda _: changed.set(), timing=timing)
        self._probe.start(process.stop)

    def close(self) -> None:
        """Ask members no more."""
        self._members.close()

    def waiting(self) -> str | None:
        """Why nothing may be changed now; None if all is known that there is to know."""
        if not self._probe.up:
            return f"the federation API is not ready: {self._probe.reason}"
        if problem := self._fresh.problem():
            return problem
        ways = self._ways()
        self._members.follow({name: way for name, way in ways.items() if isinstance(way, Access)})
        if unsettled := self._members.unsettled():
            return f"not known yet: {', '.join(unsettled)}"
        return None

    def facts_of(self, current: tuple[Current, ...]) -> Facts:
        """The facts of this moment."""
        settings = self._settings
        return facts_of(
            self.view(),
            federation=settings.federation,
            domain=settings.domain,
            ttl=settings.ttl,
            current=current,
        )

    def view(self) -> View:
        """All that is seen now; what has become a problem or is none any more is logged."""
        verdicts = self._members.verdicts()
        unreachable = {name: way for name, way in self._ways().items() if isinstance(way, str)}
        unreachable |= {name: found for name, found in verdicts.items() if isinstance(found, str)}
        found = assemble(
            clusters=self._clusters.items().values(),
            services=self._services.items().values(),
            placements=dict(self._bindings.items().values()),
            backends={name: found for name, found in verdicts.items() if not isinstance(found, str)},
            unreachable=unreachable,
        )
        self._metrics.show(found)
        problems = frozenset(found.problems)
        for problem in sorted(problems - self._problems):
            self._log.warning("problem", problem=problem)
        for problem in sorted(self._problems - problems):
            self._log.info("problem solved", problem=problem)
        self._problems = problems
        return found

    def _ways(self) -> dict[str, Access | str]:
        readers = self._readers.items()
        names = (cluster.name for cluster in self._clusters.items().values())
        return {name: readers.get(f"{live.READERS.namespace}/{name}", live.NO_READER) for name in names}


def _way(secret: Object) -> Access | str:
    try:
        return reader.access(secret)
    except FederationError as error:
        return error.cause
