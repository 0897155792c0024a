"""What a changed input means: nothing replaces a cluster by surprise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lab.azure.plugin import schema
from lab.azure.plugin.diff import RANDOM_NAME, Verdict, compare
from lab.azure.plugin.schema import Shape
from lab.azure.plugin.types import TYPES, ResourceType
from lab.azure.plugin.values import UNKNOWN
from tests.unit.azure_plugin_fixtures import full, of, values

CLUSTER, POOL = of("containerservice:ManagedCluster"), of("containerservice:AgentPool")

UPDATE, REPLACE = "update", "replace"

# AKS REST reference 2025-09-01 and `az aks update`; the real plugin's provider/pkg/gen/replacement.go (PR #4771).
CLUSTER_INPUTS = {
    "aadProfile": UPDATE,
    "addonProfiles": UPDATE,
    "agentPoolProfiles": UPDATE,
    "aiToolchainOperatorProfile": UPDATE,
    "apiServerAccessProfile": UPDATE,
    "autoScalerProfile": UPDATE,
    "autoUpgradeProfile": UPDATE,
    "azureMonitorProfile": UPDATE,
    "bootstrapProfile": UPDATE,
    "disableLocalAccounts": UPDATE,
    "diskEncryptionSetID": REPLACE,
    "dnsPrefix": REPLACE,
    "enableRBAC": UPDATE,
    "extendedLocation": UPDATE,
    "fqdnSubdomain": REPLACE,
    "httpProxyConfig": UPDATE,
    "identity": UPDATE,
    "identityProfile": UPDATE,
    "ingressProfile": UPDATE,
    "kind": UPDATE,
    "kubernetesVersion": UPDATE,
    "linuxProfile": REPLACE,
    "location": REPLACE,
    "metricsProfile": UPDATE,
    "networkProfile": UPDATE,
    "nodeProvisioningProfile": UPDATE,
    "nodeResourceGroup": REPLACE,
    "nodeResourceGroupProfile": UPDATE,
    "oidcIssuerProfile": UPDATE,
    "podIdentityProfile": UPDATE,
    "privateLinkResources": UPDATE,
    "publicNetworkAccess": UPDATE,
    "resourceGroupName": REPLACE,
    "resourceName": REPLACE,
    "securityProfile": UPDATE,
    "serviceMeshProfile": UPDATE,
    "servicePrincipalProfile": UPDATE,
    "sku": UPDATE,
    "storageProfile": UPDATE,
    "supportPlan": UPDATE,
    "tags": UPDATE,
    "upgradeSettings": UPDATE,
    "windowsProfile": REPLACE,
    "workloadAutoScalerProfile": UPDATE,
}
CLUSTER_PARTS = {
    *(
        f"networkProfile.{name}"
        for name in "dnsServiceIP networkDataplane networkMode networkPlugin networkPluginMode networkPolicy "
        "outboundType podCidr serviceCidr serviceCidrs".split()
    ),
    "agentPoolProfiles[0].windowsProfile",
}
"""Parts of the inputs above that replace though the input itself does not."""

POOL_INPUTS = {
    **dict.fromkeys(
        "availabilityZones capacityReservationGroupID count creationData enableAutoScaling enableEncryptionAtHost "
        "enableFIPS enableNodePublicIP enableUltraSSD gatewayProfile gpuProfile hostGroupID kubeletConfig "
        "kubeletDiskType linuxOSConfig localDNSProfile maxCount maxPods messageOfTheDay minCount mode networkProfile "
        "nodeLabels nodePublicIPPrefixID nodeTaints orchestratorVersion osDiskSizeGB osDiskType osSKU osType "
        "podIPAllocationMode podSubnetID powerState proximityPlacementGroupID scaleDownMode scaleSetEvictionPolicy "
        "scaleSetPriority securityProfile spotMaxPrice tags type upgradeSettings virtualMachineNodesStatus "
        "virtualMachinesProfile vnetSubnetID windowsProfile workloadRuntime".split(),
        UPDATE,
    ),
    **dict.fromkeys(
        "agentPoolName gpuInstanceProfile resourceGroupName resourceName vmSize".split(), REPLACE
    ),
}
POOL_PARTS = {"networkProfile.nodePublicIPTags"}


def leaves(shape: Shape, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every plain value."""
    match value:
        case dict():
            for name, item in value.items():
                yield from leaves(shape.fields.get(name, shape.item or schema.ANY), item, (*path, name))
        case list():
            yield from leaves(shape.item or schema.ANY, value[0], (*path, 0))
        case _:
            yield path


def text(path: tuple[Any, ...]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy with another plain value at the path."""
    if not path:
        return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}-2"
    result = copy.copy(value)
    result[path[0]] = changed(value[path[0]], path[1:])
    return result


def documented(type_: ResourceType, path: str) -> str:
    table, parts = (CLUSTER_INPUTS, CLUSTER_PARTS) if type_ is CLUSTER else (POOL_INPUTS, POOL_PARTS)
    if any(path == part or path.startswith((f"{part}.", f"{part}[")) for part in parts):
        return REPLACE
    return table[path.partition(".")[0].partition("[")[0]]


@pytest.mark.parametrize(("type_", "table"), [(CLUSTER, CLUSTER_INPUTS), (POOL, POOL_INPUTS)])
def test_every_input_of_clusters_and_pools_is_in_the_table(
    type_: ResourceType, table: dict[str, str]
) -> None:
    assert table.keys() == schema.inputs(type_).fields.keys()


@pytest.mark.parametrize("type_", [CLUSTER, POOL], ids=lambda t: t.noun)
def test_a_change_of_any_value_of_any_input_is_what_the_documents_say(type_: ResourceType) -> None:
    inputs = full(schema.inputs(type_))
    paths = list(leaves(schema.inputs(type_), inputs))
    assert len(paths) > 90
    for path in paths:
        verdict = compare(type_, inputs, changed(inputs, path), {})
        if text(path) == "agentPoolProfiles[0].name":  # another pool
            assert verdict.changes == ["agentPoolProfiles"]
        else:
            assert [d.path for d in verdict.differences] == [text(path)]
        assert (REPLACE if verdict.replaces else UPDATE) == documented(type_, text(path)), text(path)


@pytest.mark.parametrize("type_", [CLUSTER, POOL], ids=lambda t: t.noun)
def test_an_input_that_comes_or_goes_is_what_the_documents_say(type_: ResourceType) -> None:
    inputs = full(schema.inputs(type_))
    for name in inputs:
        less = {k: v for k, v in inputs.items() if k != name}
        for old, new in ((inputs, less), (less, inputs)):
            verdict = compare(type_, old, new, {})
            assert (REPLACE if verdict.replaces else UPDATE) == documented(type_, name), name


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tags", {"team": "a"}, {"team": "b"}),
        ("agentPoolProfiles", [{"name": "system", "count": 1}], [{"name": "system", "count": 3}]),
        ("kubernetesVersion", "1.33", "1.34"),
        (
            "networkProfile",
            {"podCidr": "10.244.0.0/16"},
            {"podCidr": "10.244.0.0/16", "advancedNetworking": {"enabled": True}},
        ),
        ("kubernetesVersion", "1.33", UNKNOWN),
    ],
)
def test_what_operators_do_every_week_is_an_update(name: str, old: Any, new: Any) -> None:
    verdict = compare(CLUSTER, {name: old}, {name: new}, {})
    assert verdict.changes == [name]
    assert not verdict.replaces


def test_pools_are_told_apart_by_name_and_not_by_their_order() -> None:
    one, two = {"name": "one", "count": 1}, {"name": "two", "count": 2}
    assert not compare(
        CLUSTER, {"agentPoolProfiles": [one, two]}, {"agentPoolProfiles": [two, one]}, {}
    ).differences
    more = compare(
        CLUSTER, {"agentPoolProfiles": [two]}, {"agentPoolProfiles": [one, {**two, "count": 3}]}, {}
    )
    assert {(d.path, d.change) for d in more.differences} == {
        ("agentPoolProfiles[0]", "add"),
        ("agentPoolProfiles[1].count", "update"),
    }
    less = compare(CLUSTER, {"agentPoolProfiles": [one, two]}, {"agentPoolProfiles": [two]}, {})
    assert [(d.path, d.change) for d in less.differences] == [("agentPoolProfiles[1]", "delete")]


def test_a_change_of_region_replaces_and_the_fixed_name_goes_first() -> None:
    old = {"resourceName": "west", "location": "westus"}
    verdict = compare(CLUSTER, old, {**old, "location": "eastus"}, {})
    assert verdict.replaces == ["location"]
    assert verdict.delete_first
    assert not compare(CLUSTER, {**old, RANDOM_NAME: True}, {"location": "eastus"}, {}).delete_first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"location": "westus2"}, {"location": "West US 2"}),
        ({"resourceGroupName": "Group"}, {"resourceGroupName": "group"}),
    ],
)
def test_spellings_that_arm_takes_for_the_same_are_no_change(old: Any, new: Any) -> None:
    assert compare(CLUSTER, old, new, {}) == Verdict()


def test_saying_what_is_so_anyway_replaces_nothing() -> None:
    added = compare(CLUSTER, {}, {"dnsPrefix": "west"}, {"dnsPrefix": "west"})
    assert added.changes == ["dnsPrefix"]
    assert not added.replaces
    assert compare(CLUSTER, {}, {"dnsPrefix": "east"}, {"dnsPrefix": "west"}).replaces == ["dnsPrefix"]


def test_changes_that_the_program_ignores_are_none() -> None:
    assert not compare(POOL, {"count": 1}, {"count": 3}, {}, frozenset({"count"})).differences


def test_what_a_path_does_not_know_yet_replaces_in_a_preview() -> None:
    assert compare(POOL, {"resourceName": "west"}, {"resourceName": UNKNOWN}, {}).replaces == ["resourceName"]


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=80, deadline=None)
def test_equal_inputs_never_differ(data: st.DataObject, type_: ResourceType) -> None:
    inputs = data.draw(values(schema.inputs(type_)))
    assert compare(type_, inputs, copy.deepcopy(inputs), {}) == Verdict()


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=80, deadline=None)
def test_every_difference_is_told_and_both_ways_round(data: st.DataObject, type_: ResourceType) -> None:
    shape = schema.inputs(type_)
    old, new = data.draw(values(shape)), data.draw(values(shape))
    assume(old.get("location") == new.get("location"))
    assume("agentPoolProfiles" not in old.keys() | new.keys())  # its paths follow the new order
    there, back = compare(type_, old, new, {}), compare(type_, new, old, {})
    assert set(there.changes) >= set(old.keys() ^ new.keys())
    assert {d.path for d in there.differences} == {d.path for d in back.differences}
    assert bool(there.replaces) == bool(back.replaces)
    opposite = {"add": "delete", "delete": "add", "update": "update"}
    assert {(d.path, opposite[d.change]) for d in there.differences} == {
        (d.path, d.change) for d in back.differences
    }
