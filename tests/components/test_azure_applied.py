"""What the components ask for, sent to the stand-in for Azure in this process: it takes all of it, and changes of it.

Bodies are made as the stand-in's plugin makes them, and checked with the models of Azure's own SDK.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest

from components.azure.clusters import acs_clusters
from components.azure.dns_zone import AzureDnsZone, AzureDnsZoneArgs
from components.azure.traffic_manager import TrafficManager, TrafficManagerArgs
from federation.names import Service
from federation.topology.models import AksCluster, AzureDns
from lab.azure.aks.machines import Paper
from lab.azure.aks.part import start
from lab.azure.clock import ManualClock
from lab.azure.http import Request, Response
from lab.azure.plugin import properties
from lab.azure.plugin.types import BY_TOKEN
from lab.azure.service import Service as Manager
from lab.azure.settings import Settings
from tests.components.azure_fixtures import Azure, invoked, run_in, topology
from tests.components.plane_fixtures import unwrapped

SPEC = {"provider": "azure", "resource_group": "fed-dns-rg"}
CLUSTERS: list[dict[str, Any]] = [
    {"name": "west", "location": "westus", "authorized_ranges": ["198.51.100.0/24"]},
    {"name": "east", "location": "eastus"},
]


@dataclass
class Applied(Azure):
    """Each resource is made, or changed, where the stand-in has it."""

    manager: Manager = field(kw_only=True)
    sent_before: dict[str, dict[str, Any]] = field(default_factory=dict)
    ignored: dict[str, list[str]] = field(default_factory=dict)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        given = whole(unwrapped(dict(args.inputs)))
        if not args.typ.startswith("azure-native:"):
            return super().new_resource(args)
        given = self._as_the_engine_sends_it(args.name, given)
        type_ = BY_TOKEN[args.typ]
        subscription = self.manager.settings.subscription_id
        path = properties.path(type_, given, subscription)
        answer = self._ask("PUT", path, type_.version, properties.body(type_, given))
        assert answer.status in (200, 201, 202), (args.name, answer.body)
        assert self.manager.operations.wait(10)
        read = self._ask("GET", path, type_.version).json()
        assert read.get("properties", {}).get("provisioningState", "Succeeded") == "Succeeded", read
        self.made[args.name] = properties.outputs(type_, read)
        return str(read["id"]), self.made[args.name]

    def _ask(self, method: str, path: str, version: str, body: Any = None) -> Response:
        request = Request(
            method=method,
            path=path,
            query={"api-version": version},
            headers={},
            body=b"" if body is None else json.dumps(body).encode(),
            host="10.98.0.1",
        )
        return self.manager.handle(request, self.manager.operator)

    def _as_the_engine_sends_it(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        """With what is ignored as it was."""
        old = self.sent_before.get(name)
        if old is not None:
            for path in self.ignored.get(name, ()):
                _reset(given, old, path)
        self.inputs[name] = given
        return given

    def call(self, args: Any) -> dict[str, Any]:
        found = invoked(args.token)
        if "subscriptionId" in found:
            settings = self.manager.settings
            found |= {"subscriptionId": settings.subscription_id, "tenantId": settings.tenant_id}
            found["objectId"] = self.manager.operator.principal
        return found


def whole(value: Any) -> Any:
    """Numbers are floats on their way to mocks; the plugin gets them as they are meant."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _reset(given: dict[str, Any], old: dict[str, Any], path: str) -> None:
    if path == "count":
        given["count"] = old["count"]
    elif path == "agentPoolProfiles[0].count":
        given["agentPoolProfiles"][0]["count"] = old["agentPoolProfiles"][0]["count"]


@pytest.fixture(name="manager")
def manager_fixture() -> Iterator[Manager]:
    manager = Manager(Settings(operation_seconds=0.5), clock=ManualClock())
    start(manager.context, Paper())
    yield manager
    manager.stop()


def test_the_whole_of_it_is_taken_and_so_is_a_change_of_everything_that_can_change(manager: Manager) -> None:
    first = apply(manager, CLUSTERS)
    assert first.outputs["issuers"]["west"].startswith("https://")
    assert first.outputs["egress"] != []
    later = apply(
        manager,
        [
            {
                **CLUSTERS[0],
                "tier": "Premium",
                "protect": False,
                "node_count": 5,
                "system_pool": {"count": 3},
                "maintenance": {"weekday": "Sunday"},
                "tags": {"costs": "1"},
                "defender": False,
                "authorized_ranges": [],
            },
            CLUSTERS[1],
        ],
        before=first,
    )
    assert later.resources.keys() == first.resources.keys() - {"west-lock"}
    (name,) = [name for name in later.of("containerservice:AgentPool") if name.startswith("west-")]
    assert first.made[name]["count"] == 3
    assert later.made[name]["count"] == 5, "the least was raised, and the autoscaler sees to it"
    pool = next(p for p in later.made["west-cluster"]["agentPoolProfiles"] if p["name"] == "system")
    assert (pool["count"], pool["minCount"]) == (3, 3)
    assert later.made["west-cluster"]["sku"]["tier"] == "Premium"
    assert later.outputs["issuers"] == first.outputs["issuers"]


def apply(manager: Manager, clusters: list[dict[str, Any]], before: Applied | None = None) -> Applied:
    found = topology(*clusters)

    def program() -> dict[str, Any]:
        sections = [c for c in found.clusters if isinstance(c, AksCluster)]
        made = acs_clusters("fed", sections, pulumi.ResourceOptions())
        zone = AzureDnsZone(
            "names",
            AzureDnsZoneArgs(
                spec=AzureDns.model_validate(SPEC),
                domain="syncweek.com",
                federation="fed",
                location="westus",
                issuer=made["west"].issuer,
                namespace="federation-dns-azure",
                service_account="dns-controller",
            ),
        )
        inner = AzureDnsZone(
            "inner",
            AzureDnsZoneArgs(
                spec=AzureDns.model_validate({**SPEC, "resource_group": "inner", "private": True}),
                domain="syncweek.com",
                federation="fed",
                location="westus",
                issuer=made["west"].issuer,
                namespace="inner",
                service_account="dns-controller",
                networks={name: cluster.network_id for name, cluster in made.items()},
            ),
        )
        TrafficManager(
            "calculatorlb",
            TrafficManagerArgs(
                service=Service("default", "calculatorlb"),
                federation="fed",
                domain="syncweek.com",
                zone_name=zone.zone_id.apply(lambda _: zone.zone_name),
                resource_group=zone.resource_group,
                own_group=zone.own_group,
                ttl=30,
                port=80,
                placements={"west": ["203.0.113.5"], "east": ["203.0.113.6"]},
                metadata={"owner": "fed"},
            ),
        )
        return {
            "issuers": pulumi.Output.all(**{name: cluster.issuer for name, cluster in made.items()}),
            "egress": made["west"].egress_addresses,
            "way": made["west"].way_in("api").address,
            "inner": inner.zone_id,
        }

    applied = Applied(
        manager=manager,
        sent_before=before.inputs if before else {},
        ignored={name: asked.ignored for name, asked in before.resources.items()} if before else {},
    )
    return run_in(applied, program)
