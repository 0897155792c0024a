"""From a topology to the exact names and addresses of every machine. Pure: no clock, no I/O, no randomness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from itertools import islice

from lab.errors import NotFoundError
from lab.ranges import FIRST_NODE, NODE_MASK, vip_count
from lab.topology import Cluster, Oidc, Topology

API_PORT = 6443


@dataclass(frozen=True, kw_only=True)
class Node:
    """One machine of a cluster."""

    name: str
    cluster: str
    address: IPv4Address
    pods: IPv4Network
    control_plane: bool
    namespace: str
    """Its network namespace, as `ip netns` names it."""
    labels: tuple[tuple[str, str], ...] = ()
    """Beside those of its place."""
    link: str
    """The fabric's end of its cable. Network interfaces have at most 15 characters, hence not the node's name."""


def hardware_address(address: IPv4Address) -> str:
    """The MAC address of whoever has this IPv4 address; locally administered, unicast (IEEE 802c)."""
    return ":".join(f"{byte:02x}" for byte in (2, 0, *address.packed))


@dataclass(frozen=True, kw_only=True)
class ClusterLayout:
    """One cluster with all defaults filled in."""

    name: str
    index: int
    region: str | None
    zone: str | None
    node_range: IPv4Network
    pods: IPv4Network
    services: IPv4Network
    vips: IPv4Network | None
    nodes: tuple[Node, ...]
    issuer: str | None = None
    oidc: Oidc | None = None

    @property
    def control_plane(self) -> Node:
        """The node that runs etcd, the API server and the controllers."""
        return self.nodes[0]

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{self.control_plane.address}:{API_PORT}"

    @property
    def gateway(self) -> IPv4Address:
        """The fabric's address in the cluster's network: its nodes' default route."""
        return self.node_range[1]

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the fabric has on the cluster's switch: an address and its mask for nodes, and one for virtual IPs."""
        ranges = [self.node_range, *([self.vips] if self.vips else [])]
        return tuple(f"{found[1]}/{found.prefixlen}" for found in ranges)

    @property
    def bridge(self) -> str:
        """The cluster's switch in the fabric."""
        return f"br{self.index}"

    @property
    def api_service(self) -> IPv4Address:
        """ClusterIP of `kubernetes.default`."""
        return self.services[1]

    @property
    def dns_service(self) -> IPv4Address:
        """ClusterIP of the cluster DNS."""
        return self.services[10]

    @property
    def vip_range(self) -> tuple[IPv4Address, IPv4Address]:
        """First and last address that no node will ever have."""
        broadcast = int(self.node_range.broadcast_address)
        return IPv4Address(broadcast - vip_count(self.node_range)), IPv4Address(broadcast - 1)


def fabric_name(lab: str) -> str:
    """The network namespace that is switch and router between the lab's clusters."""
    return f"{lab}-fabric"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The whole lab."""

    lab: str
    clusters: tuple[ClusterLayout, ...]
    pod_routing: bool
    images: tuple[str, ...]

    @property
    def fabric(self) -> str:
        """The network namespace that is switch and router between the clusters."""
        return fabric_name(self.lab)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All machines, cluster by cluster."""
        return tuple(node for cluster in self.clusters for node in cluster.nodes)

    def cluster(self, name: str) -> ClusterLayout:
        """The cluster of that name. Raises `NotFoundError`."""
        for cluster in self.clusters:
            if cluster.name == name:
                return cluster
        known = ", ".join(c.name for c in self.clusters)
        raise NotFoundError(
            f"cluster {name}", f"lab {self.lab!r} has no such cluster", f"name one of: {known}"
        )

    def select(self, name: str) -> tuple[Node, ...]:
        """The nodes meant by the name of a cluster or of a node. Raises `NotFoundError`."""
        found = tuple(n for n in self.nodes if name in (n.name, n.cluster))
        if not found:
            known = ", ".join((*(c.name for c in self.clusters), *(n.name for n in self.nodes)))
            raise NotFoundError(
                name, f"lab {self.lab!r} has no such cluster or node", f"name one of: {known}"
            )
        return found


def lay_out(lab: str, topology: Topology) -> Layout:
    """Names and addresses of every machine of the lab `lab`."""
    return Layout(
        lab=lab,
        clusters=tuple(_cluster(lab, c) for c in topology.clusters),
        pod_routing=topology.pod_routing,
        images=topology.images,
    )


def _cluster(lab: str, cluster: Cluster) -> ClusterLayout:
    subnets = cluster.pods.subnets(new_prefix=max(NODE_MASK, cluster.pods.prefixlen))
    nodes = tuple(
        Node(
            name=name,
            cluster=cluster.name,
            address=cluster.nodes[FIRST_NODE + i],
            pods=subnet,
            control_plane=i == 0,
            namespace=f"{lab}-{name}",
            labels=_labels(cluster, i),
            link=f"c{cluster.place}n{i}",
        )
        for i, (name, subnet) in enumerate(
            zip(cluster.node_names, islice(subnets, len(cluster.node_names)), strict=True)
        )
    )
    return ClusterLayout(
        name=cluster.name,
        index=cluster.place,
        region=cluster.region,
        zone=cluster.zone,
        node_range=cluster.nodes,
        pods=cluster.pods,
        services=cluster.services,
        vips=cluster.vips,
        nodes=nodes,
        issuer=cluster.issuer,
        oidc=cluster.oidc,
    )


def _labels(cluster: Cluster, node: int) -> tuple[tuple[str, str], ...]:
    return tuple(cluster.labels[min(node, len(cluster.labels) - 1)].items()) if cluster.labels else ()
