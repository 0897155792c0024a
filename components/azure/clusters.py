"""All clusters of a federation that are made in Azure."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.azure.acs_cluster import AcsCluster, AcsClusterArgs
from components.azure.guard import ClusterGuard
from components.azure.lifetime import guarded
from components.azure.network import AcsNetwork, AcsNetworkArgs
from federation.topology.aks import AksCluster


def acs_clusters(
    federation: str, clusters: Sequence[AksCluster], opts: pulumi.ResourceOptions
) -> dict[str, AcsCluster]:
    """Them by name. Networks come first: each cluster lets in what leaves the others. Guards come before these: what
    they have to say of a replacement must be said before the engine gives up at one that is protected.

    Args:
        federation: its name.
        clusters: their parts of the topology.
        opts: of each of the components.
    """
    guards = {c.name: ClusterGuard(f"{c.name}-guard", guarded(c), opts) for c in clusters}
    networks = {
        cluster.name: AcsNetwork(
            f"{cluster.name}-networking",
            AcsNetworkArgs(cluster=cluster, federation=federation, after=[guards[cluster.name]]),
            opts,
        )
        for cluster in clusters
    }
    egress = [network.egress for network in networks.values()]
    return {
        cluster.name: AcsCluster(
            cluster.name,
            AcsClusterArgs(
                cluster=cluster, federation=federation, network=networks[cluster.name], egress=egress
            ),
            opts,
        )
        for cluster in clusters
    }
