"""What tells that a member is drained: a taint of its `Cluster`, and eviction tasks in the bindings of workloads. Pure.

The taint keeps the scheduler away (NoSchedule). It does not move what is there: Karmada's filter lets pass where a
workload is already (tainttoleration.go), and its eviction by taints is off by default. So a workload's binding is
changed as Karmada's taint manager would (binding_types_helper.go, GracefulEvictCluster): the member leaves
`spec.clusters`, and a task in `spec.gracefulEvictionTasks` keeps what runs there. The task says `suppressDeletion`:
Karmada then never removes the copy by itself, not even when nothing has come up elsewhere.

All changes are merge patches with a `resourceVersion`: who was faster makes them a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from federation.kube import Object

TAINT: Final = "k8s-federation/drained"
DUE: Final = "k8s-federation/rebalance"
"""Annotation of a `Cluster` that is not drained any more, until the workloads are divided anew."""
PRODUCER: Final = "fedctl-drain"
REASON: Final = "Drained"

State = Literal["moving", "drained"]
"""The taint's value. While workloads are "moving", clients are served here too; "drained" takes names away as well."""


def state(cluster: Mapping[str, Any]) -> State | None:
    """Of a `Cluster`; None if it is not drained. A value that somebody else has written counts as "drained"."""
    for taint in cluster["spec"].get("taints") or ():
        if taint["key"] == TAINT:
            value = taint.get("value")
            return value if value in get_args(State) else "drained"
    return None


def marked(cluster: Object, value: State, now: str) -> Object:
    """The patch that puts the taint on a `Cluster`; `now` as in RFC 3339."""
    taint = {"key": TAINT, "value": value, "effect": "NoSchedule", "timeAdded": now}
    return _cluster_patch(cluster, [*_other_taints(cluster), taint], None)


def unmarked(cluster: Object) -> Object:
    """The patch that takes the taint away, and notes that workloads are to be divided anew."""
    return _cluster_patch(cluster, _other_taints(cluster), "true")


def settled(cluster: Object) -> Object:
    """The patch that takes that note away."""
    return {"metadata": {**_patch(cluster)["metadata"], "annotations": {DUE: None}}}


def is_due(cluster: Mapping[str, Any]) -> bool:
    """Whether an undrain has begun and is not at its end."""
    return DUE in (cluster["metadata"].get("annotations") or {})


def task(binding: Mapping[str, Any], member: str) -> Mapping[str, Any] | None:
    """Our eviction task for a member in a binding, while it keeps what runs there."""
    return next(
        (t for t in _tasks(binding) if _is_ours(t, member) and t.get("suppressDeletion") is not False), None
    )


def evicted(binding: Object, member: str) -> Object:
    """The patch by which a workload is to run elsewhere, and what runs on the member stays until `released`."""
    clusters = binding["spec"].get("clusters") or []
    there = next((c for c in clusters if c["name"] == member), None)
    kept = [c for c in clusters if c["name"] != member]
    tasks = _tasks(binding)
    if not any(t["fromCluster"] == member for t in tasks):
        counted = {"replicas": there["replicas"]} if there and there.get("replicas") else {}
        tasks = [*tasks, _new_task(member) | counted]
    return _patch(binding) | {"spec": {"clusters": kept, "gracefulEvictionTasks": tasks}}


def held(binding: Object, member: str) -> Object:
    """The patch by which what came along with a workload (its ServiceAccount, ...) stays as long as that does."""
    return _patch(binding) | {"spec": {"gracefulEvictionTasks": [*_tasks(binding), _new_task(member)]}}


def released(binding: Object, member: str) -> Object:
    """The patch by which Karmada removes what runs on the member now."""
    tasks = [
        {**t, "suppressDeletion": False} if _is_ours(t, member) else t for t in _tasks(binding)
    ]  # "users have confirmed" (evictiontask.go)
    return _patch(binding) | {"spec": {"gracefulEvictionTasks": tasks}}


def returned(binding: Object, member: str) -> Object:
    """The patch by which a workload stays on the member after all: nothing there is touched.

    The scheduler divides it anew, as there are too many replicas now.
    """
    spec = binding["spec"]
    tasks = [t for t in _tasks(binding) if not _is_ours(t, member)]
    clusters = list(spec.get("clusters") or [])
    count = (task(binding, member) or {}).get("replicas")
    if count and not any(c["name"] == member for c in clusters):
        clusters.append({"name": member, "replicas": count})
    return _patch(binding) | {"spec": {"clusters": clusters, "gracefulEvictionTasks": tasks or None}}


def _new_task(member: str) -> Object:
    return {
        "fromCluster": member,
        "purgeMode": "Gracefully",
        "reason": REASON,
        "message": f"fedctl drain {member}",
        "producer": PRODUCER,
        "suppressDeletion": True,
    }


def _tasks(binding: Mapping[str, Any]) -> list[Object]:
    return list(binding["spec"].get("gracefulEvictionTasks") or ())


def _is_ours(found: Mapping[str, Any], member: str) -> bool:
    return found["fromCluster"] == member and found.get("producer") == PRODUCER


def _other_taints(cluster: Object) -> list[Object]:
    return [t for t in cluster["spec"].get("taints") or () if t["key"] != TAINT]


def _cluster_patch(cluster: Object, taints: list[Object], due: str | None) -> Object:
    metadata = {**_patch(cluster)["metadata"], "annotations": {DUE: due}}
    return {"metadata": metadata, "spec": {"taints": taints or None}}


def _patch(found: Object) -> Object:
    return {"metadata": {"resourceVersion": found["metadata"]["resourceVersion"]}}
