"""A cluster that the stack makes in Azure: Azure Kubernetes Service.

Every key but `name` and `location` has a default, that of a careful operator (docs/azure.md says why).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from ipaddress import IPv4Network
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from federation.topology import api_model, versions
from federation.topology.addresses import NODE_RANGE, RESERVED, addresses, subnet
from federation.topology.azure_values import (
    AksNetwork,
    DnsPrefix,
    KubernetesVersion,
    OperatorNetwork,
    ResourceGroup,
    TagName,
    TagValue,
    TimeOfDay,
    Uuid,
    VmSize,
)
from federation.topology.base import Model
from federation.topology.fields import FilePath, Location, mistake
from federation.topology.member import Member
from federation.topology.pools import (
    USER,
    USER_COUNT,
    VM_SIZE,
    Count,
    Pool,
    SystemPool,
    UserPool,
    holds_node,
)
from federation.topology.regions import REGIONS, ZONES

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MOST_RANGES = 200
"""Authorised ranges of one cluster (Azure documentation, "API server authorized IP ranges")."""
SHORTEST_WINDOW = 4
"""Hours of a maintenance window (Azure documentation, "Planned maintenance")."""


class Maintenance(Model):
    """When Azure may upgrade the cluster, and a day later its nodes' images."""

    weekday: Weekday | None = Field(None, description="Monday to Thursday by the cluster's name if left out")
    time: TimeOfDay | None = Field(None, description="start, UTC; by the cluster's name if left out")
    hours: int = Field(SHORTEST_WINDOW, ge=SHORTEST_WINDOW, le=24, description="how long it may take")

    def window(self, cluster: str) -> tuple[str, str]:
        """Weekday and start. Clusters of different names are not upgraded at once, as far as there is room."""
        digest = sha256(f"maintenance of {cluster}".encode()).digest()
        return self.weekday or WEEKDAYS[digest[0] % 4], self.time or f"{digest[1] % 6 * 4:02}:00"


class AksCluster(Member):
    """A cluster that this stack makes in Azure."""

    kind: Literal["aks"]
    location: Location = Field(description="Azure region, such as westus")
    kubernetes_version: KubernetesVersion = Field(
        versions.DEFAULT, description="minor version; its patches come by themselves"
    )
    resource_group: ResourceGroup | None = Field(
        None, description="made by the stack; named after the cluster if left out"
    )
    dns_prefix: DnsPrefix | None = Field(
        None, description="of its API server's name; the cluster's name if left out"
    )
    tier: Literal["Free", "Standard", "Premium"] = Field(
        "Standard", description="Free has no promised uptime; Premium has a year more of support"
    )
    mode: Literal["base", "automatic"] = Field("base", description="automatic is not made here")
    system_pool: SystemPool = SystemPool()
    user_pools: tuple[UserPool, ...] = Field((), description="one called user, of 3 nodes, if left out")
    node_count: Count | None = Field(None, description="short for count of the only user pool")
    vm_size: VmSize | None = Field(None, description="short for vm_size of the only user pool")
    authorized_ranges: tuple[OperatorNetwork, ...] = Field(
        (),
        description="who may reach its API server, and a control plane in it: you, and clusters elsewhere. The "
        "federation's clusters in Azure always may",
    )
    private: bool = Field(False, description="its API server has no address outside of its virtual network")
    administrators: tuple[Uuid, ...] = Field((), description="object ids of groups in Entra ID")
    maintenance: Maintenance = Maintenance()
    upgrade_channel: Literal["patch", "stable", "rapid", "none"] = Field(
        "patch", description="what comes by itself: patches; stable also the minor version before the newest"
    )
    node_channel: Literal["NodeImage", "SecurityPatch", "None"] = Field(
        "NodeImage", description="what comes to nodes by itself: images each week, or security patches alone"
    )
    defender: bool = Field(
        True, description="Microsoft Defender for Containers, which costs by vCPU and hour"
    )
    protect: bool = Field(True, description="false: `pulumi up` and `pulumi destroy` may delete it")
    tags: dict[TagName, TagValue] = Field(default_factory=dict, description="of all that is made for it")
    foreign_tags: tuple[TagName, ...] = Field(
        (), description="names of tags that somebody else keeps on it, such as a policy of the subscription"
    )
    pods: tuple[AksNetwork, ...] = Field(
        (), description="addresses of its pods; chosen by its name if left out"
    )
    services: tuple[AksNetwork, ...] = Field(
        (), description="of its services; chosen by its name if left out"
    )
    nodes: tuple[AksNetwork, ...] = Field(
        (), description="of its virtual network; chosen by its name if left out. The nodes get the first half"
    )
    acs_engine: FilePath | None = Field(
        None, description="an acs-engine api-model file to take the settings from; keys beside it win"
    )

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, data: Any) -> Any:
        """What depends on other keys: the api-model file's settings; region, zones and addresses."""
        if not isinstance(data, Mapping):
            return data
        data = api_model.merged(data)
        filled: dict[str, Any] = {}
        location, name = data.get("location"), data.get("name")
        if isinstance(location, str) and location in REGIONS:
            filled["region"] = location
            if "zone" not in data and REGIONS[location]:
                filled["zones"] = list(ZONES)
        if isinstance(name, str):
            plan = addresses(name)
            filled |= {"nodes": [plan.nodes], "pods": [plan.pods], "services": [plan.services]}
        return {**filled, **{k: v for k, v in data.items() if not (k in filled and _left_out(v))}}

    @model_validator(mode="after")
    def _zones_of_the_location(self) -> Self:
        there = ZONES if REGIONS[self.location] else ()
        named = [("zones", self.zones), *(("user_pools", pool.zones or ()) for pool in self.user_pools)]
        for key, zones in named:
            if unknown := [zone for zone in zones if zone not in there]:
                has = f"which has {', '.join(there)}" if there else "which has none"
                fix = "name some of these" if there else "leave zones out, or take another location"
                raise mistake(f"name {unknown[0]!r}, no zone of {self.location}, {has}", fix, key=key)
        return self

    @model_validator(mode="after")
    def _not_of_azure(self) -> Self:
        if self.mode == "automatic":
            cause = "is not made by this stack: its pools and network are chosen by Azure"
            raise mistake(
                cause, "leave it out, or make the cluster elsewhere and add it as kind existing", key="mode"
            )
        if self.vips is not None:
            raise mistake(
                "are not for AKS, whose Services get addresses of Azure", "leave them out", key="vips"
            )
        if self.node_labels:
            raise mistake("is not for AKS, which labels its nodes itself", "leave it out", key="node_labels")
        return self

    @model_validator(mode="after")
    def _one_way_of_access(self) -> Self:
        if self.private and self.authorized_ranges:
            raise mistake("are of no use with private", "give one of the two", key="authorized_ranges")
        if len(self.authorized_ranges) > MOST_RANGES:
            cause = f"are {len(self.authorized_ranges)}, and AKS takes {MOST_RANGES}"
            raise mistake(cause, "join some of them", key="authorized_ranges")
        return self

    @model_validator(mode="after")
    def _one_kind_of_version(self) -> Self:
        if self.kubernetes_version.count(".") == 2 and self.upgrade_channel != "none":
            cause = f"would be moved by upgrade_channel {self.upgrade_channel}"
            fix = (
                f"write {versions.shown(versions.minor(self.kubernetes_version))!r}, or upgrade_channel: none"
            )
            raise mistake(cause, fix, key="kubernetes_version")
        return self

    @model_validator(mode="after")
    def _one_way_of_pools(self) -> Self:
        for key in ("node_count", "vm_size"):
            if self.user_pools and getattr(self, key) is not None:
                raise mistake("stands beside user_pools", "put it into the pool that it is for", key=key)
        names = [pool.name for pool in self.user_pools]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise mistake(f"name {min(repeated)!r} twice", "give each its own name", key="user_pools")
        if self.vm_size is not None:
            holds_node(self.vm_size)
        return self

    @model_validator(mode="after")
    def _room(self) -> Self:
        for key in ("nodes", "pods", "services"):
            ranges: tuple[IPv4Network, ...] = getattr(self, key)
            if len(ranges) != 1:
                raise mistake(f"are {len(ranges)} ranges, and AKS takes one", "give one", key=key)
            if taken := [r for r in RESERVED if r.overlaps(ranges[0])]:
                raise mistake(
                    f"overlap {taken[0]}, which AKS keeps for itself", "take another range", key=key
                )
        if self.service_range.prefixlen < 12 or self.service_range.prefixlen > 24:
            raise mistake("is not between /12 and /24", "take one such as '172.16.0.0/20'", key="services")
        most = sum(pool.most for pool in (self.system, *self.pools))
        if self.pod_range.prefixlen > NODE_RANGE or 2 ** (NODE_RANGE - self.pod_range.prefixlen) < most:
            cause = f"has a /{NODE_RANGE} for fewer nodes than the {most} that the pools may grow to in an upgrade"
            raise mistake(cause, "take a wider range, or lower max_count", key="pods")
        if self.network.prefixlen > 28 or subnet(self.network).num_addresses - 5 < most:
            cause = f"has fewer addresses in its first half than the {most} nodes that the pools may grow to"
            raise mistake(cause, "take a wider range, or lower max_count", key="nodes")
        return self

    @property
    def group(self) -> str:
        """Name of its resource group."""
        return self.resource_group or self.name

    @property
    def system(self) -> Pool:
        """The first system pool."""
        return self.system_pool.filled(self.zones)

    @property
    def pools(self) -> tuple[Pool, ...]:
        """All others."""
        short = UserPool(name=USER, count=self.node_count or USER_COUNT, vm_size=self.vm_size or VM_SIZE)
        return tuple(pool.filled(self.zones) for pool in self.user_pools or (short,))

    @property
    def network(self) -> IPv4Network:
        """Of its virtual network."""
        return _only(self.nodes)

    @property
    def pod_range(self) -> IPv4Network:
        """Of its pods."""
        return _only(self.pods)

    @property
    def service_range(self) -> IPv4Network:
        """Of its services."""
        return _only(self.services)


def _left_out(value: Any) -> bool:
    return value is None or value in ([], ())


def _only(ranges: tuple[Any, ...]) -> IPv4Network:
    (found,) = ranges
    assert isinstance(found, IPv4Network)  # noqa: S101  its kind of value sees to that
    return found
