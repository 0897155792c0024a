"""What AKS refuses, with its code and its words; and what can't be changed."""

from __future__ import annotations

from typing import Any

import pytest

from lab.azure.aks import sizes, versions
from lab.azure.http import ArmError
from lab.azure.service import Service
from lab.azure.settings import Settings
from tests.unit.azure_aks_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    Cloud,
    Site,
    cloud,
    merged,
    site,
)

BAD = "InvalidParameter"


@pytest.mark.parametrize(
    ("properties", "code", "says"),
    [
        ({"dnsPrefix": None}, BAD, "Required parameter dnsPrefix is missing (null)."),
        ({"dnsPrefix": "-west"}, BAD, "'-west' must have up to 54 letters"),
        (
            {"kubernetesVersion": "1.29.2"},
            "K8sVersionNotSupported",
            "is on version 1.29.2, which is not supported",
        ),
        ({"kubernetesVersion": "1.99"}, "K8sVersionNotSupported", "(1.33, 1.34, 1.35, 1.36)"),
        ({"kubernetesVersion": "latest"}, "K8sVersionNotSupported", "is on version latest"),
        ({"agentPoolProfiles": None}, BAD, "Required parameter agentPoolProfiles is missing (null)."),
        ({"networkProfile": {"networkDataplane": "azure"}}, BAD, "cilium needs networkDataplane cilium"),
        (
            {"networkProfile": {"podCidr": "10.0.128.0/17"}},
            BAD,
            "10.0.128.0/17 overlaps serviceCidr 10.0.0.0/16",
        ),
        ({"networkProfile": {"serviceCidr": "10.0.0.1/16"}}, BAD, "10.0.0.1/16 has host bits set"),
        (
            {"networkProfile": {"serviceCidr": "10.0.0.0/8", "podCidr": "172.16.0.0/12"}},
            BAD,
            "is larger than a /12",
        ),
        ({"networkProfile": {"dnsServiceIP": "10.1.0.10"}}, BAD, "10.1.0.10 is not within 10.0.0.0/16"),
        ({"networkProfile": {"dnsServiceIP": "10.0.0.1"}}, BAD, "behind its first address"),
        ({"networkProfile": {"dnsServiceIP": "first"}}, BAD, "first is not within 10.0.0.0/16"),
        (
            {"networkProfile": {"serviceCidr": "10.224.0.0/20", "dnsServiceIP": "10.224.0.10"}},
            "ServiceCidrOverlapExistingSubnetsCidr",
            "The specified service CIDR 10.224.0.0/20 is conflicted with an existing subnet CIDR 10.224.0.0/16.",
        ),
        (
            {"networkProfile": {"outboundType": "userDefinedRouting"}},
            BAD,
            "needs a subnet with a route table",
        ),
        (
            {"apiServerAccessProfile": {"authorizedIPRanges": ["all"]}},
            BAD,
            "'all' is no IPv4 address or range",
        ),
        (
            {"apiServerAccessProfile": {"authorizedIPRanges": [f"10.{i}.0.0/16" for i in range(201)]}},
            BAD,
            "there are 201 ranges, and 200 at most may be given",
        ),
        ({"apiServerAccessProfile": {"enablePrivateCluster": True}}, BAD, "together with a private cluster"),
        ({"aadProfile": None}, BAD, "local accounts can only be disabled with Entra ID"),
        ({"aadProfile": {"managed": False}}, BAD, "Azure RBAC needs managed Entra ID"),
        (
            {"aadProfile": {"tenantID": "8d1b6c4e-0000-4000-8000-000000000000"}},
            BAD,
            "is not the tenant of this",
        ),
        ({"oidcIssuerProfile": {"enabled": False}}, BAD, "workload identity needs the OIDC issuer"),
        ({"nodeResourceGroup": "a" * 81}, BAD, "is no name for a resource group of up to 80 characters"),
        ({"networkProfil": {}}, "InvalidRequestContent", "networkProfil"),
        ({"networkProfile": {"networkPlugin": "flannel"}}, "InvalidRequestContent", "flannel"),
        ({"autoUpgradeProfile": {"upgradeChannel": "weekly"}}, "InvalidRequestContent", "weekly"),
    ],
)
def test_a_mistake_in_a_cluster_is_told(
    site: Site,  # noqa: F811
    properties: dict[str, Any],
    code: str,
    says: str,
) -> None:
    status, found, message = site.cloud.refused("PUT", site.cluster, site.body({"properties": properties}))
    assert (status, found) == (400, code)
    assert says in message
    assert site.cloud.gone(site.cluster)
    assert site.cloud.gone(f"{site.cloud.subscription}/resourceGroups/MC_rg_west_westus")


@pytest.mark.parametrize("name", ["-west", "we st", "west_", "x" * 64])
def test_a_cluster_has_a_name_that_aks_takes(site: Site, name: str) -> None:  # noqa: F811
    path = site.cluster.replace("managedClusters/west", f"managedClusters/{name}")
    assert site.cloud.refused("PUT", path, site.body())[:2] == (400, "InvalidResourceName")


@pytest.mark.parametrize(
    ("pool", "code", "says"),
    [
        ({"name": "System"}, BAD, "'System' must begin with a lower-case letter"),
        ({"name": "thirteenchars"}, BAD, "'thirteenchars' must"),
        ({"vmSize": None}, BAD, "Required parameter agentPoolProfile.vmSize is missing (null)."),
        ({"vmSize": "Standard_D3s_v5"}, "BadRequest", "The VM size of Standard_D3s_v5 is not allowed"),
        (
            {"vmSize": "Standard_B1s"},
            "SystemPoolSkuTooLow",
            "The VM SKU Standard_B1s is not supported for system",
        ),
        ({"mode": "User"}, BAD, "There has to be at least one system agent pool"),
        ({"count": 0}, BAD, "0 of pool system is not within 1 and 1000"),
        ({"count": 1001}, BAD, "1001 of pool system is not within 1 and 1000"),
        ({"minCount": 1}, BAD, "pool system has minCount or maxCount, and no autoscaler"),
        (
            {"enableAutoScaling": True, "minCount": 1},
            BAD,
            "the autoscaler of pool system needs minCount and maxCount",
        ),
        ({"enableAutoScaling": True, "minCount": 4, "maxCount": 3}, BAD, "has minCount 4 and maxCount 3"),
        (
            {"enableAutoScaling": True, "minCount": 3, "maxCount": 5},
            BAD,
            "2 of pool system is not within minCount 3",
        ),
        ({"maxPods": 9}, BAD, "9 of pool system is not within 10 and 250"),
        ({"nodeTaints": ["NoSchedule"]}, BAD, "'NoSchedule' of pool system is not key=value:effect"),
        (
            {"nodeLabels": {"kubernetes.io/role": "x"}},
            BAD,
            "the prefix of 'kubernetes.io/role' of pool system",
        ),
        ({"upgradeSettings": {"maxSurge": "some"}}, BAD, "'some' of pool system is no number or percentage"),
        ({"scaleSetPriority": "Spot"}, BAD, "system pool system can't be a spot pool"),
        ({"osType": "Windows"}, BAD, "system pool system must run Linux"),
        (
            {"availabilityZones": ["1", "2"]},
            "AvailabilityZoneNotSupported",
            "The zone(s) '1, 2' for resource 'system' is not supported. The supported zones for location 'westus' are",
        ),
        (
            {"orchestratorVersion": "1.36"},
            "NodePoolMcVersionIncompatible",
            "version 1.36 and control plane version 1.35",
        ),
        ({"vnetSubnetID": "/subscriptions/x"}, "InvalidResourceReference", "was not found"),
        (
            {"count": 51},
            "ErrCode_InsufficientVCPUQuota",
            "requested 102, remaining 100 for family standardDSv5Family",
        ),
    ],
)
def test_a_mistake_in_a_pool_is_told(site: Site, pool: dict[str, Any], code: str, says: str) -> None:  # noqa: F811
    status, found, message = site.cloud.refused("PUT", site.cluster, site.with_system(**pool))
    assert (status, found) == (400, code), message
    assert says in message


def test_two_pools_of_a_cluster_have_two_names(site: Site) -> None:  # noqa: F811
    pool = site.pool(name="system", mode="System")
    body = site.body({"properties": {"agentPoolProfiles": [pool, pool]}})
    assert "there are two pools named 'system'" in site.cloud.refused("PUT", site.cluster, body)[2]


def test_the_quota_counts_all_pools_of_the_region() -> None:
    made = Site(Cloud(Service(Settings(operation_seconds=0, quotas={"vcpus": 10}))))
    made.up()  # two nodes of two
    pool = f"{made.cluster}/agentPools/user"
    refusal = made.cloud.refused("PUT", pool, {"properties": made.pool(count=4)})
    assert "requested 8, remaining 6 for family standardDSv5Family for region westus" in refusal[2]
    made.cloud.put(pool, {"properties": made.pool(count=3)})
    assert (
        "remaining 0"
        in made.cloud.refused("PUT", pool.replace("user", "more"), {"properties": made.pool()})[2]
    )
    made.cloud.put(made.cluster, made.with_system(count=2, maxPods=110))
    assert (
        "requested 12, remaining 10" in made.cloud.refused("PUT", made.cluster, made.with_system(count=3))[2]
    )


def test_the_control_plane_needs_a_right_to_join_its_subnet(site: Site) -> None:  # noqa: F811
    assert site.cloud.ask("DELETE", site.network_role).status == 200
    status, code, message = site.cloud.refused("PUT", site.cluster, site.body())
    assert (status, code) == (403, "LinkedAuthorizationFailed")
    principal = site.plane["properties"]["principalId"]
    assert f"with object id '{principal}'" in message
    assert (
        f"'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '{site.subnet}'"
        in message
    )


def test_the_control_plane_needs_a_right_to_give_nodes_their_identity(site: Site) -> None:  # noqa: F811
    assert site.cloud.ask("DELETE", site.identity_role).status == 200
    status, code, message = site.cloud.refused("PUT", site.cluster, site.body())
    assert (status, code) == (400, "CustomKubeletIdentityMissingPermissionError")
    assert site.kubelet["id"] in message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            {"identity": {"type": "SystemAssigned", "userAssignedIdentities": None}},
            "CustomKubeletIdentityOnly",
        ),
        ({"identity": {"userAssignedIdentities": None}}, "InvalidUserAssignedIdentity"),
        (
            {"properties": {"identityProfile": {"kubeletidentity": {"clientId": "x"}}}},
            "InvalidIdentityProfile",
        ),
        (
            {"properties": {"identityProfile": {"kubeletidentity": {"resourceId": "/subscriptions/x"}}}},
            "NotFound",
        ),
    ],
)
def test_identities_must_be_there_and_fit(site: Site, change: dict[str, Any], code: str) -> None:  # noqa: F811
    assert site.cloud.refused("PUT", site.cluster, site.body(change))[1].startswith(code)


def test_a_subnet_is_in_the_clusters_region_and_has_the_way_out(site: Site) -> None:  # noqa: F811
    elsewhere = site.body({"location": "eastus"})
    assert site.cloud.refused("PUT", site.cluster, elsewhere)[1] == "VnetRegionMismatch"
    bare = f"{site.subnet.rpartition('/')[0]}/bare"
    site.cloud.put(bare, {"properties": {"addressPrefix": "10.225.0.0/24"}})
    site.cloud.role(
        site.plane["properties"]["principalId"],
        "4d97b98b-1d4f-4787-a291-c67834d212e7",
        bare,
        "00000000-0000-4000-8000-000000000009",
    )
    refusal = site.cloud.refused("PUT", site.cluster, site.with_system(vnetSubnetID=bare))
    assert "needs a subnet with a NAT gateway, and" in refusal[2]


def test_a_cluster_does_not_take_over_a_resource_group(site: Site) -> None:  # noqa: F811
    site.cloud.put(f"{site.cloud.subscription}/resourceGroups/MC_rg_west_westus", {"location": "westus"})
    refusal = site.cloud.refused("PUT", site.cluster, site.body())
    assert refusal[:2] == (409, "NodeResourceGroupAlreadyExists")


CLUSTER_CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("properties.dnsPrefix", {"dnsPrefix": "other"}),
    ("properties.nodeResourceGroup", {"nodeResourceGroup": "MC_other"}),
    ("properties.enableRBAC", {"enableRBAC": False}),
    ("properties.networkProfile.podCidr", {"networkProfile": {"podCidr": "10.245.0.0/16"}}),
    ("properties.networkProfile.serviceCidr", {"networkProfile": {"serviceCidr": "10.1.0.0/16"}}),
    ("properties.networkProfile.dnsServiceIP", {"networkProfile": {"dnsServiceIP": "10.0.0.11"}}),
    ("properties.networkProfile.loadBalancerSku", {"networkProfile": {"loadBalancerSku": "basic"}}),
]
POOL_CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("vmSize", {"vmSize": "Standard_D4s_v5"}),
    ("osDiskSizeGB", {"osDiskSizeGB": 256}),
    ("osDiskType", {"osDiskType": "Ephemeral"}),
    ("maxPods", {"maxPods": 30}),
    ("availabilityZones", {"availabilityZones": ["1"]}),
    ("vnetSubnetID", {"vnetSubnetID": "/subscriptions/x"}),
    ("type", {"type": "AvailabilitySet"}),
]


@pytest.mark.parametrize(("path", "change"), CLUSTER_CHANGES)
def test_what_a_cluster_is_made_with_stays(site: Site, path: str, change: dict[str, Any]) -> None:  # noqa: F811
    site.up()
    answer = site.cloud.ask("PUT", site.cluster, site.body({"properties": change}))
    error = answer.json()["error"]
    assert (answer.status, error["code"]) == (400, "PropertyChangeNotAllowed")
    assert error["message"] == f"Changing property '{path}' is not allowed."
    assert error["details"][0]["target"] == path


@pytest.mark.parametrize(("path", "change"), POOL_CHANGES)
def test_what_a_pool_is_made_with_stays(site: Site, path: str, change: dict[str, Any]) -> None:  # noqa: F811
    site.up()
    inline = site.cloud.refused("PUT", site.cluster, site.with_system(**change))
    assert inline == (
        400,
        "PropertyChangeNotAllowed",
        f"Changing property 'agentPoolProfile.{path}' is not allowed.",
    )
    alone = {"properties": merged(site.pool(mode="System", count=2), change)}
    refusal = site.cloud.refused("PUT", f"{site.cluster}/agentPools/system", alone)
    assert refusal[1:] == (
        "PropertyChangeNotAllowed",
        f"Changing property 'properties.{path}' is not allowed.",
    )


def test_a_cluster_stays_in_its_region(site: Site) -> None:  # noqa: F811
    site.up()
    refusal = site.cloud.refused("PUT", site.cluster, site.body({"location": "eastus"}))
    assert refusal[:2] == (409, "InvalidResourceLocation")


def test_what_is_left_out_of_an_update_and_cannot_change_stays(site: Site) -> None:  # noqa: F811
    before = site.up()["properties"]
    short = {
        "location": "westus",
        "properties": {"dnsPrefix": "west", "disableLocalAccounts": True},
    }
    after = site.cloud.put(site.cluster, short)["properties"]
    for word in (
        "kubernetesVersion",
        "identityProfile",
        "aadProfile",
        "nodeResourceGroup",
        "oidcIssuerProfile",
    ):
        assert after[word] == before[word]
    assert after["networkProfile"]["podCidr"] == "10.244.0.0/16"
    assert [pool["name"] for pool in after["agentPoolProfiles"]] == ["system"]


def test_the_issuer_is_never_switched_off(site: Site) -> None:  # noqa: F811
    site.up()
    change = {"properties": {"oidcIssuerProfile": {"enabled": False}, "securityProfile": None}}
    assert (
        site.cloud.refused("PUT", site.cluster, site.body(change))[1] == "OIDCIssuerFeatureCannotBeDisabled"
    )


@pytest.mark.parametrize("version", ["1.33", "1.33.9", "1.35.0", "1.34.1"])
def test_versions_skip_no_minor_and_do_not_go_back(site: Site, version: str) -> None:  # noqa: F811
    start = "1.33.4" if version == "1.35.0" else "1.34.2"
    site.cloud.put(site.cluster, site.body({"properties": {"kubernetesVersion": start}}))
    refusal = site.cloud.refused(
        "PUT", site.cluster, site.body({"properties": {"kubernetesVersion": version}})
    )
    assert refusal[:2] == (400, "OperationNotAllowed")
    assert f"Upgrading Kubernetes version {start} to {version} is not allowed." in refusal[2]


@pytest.mark.parametrize(
    ("before", "after"), [("1.34", "1.35"), ("1.34.1", "1.34.2"), ("1.34.1", "1.34"), ("1.35", "1.35.1")]
)
def test_a_step_forward_is_taken(before: str, after: str) -> None:
    versions.require_step(before, after)


@pytest.mark.parametrize(("nodes", "plane"), [("1.36", "1.35"), ("1.35.2", "1.35.1"), ("1.31", "1.35")])
def test_nodes_are_not_newer_than_their_control_plane_nor_much_older(nodes: str, plane: str) -> None:
    with pytest.raises(ArmError, match="NodePoolMcVersionIncompatible"):
        versions.require_pool("a", nodes, plane)


@pytest.mark.parametrize(
    ("size", "cpus", "family"),
    [
        ("Standard_D2s_v5", 2, "standardDSv5Family"),
        ("Standard_D4ds_v5", 4, "standardDDSv5Family"),
        ("Standard_DS2_v2", 2, "standardDSv2Family"),
        ("Standard_B2s", 2, "standardBSFamily"),
        ("Standard_E16as_v5", 16, "standardEASv5Family"),
        ("Standard_D2_v9", None, "standardDv9Family"),
        ("Standard_D2", None, "standardDFamily"),
        ("D2s_v5", None, ""),
        ("Basic_A1", None, ""),
    ],
)
def test_the_name_of_a_size_says_its_cpus_and_its_family(size: str, cpus: int | None, family: str) -> None:
    assert sizes.cpus(size) == cpus
    if family:
        assert sizes.family(size) == family
