"""Pools of machines, as properties of AKS: what can change in place, and what makes another pool."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pulumi

from federation.topology import sizes
from federation.topology.pools import SYSTEM, Pool

SURGE = "33%"
DRAIN_MINUTES = 30


def machines(pool: Pool) -> dict[str, Any]:
    """What no pool can change (REST reference of agent pools): with something else of it, it is another pool."""
    local = sizes.SIZES[pool.vm_size].holds_system
    return {
        "availability_zones": list(pool.zones) or None,
        "os_disk_size_gb": sizes.OS_DISK,
        "os_disk_type": "Ephemeral" if local else "Managed",
        "os_sku": "AzureLinux",
        "os_type": "Linux",
        "type": "VirtualMachineScaleSets",
        "vm_size": pool.vm_size,
    }


def arm_name(pool: Pool) -> str:
    """Its name in Azure: another one for other machines, so that those are there before the old ones go.

    The first system pool is a part of the cluster and keeps its name.
    """
    if pool.name == SYSTEM:
        return SYSTEM
    text = json.dumps(machines(pool), sort_keys=True)
    return pool.name + sha256(text.encode()).hexdigest()[:4]


def profile(
    pool: Pool, *, subnet: pulumi.Input[str], version: str, tags: Mapping[str, str]
) -> dict[str, Any]:
    """All properties of a pool but its name, as the SDK spells them.

    Args:
        pool: with its defaults.
        subnet: id of the nodes' subnet.
        version: of Kubernetes: the cluster's, so that nodes follow it.
        tags: of its machines.
    """
    taints = [*(["CriticalAddonsOnly=true:NoSchedule"] if pool.name == SYSTEM else []), *pool.taints]
    return {
        **machines(pool),
        "mode": pool.mode,
        "count": pool.count,
        "enable_auto_scaling": True,
        "min_count": pool.count,
        "max_count": pool.max_count,
        "node_labels": dict(pool.labels) or None,
        "node_taints": taints or None,
        "orchestrator_version": version,
        "enable_node_public_ip": False,
        "security_profile": {"ssh_access": "Disabled"},
        "upgrade_settings": {"max_surge": SURGE, "drain_timeout_in_minutes": DRAIN_MINUTES},
        "vnet_subnet_id": subnet,
        "tags": dict(tags),
    }
