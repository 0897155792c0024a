"""The policies of a federation, as the API server gets them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.karmada.policies import (
    DEPLOYMENT,
    FEDERATED,
    JOB,
    REPLICA_SET,
    SERVICE,
    Kind,
    default_policies,
    division_policy,
)
from federation.topology.models import Failover

NGINX = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "nginx", "namespace": "web"}}
GRACE = {"key": "cluster.karmada.io/not-ready", "operator": "Exists", "effect": "NoExecute"}
NOT_KEPT = {
    "key": "federation.kubernetes.io/federation-control-plane",
    "operator": "NotIn",
    "values": ["true"],
}


def policies(failover: Failover | None = None) -> dict[str, Any]:
    return {p["metadata"]["name"]: p for p in default_policies(failover or Failover())}


def carrier(kind: Kind) -> Any:
    """The spec of the one policy that takes all objects of a kind."""
    found = [
        policy["spec"]
        for policy in policies().values()
        for selector in policy["spec"].get("resourceSelectors", ())
        if (selector["apiVersion"], selector["kind"]) == (kind.api_version, kind.kind)
        and "name" not in selector
    ]
    (spec,) = found
    return spec


def test_deployments_divide_evenly_over_all_members_present_and_future() -> None:
    assert policies()["federate-deployments"] == {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "ClusterPropagationPolicy",
        "metadata": {
            "name": "federate-deployments",
            "labels": {"app.kubernetes.io/managed-by": "k8s-federation"},
        },
        "spec": {
            "resourceSelectors": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "labelSelector": {"matchExpressions": [NOT_KEPT]},
                }
            ],
            "priority": -1,
            "propagateDeps": True,
            "failover": {"cluster": {"purgeMode": "Gracefully"}},
            "placement": {
                "replicaScheduling": {
                    "replicaSchedulingType": "Divided",
                    "replicaDivisionPreference": "Weighted",
                },
                "clusterTolerations": [{**GRACE, "tolerationSeconds": 30}],
            },
        },
    }


@pytest.mark.parametrize("kind", sorted(FEDERATED), ids=lambda kind: kind.kind)
def test_every_federated_kind_has_one_policy_and_a_label_that_keeps_an_object_home(kind: Kind) -> None:
    spec = carrier(kind)
    (selector,) = [s for s in spec["resourceSelectors"] if s["kind"] == kind.kind]
    assert NOT_KEPT in selector["labelSelector"]["matchExpressions"]
    assert ("replicaScheduling" in spec["placement"]) == (kind in {DEPLOYMENT, REPLICA_SET, JOB})


def test_the_kinds_are_those_that_kubefed_federated() -> None:
    names = "ConfigMap DaemonSet Deployment HorizontalPodAutoscaler Ingress Job ReplicaSet Secret Service"
    assert sorted(kind.kind for kind in FEDERATED) == names.split()


def test_what_every_member_has_stays_on_a_dead_member_and_is_not_taken_from_it() -> None:
    for kind in FEDERATED - {DEPLOYMENT, REPLICA_SET, JOB}:
        assert carrier(kind)["placement"] == {
            "clusterTolerations": [
                {"key": "cluster.karmada.io/not-ready", "operator": "Exists"},
                {"key": "cluster.karmada.io/unreachable", "operator": "Exists"},
            ]
        }


def test_the_api_servers_own_service_is_not_propagated() -> None:
    (selector,) = carrier(SERVICE)["resourceSelectors"]
    rule = {"key": "provider", "operator": "NotIn", "values": ["kubernetes"]}
    assert rule in selector["labelSelector"]["matchExpressions"]


def test_no_member_gets_the_root_certificate_of_another_one() -> None:
    spec = policies()["keep-root-ca"]["spec"]
    assert spec["resourceSelectors"] == [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "kube-root-ca.crt"}
    ]
    assert spec["suspension"] == {"dispatching": True}
    assert "priority" not in spec  # by name, and above the policy for all ConfigMaps


def test_a_dead_member_is_marked_so_that_workloads_leave_it() -> None:
    assert policies()["failover"]["kind"] == "ClusterTaintPolicy"
    assert policies()["failover"]["spec"] == {
        "addOnConditions": [{"conditionType": "Ready", "operator": "NotIn", "statusValues": ["True"]}],
        "removeOnConditions": [{"conditionType": "Ready", "operator": "In", "statusValues": ["True"]}],
        "taints": [{"key": "cluster.karmada.io/not-ready", "effect": "NoExecute"}],
    }


def test_failovers_settings_reach_what_has_replicas() -> None:
    found = policies(Failover(toleration_seconds=5, purge_mode="Directly"))
    for name in ("federate-deployments", "federate-replicasets", "federate-jobs"):
        spec = found[name]["spec"]
        assert spec["placement"]["clusterTolerations"] == [{**GRACE, "tolerationSeconds": 5}]
        assert spec["failover"] == {"cluster": {"purgeMode": "Directly"}}


def test_without_failover_nothing_marks_a_member_and_nothing_leaves_it() -> None:
    found = policies(Failover(enabled=False))
    assert "failover" not in found
    spec = found["federate-deployments"]["spec"]
    assert "failover" not in spec
    assert "clusterTolerations" not in spec["placement"]


def test_planned_counts_are_weights_and_a_cluster_without_replicas_stands_by() -> None:
    policy = division_policy(NGINX, {"fc03": 0, "fc02": 1, "fc01": 4}, Failover(toleration_seconds=9))
    assert policy == {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {
            "name": "nginx-deployment",
            "namespace": "web",
            "labels": {"app.kubernetes.io/managed-by": "k8s-federation"},
        },
        "spec": {
            "resourceSelectors": [
                {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "web", "name": "nginx"}
            ],
            "preemption": "Always",
            "propagateDeps": True,
            "failover": {"cluster": {"purgeMode": "Gracefully"}},
            "placement": {
                "clusterAffinity": {"clusterNames": ["fc01", "fc02", "fc03"]},
                "replicaScheduling": {
                    "replicaSchedulingType": "Divided",
                    "replicaDivisionPreference": "Weighted",
                    "weightPreference": {
                        "staticWeightList": [
                            {"targetCluster": {"clusterNames": ["fc01"]}, "weight": 4},
                            {"targetCluster": {"clusterNames": ["fc02"]}, "weight": 1},
                        ]
                    },
                },
                "clusterTolerations": [{**GRACE, "tolerationSeconds": 9}],
            },
        },
    }


def test_a_division_of_nothing_is_refused_as_an_empty_list_would_mean_every_cluster() -> None:
    with pytest.raises(ValueError, match="a division without replicas has no policy"):
        division_policy(NGINX, {"fc01": 0}, Failover())


def test_policies_share_nothing_that_a_caller_could_change() -> None:
    default_policies(Failover())[1]["metadata"]["labels"]["x"] = "y"
    assert "x" not in default_policies(Failover())[1]["metadata"]["labels"]


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 40)).filter(lambda counts: any(counts.values()))
)
def test_karmadas_division_by_these_weights_is_the_plan(counts: dict[str, int]) -> None:
    scheduling = division_policy(NGINX, counts, Failover())["spec"]["placement"]["replicaScheduling"]
    weights = {
        entry["targetCluster"]["clusterNames"][0]: entry["weight"]
        for entry in scheduling["weightPreference"]["staticWeightList"]
    }
    assert webster(weights, sum(counts.values())) == {name: n for name, n in counts.items() if n}


def webster(votes: dict[str, int], seats: int) -> dict[str, int]:
    """Seats by Webster's method (Sainte-Laguë), which Karmada's scheduler divides by; ties by name."""
    given_: dict[str, int] = dict.fromkeys(votes, 0)
    for _ in range(seats):
        best = min(votes, key=lambda name: (-Fraction(votes[name], 2 * given_[name] + 1), name))
        given_[best] += 1
    return given_
