"""What a lab looks like: clusters, nodes, address ranges, and where each cluster is said to be.

A topology file is YAML. Two names are enough::

    clusters:
      - name: fc01
      - name: fc02

Every check runs before anything is started, and all mistakes are reported at once, each with its path and its fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from lab.errors import LabError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=48)]
"""DNS-1123 label. 48, as node names and the names of the federation's objects are made of it (limit there: 63)."""

LabelValue = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=63)
]

NODE_MASK = 24
"""Each node takes a /24 of its cluster's pod range: kubelet's 110 pods and room for churn."""

FIRST_NODE = 10
"""The first node's place in its range; .1 is the fabric's gateway, the rest is for what a cluster's owner adds."""

MOST_CLUSTERS_BY_DEFAULT = 50
_WIDEST = {"nodes": 27, "pods": NODE_MASK, "services": 24, "vips": 30}
_LAB_WIDE = ("nodes", "pods", "vips")
_RANGE = "a range such as 10.99.1.0/24, without bits behind the mask"
_PLACE = "up to 63 letters, digits, '-', '_' and '.', with a letter or a digit at both ends"
_EXPECTED = {
    "clusters": "a list of clusters, such as [{name: fc01}]",
    "name": "up to 48 lower-case letters, digits and '-', with a letter or a digit at both ends",
    "workers": "a whole number from 0 to 20",
    "region": _PLACE,
    "zone": _PLACE,
    "nodes": _RANGE,
    "pods": _RANGE,
    "services": _RANGE,
    "vips": _RANGE,
    "pod_routing": "true or false",
    "images": "a list of names, such as [workload]",
}


class Strict(BaseModel):
    """Unknown keys are mistakes, and nothing changes after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cluster(Strict):
    """One Kubernetes cluster: a control-plane node, and workers. `Topology` fills in ranges that are not given."""

    name: Name
    workers: int = Field(
        default=0, ge=0, le=20, strict=True, description="nodes beside the control-plane node"
    )
    region: LabelValue | None = Field(default=None, description="topology.kubernetes.io/region of its nodes")
    zone: LabelValue | None = Field(default=None, description="topology.kubernetes.io/zone of its nodes")
    nodes: IPv4Network = Field(description="the nodes' addresses; the last 64 are for VIPs")
    pods: IPv4Network = Field(description="a /24 of it for each node")
    services: IPv4Network = Field(description="ClusterIPs; .1 is the API, .10 the cluster DNS")
    vips: IPv4Network | None = Field(
        default=None, description="virtual IPs that its nodes may hold; .1 is the fabric's"
    )

    @property
    def node_names(self) -> tuple[str, ...]:
        """The control-plane node first."""
        return _node_names(self.name, self.workers)


def _node_names(cluster: str, workers: int) -> tuple[str, ...]:
    return (f"{cluster}-control-plane", *(f"{cluster}-worker-{i}" for i in range(1, workers + 1)))


class Topology(Strict):
    """N clusters of M nodes on one machine."""

    clusters: tuple[Cluster, ...] = Field(min_length=1)
    pod_routing: bool = Field(
        default=True, description="pods of one cluster reach pods of another by their address"
    )
    images: tuple[str, ...] = Field(
        default=("workload",), description="images and groups loaded beside `core`"
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Ranges that were not given, by the cluster's place in the list."""
        return {**data, "clusters": _filled_in(data["clusters"])} if _has_clusters(data) else data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := list(_problems([dict(c) for c in self.clusters])):
            raise ValueError("\n".join(problems))
        return self

    def cluster(self, name: str) -> Cluster | None:
        """The cluster of that name."""
        return next((c for c in self.clusters if c.name == name), None)


def _has_clusters(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("clusters"), list | tuple)


def _filled_in(clusters: Sequence[Any]) -> list[Any]:
    return [_with_ranges(i, cluster) for i, cluster in enumerate(clusters)]


def _with_ranges(index: int, cluster: Any) -> Any:
    if not isinstance(cluster, dict) or index >= MOST_CLUSTERS_BY_DEFAULT:
        return cluster
    defaults = {
        "nodes": f"10.99.{index + 1}.0/24",
        "pods": f"10.{100 + index}.0.0/16",
        "services": f"10.{200 + index}.0.0/16",
    }
    return {**defaults, **{key: value for key, value in cluster.items() if value is not None}}


def vip_count(nodes: IPv4Network) -> int:
    """So many addresses at the end of a node range are never a node's: virtual IPs live there."""
    return min(64, nodes.num_addresses // 4)


def _problems(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong between clusters, and between the fields of one; a field that is not there is not judged."""
    yield from _name_problems(clusters)
    for i, cluster in enumerate(clusters):
        yield from _size_problems(i, cluster)
    yield from _overlaps(clusters)


def _name_problems(clusters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for i, cluster in enumerate(clusters):
        if "name" not in cluster:
            continue
        names = (cluster["name"], *_node_names(cluster["name"], cluster.get("workers", 0)))
        taken = [name for name in names if name in seen]
        if taken:
            yield (
                f"clusters[{i}].name: {taken[0]!r} is already the name of {seen[taken[0]]}; "
                "names of clusters and of their nodes are unique in a lab"
            )
        path = f"clusters[{i}]"
        seen = {names[0]: path, **dict.fromkeys(names[1:], f"a node of {path}"), **seen}


def _size_problems(i: int, cluster: Mapping[str, Any]) -> Iterator[str]:
    count = cluster.get("workers", 0) + 1
    for key, widest in _WIDEST.items():
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


DEFAULT = Topology.model_validate(
    {
        "clusters": [
            {"name": "fc01", "region": "us", "zone": "east"},
            {"name": "fc02", "region": "us", "zone": "west"},
        ]
    }
)
"""The two clusters of the on-premises walk-through, with its region and zones."""


def load(path: Path) -> Topology:
    """Read a topology file. Raises `LabError` that lists every mistake with its path and fix."""
    subject = f"topology {path}"
    try:
        data = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise LabError(
            subject, "there is no such file", "give the path of a topology file, or none for two clusters"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LabError(
            subject, f"it can't be read ({error})", "give the path of a readable YAML file"
        ) from None
    except yaml.YAMLError as error:
        raise LabError(subject, f"it is not YAML ({error})", "mend the file at that line") from None
    return parse(data, subject)


def parse(data: object, subject: str = "topology") -> Topology:
    """A checked topology from plain data. Raises `LabError` like `load`."""
    if not isinstance(data, dict):
        raise LabError(
            subject, "it must be a mapping with the key 'clusters'", "see `lab up --help` for an example"
        )
    try:
        return Topology.model_validate(data)
    except ValidationError as error:
        problems = "".join(f"\n  - {line}" for line in _lines(error, data))
        raise LabError(
            subject, f"it has mistakes:{problems}\n", "mend them and run the command again"
        ) from None


def _lines(error: ValidationError, data: dict[str, Any]) -> Iterator[str]:
    """One line for each mistake. Mistakes between clusters are looked for in whatever is right by itself."""
    for item in error.errors(include_url=False):
        if item["type"] == "value_error" and not item["loc"]:
            yield from str(item["ctx"]["error"]).splitlines()
            return
        if item["type"] == "too_short" and item["input"]:
            continue  # pydantic does not count items that have mistakes
        yield _line(item)
    if _has_clusters(data):
        yield from _problems([_sound(c) for c in _filled_in(data["clusters"])])


def _line(item: ErrorDetails) -> str:
    loc = item["loc"]
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
    if item["type"] in ("extra_forbidden", "invalid_key"):
        return f"{path}: there is no such key{_did_you_mean(loc)}"
    if item["type"] == "missing" and loc[-1] in _WIDEST:
        return f"{path}: only the first {MOST_CLUSTERS_BY_DEFAULT} clusters have a default range; give one"
    key = next(str(p) for p in reversed(loc) if isinstance(p, str))
    expected = _EXPECTED[key] if loc != ("clusters", loc[-1]) else "a mapping, such as {name: fc01}"
    if item["type"] == "missing":
        return f"{path}: it is missing; write {expected}"
    return f"{path}: {item['input']!r} will not do; write {expected}"


_STAND_IN = {"name": "x", "nodes": "0.0.0.0/24", "pods": "0.0.0.0/24", "services": "0.0.0.0/24"}


def _sound(cluster: Any) -> dict[str, Any]:
    """Those fields of a cluster that are right by themselves."""
    if not isinstance(cluster, dict):
        return {}
    given = {key: value for key, value in cluster.items() if key in Cluster.model_fields}
    try:
        return dict(Cluster.model_validate(given))
    except ValidationError as error:
        wrong = {item["loc"][0] for item in error.errors()}
    whole = Cluster.model_validate(_STAND_IN | {k: v for k, v in given.items() if k not in wrong})
    return {key: value for key, value in whole if key not in wrong}


def _did_you_mean(loc: tuple[int | str, ...]) -> str:
    known = (Cluster if len(loc) > 1 else Topology).model_fields
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
