"""The vip controller: gives Services addresses, and tells the gateway nodes which they have to hold.

It reads Services and Nodes, asks `federation.vip`, and writes `vip-configmap`, the Services' status, and Events. Where
its view is older than the API server's, a write is refused (each names the version it is based on) and the next turn
of the loop sees the newer one.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network
from typing import Any

from prometheus_client import Gauge

from federation.controllers import incluster
from federation.controllers.incluster import Connect
from federation.controllers.leader import REQUEST_SECONDS, Election, identity, lead
from federation.controllers.mirror import Mirror
from federation.controllers.process import Process
from federation.errors import ConflictError, FederationError
from federation.kube import Kube, Ref
from federation.vip import shared
from federation.vip.allocation import Allocation, allocate
from federation.vip.pool import Pool
from federation.vip.services import Outcome, Service, status
from federation.vip.shared import Gateway, Shared

MANAGER = "federation-vip-controller"
LEASE = "vip-controller"
SETTLE_SECONDS = 0.05  # changes come in bunches
TURN_SECONDS = 2.0
AGAIN_SECONDS = 30.0  # what somebody else changed in vip-configmap is mended after so long


@dataclass(frozen=True)
class Settings:
    """The configuration file.

    Attributes:
        namespace: of `vip-configmap` and of the Lease.
        pool: addresses.
        default_class: Services that name no class are served.
        nodes: labels of the gateway nodes; without any, nodes with taints are none.
        labels: of `vip-configmap`.
    """

    namespace: str
    pool: Pool
    default_class: bool
    nodes: Mapping[str, str]
    labels: Mapping[str, str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """From the parsed file. Raises `FederationError`."""
        try:
            return cls(
                namespace=config["namespace"],
                pool=Pool(IPv4Network(config["cidr"])),
                default_class=config["defaultClass"],
                nodes=config["nodes"],
                labels=config["labels"],
            )
        except (KeyError, ValueError) as error:
            raise FederationError(
                "configuration of the vip controller", f"is not right: {error!r}", "run pulumi up again"
            ) from None


def main(config: Mapping[str, Any], process: Process) -> None:
    """Lead or wait until the process shall stop. Raises `FederationError`."""
    settings = Settings.of(config)
    election = Election(incluster.connect(timeout=REQUEST_SECONDS), settings.namespace, LEASE, identity())
    controller = Controller(settings, incluster.connect(), process)
    lead(process, election, controller.serve)


class Controller:
    """The loop.

    Args:
        settings: from the configuration.
        connect: to this cluster.
        process: whose stop ends it.
    """

    def __init__(self, settings: Settings, connect: Connect, process: Process) -> None:
        self._settings, self._connect, self._process = settings, connect, process
        self._changed = threading.Event()
        self._services = Mirror(connect, Ref("v1", "services"), Service.of, changed=self._changed)
        self._nodes: Mirror[Gateway] = Mirror(
            connect,
            Ref("v1", "nodes"),
            lambda node: shared.gateway(node, tolerant=bool(settings.nodes)),
            changed=self._changed,
            labels=",".join(f"{key}={value}" for key, value in sorted(settings.nodes.items())) or None,
        )
        self._started = False
        self._told: tuple[Shared | None, float] = (None, 0.0)
        self._ahead: dict[str, tuple[str, Service]] = {}
        self._metrics = _Metrics(process, settings.pool)

    def serve(self, over: threading.Event) -> None:
        """Work until the term is over."""
        if not self._started:
            self._started = True
            self._services.start(self._process)
            self._nodes.start(self._process)
        self._told = (None, 0.0)  # another leader may have written since
        while not over.is_set():
            self._process.health.beat()
            problem = self._services.problem or self._nodes.problem
            if problem is None:
                problem = self._turn()
            self._process.health.ready(problem)
            if self._changed.wait(TURN_SECONDS):
                over.wait(SETTLE_SECONDS)
                self._changed.clear()

    def _turn(self) -> str | None:
        """One look at everything; why it did not succeed, or None."""
        services = self._seen()
        allocation = allocate(self._settings.pool, services, default_class=self._settings.default_class)
        self._metrics.show(allocation)
        try:
            kube = self._connect()
            self._tell(kube, allocation)
            for service in services:
                self._write(kube, service, allocation.outcomes.get(service.key))
        except FederationError as error:
            self._process.log.warning("not written", error=str(error))
            return str(error)
        return None

    def _seen(self) -> list[Service]:
        """All Services as the mirror has them, but for those whose newest version is our own write.

        That write was based on the version it replaced, so no third one is between them.
        """
        mirrored = self._services.items().values()
        self._ahead = {
            service.uid: self._ahead[service.uid]
            for service in mirrored
            if service.uid in self._ahead and self._ahead[service.uid][0] == service.version
        }
        return [self._ahead[s.uid][1] if s.uid in self._ahead else s for s in mirrored]

    def _tell(self, kube: Kube, allocation: Allocation) -> None:
        """The gateway nodes, before the Service's status: whoever reads that may use the address at once."""
        wanted = Shared(allocation.held, shared.gateways(self._nodes.items().values()))
        told, when = self._told
        if told == wanted and time.monotonic() - when < AGAIN_SECONDS:
            return
        metadata = {
            "name": shared.NAME,
            "namespace": self._settings.namespace,
            "labels": dict(self._settings.labels),
        }
        manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": wanted.data()}
        kube.apply(manifest, manager=MANAGER)
        self._told = (wanted, time.monotonic())

    def _write(self, kube: Kube, service: Service, outcome: Outcome | None) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        patch = status(service, outcome, self._settings.pool, now)
        if patch is None:
            return
        namespace, _, name = service.key.partition("/")
        try:
            answer = kube.merge(Ref("v1", "services", f"{name}/status", namespace), patch)
        except ConflictError:
            return  # the mirror will show what is newer
        if answer is None:
            return  # it is gone
        written = Service.of(answer)
        self._ahead[service.uid] = (service.version, written)
        self._announce(kube, written, outcome)

    def _announce(self, kube: Kube, service: Service, outcome: Outcome | None) -> None:
        address = outcome.address if outcome else None
        reason = (outcome.reason if outcome else "") or ("AddressAssigned" if outcome else "AddressReleased")
        warning = bool(outcome and outcome.reason)
        message = (outcome.message if outcome else "") or (
            f"virtual IP {address}" if address else "no longer served: its type or class has changed"
        )
        log = self._process.log.warning if warning else self._process.log.info
        log("address", service=service.key, address=address, reason=reason, message=message)
        try:
            kube.create(_event(service, reason, message, warning=warning))
        except FederationError as error:  # the address counts, not the Event
            self._process.log.warning("no Event", service=service.key, error=str(error))


def _event(service: Service, reason: str, message: str, *, warning: bool) -> dict[str, Any]:
    namespace, _, name = service.key.partition("/")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.{uuid.uuid4().hex[:16]}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Service",
            "namespace": namespace,
            "name": name,
            "uid": service.uid,
        },
        "reason": reason,
        "message": message,
        "type": "Warning" if warning else "Normal",
        "source": {"component": MANAGER},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


class _Metrics:
    """What /metrics shows beside the process itself."""

    def __init__(self, process: Process, pool: Pool) -> None:
        self._held = Gauge(
            "federation_vip_addresses_held", "Virtual IPs that Services have", registry=process.metrics
        )
        self._refused = Gauge(
            "federation_vip_services_refused",
            "Services without the virtual IP they ask for",
            ["reason"],
            registry=process.metrics,
        )
        size = Gauge("federation_vip_pool_size", "Virtual IPs that can be given", registry=process.metrics)
        size.set(pool.size)

    def show(self, allocation: Allocation) -> None:
        self._held.set(len(allocation.held))
        self._refused.clear()
        for outcome in allocation.outcomes.values():
            if outcome.reason:
                self._refused.labels(outcome.reason).inc()
