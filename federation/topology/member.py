"""What every cluster of a federation says of itself, whoever has made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from federation.topology.base import Model
from federation.topology.fields import (
    FilePath,
    Label,
    LabelKey,
    LabelValue,
    Name,
    Network,
    Right,
    mistake,
)


class KubeconfigRef(Model):
    """Where the kubeconfig of a cluster is: exactly one of `path` and `secret`. A text alone is a path."""

    path: FilePath | None = Field(None, description="a file; ~ and $VARIABLES are replaced")
    secret: FilePath | None = Field(
        None, description="key of the stack's configuration that holds the file's text as a secret"
    )
    context: str | None = Field(None, description="context in it; its current context if left out")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        if "\n" in data:  # never shown: it holds credentials
            raise mistake(
                "holds a kubeconfig itself", "put it into the configuration as a secret, and name that"
            )
        return {"path": data}

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.path is None) == (self.secret is None):
            cause = "has neither path nor secret" if self.path is None else "has both path and secret"
            raise mistake(cause, "give exactly one of them")
        return self


class VipPool(Model):
    """Virtual IPs for the `LoadBalancer` Services of one cluster (seed 002: keepalived-cloud-provider)."""

    cidr: Network = Field(description="the pool; its first address is reserved for the router")
    nodes: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="labels of the gateway nodes; all nodes if left out"
    )
    interface: str | None = Field(
        None, description="network interface; that of the node's address if left out"
    )
    router_id: int | None = Field(
        None, ge=1, le=255, description="VRRP router id, unique in the federation; chosen if left out"
    )
    default_class: bool = Field(
        True,
        description="Services that name no loadBalancerClass get addresses too; "
        "must be false where the cluster has another provider for them",
    )

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.cidr.num_addresses < 2:
            cause = "has no address besides the first, which is reserved"
            raise mistake(cause, "take a wider range, such as one of /28", key="cidr")
        return self


class Grant(Model):
    """A rule of a ClusterRole; `*` is refused (RBAC API, PolicyRule)."""

    api_groups: tuple[Right, ...] = Field(description="such as apps, or the empty string for the core group")
    resources: tuple[Right, ...] = Field(description="such as deployments, or deployments/status")
    verbs: tuple[Right, ...] = Field(
        ("get", "list", "watch", "create", "update", "patch", "delete"), description="what may be done"
    )


class Member(Model):
    """What every cluster of the federation has."""

    name: Name = Field(
        description="DNS-1123 label of at most 48 characters; the member's name in the federation"
    )
    region: Label | None = Field(
        None, description="as in DNS names: nginx.default.<fed>.svc.<region>.<domain>; in Azure the location"
    )
    zones: tuple[Label, ...] = Field((), description="the zones of its nodes; each gives a DNS name")
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, description="labels of the member, for placements"
    )
    node_labels: bool = Field(
        False,
        description="label its nodes with region and, if it has exactly one, zone, unless somebody else has",
    )
    join: bool = Field(True, description="false for a host that takes no workloads")
    on_leave: Literal["keep", "remove"] = Field(
        "keep", description="what happens to the federation's namespaces on the member when it leaves"
    )
    grants: tuple[Grant, ...] = Field(
        (), description="rights for the federation on this member beyond the default ones"
    )
    pods: tuple[Network, ...] = Field((), description="addresses of its pods, to be checked for overlaps")
    services: tuple[Network, ...] = Field(
        (), description="addresses of its services, to be checked for overlaps"
    )
    nodes: tuple[Network, ...] = Field((), description="addresses of its nodes, to be checked for overlaps")
    vips: VipPool | None = Field(
        None, description="left out where the cluster has a load balancer of its own"
    )

    @model_validator(mode="before")
    @classmethod
    def _one_zone(cls, data: Any) -> Any:
        """`zone: east` is short for `zones: [east]`."""
        if not isinstance(data, Mapping) or "zone" not in data:
            return data
        if "zones" in data:
            raise mistake("stands beside zones", "put it into the list of zones", key="zone")
        return {**{k: v for k, v in data.items() if k != "zone"}, "zones": [data["zone"]]}

    @model_validator(mode="after")
    def _places(self) -> Self:
        if self.zones and self.region is None:
            raise mistake("have no region, which follows them in DNS names", "add region", key="zones")
        if repeated := {z for z in self.zones if self.zones.count(z) > 1}:
            raise mistake(f"name {min(repeated)!r} twice", "name each zone once", key="zones")
        return self
