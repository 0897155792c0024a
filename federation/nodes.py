"""Labels of nodes that tell their region and zone, as the operator of the walk-through set them by hand.

Server-side apply without force (KEP-555): what somebody else has set, such as a cloud's controller, stays. Giving up a
label removes it, unless somebody else owns it, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.errors import ConflictError
from federation.kube import Kube, Object, Ref

REGION = "topology.kubernetes.io/region"
ZONE = "topology.kubernetes.io/zone"
NODES = Ref("v1", "nodes")
ATTEMPTS = 3
"""Another writer comes in between, or a node goes, once perhaps; not three times in a row."""

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """What the nodes of a cluster carry.

    Attributes:
        missing: nodes that lack a label which they should have from us; sorted.
        kept: labels that somebody else has set to another value, as "node key=value"; sorted.
    """

    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def wanted(region: str | None, zones: Sequence[str]) -> dict[str, str]:
    """The labels of every node. Which of several zones a node is in is not known here: then it has the region only."""
    labels = {REGION: region} if region else {}
    return labels | ({ZONE: zones[0]} if len(zones) == 1 else {})


def manager_of(federation: str) -> str:
    """The field manager of a federation."""
    return f"federation-{federation}"


def owners(node: Object, key: str) -> set[str]:
    """Who has set a label: managers of fields (`metadata.managedFields`, format FieldsV1)."""
    return {
        entry.get("manager", "")
        for entry in node["metadata"].get("managedFields", [])
        if f"f:{key}" in entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:labels", {})
    }


@dataclass(frozen=True)
class Plan:
    """What to do about one node.

    Attributes:
        labels: all that are ours afterwards; None if nothing is to be done.
        missing: whether one is not there that should be.
        kept: labels that stay although another value is wanted.
    """

    labels: Labels | None
    missing: bool
    kept: Labels


def plan(node: Object, labels: Labels, manager: str) -> Plan:
    """Set what is absent, change what is ours alone, and leave what others have set.

    A label that others have set to the wanted value is theirs: nothing is missing then.
    """
    present = node["metadata"].get("labels", {})
    mine = {key for key in (REGION, ZONE) if manager in owners(node, key)}
    free = {key for key in labels if key not in present or owners(node, key) == {manager}}
    ours = {
        key: labels[key] for key in labels if key in free or (key in mine and present[key] == labels[key])
    }
    kept = {key: present[key] for key in labels if key not in free and present[key] != labels[key]}
    missing = any(present.get(key) != value for key, value in ours.items())
    return Plan(ours if missing or mine != ours.keys() else None, missing, kept)


def look(kube: Kube, labels: Labels, manager: str) -> Report:
    """What the nodes carry now; changes nothing."""
    plans = {node["metadata"]["name"]: plan(node, labels, manager) for node in kube.list(NODES)}
    return _report(plans)


def label(kube: Kube, labels: Labels, manager: str) -> Report:
    """Let every node carry the labels, as far as nobody else objects; can be repeated.

    With no labels, all of ours are given up. Raises `ConflictError` if others keep writing the same labels.
    """
    for attempt in range(1, ATTEMPTS + 1):
        nodes = kube.list(NODES)
        plans = {node["metadata"]["name"]: plan(node, labels, manager) for node in nodes}
        try:
            for node in nodes:
                if (ours := plans[node["metadata"]["name"]].labels) is not None:
                    kube.apply(manifest(node, ours), manager=manager, force=False)
        except ConflictError:
            if attempt == ATTEMPTS:
                raise
        else:
            return Report(kept=_report(plans).kept)
    raise AssertionError("unreachable: the last attempt raises or returns")


def manifest(node: Object, labels: Labels) -> dict[str, Any]:
    """What is applied to a node. With its UID, or a node that has just gone would be made anew by it."""
    metadata = {"name": node["metadata"]["name"], "uid": node["metadata"]["uid"], "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata}


def _report(plans: Mapping[str, Plan]) -> Report:
    kept = sorted(f"{name} {key}={value}" for name, p in plans.items() for key, value in p.kept.items())
    return Report(tuple(sorted(name for name, p in plans.items() if p.missing)), tuple(kept))
