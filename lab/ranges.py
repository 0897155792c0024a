"""What must hold between the clusters of a lab: names, places and address ranges. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

NODE_MASK = 24
"""Each node takes a /24 of its cluster's pod range: kubelet's 110 pods and room for churn."""

FIRST_NODE = 10
"""The first node's place in its range; .1 is the fabric's gateway, the rest is for what a cluster's owner adds."""

MOST_CLUSTERS_BY_DEFAULT = 50
WIDEST = {"nodes": 27, "pods": NODE_MASK, "services": 24, "vips": 30}
"""The longest mask that each range may have."""

_LAB_WIDE = ("nodes", "pods", "vips")


def node_names(cluster: str, workers: int) -> tuple[str, ...]:
    """The control-plane node first."""
    return (f"{cluster}-control-plane", *(f"{cluster}-worker-{i}" for i in range(1, workers + 1)))


def vip_count(nodes: IPv4Network) -> int:
    """So many addresses at the end of a node range are never a node's: virtual IPs live there."""
    return min(64, nodes.num_addresses // 4)


def filled_in(clusters: Sequence[Any]) -> list[Any]:
    """The clusters with places and ranges that were not given: the first place is 0, the next is 1, and so on."""
    return [_with_ranges(i, cluster) for i, cluster in enumerate(clusters)]


def _with_ranges(index: int, cluster: Any) -> Any:
    if not isinstance(cluster, dict):
        return cluster
    given = {key: value for key, value in cluster.items() if value is not None}
    place = given.get("place", index)
    if not isinstance(place, int) or place < 0:
        place = index  # a wrong one is a mistake by itself
    if place >= MOST_CLUSTERS_BY_DEFAULT:
        return {"place": place, **given}
    defaults = {
        "place": place,
        "nodes": f"10.99.{place + 1}.0/24",
        "pods": f"10.{100 + place}.0.0/16",
        "services": f"10.{200 + place}.0.0/16",
    }
    return {**defaults, **given}


def free_place(taken: Sequence[int | None]) -> int:
    """The lowest place that no cluster has."""
    return next(place for place in range(len(taken) + 1) if place not in taken)


def problems(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong between clusters, and between the fields of one; a field that is not there is not judged."""
    yield from _name_problems(clusters)
    yield from _place_problems(clusters)
    for i, cluster in enumerate(clusters):
        yield from _size_problems(i, cluster)
    yield from _overlaps(clusters)


def _name_problems(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for i, cluster in enumerate(clusters):
        if "name" not in cluster:
            continue
        names = (cluster["name"], *node_names(cluster["name"], cluster.get("workers", 0)))
        taken = [name for name in names if name in seen]
        if taken:
            yield (
                f"clusters[{i}].name: {taken[0]!r} is already the name of {seen[taken[0]]}; "
                "names of clusters and of their nodes are unique in a lab"
            )
        path = f"clusters[{i}]"
        seen = {names[0]: path, **dict.fromkeys(names[1:], f"a node of {path}"), **seen}


def _place_problems(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    seen: dict[int, int] = {}
    for i, cluster in enumerate(clusters):
        if (place := cluster.get("place")) is None:
            continue
        if place in seen:
            yield f"clusters[{i}].place: {place} is already the place of clusters[{seen[place]}]; give each its own"
        seen.setdefault(place, i)


def _size_problems(i: int, cluster: Mapping[str, Any]) -> Iterator[str]:
    count = cluster.get("workers", 0) + 1
    for key, widest in WIDEST.items():
        found: IPv4Network | None = cluster.get(key)
        if found is None:
            continue
        if found.prefixlen > widest:
            yield f"clusters[{i}].{key}: {found} is too small; take a /{widest} or wider"
        elif (room := _room(key, found)) is not None and room < count:
            yield (
                f"clusters[{i}].{key}: {found} has room for {room} nodes, and the cluster has {count}; "
                "take a wider range"
            )


def _room(key: str, found: IPv4Network) -> int | None:
    """How many nodes the range serves; None for one that nodes take nothing of."""
    if key == "nodes":
        return found.num_addresses - FIRST_NODE - vip_count(found) - 1
    return 1 << NODE_MASK - found.prefixlen if key == "pods" else None


def _overlaps(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Ranges of nodes, pods and VIPs are unique in the lab; ClusterIPs only exist inside their own cluster."""
    wide = [
        (f"clusters[{i}].{key}", c[key]) for i, c in enumerate(clusters) for key in _LAB_WIDE if c.get(key)
    ]
    pairs = list(combinations(wide, 2))
    for i, cluster in enumerate(clusters):
        if "services" in cluster:
            pairs += [(other, (f"clusters[{i}].services", cluster["services"])) for other in wide]
    for (path, one), (other_path, other) in pairs:
        if one.overlaps(other):
            yield f"{other_path}: {other} overlaps {one} of {path}; choose ranges that share no address"
