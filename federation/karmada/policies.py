"""The policies that make Karmada behave as kubefed v1 did: what goes where, and what happens when a member dies.

Karmada propagates nothing by itself. The default policies name the kinds that v1 federated
(`pkg/federatedtypes` of kubernetes-retired/federation), in every namespace but the control plane's own. A
PropagationPolicy of the user's own goes before them, as each namespaced policy goes before each cluster-wide one;
so does a ClusterPropagationPolicy, unless its priority is below theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from federation.topology.models import Failover

Manifest = dict[str, Any]

API_VERSION: Final = "policy.karmada.io/v1alpha1"
LABELS: Final = {"app.kubernetes.io/managed-by": "k8s-federation"}
NOT_READY: Final = "cluster.karmada.io/not-ready"
"""The taint of a member whose API server answers, and says that it is not well, or does not answer at all."""
UNREACHABLE: Final = "cluster.karmada.io/unreachable"
PRIORITY: Final = -1
"""Of the default policies: a policy that says nothing has 0 (Karmada API, PropagationSpec) and wins."""
STAYS: Final = "federation.kubernetes.io/federation-control-plane"
"""Label with value "true": the object is not propagated. v1 had an annotation of this name; policies see labels."""


@dataclass(frozen=True, order=True)
class Kind:
    """A kind of objects as policies name it."""

    api_version: str
    kind: str


@dataclass(frozen=True)
class _Group:
    """Kinds that travel alike. Divided: replicas are shared out. Else each member has the whole object."""

    name: str
    kinds: tuple[Kind, ...]
    divided: bool


DEPLOYMENT: Final = Kind("apps/v1", "Deployment")
REPLICA_SET: Final = Kind("apps/v1", "ReplicaSet")
SERVICE: Final = Kind("v1", "Service")
JOB: Final = Kind("batch/v1", "Job")
CONFIG_MAP: Final = Kind("v1", "ConfigMap")

_GROUPS: Final = (
    _Group("federate-deployments", (DEPLOYMENT,), divided=True),
    _Group("federate-replicasets", (REPLICA_SET,), divided=True),
    _Group("federate-jobs", (JOB,), divided=True),
    _Group("federate-services", (SERVICE,), divided=False),
    _Group(
        "federate-objects",
        (
            CONFIG_MAP,
            Kind("v1", "Secret"),
            Kind("apps/v1", "DaemonSet"),
            Kind("autoscaling/v2", "HorizontalPodAutoscaler"),
            Kind("networking.k8s.io/v1", "Ingress"),
        ),
        divided=False,
    ),
)
FEDERATED: Final = frozenset(kind for group in _GROUPS for kind in group.kinds)
"""The kinds that the default policies propagate. Namespaces go by themselves."""
FOLLOWING: Final = frozenset({Kind("v1", "ServiceAccount"), Kind("v1", "PersistentVolumeClaim")})
"""More kinds, of which those go along that a propagated workload refers to."""


def default_policies(failover: Failover) -> list[Manifest]:
    """All policies of a federation in which nobody has written one, in the order in which they are created."""
    policies = [_keep_root_ca(), *(_group_policy(group, failover) for group in _GROUPS)]
    return [*policies, _failover_taint()] if failover.enabled else policies


def division_policy(workload: Mapping[str, Any], replicas: Mapping[str, int], failover: Failover) -> Manifest:
    """The policy that places exactly `replicas` of one Deployment or ReplicaSet.

    Karmada has weights, and no minimum or maximum. Its division (Webster's method) gives each cluster its weight when
    the weights sum up to the replicas, so the planned counts are the weights. While a member is dead the others share
    its part by the same weights: that may exceed a maximum, rather than run too few. A cluster without a weight gets
    nothing until no cluster with one is left; then such clusters share evenly.

    Args:
        workload: its manifest, with `metadata.namespace`; `spec.replicas` must be the sum of `replicas`.
        replicas: by cluster; one with 0 does not get the object, but stands in when all others are dead. A cluster
            that is left out never gets it.
        failover: as for `default_policies`.

    Raises:
        ValueError: no replica is placed. Then no policy is needed, for a workload without replicas has no weights.
    """
    weights = [_weight(name, count) for name, count in sorted(replicas.items()) if count > 0]
    if not weights:
        raise ValueError("a division without replicas has no policy")
    kind = Kind(workload["apiVersion"], workload["kind"])
    namespace, name = workload["metadata"]["namespace"], workload["metadata"]["name"]
    scheduling = _divided() | {"weightPreference": {"staticWeightList": weights}}
    return _policy(
        "PropagationPolicy",
        {"name": f"{name}-{kind.kind.lower()}", "namespace": namespace},
        {
            "resourceSelectors": [_selector(kind) | {"namespace": namespace, "name": name}],
            # A workload that the default policy has claimed already would stay with that. Needs Karmada's feature
            # gate PropagationPolicyPreemption.
            "preemption": "Always",
            "placement": {
                "clusterAffinity": {"clusterNames": sorted(replicas)},
                "replicaScheduling": scheduling,
            },
            **_moving(failover),
        },
        tolerations=_grace(failover),
    )


def _group_policy(group: _Group, failover: Failover) -> Manifest:
    selectors = [_selector(kind) | _labels(kind) for kind in group.kinds]
    spec: Manifest = {"resourceSelectors": selectors, "priority": PRIORITY, "placement": {}}
    if group.divided:
        spec = spec | {"placement": {"replicaScheduling": _divided()}} | _moving(failover)
    tolerations = _grace(failover) if group.divided else _always()
    return _policy("ClusterPropagationPolicy", {"name": group.name}, spec, tolerations=tolerations)


def _keep_root_ca() -> Manifest:
    """Each member makes a kube-root-ca.crt of its own in each namespace; another one's would break its pods.

    Selection by name goes before selection by kind, and nothing can be left out by name.
    """
    selector = _selector(CONFIG_MAP) | {"name": "kube-root-ca.crt"}
    spec = {"resourceSelectors": [selector], "placement": {}, "suspension": {"dispatching": True}}
    return _policy("ClusterPropagationPolicy", {"name": "keep-root-ca"}, spec, tolerations=[])


def _failover_taint() -> Manifest:
    """Marks a member that is not Ready so that what does not tolerate it leaves.

    Karmada's own taints only keep new objects away (NoSchedule). When this policy is deleted, taints stay.
    """
    ready = {"conditionType": "Ready", "statusValues": ["True"]}
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterTaintPolicy",
        "metadata": {"name": "failover", "labels": {**LABELS}},
        "spec": {
            "addOnConditions": [{**ready, "operator": "NotIn"}],
            "removeOnConditions": [{**ready, "operator": "In"}],
            "taints": [{"key": NOT_READY, "effect": "NoExecute"}],
        },
    }


def _policy(kind: str, metadata: Manifest, spec: Manifest, *, tolerations: list[Manifest]) -> Manifest:
    placement = {**spec["placement"], "clusterTolerations": tolerations} if tolerations else spec["placement"]
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {**metadata, "labels": {**LABELS}},
        "spec": {**spec, "placement": placement},
    }


def _selector(kind: Kind) -> Manifest:
    return {"apiVersion": kind.api_version, "kind": kind.kind}


def _labels(kind: Kind) -> Manifest:
    """What of a kind is left out."""
    rules = [{"key": STAYS, "operator": "NotIn", "values": ["true"]}]
    if kind == SERVICE:  # default/kubernetes, the API server's own
        rules.append({"key": "provider", "operator": "NotIn", "values": ["kubernetes"]})
    return {"labelSelector": {"matchExpressions": rules}}


def _divided() -> Manifest:
    return {"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Weighted"}


def _weight(cluster: str, count: int) -> Manifest:
    return {"targetCluster": {"clusterNames": [cluster]}, "weight": count}


def _moving(failover: Failover) -> Manifest:
    """What workloads take along, and how they leave a dead member."""
    spec: Manifest = {"propagateDeps": True}
    if failover.enabled:
        spec["failover"] = {"cluster": {"purgeMode": failover.purge_mode}}
    return spec


def _grace(failover: Failover) -> list[Manifest]:
    """How long replicas wait for a member that does not answer; without failover nothing evicts them."""
    if not failover.enabled:
        return []
    wait = {"effect": "NoExecute", "tolerationSeconds": failover.toleration_seconds}
    return [{"key": NOT_READY, "operator": "Exists", **wait}]


def _always() -> list[Manifest]:
    """What every member has stays on a dead one, and goes to one that is not Ready yet.

    To take it away would save nobody: the other members have it too. But when the member came back its copy would be
    deleted and made anew, and a Service would get another address.
    """
    return [{"key": key, "operator": "Exists"} for key in (NOT_READY, UNREACHABLE)]
