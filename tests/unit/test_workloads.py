"""What manifests become: objects, namespaces, division policies, and notes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from federation.manifests import Document, ManifestError
from federation.placement import ClusterPreference, PlacementError, Preferences
from federation.topology import models
from federation.workloads import Plan, Source, plan_workloads, read

MEMBERS = ("fc01", "fc02")
ANNOTATION = "federation.kubernetes.io/deployment-preferences"
ROOT = Path(__file__).parents[2]


def document(kind: str, name: str, *, api: str = "v1", namespace: str = "default", **rest: Any) -> Document:
    metadata = {"name": name, "namespace": namespace, **rest.pop("metadata", {})}
    if kind == "Namespace":
        del metadata["namespace"]
    return Document(
        {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}, f"{name}.yaml, document 1"
    )


def deployment(
    replicas: Any, wishes: Any = None, *, kind: str = "Deployment", annotation: str = ANNOTATION
) -> Document:
    text = wishes if isinstance(wishes, str) else json.dumps({"clusters": wishes})
    metadata = {} if wishes is None else {"annotations": {annotation: text}}
    return document(kind, "nginx", api="apps/v1", metadata=metadata, spec={"replicas": replicas})


def plan(*documents: Document, preferences: Preferences | None = None) -> Plan:
    return plan_workloads([Source(documents, preferences)], MEMBERS, models.Failover())


def kinds(found: Plan) -> list[str]:
    return [manifest["kind"] for manifest in found.manifests]


def weights(found: Plan) -> dict[str, int]:
    (policy,) = [m for m in found.manifests if m["kind"] == "PropagationPolicy"]
    scheduling = policy["spec"]["placement"]["replicaScheduling"]
    entries = scheduling["weightPreference"]["staticWeightList"]
    return {entry["targetCluster"]["clusterNames"][0]: entry["weight"] for entry in entries}


def replicas(found: Plan) -> int:
    (workload,) = [m for m in found.manifests if m["apiVersion"] == "apps/v1"]
    return int(workload["spec"]["replicas"])


def test_without_preferences_a_deployment_is_left_to_the_default_policy() -> None:
    given = deployment(4)
    assert plan(given) == Plan((given.manifest,), ())


@pytest.mark.parametrize(
    ("wishes", "wanted", "expected"),
    [
        ({"*": {"weight": 1}}, 4, {"fc01": 2, "fc02": 2}),
        ({"*": {"weight": 1}}, 6, {"fc01": 3, "fc02": 3}),
        ({"fc01": {"weight": 2}, "fc02": {"weight": 1}}, 6, {"fc01": 4, "fc02": 2}),
        ({"fc01": {"weight": 1}, "fc02": {"weight": 2}}, 2, {"fc02": 2}),
        ({"fc01": {"minReplicas": 1, "weight": 0}, "fc02": {"weight": 1}}, 5, {"fc01": 1, "fc02": 4}),
        ({"fc01": {"maxReplicas": 1, "weight": 9}, "*": {"weight": 1}}, 5, {"fc01": 1, "fc02": 4}),
    ],
)
def test_preferences_of_an_annotation_become_weights(
    wishes: Any, wanted: int, expected: dict[str, int]
) -> None:
    found = plan(deployment(wanted, wishes))
    assert kinds(found) == ["PropagationPolicy", "Deployment"]  # the policy is there before what it selects
    assert (weights(found), replicas(found), found.notes) == (expected, wanted, ())


def test_only_clusters_that_preferences_allow_stand_in_for_dead_ones() -> None:
    wishes = {"fc01": {"weight": 1}, "fc02": {"weight": 2}, "*": {"maxReplicas": 0}}
    found = plan_workloads([Source([deployment(2, wishes)])], (*MEMBERS, "fc03"), models.Failover())
    assert weights(found) == {"fc02": 2}
    affinity = found.manifests[0]["spec"]["placement"]["clusterAffinity"]
    assert affinity == {"clusterNames": ["fc01", "fc02"]}


def test_preferences_of_the_topology_are_for_deployments_that_have_none() -> None:
    wishes = Preferences(clusters={"fc01": ClusterPreference(weight=1)})
    assert weights(plan(deployment(3), preferences=wishes)) == {"fc01": 3}
    assert weights(plan(deployment(3, {"fc02": {"weight": 1}}), preferences=wishes)) == {"fc02": 3}
    assert kinds(plan(deployment(3, kind="ReplicaSet"), preferences=wishes)) == ["ReplicaSet"]


def test_a_replica_set_has_an_annotation_of_its_own() -> None:
    name = "federation.kubernetes.io/replica-set-preferences"
    found = plan(deployment(3, {"fc02": {"weight": 1}}, kind="ReplicaSet", annotation=name))
    assert weights(found) == {"fc02": 3}


def test_replicas_that_no_preference_allows_are_taken_off_and_told() -> None:
    found = plan(deployment(9, {"*": {"minReplicas": 2, "maxReplicas": 4, "weight": 1}}))
    assert (weights(found), replicas(found)) == ({"fc01": 4, "fc02": 4}, 8)
    assert found.notes == (
        "Deployment default/nginx: 8 of 9 replicas are placed; its preferences allow no more.",
    )


def test_where_nothing_is_placed_no_policy_is_needed() -> None:
    found = plan(deployment(3, {}))
    assert (kinds(found), replicas(found)) == (["Deployment"], 0)
    assert found.notes == (
        "Deployment default/nginx: 0 of 3 replicas are placed; its preferences allow no more.",
    )
    assert plan(deployment(0, {"*": {"weight": 1}})).notes == ()


def test_preferences_for_a_cluster_that_is_no_member_are_told() -> None:
    found = plan(deployment(2, {"fc03": {"weight": 1}, "*": {"weight": 1}}))
    assert found.notes == ("Deployment default/nginx: its preferences name fc03, which are no members.",)


def test_a_wrong_annotation_is_an_error() -> None:
    with pytest.raises(PlacementError) as caught:
        plan(deployment(2, "{"))
    assert str(caught.value) == (
        f"Deployment default/nginx, annotation {ANNOTATION}: Invalid JSON: EOF while parsing an object at line 1 "
        'column 1. Next: write it such as {"clusters": {"*": {"weight": 1}}}.'
    )


@pytest.mark.parametrize("count", ["4", True, -1, 1.5])
def test_replicas_that_are_no_number_are_an_error(count: Any) -> None:
    with pytest.raises(ManifestError) as caught:
        plan(deployment(count, {"*": {"weight": 1}}))
    assert str(caught.value) == (
        f"nginx.yaml, document 1: spec.replicas of Deployment default/nginx is {count!r}. "
        "Next: write a whole number, 0 or more."
    )


def test_replicas_that_are_left_out_are_one() -> None:
    bare = document("Deployment", "a", api="apps/v1", spec={})
    wishes = Preferences(clusters={"*": ClusterPreference(weight=1)})
    assert sum(weights(plan(bare, preferences=wishes)).values()) == 1


def test_each_namespace_is_made_once_and_first() -> None:
    found = plan(
        document("ConfigMap", "a", namespace="web"),
        document("ConfigMap", "b", namespace="web"),
        document("ConfigMap", "c", namespace="own"),
        document("Namespace", "own"),
        document("ConfigMap", "d"),
    )
    assert [m["metadata"]["name"] for m in found.manifests] == ["web", "own", "a", "b", "c", "d"]
    assert found.notes == ()


def test_a_namespace_that_every_cluster_has_is_left_out() -> None:
    found = plan(document("Namespace", "default"), document("ConfigMap", "a"))
    assert kinds(found) == ["ConfigMap"]
    assert found.notes == ("Namespace default exists in every cluster; it is left out.",)


def test_an_object_twice_is_an_error_that_names_both_places() -> None:
    one = document("Service", "a")
    other = Document(one.manifest, "b.yaml, document 7")
    with pytest.raises(ManifestError) as caught:
        plan_workloads([Source([one]), Source([other])], MEMBERS, models.Failover())
    assert str(caught.value) == (
        "workloads: Service default/a is in a.yaml, document 1 and in b.yaml, document 7. Next: keep one of each."
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"type": "LoadBalancer"}, {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False}),
        ({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": True},) * 2,
        ({"type": "ClusterIP"},) * 2,
        ({},) * 2,
    ],
)
def test_a_load_balancer_takes_no_node_ports_unless_it_says_so(spec: Any, expected: Any) -> None:
    assert plan(document("Service", "a", spec=spec)).manifests[0]["spec"] == expected


def test_what_no_policy_propagates_is_told() -> None:
    budget = document("PodDisruptionBudget", "a", api="policy/v1")
    (note,) = plan(budget).notes
    assert note == (
        "No policy propagates PodDisruptionBudget (policy/v1) to the members: PodDisruptionBudget default/a. "
        "Add a PropagationPolicy to the manifests."
    )
    selector = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"}
    policy = document(
        "PropagationPolicy", "p", api="policy.karmada.io/v1alpha1", spec={"resourceSelectors": [selector]}
    )
    found = plan(budget, policy)
    assert (kinds(found), found.notes) == (["PropagationPolicy", "PodDisruptionBudget"], ())


def test_what_lies_in_a_system_namespace_is_told() -> None:
    assert plan(document("ConfigMap", "a", namespace="kube-system")).notes == (
        "Objects of system namespaces are not propagated to the members: ConfigMap kube-system/a.",
    )


def test_an_annotation_of_kubefed_that_nothing_reads_is_told() -> None:
    name = "federation.alpha.kubernetes.io/cluster-selector"
    found = plan(document("ConfigMap", "a", metadata={"annotations": {name: "[]"}}))
    assert found.notes == (
        f"ConfigMap default/a: kubefed's annotation {name} has no effect; see docs/placement.md.",
    )


def test_what_is_given_is_not_changed() -> None:
    given = [
        deployment(9, {"*": {"maxReplicas": 2, "weight": 1}}),
        document("Service", "a", spec={"type": "LoadBalancer"}),
    ]
    before = copy.deepcopy(given)
    plan(*given)
    assert given == before


def test_a_workload_of_the_topology_is_read_with_its_preferences() -> None:
    wishes = models.Preferences(
        clusters={"*": models.ClusterPreference(min_replicas=1, max_replicas=3, weight=2)}
    )
    workload = models.Workload(path=str(ROOT / "apps/nginx"), namespace="web", preferences=wishes)
    source = read(workload)
    assert [d.reference for d in source.documents] == ["Deployment web/nginx", "Service web/nginx"]
    assert source.preferences == Preferences(
        clusters={"*": ClusterPreference(min_replicas=1, max_replicas=3, weight=2)}
    )


def test_the_walk_throughs_nginx_needs_no_note() -> None:
    source = read(models.Workload(path=str(ROOT / "apps/nginx")))
    found = plan_workloads([source], MEMBERS, models.Failover())
    assert (kinds(found), replicas(found), found.notes) == (["Deployment", "Service"], 4, ())
