"""A scenario of two members, and a federation in memory that does what is deployed, or does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from federation.dns.facts import Member, Placement, ServiceFacts
from federation.dns.query import Answer
from federation.dns.view import View
from federation.errors import UnreachableError
from federation.kube import Object
from federation.topology import load
from federation.verify.scenario import Scenario, scenario
from federation.verify.steps import Context
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import FakeApi

TOPOLOGY: dict[str, Any] = {
    "name": "fed",
    "domain": "example.com",
    "clusters": [
        {
            "name": "fc01",
            "kubeconfig": "a",
            "region": "us",
            "zone": "east",
            "vips": {"cidr": "10.250.0.0/24"},
        },
        {
            "name": "fc02",
            "kubeconfig": "a",
            "region": "us",
            "zone": "west",
            "vips": {"cidr": "10.250.1.0/24"},
        },
    ],
}
SCENARIO = scenario(load(TOPOLOGY), "x7k2q")
ADDRESSES = {"fc01": ("10.250.0.2",), "fc02": ("10.250.1.2",)}
NAMESERVER = "10.0.0.1:53"
GLOBAL, US, EAST, WEST = (
    f"nginx.verify-x7k2q.fed.svc.{place}example.com" for place in ("", "us.", "east.us.", "west.us.")
)


@dataclass
class Federation:
    """What a test may change before or while a verification runs.

    Attributes:
        replicas: ready ones, by member, once they are deployed.
        addresses: of the service, by member, once it is deployed.
        down: members that are not ready.
        pages: HTTP status of each address.
        stale: names go on answering when the service is gone.
        silent: nameservers do not answer.
        told: progress.
        asked: nameserver, name, type and whether over TCP.
    """

    replicas: dict[str, int] = field(default_factory=lambda: {"fc01": 2, "fc02": 2})
    addresses: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(ADDRESSES))
    down: tuple[str, ...] = ()
    pages: dict[str, int] = field(default_factory=lambda: {"10.250.0.2": 200, "10.250.1.2": 200})
    stale: bool = False
    silent: bool = False
    told: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, str, bool]] = field(default_factory=list)
    plane: FakeApi = field(default_factory=lambda: FakeApi(name="federation fed"))

    def __post_init__(self) -> None:
        self.plane.reactions.append(self._karmada)

    @property
    def deployed(self) -> bool:
        return ("services", SCENARIO.namespace, "nginx") in self.plane.objects

    def context(
        self, *, http: bool = False, of: Scenario = SCENARIO, nameservers: tuple[str, ...] = (NAMESERVER,)
    ) -> Context:
        return Context(
            scenario=of,
            plane=self.plane.kube,
            look=self.look,
            nameservers=nameservers,
            ask=self.ask,
            fetch=self.fetch,
            http=http,
            deadline=instant(60, self.told),
            removal=lambda: instant(30, self.told),
            say=self.told.append,
        )

    def look(self) -> View:
        members = tuple(
            Member(name=s.name, region=s.region, zones=s.zones, ready=s.name not in self.down)
            for s in SCENARIO.sites
        )
        problems = tuple(f"member {name} is not ready: it is dead" for name in self.down)
        placements = tuple(
            Placement(member=name, applied=True, addresses=each, ready_backends=1)
            for name, each in self.addresses.items()
        )
        namespace, name = SCENARIO.service
        found = ServiceFacts(namespace=namespace, name=name, placements=placements)
        return View(members, (found,) if self.deployed else (), problems)

    def ask(self, nameserver: str, name: str, kind: str, tcp: bool) -> Answer:
        self.asked.append((nameserver, name, kind, tcp))
        if self.silent:
            raise UnreachableError(f"nameserver {nameserver}", "no answer within 2 s", "see whether it runs")
        values = SCENARIO.expected(self.addresses).get((name, kind))
        if values and (self.deployed or self.stale):
            return Answer("NOERROR", values, 30, authoritative=True)
        return Answer("NXDOMAIN", authoritative=True)

    def fetch(self, address: str, name: str) -> int:
        assert name == GLOBAL
        if address not in self.pages:
            raise UnreachableError(f"address {address}", "no answer within 3 s (ConnectTimeoutError)", "x")
        return self.pages[address]

    def _karmada(self, found: Object) -> None:
        if found["kind"] == "Deployment":
            items = [
                {"clusterName": name, "status": {"readyReplicas": count}}
                for name, count in self.replicas.items()
            ]
            metadata = {"name": "nginx-deployment", "namespace": found["metadata"]["namespace"]}
            self.plane.put(
                {"kind": "ResourceBinding", "metadata": metadata, "status": {"aggregatedStatus": items}}
            )


def work(member: str, kind: str, name: str, namespace: str | None = None) -> Object:
    """What Karmada has on a member."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {
        "kind": "Work",
        "metadata": {"name": f"{name}-1", "namespace": f"karmada-es-{member}"},
        "spec": {"workload": {"manifests": [{"kind": kind, "metadata": metadata}]}},
    }
