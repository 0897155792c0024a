"""Address ranges for an AKS cluster whose topology gives none.

They depend on the cluster's name alone: a cluster that is added or moved in the list never changes those of another,
which would be another cluster. Two names may be given the same ranges of pods or services, which is no harm, as
nothing is routed between clusters; for nodes it is told as any overlap is.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Network

_NODES = IPv4Network("10.128.0.0/9")
_PODS = IPv4Network("100.64.0.0/10")  # RFC 6598; AKS: "Azure CNI Overlay", IP address planning
_SERVICES = IPv4Network("172.16.0.0/13")  # AKS keeps 172.30.0.0/16 and 172.31.0.0/16 for itself
RESERVED = tuple(map(IPv4Network, ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")))
"""That no cluster may have (Azure documentation, "Azure CNI Overlay networking")."""
NODE_RANGE = 24
"""Prefix length of each node's range of pods, as AKS divides it."""


@dataclass(frozen=True)
class Addresses:
    """Ranges of one cluster: of its virtual network, its pods and its services."""

    nodes: IPv4Network
    pods: IPv4Network
    services: IPv4Network


def addresses(cluster: str) -> Addresses:
    """Those of a cluster that says nothing: room for 32,000 nodes, 256 of them with pods, and 4,000 services."""
    digest = sha256(cluster.encode()).digest()
    return Addresses(
        nodes=_slot(_NODES, 16, digest[0]),
        pods=_slot(_PODS, 16, digest[1]),
        services=_slot(_SERVICES, 20, digest[2]),
    )


def _slot(whole: IPv4Network, prefix: int, number: int) -> IPv4Network:
    count = 2 ** (prefix - whole.prefixlen)
    return IPv4Network((int(whole.network_address) + (number % count) * 2 ** (32 - prefix), prefix))


def subnet(network: IPv4Network) -> IPv4Network:
    """The nodes' part of a virtual network: the first half. What else it is to hold has the other one."""
    return next(network.subnets())
