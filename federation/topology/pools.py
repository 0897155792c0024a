"""The pools of an AKS cluster: how many machines of which size, and what runs on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from federation.topology import sizes
from federation.topology.azure_values import PoolName, VmSize
from federation.topology.base import Model
from federation.topology.fields import Label, LabelKey, LabelValue, mistake

SYSTEM = "system"
USER = "user"
VM_SIZE = "Standard_D4ds_v5"
"""4 vCPUs, which system pools should have at least, and a local disk that the operating system fits on."""
USER_COUNT = 3
LARGEST_POOL = 1000
MAX_SURGE = 0.33
"""Part of a pool's nodes that an upgrade adds meanwhile."""

Count = Annotated[int, Field(ge=1, le=LARGEST_POOL)]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A pool with all that was left out filled in.

    Attributes:
        name: of at most 8 characters.
        mode: System pools run what the cluster needs itself; those beside the first take other pods, too.
        count: nodes at first, and the fewest that the autoscaler leaves.
        max_count: the most that it makes.
        vm_size: of each.
        zones: of its machines, such as ("1", "2", "3"); none in a region without.
        labels: of its nodes.
        taints: of its nodes, such as "gpu=true:NoSchedule".
    """

    name: str
    mode: Literal["System", "User"]
    count: int
    max_count: int
    vm_size: str
    zones: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        """Nodes at the height of an upgrade."""
        return self.max_count + max(1, -int(-self.max_count * MAX_SURGE // 1))


class SystemPool(Model):
    """The pool of what the cluster needs itself; other pods are kept away from it.

    Its size and zones are for the life of the cluster: see `user_pools` for a way to others.
    """

    count: Count | None = Field(
        None, description="nodes at first and at least; 3 in a region with zones, else 2, if left out"
    )
    max_count: Count | None = Field(
        None, description="the most that the autoscaler makes; twice count if left out"
    )
    vm_size: VmSize = Field(VM_SIZE, description="of its nodes; with at least 2 vCPUs and 4 GiB")

    @model_validator(mode="after")
    def _fit(self) -> Self:
        size = sizes.SIZES[self.vm_size]
        if size.cpus < 2 or size.memory < 4:
            cause = f"has {size.cpus} vCPU and {size.memory:g} GiB, too little for a system pool"
            raise mistake(cause, f"take one such as {VM_SIZE!r}", key="vm_size")
        if self.count is not None:
            _order(self.count, self.max_count)
        return self

    def filled(self, zones: tuple[str, ...]) -> Pool:
        """With its defaults, in these zones."""
        count = self.count or (3 if zones else 2)
        return Pool(
            name=SYSTEM,
            mode="System",
            count=count,
            max_count=max(self.max_count or 2 * count, count),
            vm_size=self.vm_size,
            zones=zones,
        )


class UserPool(Model):
    """A pool for workloads. Another size, or other zones, make a new pool before the old one goes."""

    name: PoolName = Field(description="of at most 8 characters; in Azure a mark of its machines follows it")
    mode: Literal["User", "System"] = Field(
        "User", description="System: it may take over from the first system pool, and takes other pods, too"
    )
    count: Count = Field(USER_COUNT, description="nodes at first and at least")
    max_count: Count | None = Field(
        None, description="the most that the autoscaler makes; twice count if left out"
    )
    vm_size: VmSize = Field(VM_SIZE, description="of its nodes")
    zones: tuple[Label, ...] | None = Field(None, description="those of the cluster if left out")
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict, description="labels of its nodes")
    taints: tuple[str, ...] = Field((), description="of its nodes, such as gpu=true:NoSchedule")

    @model_validator(mode="after")
    def _fit(self) -> Self:
        holds_node(self.vm_size)
        if self.name == SYSTEM:
            raise mistake("is the name of the system pool", "take another, or see system_pool", key="name")
        _order(self.count, self.max_count)
        return self

    def filled(self, zones: tuple[str, ...]) -> Pool:
        """With its defaults, in these zones unless it says others."""
        return Pool(
            name=self.name,
            mode=self.mode,
            count=self.count,
            max_count=self.max_count or min(2 * self.count, LARGEST_POOL),
            vm_size=self.vm_size,
            zones=zones if self.zones is None else self.zones,
            labels=dict(self.labels),
            taints=self.taints,
        )


def holds_node(vm_size: str) -> None:
    """Refuses what AKS takes for no pool (Azure documentation, "Virtual machine sizes for AKS")."""
    size = sizes.SIZES[vm_size]
    if size.cpus < 2 or size.memory < 2:
        cause = f"has {size.cpus} vCPU and {size.memory:g} GiB, too little for a node"
        raise mistake(cause, f"take one such as {VM_SIZE!r}", key="vm_size")


def _order(count: int, max_count: int | None) -> None:
    if max_count is not None and max_count < count:
        raise mistake(f"is less than count ({count})", "raise it, or lower count", key="max_count")
