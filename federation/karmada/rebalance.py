"""What a change of membership means for workloads: they divide anew, and none is forgotten when the plane goes."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from federation.deadline import Deadline
from federation.errors import FederationError
from federation.karmada.member import BINDING_API, CLUSTERS
from federation.kube import Kube, Object, Ref, plural

REBALANCER_API = "apps.karmada.io/v1alpha1"
KEPT_SECONDS = 300  # for whoever wants to read what a rebalancer has done
NAMED = 5  # objects in a message


def rebalance(federation: str, plane: Kube, deadline: Deadline) -> int:
    """Have all Divided workloads scheduled anew; returns how many these are.

    Karmada leaves them as they are when a member joins (scheduler.go, doScheduleBinding), and only the creation of a
    rebalancer counts, not its change. It only asks the scheduler: what cannot be placed keeps its place.

    Raises `NotInTimeError` if Karmada has not done it in time.
    """
    workloads = divided(plane.list(Ref(BINDING_API, "resourcebindings")))
    if not workloads:
        return 0
    made = plane.create(rebalancer(f"federation-{federation}-{uuid.uuid4().hex[:8]}", workloads))
    ref = Ref.of(made)

    def finished() -> str | None:
        found = plane.get(ref)
        done = found is None or found.get("status", {}).get("finishTime")
        return None if done else f"{len(workloads)} workloads are not divided anew yet"

    deadline.until(
        plane.name,
        finished,
        fix=f"see kubectl get workloadrebalancer {ref.name} -o yaml, and whether karmada-controller-manager runs",
    )
    return len(workloads)


def divided(bindings: Sequence[Object]) -> list[Mapping[str, Any]]:
    """The workloads whose replicas are divided among members, as references; sorted, each one once."""
    found = {
        (r["apiVersion"], r["kind"], r.get("namespace", ""), r["name"])
        for b in bindings
        if _scheduling(b).get("replicaSchedulingType") == "Divided" and not _leaving(b)
        for r in [b["spec"]["resource"]]
    }
    return [
        dict(zip(("apiVersion", "kind", "namespace", "name"), parts, strict=True)) for parts in sorted(found)
    ]


def rebalancer(name: str, workloads: Sequence[Mapping[str, Any]]) -> Object:
    """The `WorkloadRebalancer`; Karmada removes it by itself."""
    return {
        "apiVersion": REBALANCER_API,
        "kind": "WorkloadRebalancer",
        "metadata": {"name": name},
        "spec": {"ttlSecondsAfterFinished": KEPT_SECONDS, "workloads": list(workloads)},
    }


def joined(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of the members that are new, or are other clusters than before; both map names to cluster ids."""
    return sorted(name for name, id_ in after.items() if before.get(name) != id_)


def refuse_strangers(
    federation: str, known: Collection[str], plane: Kube, *, leaving_too: bool = False
) -> None:
    """Raises `FederationError` while there are members that are not known to be about to leave.

    One that is leaving needs the plane until it has left: with `leaving_too` it counts as well.
    """
    strangers = sorted(
        c["metadata"]["name"]
        for c in plane.list(CLUSTERS)
        if c["metadata"]["name"] not in known and (leaving_too or not _leaving(c))
    )
    if strangers:
        raise FederationError(
            plane.name,
            f"has members that this stack does not know: {_some(strangers)}",
            f"let them leave: fedctl leave {strangers[0]} --federation {federation} "
            "--federation-kubeconfig FILE --kubeconfig FILE; or set control_plane.force_delete to true "
            "and run pulumi up first",
        )


def refuse_while_used(federation: str, known: Collection[str], plane: Kube, deadline: Deadline) -> None:
    """Refuse to dissolve a federation that others use; what is just being removed is waited for.

    Args:
        federation: its name, for messages.
        known: names of the members that are about to leave.
        plane: the federation API.
        deadline: for what is being removed.

    Raises:
        FederationError: members or workloads are left that the stack does not know.
        NotInTimeError: what is being removed does not go.
    """
    refuse_strangers(federation, known, plane)
    deadline.until(
        plane.name,
        lambda: _workloads_left(plane),
        fix="see which finalizers keep them: kubectl get resourcebindings -A -o yaml",
        interval=0.5,
    )


def _workloads_left(plane: Kube) -> str | None:
    """What is being removed, or None; raises for what is not."""
    bindings = [b for b in plane.list(Ref(BINDING_API, "resourcebindings")) if "placement" in b["spec"]]
    staying = [b for b in bindings if not _leaving(b) and _template_stays(b, plane)]
    if staying:
        raise FederationError(
            plane.name,
            f"has workloads that this stack does not know: {_some(sorted(map(_title, staying)))}",
            "delete them, or set control_plane.force_delete to true and run pulumi up first",
        )
    return f"{_some(sorted(map(_title, bindings)))} still being removed" if bindings else None


def _template_stays(binding: Object, plane: Kube) -> bool:
    """Whether the user's object is still there; a binding outlives it by a moment."""
    resource = binding["spec"]["resource"]
    ref = Ref(resource["apiVersion"], plural(resource["kind"]), resource["name"], resource.get("namespace"))
    found = plane.get(ref)
    return found is not None and not _leaving(found)


def _scheduling(binding: Object) -> Mapping[str, Any]:
    placement: Mapping[str, Any] = binding.get("spec", {}).get("placement") or {}
    return placement.get("replicaScheduling") or {}


def _leaving(found: Object) -> bool:
    return bool(found["metadata"].get("deletionTimestamp"))


def _title(binding: Object) -> str:
    resource = binding["spec"]["resource"]
    place = "/".join(filter(None, (resource.get("namespace"), resource["name"])))
    return f"{resource['kind']} {place}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
