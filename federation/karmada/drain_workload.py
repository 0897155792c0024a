"""A divided workload, as its `ResourceBinding` tells of it: what of it is where, and what is ready. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from federation.karmada import drain_fit, drain_mark
from federation.kube import Object

COUNTED: Final = ("Deployment", "ReplicaSet", "StatefulSet")
"""Kinds whose status counts replicas that are available."""


@dataclass(frozen=True)
class Workload:
    """A divided workload with replicas on the member.

    Attributes:
        kind, namespace, name: of the user's object.
        binding: name of its `ResourceBinding`, in its namespace.
        policy: what places it, such as "PropagationPolicy shop/web".
        here: replicas on the member.
        replicas: in all.
        ready: how many of all are ready now, at most `replicas`.
        to: members that may take them.
        moving: a drain before this one has begun to move it.
    """

    kind: str
    namespace: str
    name: str
    binding: str
    policy: str
    here: int
    replicas: int
    ready: int
    to: tuple[str, ...]
    moving: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


def divided(binding: Mapping[str, Any]) -> bool:
    """Whether replicas are shared out; what has none is given to each member, whatever the policy says."""
    spec = binding["spec"]
    scheduling = (spec.get("placement") or {}).get("replicaScheduling") or {}
    return scheduling.get("replicaSchedulingType") == "Divided" and bool(spec.get("replicas"))


def replicas(binding: Mapping[str, Any]) -> dict[str, int]:
    """Member to the replicas that the scheduler has given to it, of those that have any."""
    given = binding["spec"].get("clusters") or ()
    return {c["name"]: c["replicas"] for c in given if c.get("replicas")}


def ready(binding: Mapping[str, Any]) -> dict[str, int]:
    """Member to the replicas that are ready there, as Karmada has heard last.

    Of kinds that do not count these, all replicas of a healthy copy count as ready.
    """
    counted, given = binding["spec"]["resource"]["kind"] in COUNTED, replicas(binding)
    found = {}
    for item in (binding.get("status") or {}).get("aggregatedStatus") or ():
        name, status = item["clusterName"], item.get("status") or {}
        healthy = given.get(name, 0) if item.get("health") == "Healthy" else 0
        found[name] = int(status.get("availableReplicas") or 0) if counted else healthy
    return found


def here(binding: Object, member: str) -> int:
    """Replicas on a member, also those on their way; 0 for what is not divided, and for a Job that is over there."""
    if not divided(binding) or _is_over(binding, member):
        return 0
    task = drain_mark.task(binding, member)
    return int((task or {}).get("replicas") or replicas(binding).get(member, 0))


def workload(binding: Object, member: str, others: Sequence[Object]) -> Workload:
    """The workload of a binding; `others` are the members that may take replicas at all."""
    resource, total = binding["spec"]["resource"], int(binding["spec"]["replicas"])
    admitted = drain_fit.candidates(binding, others)
    preferred = drain_fit.weighted(binding, [c for c in others if c["metadata"]["name"] in admitted])
    return Workload(
        kind=resource["kind"],
        namespace=resource.get("namespace", ""),
        name=resource["name"],
        binding=binding["metadata"]["name"],
        policy=_policy(binding),
        here=here(binding, member),
        replicas=total,
        ready=min(total, sum(ready(binding).values())),
        to=preferred or admitted,
        moving=drain_mark.task(binding, member) is not None,
    )


def _is_over(binding: Object, member: str) -> bool:
    """Whether it is a Job that has ended there."""
    items = (binding.get("status") or {}).get("aggregatedStatus") or ()
    status = next((i.get("status") or {} for i in items if i["clusterName"] == member), {})
    return binding["spec"]["resource"]["kind"] == "Job" and any(
        c["type"] in {"Complete", "Failed"} and c["status"] == "True" for c in status.get("conditions") or ()
    )


def _policy(binding: Object) -> str:
    """What places it (Karmada, util.PropagationPolicyNameAnnotation and its siblings)."""
    marks: Mapping[str, str] = binding["metadata"].get("annotations") or {}
    if name := marks.get("propagationpolicy.karmada.io/name"):
        return f"PropagationPolicy {marks.get('propagationpolicy.karmada.io/namespace')}/{name}"
    return f"ClusterPropagationPolicy {marks.get('clusterpropagationpolicy.karmada.io/name', 'unknown')}"


def title(binding: Object) -> str:
    """How messages call the user's object."""
    resource = binding["spec"]["resource"]
    return f"{resource['kind']} {resource.get('namespace', '')}/{resource['name']}"
