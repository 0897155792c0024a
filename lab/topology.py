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
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import ErrorDetails

from lab import ranges
from lab.errors import LabError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=48)]
"""DNS-1123 label. 48, as node names and the names of the federation's objects are made of it (limit there: 63)."""

Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s?#]+$")]
"""An issuer's identifier (OpenID Connect Discovery 1.0, section 3): https, and neither query nor fragment."""

LabelValue = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$", max_length=63)
]

_RANGE = "a range such as 10.99.1.0/24, without bits behind the mask"
_PLACE = "up to 63 letters, digits, '-', '_' and '.', with a letter or a digit at both ends"
_URL = "an https URL, such as https://10.98.0.1/id"
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
    "place": "a whole number from 0 to 999",
    "labels": "a list of mappings, such as [{agentpool: system}]",
    "issuer": _URL,
    "oidc": "a mapping, such as {issuer: https://10.98.0.1/id, audience: api}",
    "audience": "a word",
    "ca": "the path of a PEM file",
    "username_claim": "the name of a claim, such as oid",
    "groups_claim": "the name of a claim, such as groups",
    "pod_routing": "true or false",
    "images": "a list of names, such as [workload]",
}


class Strict(BaseModel):
    """Unknown keys are mistakes, and nothing changes after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Oidc(Strict):
    """An issuer of tokens whose holders the API server knows, as AKS knows those of Microsoft Entra ID.

    Users and groups have the claims' own values as their names, without a prefix.
    """

    issuer: Url = Field(description="the token's `iss`; its discovery document is below it")
    audience: str = Field(min_length=1, description="the token's `aud`")
    ca: Path | None = Field(
        default=None,
        description="PEM file of who vouches for the issuer's certificate; the machine's own if none",
    )
    username_claim: str = Field(default="oid", min_length=1)
    groups_claim: str = Field(default="groups", min_length=1)


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
    place: int = Field(ge=0, le=999, strict=True, description="names switch, cables and default ranges")
    labels: tuple[dict[str, str], ...] = Field(
        default=(), description="further labels, node by node; nodes beyond the list have those of the last"
    )
    issuer: Url | None = Field(
        default=None, description="issuer of the service accounts' tokens, before the cluster's own"
    )
    oidc: Oidc | None = Field(default=None, description="whose tokens the API server takes")

    @property
    def node_names(self) -> tuple[str, ...]:
        """The control-plane node first."""
        return ranges.node_names(self.name, self.workers)


class Topology(Strict):
    """N clusters of M nodes on one machine."""

    clusters: tuple[Cluster, ...] = Field(description="none is a fabric to which clusters are added later")
    pod_routing: bool = Field(
        default=True, description="pods of one cluster reach pods of another by their address"
    )
    images: tuple[str, ...] = Field(
        default=("workload",), description="images and groups loaded beside `core`"
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Places and ranges that were not given, by where the cluster stands in the list."""
        return {**data, "clusters": ranges.filled_in(data["clusters"])} if _has_clusters(data) else data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if problems := list(ranges.problems([dict(c) for c in self.clusters])):
            raise ValueError("\n".join(problems))
        return self

    def cluster(self, name: str) -> Cluster | None:
        """The cluster of that name."""
        return next((c for c in self.clusters if c.name == name), None)


def _has_clusters(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("clusters"), list | tuple)


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
        yield _line(item)
    if _has_clusters(data):
        yield from ranges.problems([_sound(c) for c in ranges.filled_in(data["clusters"])])


def _line(item: ErrorDetails) -> str:
    loc = item["loc"]
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
    if item["type"] in ("extra_forbidden", "invalid_key"):
        return f"{path}: there is no such key{_did_you_mean(loc)}"
    if item["type"] == "missing" and loc[-1] in ranges.WIDEST:
        return f"{path}: only the first {ranges.MOST_CLUSTERS_BY_DEFAULT} clusters have a default range; give one"
    key = "labels" if "labels" in loc else next(str(p) for p in reversed(loc) if isinstance(p, str))
    expected = _EXPECTED[key] if loc != ("clusters", loc[-1]) else "a mapping, such as {name: fc01}"
    if item["type"] == "missing":
        return f"{path}: it is missing; write {expected}"
    return f"{path}: {item['input']!r} will not do; write {expected}"


_STAND_IN = {"name": "x", "place": 0, "nodes": "0.0.0.0/24", "pods": "0.0.0.0/24", "services": "0.0.0.0/24"}


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
    known = (Oidc if "oidc" in loc[:-1] else Cluster if len(loc) > 1 else Topology).model_fields
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
