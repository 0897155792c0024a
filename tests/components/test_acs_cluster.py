"""The graph of clusters in Azure: each row of what a careful operator expects, and the order of things."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pulumi
import pytest
import yaml

from components.azure.clusters import acs_clusters
from federation.topology.models import AksCluster
from tests.components.azure_fixtures import DEPLOYER, ISSUER, TENANT, Azure, run, text, topology
from tests.components.plane_fixtures import unwrapped

WEST = {"name": "west", "location": "westus"}
EAST = {"name": "east", "location": "eastus"}
RANGES = {"authorized_ranges": ["198.51.100.0/24"]}


def build(*clusters: dict[str, Any], preview: bool = False) -> Azure:
    """Clusters, and of the first one a way in and a Kubernetes provider."""
    found = topology(*clusters)

    def program() -> dict[str, Any]:
        sections = [c for c in found.clusters if isinstance(c, AksCluster)]
        made = acs_clusters("fed", sections, pulumi.ResourceOptions())
        first = next(iter(made.values()))
        way = first.way_in("api")
        return {
            "kubeconfig": first.kubeconfig,
            "secret": first.kubeconfig.is_secret(),
            "issuer": first.issuer,
            "address": way.address,
            "annotations": way.annotations,
            "egress": first.egress_addresses,
            "provider": first.provider.urn,
        }

    return run(program, preview=preview)


@cache
def west() -> Azure:
    return build({**WEST, **RANGES})


@cache
def east() -> Azure:
    return build(EAST)


def cluster(azure: Azure) -> dict[str, Any]:
    found: dict[str, Any] = unwrapped(azure.only("containerservice:ManagedCluster").inputs)
    return found


def system(azure: Azure) -> dict[str, Any]:
    (found,) = cluster(azure)["agentPoolProfiles"]
    return dict(found)


def user(azure: Azure) -> dict[str, Any]:
    found: dict[str, Any] = unwrapped(azure.only("containerservice:AgentPool").inputs)
    return found


def both_pools(azure: Azure, **wanted: Any) -> bool:
    return all(
        pool.get(key) == value for pool in (system(azure), user(azure)) for key, value in wanted.items()
    )


def windows(azure: Azure) -> dict[str, dict[str, Any]]:
    found = azure.of("containerservice:MaintenanceConfiguration").values()
    return {asked.inputs["configName"]: asked.inputs["maintenanceWindow"] for asked in found}


ROWS: dict[str, Callable[[], bool]] = {
    "SKU and tier": lambda: cluster(west())["sku"] == {"name": "Base", "tier": "Standard"},
    "version": lambda: cluster(west())["kubernetesVersion"] == "1.36",
    "system pool, two nodes and tainted": lambda: (
        system(west())["minCount"] == 2
        and system(west())["mode"] == "System"
        and system(west())["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    ),
    "system pool, three nodes where there are zones": lambda: system(east())["minCount"] == 3,
    "user pool": lambda: user(west())["mode"] == "User" and user(west())["minCount"] >= 2,
    "zones where the region has them": lambda: both_pools(east(), availabilityZones=["1", "2", "3"]),
    "no zones where it has none": lambda: both_pools(west(), availabilityZones=None),
    "autoscaler": lambda: both_pools(west(), enableAutoScaling=True),
    "pool type": lambda: both_pools(west(), type="VirtualMachineScaleSets"),
    "operating system": lambda: both_pools(west(), osSKU="AzureLinux", osDiskType="Ephemeral"),
    "upgrade channel": lambda: cluster(west())["autoUpgradeProfile"]["upgradeChannel"] == "patch",
    "node channel": lambda: cluster(west())["autoUpgradeProfile"]["nodeOSUpgradeChannel"] == "NodeImage",
    "maintenance windows": lambda: (
        windows(west()).keys() == {"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}
        and all(window["durationHours"] >= 4 for window in windows(west()).values())
    ),
    "maintenance windows staggered": lambda: windows(west()) != windows(east()),
    "max surge": lambda: both_pools(west(), upgradeSettings={"maxSurge": "33%", "drainTimeoutInMinutes": 30}),
    "network": lambda: (
        [
            cluster(west())["networkProfile"][k]
            for k in ("networkPlugin", "networkPluginMode", "networkPolicy")
        ]
        == ["azure", "overlay", "cilium"]
        and cluster(west())["networkProfile"]["networkDataplane"] == "cilium"
    ),
    "egress": lambda: (
        cluster(west())["networkProfile"]["outboundType"] == "userAssignedNATGateway"
        and "natGateway" in west().only("network:Subnet").inputs
        and both_pools(west(), enableNodePublicIP=False)
    ),
    "API server for ranges": lambda: (
        cluster(west())["apiServerAccessProfile"]["authorizedIPRanges"]
        == ["198.51.100.0/24", "203.0.113.11/32"]
    ),
    "no commands through Azure": lambda: cluster(west())["apiServerAccessProfile"]["disableRunCommand"],
    "Entra ID and Azure RBAC": lambda: (
        cluster(west())["aadProfile"] == {"managed": True, "enableAzureRBAC": True, "tenantID": TENANT}
        and cluster(west())["enableRBAC"]
    ),
    "local accounts": lambda: cluster(west())["disableLocalAccounts"],
    "OIDC and workload identity": lambda: (
        cluster(west())["oidcIssuerProfile"]["enabled"]
        and cluster(west())["securityProfile"]["workloadIdentity"]["enabled"]
    ),
    "two identities": lambda: (
        len(west().of("managedidentity:UserAssignedIdentity")) == 2
        and cluster(west())["identity"]["type"] == "UserAssigned"
        and cluster(west())["identityProfile"]["kubeletidentity"]["clientId"] == "client of west-kubelet"
    ),
    "Defender": lambda: cluster(west())["securityProfile"]["defender"]["securityMonitoring"]["enabled"],
    "Azure Policy": lambda: cluster(west())["addonProfiles"]["azurepolicy"]["enabled"],
    "image cleaner": lambda: (
        cluster(west())["securityProfile"]["imageCleaner"] == {"enabled": True, "intervalHours": 120}
    ),
    "audit log": lambda: (
        [log["category"] for log in west().only("monitor:DiagnosticSetting").inputs["logs"]]
        == ["kube-audit-admin", "guard"]
    ),
    "managed Prometheus": lambda: (
        cluster(west())["azureMonitorProfile"]["metrics"]["enabled"]
        and west().only("monitor:DataCollectionRuleAssociation").inputs["dataCollectionRuleId"]
        == "/rules/default"
    ),
    "machines' group locked down": lambda: (
        cluster(west())["nodeResourceGroupProfile"]["restrictionLevel"] == "ReadOnly"
    ),
    "no SSH": lambda: both_pools(west(), securityProfile={"sshAccess": "Disabled"}),
    "deletion guard": lambda: (
        west().only("containerservice:ManagedCluster").protect
        and [a.inputs["level"] for a in west().of("authorization:ManagementLockByScope").values()]
        == ["CanNotDelete"]
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_default_cluster_is_what_a_careful_operator_would_make(row: str) -> None:
    assert ROWS[row]()


def test_the_lock_is_on_the_cluster_alone() -> None:
    lock = west().only("authorization:ManagementLockByScope")
    assert lock.inputs["scope"].endswith("/Microsoft.containerservice/ManagedCluster/west-cluster")


def test_there_is_no_password_no_key_and_no_service_principal() -> None:
    everything = "\n".join(map(text, [*west().resources.values(), *east().resources.values()]))
    for word in ("servicePrincipalProfile", "linuxProfile", "publicKeys", "clientSecret", "adminPassword"):
        assert word not in everything


def roles(azure: Azure) -> set[tuple[str, str, str]]:
    return {
        (
            asked.inputs["roleDefinitionId"].rpartition("/")[2][:8],
            asked.inputs["principalId"],
            asked.inputs["scope"].rpartition("/")[2],
        )
        for asked in azure.of("authorization:RoleAssignment").values()
    }


def test_nobody_may_more_than_needed() -> None:
    group = "11111111-0000-0000-0000-000000000001"
    assert roles(build({**WEST, "administrators": [group]})) == {
        ("4d97b98b", "principal of west-control-plane", "west"),  # Network Contributor on its own group
        ("f1a07417", "principal of west-control-plane", "west-kubelet"),  # Managed Identity Operator
        ("b1ff04bb", DEPLOYER, "west-cluster"),  # Azure Kubernetes Service RBAC Cluster Admin
        ("b1ff04bb", group, "west-cluster"),
    }


def test_whoever_is_logged_in_may_be_a_person_or_a_program() -> None:
    azure = build({**WEST, "administrators": ["11111111-0000-0000-0000-000000000001"]})
    kinds = [a.inputs.get("principalType") for a in azure.of("authorization:RoleAssignment").values()]
    assert sorted(map(str, kinds)) == ["Group", "None", "ServicePrincipal", "ServicePrincipal"]


def test_an_assignment_is_known_by_what_it_is_for_and_not_by_chance() -> None:
    def names(azure: Azure) -> list[str]:
        found = azure.of("authorization:RoleAssignment").values()
        return sorted(asked.inputs["roleAssignmentName"] for asked in found)

    assert names(west()) == names(build({**WEST, **RANGES}))
    assert len(set(names(west()))) == 3


def test_clusters_let_each_other_in() -> None:
    azure = build({**WEST, **RANGES}, {**EAST, **RANGES})
    found = azure.of("containerservice:ManagedCluster").values()
    ranges = {tuple(a.inputs["apiServerAccessProfile"]["authorizedIPRanges"]) for a in found}
    assert ranges == {("198.51.100.0/24", "203.0.113.11/32", "203.0.113.11/32")}
    assert "east-egress" in azure.before("west-cluster")


def test_a_cluster_that_names_nobody_is_for_the_federation_alone() -> None:
    profile = cluster(build(WEST))["apiServerAccessProfile"]
    assert profile["authorizedIPRanges"] == ["203.0.113.11/32"]


def test_the_cluster_comes_after_its_identitys_rights_and_before_all_that_is_in_it() -> None:
    azure = west()
    before = azure.before("west-cluster")
    assert {"west-changes-network", "west-assigns-kubelet", "west-nodes", "west-logs"} <= before
    pool = next(iter(azure.of("containerservice:AgentPool")))
    for name in (pool, "west-aksManagedAutoUpgradeSchedule", "west-audit", "west-prometheus"):
        assert "west-cluster" in azure.before(name)
    under = {pool, "west-aksManagedNodeOSUpgradeSchedule", "west-audit", "west-prometheus"}
    assert {*under, "west-administered-by-deployer"} <= azure.before("west-lock"), "the lock goes first"


def test_what_azure_moves_is_no_drift() -> None:
    made = west().only("containerservice:ManagedCluster")
    assert made.ignored == ["agentPoolProfiles[0].count"]
    assert west().only("containerservice:AgentPool").ignored == ["count"]
    assert west().resources["west-administered-by-deployer"].ignored == ["principalId"]
    moved = build({**WEST, "upgrade_channel": "stable", "foreign_tags": ["costs"]})
    assert moved.only("containerservice:ManagedCluster").ignored == [
        "agentPoolProfiles[0].count",
        "kubernetesVersion",
        "agentPoolProfiles[0].orchestratorVersion",
        'tags["costs"]',
    ]
    assert moved.only("containerservice:AgentPool").ignored == [
        "count",
        "orchestratorVersion",
        'tags["costs"]',
    ]


def test_its_kubeconfig_is_secret_and_asks_entra_for_tokens() -> None:
    outputs = west().outputs
    config = yaml.safe_load(outputs["kubeconfig"])
    assert outputs["secret"] is True
    assert config["current-context"] == "west"
    assert config["users"][0]["user"]["exec"]["args"][-2:] == ["--login", "azurecli"]


def test_the_rest_of_the_stack_learns_issuer_and_addresses() -> None:
    outputs = west().outputs
    assert outputs["issuer"] == ISSUER
    assert outputs["egress"] == ["203.0.113.11"]


def test_the_way_in_is_a_static_address_for_those_who_may_reach_the_api_server() -> None:
    outputs = west().outputs
    assert outputs["address"] == "203.0.113.8"
    assert outputs["annotations"] == {
        "service.beta.kubernetes.io/azure-load-balancer-resource-group": "west",
        "service.beta.kubernetes.io/azure-pip-name": "west-api",
        "service.beta.kubernetes.io/azure-allowed-ip-ranges": "198.51.100.0/24,203.0.113.11/32",
    }


def test_the_way_into_a_private_cluster_is_an_address_of_its_network() -> None:
    azure = build({**WEST, "private": True, "nodes": ["10.7.0.0/24"]})
    assert cluster(azure)["apiServerAccessProfile"] == {
        "disableRunCommand": True,
        "enablePrivateCluster": True,
        "enablePrivateClusterPublicFQDN": False,
        "privateDNSZone": "system",
    }
    assert azure.outputs["address"] == "10.7.0.125"
    assert set(azure.outputs["annotations"]) == {
        "service.beta.kubernetes.io/azure-load-balancer-internal",
        "service.beta.kubernetes.io/azure-load-balancer-ipv4",
    }


def test_a_preview_from_nothing_registers_what_an_update_does_and_asks_for_no_credentials() -> None:
    planned = build({**WEST, **RANGES}, preview=True)
    assert planned.resources.keys() == west().resources.keys()
    assert set(planned.calls) == {"azure-native:authorization:getClientConfig"}
    assert "kubeconfig" not in planned.outputs


def test_a_cluster_that_may_go_has_neither_lock_nor_protection() -> None:
    azure = build({**WEST, "protect": False})
    assert not azure.only("containerservice:ManagedCluster").protect
    assert azure.of("authorization:ManagementLockByScope") == {}


def test_defender_can_be_left_out_for_its_price() -> None:
    assert "defender" not in cluster(build({**WEST, "defender": False}))["securityProfile"]
