"""What a lab looks like: clusters, nodes, address ranges, and where each cluster is said to be.

A topology file is YAML. Two names are enough::

    clusters:
      - name: fc01
      - name: fc02

Every check runs before anything is started, and all mistakes are reported at once, each with its path and its fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

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
_WIDEST = {"nodes": 27, "pods": NODE_MASK, "services": 24}
_CLUSTER_WIDE = ("nodes", "pods")


class Strict(BaseModel):
    """Unknown keys are mistakes, and nothing changes after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cluster(Strict):
    """One Kubernetes cluster: a control-plane node, and workers. `Topology` fills in ranges that are not given."""

    name: Name
    workers: int = Field(default=0, ge=0, le=20, description="nodes beside the control-plane node")
    region: LabelValue | None = Field(default=None, description="topology.kubernetes.io/region of its nodes")
    zone: LabelValue | None = Field(default=None, description="topology.kubernetes.io/zone of its nodes")
    nodes: IPv4Network = Field(description="the nodes' addresses; the last 64 are for VIPs")
    pods: IPv4Network = Field(description="a /24 of it for each node")
    services: IPv4Network = Field(description="ClusterIPs; .1 is the API, .10 the cluster DNS")

    @property
    def node_names(self) -> tuple[str, ...]:
        """The control-plane node first."""
        return (
            f"{self.name}-control-plane",
            *(f"{self.name}-worker-{i}" for i in range(1, self.workers + 1)),
        )


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
        if not isinstance(data, dict) or not isinstance(data.get("clusters"), list | tuple):
            return data
        return {**data, "clusters": [_with_ranges(i, c) for i, c in enumerate(data["clusters"])]}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := [*_name_problems(self.clusters), *_range_problems(self.clusters)]:
            raise ValueError("\n".join(problems))
        return self

    def cluster(self, name: str) -> Cluster | None:
        """The cluster of that name."""
        return next((c for c in self.clusters if c.name == name), None)


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


def _name_problems(clusters: tuple[Cluster, ...]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for i, cluster in enumerate(clusters):
        for name in (cluster.name, *cluster.node_names):
            if name in seen:
                yield (
                    f"clusters[{i}].name: {name!r} is already the name of {seen[name]}; "
                    "names of clusters and of their nodes are unique in a lab"
                )
            seen.setdefault(name, f"clusters[{i}]")


def _range_problems(clusters: tuple[Cluster, ...]) -> Iterator[str]:
    for i, cluster in enumerate(clusters):
        yield from _size_problems(i, cluster)
    yield from _overlaps(clusters)


def _size_problems(i: int, cluster: Cluster) -> Iterator[str]:
    for key, widest in _WIDEST.items():
        if (found := getattr(cluster, key)).prefixlen > widest:
            yield f"clusters[{i}].{key}: {found} is too small; take a /{widest} or wider"
    addresses = cluster.nodes.num_addresses - FIRST_NODE - vip_count(cluster.nodes) - 1
    if addresses < cluster.workers + 1:
        yield (
            f"clusters[{i}].nodes: {cluster.nodes} has room for {addresses} nodes, "
            f"and the cluster has {cluster.workers + 1}; take a wider range"
        )
    room = 2 ** max(NODE_MASK - cluster.pods.prefixlen, 0)
    if room < cluster.workers + 1:
        yield (
            f"clusters[{i}].pods: {cluster.pods} has room for {room} nodes of a /{NODE_MASK} each, "
            f"and the cluster has {cluster.workers + 1}; take a wider range"
        )


def _overlaps(clusters: tuple[Cluster, ...]) -> Iterator[str]:
    """Ranges of nodes and pods are unique in the lab; ClusterIPs only exist inside their own cluster."""
    wide = [
        (f"clusters[{i}].{key}", getattr(c, key)) for i, c in enumerate(clusters) for key in _CLUSTER_WIDE
    ]
    pairs = list(combinations(wide, 2))
    for i, cluster in enumerate(clusters):
        pairs += [(other, (f"clusters[{i}].services", cluster.services)) for other in wide]
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
        problems = "".join(f"\n  - {line}" for line in _lines(error))
        raise LabError(
            subject, f"it has mistakes:{problems}\n", "mend them and run the command again"
        ) from None


def _lines(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in item["loc"]).lstrip(".")
        if item["type"] == "value_error" and not path:
            yield from str(item["ctx"]["error"]).splitlines()
        elif item["type"] == "extra_forbidden":
            yield f"{path}: there is no such key{_did_you_mean(item['loc'])}"
        elif item["type"] == "missing" and item["loc"][-1] in _WIDEST:
            yield f"{path}: only the first {MOST_CLUSTERS_BY_DEFAULT} clusters have a default range; give one"
        else:
            yield f"{path}: {item['msg']} (found {item['input']!r})"


def _did_you_mean(loc: tuple[int | str, ...]) -> str:
    known = (Cluster if len(loc) > 1 else Topology).model_fields
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
