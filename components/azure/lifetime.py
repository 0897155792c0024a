"""What makes a cluster in Azure this cluster and no other: what its guard remembers, and its identifier."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from components.azure import pools
from components.azure.guard import ClusterGuardArgs
from federation.topology.aks import AksCluster


def guarded(cluster: AksCluster) -> ClusterGuardArgs:
    """What the guard remembers of it."""
    return ClusterGuardArgs(
        cluster=cluster.name,
        replacing=replacing(cluster),
        fixed={
            "nodes": str(cluster.network),
            "system_pool.vm_size": cluster.system.vm_size,
            "system_pool.zones": list(cluster.system.zones),
        },
        inside=[
            *(f"pool {pools.arm_name(pool)}" for pool in cluster.pools),
            *(f"administrator {group}" for group in cluster.administrators),
        ],
        protect=cluster.protect,
    )


def replacing(cluster: AksCluster) -> dict[str, Any]:
    """Keys of the topology that another cluster is made for."""
    return {
        "location": cluster.location,
        "resource_group": cluster.group,
        "dns_prefix": cluster.dns_prefix or cluster.name,
        "pods": str(cluster.pod_range),
        "services": str(cluster.service_range),
        "private": cluster.private,
    }


def identifier(cluster: AksCluster) -> str:
    """Of the cluster for the Kubernetes provider: the same as long as it is the same cluster."""
    text = json.dumps(replacing(cluster), sort_keys=True)
    return f"{cluster.name}-{sha256(text.encode()).hexdigest()[:8]}"
