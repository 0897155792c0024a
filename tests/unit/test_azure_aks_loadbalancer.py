"""Which address a Service gets, where it leads, and when it is free again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.azure.aks.loadbalancer import FINALIZER, Balancer, target
from lab.azure.ids import resource
from tests.unit.azure_aks_api import FakeApi, Wired
from tests.unit.azure_aks_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    NETWORK_CONTRIBUTOR,
    Cloud,
    Site,
    cloud,
    site,
)

PIP = "service.beta.kubernetes.io/azure-pip-name"
GROUP = "service.beta.kubernetes.io/azure-load-balancer-resource-group"
ADDRESS = "service.beta.kubernetes.io/azure-load-balancer-ipv4"
INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
NAT = "203.0.113.1"  # the site's own way out
STATIC = {
    "location": "westus",
    "sku": {"name": "Standard"},
    "properties": {"publicIPAllocationMethod": "Static"},
}


@dataclass
class Bench:
    """A cluster of the stand-in with a make-believe API server, and its load balancer, stepped by hand."""

    site: Site
    api: FakeApi = field(default_factory=FakeApi)

    def __post_init__(self) -> None:
        self.machines = Wired(self.api)
        self.balancer = self.another()
        self.api.node("n1")

    def another(self) -> Balancer:
        """As after a restart of the stand-in."""
        context = self.site.cloud.service.context
        return Balancer(context, resource(self.site.cluster), self.machines, self.api, "west")

    def step(self, times: int = 3) -> None:
        for _ in range(times):
            self.balancer.step()

    @property
    def made(self) -> list[str]:
        """The addresses in the node resource group."""
        found = self.site.cloud.service.store.of_type("Microsoft.Network/publicIPAddresses")
        return [e.properties["ipAddress"] for e in found if "/MC_rg_west_westus/" in e.id]

    def grant(self, group: str) -> None:
        principal = self.site.plane["properties"]["principalId"]
        self.site.cloud.role(principal, NETWORK_CONTRIBUTOR, group, "00000000-0000-4000-8000-00000000000a")


@pytest.fixture
def bench(site: Site) -> Bench:  # noqa: F811
    site.up()
    return Bench(site)


def test_each_service_gets_a_public_address_that_leads_to_a_node(bench: Bench) -> None:
    bench.api.service("one")
    bench.api.service("two")
    bench.step()
    addresses = [bench.api.address("one"), bench.api.address("two")]
    assert addresses == ["203.0.113.2", "203.0.113.3"]
    assert bench.made == addresses
    assert bench.machines.routes == dict.fromkeys(addresses, "west/n1")
    assert bench.api.services["default/one"]["metadata"]["finalizers"] == [FINALIZER]


def test_what_is_as_it_should_be_is_not_touched(bench: Bench) -> None:
    bench.api.service("one")
    bench.step()
    bench.api.asked.clear()
    bench.step(2)
    assert {word.split()[0] for word in bench.api.asked} == {"LIST"}


def test_an_address_is_free_again_once_its_service_is_deleted(bench: Bench) -> None:
    bench.api.service("one")
    bench.step()
    bench.api.delete("one")
    assert "default/one" in bench.api.services, "it waits for its load balancer"
    bench.step()
    assert bench.api.services == {}
    assert bench.made == []
    assert bench.machines.routes == {}
    assert bench.site.cloud.service.store.of_type("Microsoft.Network/loadBalancers") == []


def test_a_service_that_was_deleted_with_force_leaves_nothing(bench: Bench) -> None:
    bench.api.service("one")
    bench.step()
    del bench.api.services["default/one"]
    bench.step()
    assert (bench.made, bench.machines.routes) == ([], {})


def test_a_service_of_another_type_has_no_address_any_more(bench: Bench) -> None:
    service = bench.api.service("one")
    bench.step()
    service["spec"]["type"] = "ClusterIP"
    bench.step()
    assert bench.api.address("one") is None
    assert service["metadata"]["finalizers"] == []
    assert bench.made == []


def test_a_load_balancer_of_another_class_is_left_alone(bench: Bench) -> None:
    bench.api.service("one", loadBalancerClass="kube-vip.io/kube-vip-class")
    bench.step()
    assert bench.api.address("one") is None
    assert bench.made == []


def test_an_address_moves_to_another_node_when_its_node_is_not_ready(bench: Bench) -> None:
    bench.api.node("n2")
    bench.api.service("one")
    bench.step()
    bench.api.node("n1", ready=False)
    bench.step()
    assert bench.machines.routes == {"203.0.113.2": "west/n2"}
    bench.api.node("n1", ready=True)
    bench.step()
    assert bench.machines.routes == {"203.0.113.2": "west/n2"}, "it does not move without need"
    bench.api.node("n2", ready=False)
    bench.api.node("n1", ready=False)
    bench.step()
    assert bench.machines.routes == {"203.0.113.2": "west/n2"}, "no other node is better"


@pytest.mark.parametrize(
    ("nodes", "now", "found"),
    [
        ([], None, None),
        ([("a", "True"), ("b", "True")], None, "a"),
        ([("a", "True"), ("b", "True")], "b", "b"),
        ([("a", "Unknown"), ("b", "True")], "a", "b"),
        ([("a", "Unknown")], "a", None),
    ],
)
def test_the_first_ready_node_is_taken_and_kept(
    nodes: list[tuple[str, str]], now: str | None, found: str | None
) -> None:
    objects = [
        {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": status}]}}
        for name, status in nodes
    ]
    assert target(objects, now) == found


def test_workers_come_before_the_control_plane(bench: Bench) -> None:
    bench.api.nodes.clear()
    bench.api.node("a", labels={"node-role.kubernetes.io/control-plane": ""})
    bench.api.node("b", labels={"node.kubernetes.io/exclude-from-external-load-balancers": ""})
    bench.api.node("c")
    assert target(bench.api.nodes, None) == "c"


def test_a_restart_keeps_addresses_and_leads_them_again(bench: Bench) -> None:
    bench.api.service("one")
    bench.step()
    bench.machines.routes.clear()
    bench.balancer = bench.another()
    bench.step()
    assert bench.api.address("one") == "203.0.113.2"
    assert bench.machines.routes == {"203.0.113.2": "west/n1"}
    bench.api.delete("one")
    bench.balancer = bench.another()
    bench.step()
    assert (bench.api.services, bench.machines.routes) == ({}, {})


@pytest.mark.parametrize(
    ("notes", "spec"),
    [
        ({PIP: "front", GROUP: "rg"}, {}),
        ({PIP: "front", GROUP: "RG"}, {}),
        ({ADDRESS: "203.0.113.2", GROUP: "rg"}, {}),
        ({GROUP: "rg"}, {"loadBalancerIP": "203.0.113.2"}),
    ],
)
def test_a_service_gets_the_address_that_it_names(
    bench: Bench, notes: dict[str, str], spec: dict[str, Any]
) -> None:
    path = f"{bench.site.cloud.group}/providers/Microsoft.Network/publicIPAddresses/front"
    assert bench.site.cloud.put(path, STATIC)["properties"]["ipAddress"] == "203.0.113.2"
    bench.grant(bench.site.cloud.group)
    bench.api.service("one", notes, **spec)
    bench.step()
    assert bench.api.address("one") == "203.0.113.2"
    assert bench.made == []
    refusal = bench.site.cloud.refused("DELETE", path)
    assert refusal[1] == "PublicIPAddressCannotBeDeleted", "it is in use"
    bench.api.delete("one")
    bench.step()
    assert bench.machines.routes == {}
    assert bench.site.cloud.ask("DELETE", path).status == 202


def test_an_address_of_another_group_needs_network_contributor_there(bench: Bench) -> None:
    path = f"{bench.site.cloud.group}/providers/Microsoft.Network/publicIPAddresses/front"
    bench.site.cloud.put(path, STATIC)
    bench.api.service("one", {PIP: "front", GROUP: "rg"})
    bench.step()
    assert bench.api.address("one") is None
    (event,) = bench.api.events
    assert event.startswith(
        "Error syncing load balancer: failed to ensure load balancer: AuthorizationFailed: The client"
    )
    assert event.endswith("give the cluster's identity Network Contributor on resource group rg")
    bench.grant(bench.site.cloud.group)
    bench.step()
    assert bench.api.address("one") == "203.0.113.2"


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        ({PIP: "front"}, "user supplied IP Address front was not found in resource group MC_rg_west_westus"),
        ({PIP: "no", GROUP: "rg"}, "user supplied IP Address no was not found in resource group rg"),
        ({ADDRESS: "203.0.113.99", GROUP: "rg"}, "user supplied IP Address 203.0.113.99 was not found"),
        ({PIP: "out", GROUP: "rg"}, "public IP address out is in use by"),
        ({INTERNAL: "true"}, "the stand-in for AKS has no internal load balancers"),
    ],
)
def test_why_a_service_has_no_address_is_told_once(bench: Bench, notes: dict[str, str], says: str) -> None:
    bench.grant(bench.site.cloud.group)
    bench.api.service("one", notes)
    bench.step(4)
    assert bench.api.address("one") is None
    (event,) = bench.api.events
    assert says in event


def test_an_address_has_one_service(bench: Bench) -> None:
    bench.site.cloud.put(
        f"{bench.site.cloud.group}/providers/Microsoft.Network/publicIPAddresses/front", STATIC
    )
    bench.grant(bench.site.cloud.group)
    bench.api.service("one", {PIP: "front", GROUP: "rg"})
    bench.api.service("two", {PIP: "front", GROUP: "rg"})
    bench.step()
    assert [bench.api.address(name) for name in ("one", "two")] == ["203.0.113.2", None]
    assert bench.api.events[0].endswith("public IP address front is in use by service default/one")


def test_a_service_that_asks_for_another_address_gets_it_and_leaves_the_old_one(bench: Bench) -> None:
    service = bench.api.service("one")
    bench.step()
    bench.site.cloud.put(
        f"{bench.site.cloud.group}/providers/Microsoft.Network/publicIPAddresses/front", STATIC
    )
    bench.grant(bench.site.cloud.group)
    service["metadata"]["annotations"] = {PIP: "front", GROUP: "rg"}
    bench.step()
    assert bench.api.address("one") == "203.0.113.3"
    assert bench.made == []
    assert bench.machines.routes == {"203.0.113.3": "west/n1"}


def test_clusters_and_the_inventory_share_one_range(bench: Bench) -> None:
    bench.api.service("one")
    bench.step()
    path = f"{bench.site.cloud.group}/providers/Microsoft.Network/publicIPAddresses/more"
    assert bench.site.cloud.put(path, STATIC)["properties"]["ipAddress"] == "203.0.113.3"
    for i in range(4, 255):
        bench.site.cloud.put(f"{path}{i}", STATIC)
    bench.api.service("late")
    bench.step()
    assert bench.api.address("late") is None
    assert bench.api.events[0].endswith("PublicIPCountLimitReached: all public addresses are taken")


def test_all_addresses_are_given_back_when_the_cluster_goes(bench: Bench) -> None:
    bench.api.service("one")
    bench.api.service("two")
    bench.step()
    bench.balancer.release()
    assert (bench.made, bench.machines.routes) == ([], {})


def test_somebody_elses_change_is_not_lost(bench: Bench) -> None:
    service = bench.api.service("one")
    listed = bench.api.items

    def changed(path: str) -> list[dict[str, Any]]:
        found = listed(path)
        if path.startswith("/api/v1/services") and not service["metadata"].get("finalizers"):
            service["metadata"]["finalizers"] = ["theirs"]
            bench.api._touch(service)
        return found

    bench.api.items = changed  # type: ignore[method-assign]
    bench.step()
    assert service["metadata"]["finalizers"] == ["theirs", FINALIZER]
    assert NAT not in bench.machines.routes
