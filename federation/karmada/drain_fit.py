"""Which members may run a workload, by its placement, as Karmada's scheduler finds them; and what room they have. Pure.

As far as a plan needs it: what the scheduler would also refuse (an API that a member does not serve) shows while
workloads move, and nothing is lost by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from federation.karmada.drain_mark import TAINT

Object = Mapping[str, Any]
_KEEPS_OUT: Final = ("NoSchedule", "NoExecute")
_UNITS: Final = {
    "": Decimal(1),
    **{
        letter: Decimal(10) ** power
        for letter, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
    },
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def candidates(binding: Object, clusters: Iterable[Object]) -> tuple[str, ...]:
    """Names of those clusters, in order, that the placement of a binding admits.

    With several affinities (`clusterAffinities`) these are those of the first one that admits any, from the one on
    that is in use (scheduler.go, getAffinityIndex).
    """
    placement = binding["spec"]["placement"]
    tolerations = placement.get("clusterTolerations") or ()
    there = {c["name"] for c in binding["spec"].get("clusters") or ()}
    free = [
        c
        for c in clusters
        # Where a workload is already, taints do not count (tainttoleration.go).
        if c["metadata"]["name"] in there or tolerated(c["spec"].get("taints") or (), tolerations)
    ]
    for affinity in _affinities(binding):
        if found := sorted(c["metadata"]["name"] for c in free if matches(c, affinity)):
            return tuple(found)
    return ()


def weighted(binding: Object, clusters: Sequence[Object]) -> tuple[str, ...]:
    """Names of those clusters, in order, to which the static weights give replicas. None: all clusters share evenly."""
    scheduling = binding["spec"]["placement"].get("replicaScheduling") or {}
    weights = (scheduling.get("weightPreference") or {}).get("staticWeightList") or ()
    return tuple(
        sorted(
            c["metadata"]["name"]
            for c in clusters
            if any(w.get("weight") and matches(c, w.get("targetCluster") or {}) for w in weights)
        )
    )


def has_weights(binding: Object) -> bool:
    """Whether the placement has static weights."""
    scheduling = binding["spec"]["placement"].get("replicaScheduling") or {}
    return bool((scheduling.get("weightPreference") or {}).get("staticWeightList"))


def too_few_groups(binding: Object, clusters: Sequence[Object]) -> str | None:
    """Which of its spread constraints these clusters do not fulfil, in words; None if they do all."""
    fields: dict[str, Callable[[Object], list[str]]] = {
        "cluster": lambda c: [c["metadata"]["name"]],
        "zone": _zones,
        **{key: (lambda c, key=key: _field(c, key)) for key in ("region", "provider")},  # type: ignore[misc]
    }
    for constraint in binding["spec"]["placement"].get("spreadConstraints") or ():
        by, least = constraint.get("spreadByField") or "cluster", constraint.get("minGroups") or 1
        found = {value for c in clusters for value in fields.get(by, _nothing)(c)}
        if by in fields and len(found) < least:
            return f"{least} of {by}"
    return None


def tolerates_drain(binding: Object) -> bool:
    """Whether the placement tolerates our taint, so that the scheduler would use a drained member all the same."""
    ours = [{"key": TAINT, "effect": "NoSchedule"}]
    return tolerated(ours, binding["spec"]["placement"].get("clusterTolerations") or ())


def tolerated(taints: Iterable[Object], tolerations: Iterable[Object]) -> bool:
    """Whether nothing in the taints keeps out a workload with these tolerations (API reference, Toleration)."""
    wishes = list(tolerations)
    return all(any(_tolerates(w, t) for w in wishes) for t in taints if t["effect"] in _KEEPS_OUT)


def _tolerates(wish: Object, taint: Object) -> bool:
    if wish.get("effect") and wish["effect"] != taint["effect"]:
        return False
    if wish.get("key") and wish["key"] != taint["key"]:
        return False
    if wish.get("operator") == "Exists":
        return True
    return bool(wish.get("key")) and (wish.get("value") or "") == (taint.get("value") or "")


def matches(cluster: Object, affinity: Object) -> bool:
    """Whether a `Cluster` is one of a `ClusterAffinity` (Karmada, util.ClusterMatches); an empty one has all."""
    name = cluster["metadata"]["name"]
    if name in (affinity.get("exclude") or ()):
        return False
    if (names := affinity.get("clusterNames")) and name not in names:
        return False
    labels: Mapping[str, str] = cluster["metadata"].get("labels") or {}
    selector = affinity.get("labelSelector") or {}
    if not (selector.get("matchLabels") or {}).items() <= labels.items():
        return False
    rules = selector.get("matchExpressions") or ()
    if not all(_holds(r, [labels[r["key"]]] if r["key"] in labels else []) for r in rules):
        return False
    rules = (affinity.get("fieldSelector") or {}).get("matchExpressions") or ()
    return all(_holds(r, _zones(cluster) if r["key"] == "zone" else _field(cluster, r["key"])) for r in rules)


def _holds(rule: Object, values: Sequence[str]) -> bool:
    """A rule of a selector, about a key that has these values."""
    listed = rule.get("values") or ()
    match rule["operator"]:
        case "In":
            return any(value in listed for value in values)
        case "NotIn":
            return not any(value in listed for value in values)
        case "Exists":
            return bool(values)
        case "DoesNotExist":
            return not values
    return False


def _affinities(binding: Object) -> Sequence[Object]:
    placement = binding["spec"]["placement"]
    if terms := placement.get("clusterAffinities"):
        used = (binding.get("status") or {}).get("schedulerObservingAffinityName")
        first = next((i for i, term in enumerate(terms) if term.get("affinityName") == used), 0)
        return list(terms[first:])
    return [placement.get("clusterAffinity") or {}]


def _zones(cluster: Object) -> list[str]:
    spec = cluster["spec"]
    return list(spec.get("zones") or ([spec["zone"]] if spec.get("zone") else []))


def _field(cluster: Object, key: str) -> list[str]:
    value = cluster["spec"].get(key)
    return [value] if value else []


def _nothing(_: Object) -> list[str]:
    return []


class Room:
    """What members have room for, as their status sums it up. It is an estimate: nodes are not looked at one by one.

    Args:
        clusters: the members. One that does not tell has room for everything.
    """

    def __init__(self, clusters: Iterable[Object]) -> None:
        summaries = {c["metadata"]["name"]: (c.get("status") or {}).get("resourceSummary") for c in clusters}
        self._free = {name: _free(summary) for name, summary in summaries.items() if summary}

    def take(self, request: Mapping[str, str], replicas: int, members: Sequence[str]) -> int:
        """Take room for replicas in any of the members; returns for how many there is none.

        Args:
            request: resources of one replica, as in a pod.
            replicas: how many there are.
            members: where each of them may go.
        """
        if any(name not in self._free for name in members):
            return 0
        needs = {"pods": Decimal(1)} | {name: quantity(text) for name, text in request.items()}
        for done in range(replicas):
            found = next((self._free[n] for n in members if _fits(needs, self._free[n])), None)
            if found is None:
                return replicas - done
            for resource in needs.keys() & found.keys():
                found[resource] -= needs[resource]
        return 0


def _free(summary: Object) -> dict[str, Decimal]:
    used = [summary.get(key) or {} for key in ("allocated", "allocating")]
    return {
        resource: quantity(text) - sum((quantity(u[resource]) for u in used if resource in u), Decimal(0))
        for resource, text in (summary.get("allocatable") or {}).items()
    }


def _fits(needs: Mapping[str, Decimal], free: Mapping[str, Decimal]) -> bool:
    """What a cluster does not tell of is no hindrance, such as pods in an old one."""
    return all(amount <= free[resource] for resource, amount in needs.items() if resource in free)


def quantity(text: str) -> Decimal:
    """An amount as Kubernetes writes it (API reference, Quantity): "250m", "1.5Gi", "1e3"."""
    number = text.rstrip("numkMGTPEKi")
    return Decimal(number) * _UNITS[text[len(number) :]]
