"""What a change of each input of a cluster in Azure does: nothing replaces a cluster by surprise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pulumi
import pytest

from components.azure import guard, lifetime
from components.azure.clusters import acs_clusters
from components.azure.settings import REPLACING
from federation.topology.models import AksCluster
from lab.azure.aks import immutable
from tests.components.azure_fixtures import Azure, aks, run
from tests.components.plane_fixtures import unwrapped

BASE: dict[str, Any] = {"name": "west", "location": "eastus"}
CLUSTER = "west-cluster"
GROUP = "11111111-0000-0000-0000-000000000001"

# Key → what it is set to, and what that does: nothing in Azure; an update in place; another pool before the old one
# goes; a replacement, which the guard warns of; or a refusal of the guard.
CHANGES: dict[str, tuple[Any, str]] = {
    "region": ("us", "nothing"),
    "labels": ({"tier": "gold"}, "nothing"),
    "join": (False, "nothing"),
    "on_leave": ("remove", "nothing"),
    "grants": ([{"api_groups": ["apps"], "resources": ["deployments"]}], "nothing"),
    "administrators": ([GROUP], "more"),
    "authorized_ranges": (["198.51.100.0/24"], "update"),
    "defender": (False, "update"),
    "kubernetes_version": ("1.35", "update"),
    "maintenance": ({"weekday": "Sunday", "time": "03:00"}, "update"),
    "node_channel": ("SecurityPatch", "update"),
    "node_count": (5, "update"),
    "tags": ({"costs": "1"}, "update"),
    "tier": ("Premium", "update"),
    "upgrade_channel": ("none", "update"),
    "foreign_tags": (["costs"], "nothing"),
    "protect": (False, "fewer"),
    "vm_size": ("Standard_D8ds_v5", "pool"),
    "user_pools": ([{"name": "user"}, {"name": "big", "vm_size": "Standard_E8ds_v5"}], "more"),
    "system_pool": ({"count": 5}, "update"),
    "zones": (["1"], "refused"),
    "nodes": (["10.9.0.0/16"], "refused"),
    "location": ("eastus2", "replace"),
    "resource_group": ("other", "replace"),
    "dns_prefix": ("other", "replace"),
    "pods": (["10.64.0.0/16"], "replace"),
    "services": (["172.18.0.0/20"], "replace"),
    "private": (True, "replace"),
}
ELSEWHERE = {
    "name": "is another cluster",
    "kind": "is another kind of cluster",
    "mode": "has one value that is taken",
    "vips": "is refused for AKS",
    "node_labels": "is refused for AKS",
    "acs_engine": "is replaced by the keys of its file",
}


@cache
def built(key: str = "") -> Azure:
    section = {**BASE, **({key: CHANGES[key][0]} if key else {})}
    cluster = aks(**section)
    assert isinstance(cluster, AksCluster)

    def program() -> dict[str, Any]:
        made = acs_clusters("fed", [cluster], pulumi.ResourceOptions())
        return {"issuer": made["west"].issuer}

    return run(program)


def changes(key: str) -> dict[str, set[str]]:
    """Resource that is in both to the paths that differ and are not ignored."""
    before, after = built(), built(key)
    found = {}
    for name in before.resources.keys() & after.resources.keys() - {"west-guard"}:
        old, new = flat(before.resources[name].inputs), flat(after.resources[name].inputs)
        ignored = set(after.resources[name].ignored)
        paths = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)} - ignored
        if paths:
            found[name] = paths
    return found


def flat(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return dict(_flat(unwrapped(dict(inputs)), ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{path}[{place}]")
    else:
        yield path, value


def said(key: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Warnings and refusals of the guard."""
    before, after = (dict(built(k).resources["west-guard"].inputs) for k in ("", key))
    return guard.warnings(before, after), guard.refusals(before, after)


def replaced(key: str) -> bool:
    paths = changes(key).get(CLUSTER, set())
    wanted = built(key).resources[CLUSTER].replaced
    return any(path == each or path.startswith(each + ".") for path in paths for each in wanted)


def test_every_input_has_its_row() -> None:
    assert CHANGES.keys() | ELSEWHERE.keys() == AksCluster.model_fields.keys()


@pytest.mark.parametrize("key", [key for key, (_, effect) in CHANGES.items() if effect == "nothing"])
def test_what_is_none_of_azures_business_changes_nothing_there(key: str) -> None:
    assert changes(key) == {}
    assert said(key) == ([], [])


@pytest.mark.parametrize("key", [key for key, (_, effect) in CHANGES.items() if effect == "update"])
def test_these_are_updates_in_place(key: str) -> None:
    assert changes(key), "it has an effect"
    assert built().resources.keys() == built(key).resources.keys()
    assert not replaced(key)
    assert said(key) == ([], [])


@pytest.mark.parametrize("key", [key for key, (_, effect) in CHANGES.items() if effect == "replace"])
def test_these_make_another_cluster_and_the_guard_says_so(key: str) -> None:
    assert replaced(key)
    warned, refused = said(key)
    assert [line for line in warned if line.startswith(f"cluster west: {key} changes from ")] == warned
    assert len(warned) == 1
    assert "the cluster is REPLACED" in warned[0]
    assert refused == []
    assert lifetime.identifier(aks(**BASE)) != lifetime.identifier(aks(**{**BASE, key: CHANGES[key][0]}))


@pytest.mark.parametrize("key", [key for key, (_, effect) in CHANGES.items() if effect == "refused"])
def test_these_are_refused_before_azure_does_it(key: str) -> None:
    warned, refused = said(key)
    assert warned == []
    fixed = [text for key_, text in refused if key_ != "inside"]
    assert fixed
    assert all("for the life of the cluster. Next: put it back" in text for text in fixed)
    assert not replaced(key)


def test_other_machines_are_another_pool_and_the_cluster_stays() -> None:
    before, after = (built(k).of("containerservice:AgentPool") for k in ("", "vm_size"))
    assert before.keys().isdisjoint(after.keys())
    assert changes("vm_size").keys() == set()
    (pool,) = after.values()
    assert len(pool.inputs["agentPoolName"]) <= 12


def test_the_lock_is_in_the_way_of_a_pool_that_goes_and_the_guard_says_so_before() -> None:
    _, refused = said("vm_size")
    assert [key for key, _ in refused] == ["inside"]
    before = dict(built().resources["west-guard"].inputs)
    unlocked = aks(**BASE, vm_size="Standard_D8ds_v5", protect=False)
    after = {**before, "inside": list(lifetime.guarded(unlocked).inside), "protect": False}
    assert guard.refusals(before, after) == []


def test_the_lock_is_in_the_way_of_an_administrator_who_goes_too() -> None:
    before, after = (dict(built(key).resources["west-guard"].inputs) for key in ("administrators", ""))
    (refused,) = guard.refusals(before, after)
    assert refused[1] == (
        f"cluster west: administrator {GROUP} would go, and the lock on the cluster is in the way. "
        "Next: set protect: false for this update, and leave it out again afterwards."
    )


def test_what_is_added_or_taken_away_leaves_the_rest_alone() -> None:
    assert changes("user_pools") == {}
    assert changes("administrators") == {}
    assert changes("protect") == {}
    assert built().resources.keys() - built("protect").resources.keys() == {"west-lock"}


@pytest.mark.parametrize("key", CHANGES)
def test_azure_never_refuses_in_the_middle_what_the_preview_showed_as_an_update(key: str) -> None:
    """By the stand-in's list of what AKS cannot change, which is made from its documentation."""
    if said(key)[1] or replaced(key):
        return
    touched = changes(key).get(CLUSTER, set())
    assert not {p for p in touched for fixed in immutable.CLUSTER if p == fixed or p.startswith(fixed + ".")}
    pools = {f"agentPoolProfiles[0].{fixed}" for fixed in immutable.POOL}
    assert not touched & pools
    for name in built().of("containerservice:AgentPool"):
        assert not changes(key).get(name, set()) & set(immutable.POOL)


def test_the_engine_is_told_of_all_that_comes_from_the_topology_and_cannot_change() -> None:
    assert set(built().resources[CLUSTER].replaced) == set(REPLACING)
    assert set(REPLACING) - {"location"} <= set(immutable.CLUSTER)


def test_a_version_of_this_program_that_guards_more_is_no_change() -> None:
    new = dict(built().resources["west-guard"].inputs)
    old = {**new, "replacing": {k: v for k, v in new["replacing"].items() if k != "pods"}}
    assert guard.warnings(old, new) == []
    assert guard.refusals({}, new) == []
