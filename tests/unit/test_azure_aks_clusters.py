"""A managed cluster of the stand-in from its PUT to its end, with machines that nobody boots."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.azure.aks.machines import Paper, Running
from lab.azure.aks.part import part, start
from lab.azure.clock import ManualClock
from lab.azure.service import Service
from lab.azure.settings import Settings
from lab.azure.store import Store
from lab.errors import LabError
from tests.unit.azure_aks_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    Cloud,
    Site,
    cloud,
    site,
)


class Recording(Paper):
    """Remembers what it was asked for; fails or waits when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Mapping[str, Any]] = []
        self.broken = False
        self.gate: threading.Event | None = None

    def boot(self, cluster: Mapping[str, Any]) -> Running:
        self.asked.append(cluster)
        if self.gate is not None:
            assert self.gate.wait(5)
        if self.broken:
            raise LabError("cluster west", "nodes are not Ready", "see its logs")
        return super().boot(cluster)


@pytest.fixture
def machines(cloud: Cloud) -> Recording:  # noqa: F811
    recording = Recording()
    start(cloud.service.context, recording)
    return recording


def state(document: dict[str, Any]) -> str:
    return str(document["properties"]["provisioningState"])


def test_a_put_boots_a_cluster_and_says_what_only_aks_knows(site: Site, machines: Recording) -> None:  # noqa: F811
    answer = site.cloud.ask("PUT", site.cluster, site.body())
    assert answer.status == 201
    assert state(answer.json()) == "Creating"
    assert "Azure-AsyncOperation" in answer.headers
    site.cloud.settle()
    found = site.cloud.get(site.cluster)
    properties = found["properties"]
    uid = properties["resourceUID"]
    assert state(found) == "Succeeded"
    assert properties["powerState"] == {"code": "Running"}
    assert properties["kubernetesVersion"] == "1.35"
    assert properties["currentKubernetesVersion"] == "1.36.3", "what runs is the lab's build"
    assert properties["nodeResourceGroup"] == "MC_rg_west_westus"
    assert properties["oidcIssuerProfile"] == {"enabled": True, "issuerURL": f"https://10.98.0.1/oidc/{uid}/"}
    assert properties["fqdn"].startswith("west-")
    assert properties["fqdn"].endswith(".hcp.westus.azmk8s.io")
    assert found["identity"]["userAssignedIdentities"][site.plane["id"]] == {
        key: site.plane["properties"][key] for key in ("principalId", "clientId")
    }
    assert properties["aadProfile"]["tenantID"] == site.cloud.service.settings.tenant_id


def test_the_machine_has_region_labels_and_issuers_of_the_cluster(site: Site, machines: Recording) -> None:  # noqa: F811
    properties = site.up()["properties"]
    tenant = site.cloud.service.settings.tenant_id
    assert machines.asked == [
        {
            "name": "west",
            "workers": 0,
            "region": "westus",
            "labels": [
                {
                    "agentpool": "system",
                    "kubernetes.azure.com/agentpool": "system",
                    "kubernetes.azure.com/cluster": "MC_rg_west_westus",
                    "kubernetes.azure.com/mode": "system",
                    "kubernetes.azure.com/os-sku": "Ubuntu",
                    "kubernetes.azure.com/role": "agent",
                    "node.kubernetes.io/instance-type": "Standard_D2s_v5",
                    "topology.kubernetes.io/zone": "0",
                }
            ],
            "issuer": properties["oidcIssuerProfile"]["issuerURL"],
            "oidc": {
                "issuer": f"https://10.98.0.1/{tenant}/v2.0",
                "audience": "6dae42f8-4368-4678-94ff-3960e28e3630",
            },
        }
    ]


def test_nodes_of_a_zonal_pool_take_its_zones_by_turns() -> None:
    service = Service(Settings(operation_seconds=0, aks_workers=2), clock=ManualClock())
    recording = Recording()
    start(service.context, recording)
    made = Cloud(service)
    made.put(made.group, {"location": "eastus"})
    cluster = f"{made.group}/providers/Microsoft.ContainerService/managedClusters/East_1"
    pool = {"name": "system", "mode": "System", "vmSize": "Standard_D2s_v5", "availabilityZones": ["1", "2"]}
    made.put(cluster, {"location": "eastus", "properties": {"dnsPrefix": "e", "agentPoolProfiles": [pool]}})
    (asked,) = recording.asked
    assert (asked["name"], asked["workers"]) == ("east-1", 2)
    zones = [labels["topology.kubernetes.io/zone"] for labels in asked["labels"]]
    assert zones == ["eastus-1", "eastus-2", "eastus-1"]
    assert "oidc" not in asked, "there is no Entra ID without aadProfile"


def test_inline_pools_are_agent_pools(site: Site) -> None:  # noqa: F811
    site.up()
    pool = site.cloud.get(f"{site.cluster}/agentPools/system")
    (inline,) = site.cloud.get(site.cluster)["properties"]["agentPoolProfiles"]
    assert inline["name"] == "system"
    assert pool["properties"]["vmSize"] == inline["vmSize"] == "Standard_D2s_v5"
    assert state(pool) == "Succeeded"


def test_the_node_resource_group_comes_and_goes_with_the_cluster(site: Site) -> None:  # noqa: F811
    site.up()
    group = f"{site.cloud.subscription}/resourceGroups/MC_rg_west_westus"
    assert site.cloud.get(group)["managedBy"] == site.cluster
    assert site.cloud.ask("DELETE", site.cluster).status == 202
    site.cloud.settle()
    assert site.cloud.gone(site.cluster)
    assert site.cloud.gone(group)
    assert site.cloud.gone(f"{site.cluster}/agentPools/system")
    assert part(site.cloud.service.context).machines.names() == []


def test_a_group_takes_its_clusters_along(site: Site) -> None:  # noqa: F811
    site.up()
    assert site.cloud.ask("DELETE", site.cloud.group).status == 202
    site.cloud.settle()
    assert site.cloud.gone(site.cloud.group)
    assert part(site.cloud.service.context).machines.names() == []
    assert [e.id for e in site.cloud.service.store.all()] == []


def test_a_boot_that_fails_is_told_and_the_next_put_goes_on(site: Site, machines: Recording) -> None:  # noqa: F811
    machines.broken = True
    answer = site.cloud.ask("PUT", site.cluster, site.body())
    site.cloud.settle()
    operation = site.cloud.service.operations.find(
        answer.headers["Azure-AsyncOperation"].split("/operations/")[1].split("?")[0]
    )
    assert operation is not None
    assert operation.status == "Failed"
    assert str(operation.error) == (
        "500 CreateManagedClusterFailed: The cluster did not come up: cluster west: nodes are not Ready. "
        "Next: see its logs."
    )
    assert state(site.cloud.get(site.cluster)) == "Failed"
    assert state(site.cloud.get(f"{site.cluster}/agentPools/system")) == "Failed"
    machines.broken = False
    assert state(site.up()) == "Succeeded"
    assert machines.asked[0] == machines.asked[1], "the same machine is gone on with"
    site.up()
    assert len(machines.asked) == 2, "what is up is not booted again"


def test_a_cluster_whose_machines_were_removed_by_hand_is_booted_by_the_next_put(
    site: Site,  # noqa: F811
    machines: Recording,
) -> None:
    site.up()
    machines.remove("west")
    site.up()
    assert [asked["name"] for asked in machines.asked] == ["west", "west"]


def test_nothing_else_is_done_to_a_cluster_while_an_operation_runs(site: Site, machines: Recording) -> None:  # noqa: F811
    machines.gate = threading.Event()
    assert site.cloud.ask("PUT", site.cluster, site.body()).status == 201
    try:
        pool = f"{site.cluster}/agentPools/more"
        for method, path, body in (
            ("PUT", site.cluster, site.body({"tags": {"a": "b"}})),
            ("DELETE", site.cluster, None),
            ("PUT", pool, {"properties": {"vmSize": "Standard_D2s_v5", "count": 1}}),
        ):
            status, code, _ = site.cloud.refused(method, path, body)
            assert (status, code) == (409, "OperationNotAllowed"), (method, path)
    finally:
        machines.gate.set()
    site.cloud.settle()
    assert state(site.cloud.get(site.cluster)) == "Succeeded"


def test_two_clusters_boot_at_the_same_time(site: Site, machines: Recording) -> None:  # noqa: F811
    machines.gate = threading.Event()
    other = site.cluster.replace("west", "west2")
    try:
        for path, prefix in ((site.cluster, "west"), (other, "west2")):
            answer = site.cloud.ask("PUT", path, site.body({"properties": {"dnsPrefix": prefix}}))
            assert answer.status == 201
    finally:
        machines.gate.set()
    site.cloud.settle()
    assert sorted(asked["name"] for asked in machines.asked) == ["west", "west2"]


def test_clusters_of_the_same_name_are_two_clusters_of_the_lab(site: Site, machines: Recording) -> None:  # noqa: F811
    site.up()
    other = f"{site.cloud.subscription}/resourceGroups/second"
    site.cloud.put(other, {"location": "westus"})
    site.cloud.put(f"{other}/providers/Microsoft.ContainerService/managedClusters/west", site.body())
    first, second = (asked["name"] for asked in machines.asked)
    assert first == "west"
    assert second.startswith("west-")


def test_an_update_needs_the_etag_that_it_was_made_for(site: Site) -> None:  # noqa: F811
    tag = site.up()["eTag"]
    stale = site.cloud.refused("PUT", site.cluster, site.body({"tags": {"a": "b"}}), if_match="other")
    assert stale[:2] == (412, "PreconditionFailed")
    assert site.cloud.ask("PUT", site.cluster, site.body({"tags": {"a": "b"}}), if_match=tag).status == 200
    site.cloud.settle()
    assert site.cloud.refused("PUT", site.cluster, site.body(), if_match=tag)[0] == 412
    assert site.cloud.refused("PUT", site.cluster, site.body(), if_none_match="*")[0] == 412


def test_the_same_put_again_changes_nothing_but_the_etag(site: Site) -> None:  # noqa: F811
    first, second = site.up(), site.up()
    for document in (first, second):
        del document["eTag"]
        for pool in document["properties"]["agentPoolProfiles"]:
            del pool["eTag"]
    assert first == second


def test_tags_are_patched_and_all_else_stays(site: Site) -> None:  # noqa: F811
    before = site.up()
    assert site.cloud.ask("PATCH", site.cluster, {"tags": {"a": "b"}}).status == 200
    site.cloud.settle()
    after = site.cloud.get(site.cluster)
    assert after["tags"] == {"a": "b"}
    for word in ("identity", "sku"):
        assert after[word] == before[word]
    for document in (before, after):
        del document["properties"]["agentPoolProfiles"]
    assert after["properties"] == before["properties"]


def test_a_restart_takes_clusters_on_again_and_what_was_being_made_has_failed(tmp_path: Path) -> None:
    settings, kept = Settings(operation_seconds=0), Recording()

    def begin() -> Cloud:
        service = Service(settings, clock=ManualClock(), store=Store(tmp_path / "inventory.json"))
        start(service.context, kept)
        return Cloud(service)

    first = Site(begin())
    issuer = first.up()["properties"]["oidcIssuerProfile"]["issuerURL"]
    other = first.cluster.replace("west", "other")
    kept.gate = threading.Event()
    assert first.cloud.ask("PUT", other, first.body({"properties": {"dnsPrefix": "o"}})).status == 201
    second = begin()  # the first one was killed
    assert second.service.context.issuers.keys() == {issuer}
    assert state(second.get(other)) == "Failed"
    assert state(second.get(first.cluster)) == "Succeeded"
    kept.gate.set()
    first.cloud.settle()
    assert state(second.put(other, first.body({"properties": {"dnsPrefix": "o"}}))) == "Succeeded"


def test_a_lock_stops_the_deletion_of_a_cluster(site: Site) -> None:  # noqa: F811
    site.up()
    lock = f"{site.cluster}/providers/Microsoft.Authorization/locks/keep"
    site.cloud.put(lock, {"properties": {"level": "CanNotDelete"}})
    assert site.cloud.refused("DELETE", site.cluster)[:2] == (409, "ScopeLocked")
