"""The fabric: one switch for each cluster's nodes, and a router between them, in a network namespace of its own.

Nothing is added to the host's own network. The fabric has no way out, by design: a lab never talks to the world.
Whoever must reach the clusters runs in the fabric (`lab exec`).
"""

from __future__ import annotations

import json
from ipaddress import IPv4Address
from typing import Any

from lab.layout import ClusterLayout, Layout, Node, hardware_address
from lab.network import netns
from lab.shell import run

_GUARD = "lab"


def ensure(layout: Layout) -> None:
    """The fabric with a switch, a gateway address and the pod routes of every cluster. Idempotent."""
    netns.create(layout.fabric)
    _sysctl(layout.fabric, "net.ipv4.ip_forward", "1")
    present = _links(layout.fabric)
    for cluster in layout.clusters:
        if cluster.bridge not in present:
            # With an address of its own: otherwise it would take one of its ports', and with each node that comes or
            # goes perhaps another one. Its neighbours would send to the old one for a second or two.
            hardware = hardware_address(cluster.gateway)
            _ip(layout.fabric, f"link add {cluster.bridge} address {hardware} type bridge")
        for address in cluster.addresses:
            _ip(layout.fabric, f"addr replace {address} dev {cluster.bridge}")
        _ip(layout.fabric, f"link set {cluster.bridge} up")
        for node in cluster.nodes:
            _ip(layout.fabric, f"route replace {node.pods} via {node.address} dev {cluster.bridge}")
    _guard(layout)


def _guard(layout: Layout) -> None:
    """Without pod routing, packets from or to pods don't cross the fabric; nodes translate them (see `connect`)."""
    rules = [f"add table inet {_GUARD}", f"delete table inet {_GUARD}"]
    if not layout.pod_routing:
        pods = ", ".join(str(c.pods) for c in layout.clusters)
        # Where br_netfilter is loaded, what nodes of one cluster say to each other comes by here too.
        own = [
            f"add rule inet {_GUARD} forward iifname {c.bridge} oifname {c.bridge} accept"
            for c in layout.clusters
        ]
        rules += [
            f"add table inet {_GUARD}",
            f"add chain inet {_GUARD} forward {{ type filter hook forward priority 0; }}",
            *own,
            f"add rule inet {_GUARD} forward ip saddr {{ {pods} }} drop",
            f"add rule inet {_GUARD} forward ip daddr {{ {pods} }} drop",
        ]
    _nft(layout.fabric, rules)


def connect(layout: Layout, cluster: ClusterLayout, node: Node) -> None:
    """Give a node its network: a new namespace, a cable to its cluster's switch, and routes. Idempotent."""
    netns.create(node.namespace)
    if "eth0" not in _links(node.namespace):
        if node.link in _links(layout.fabric):
            _ip(layout.fabric, f"link delete {node.link}")  # the other end of a node that is gone
        # A machine that was off has the address that it had before.
        peer = f"name eth0 address {hardware_address(node.address)} netns {node.namespace}"
        _ip(layout.fabric, f"link add {node.link} type veth peer {peer}")
    _ip(layout.fabric, f"link set {node.link} master {cluster.bridge} up")
    _ip(node.namespace, f"addr replace {node.address}/{cluster.node_range.prefixlen} dev eth0")
    _ip(node.namespace, "link set eth0 up")
    _sysctl(node.namespace, "net.ipv4.ip_forward", "1")
    # Without a default route a node can't even reach its own ClusterIPs: connect(2) fails before any rule is asked.
    _ip(node.namespace, f"route replace default via {cluster.gateway}")
    for other in cluster.nodes:
        if other != node:
            _ip(node.namespace, f"route replace {other.pods} via {other.address}")
    if not layout.pod_routing:
        _translate(cluster, node)


def _translate(cluster: ClusterLayout, node: Node) -> None:
    """Pods leave the cluster with their node's address, as in most networks."""
    inside = f"{{ {cluster.pods}, {cluster.node_range} }}"
    _nft(
        node.namespace,
        [
            f"add table inet {_GUARD}",
            f"delete table inet {_GUARD}",
            f"add table inet {_GUARD}",
            f"add chain inet {_GUARD} postrouting {{ type nat hook postrouting priority srcnat; }}",
            f"add rule inet {_GUARD} postrouting ip saddr {node.pods} ip daddr != {inside} masquerade",
        ],
    )


def disconnect(layout: Layout, node: Node) -> None:
    """Remove a node's network. What ran in it must have ended."""
    if netns.exists(layout.fabric) and node.link in _links(layout.fabric):
        _ip(layout.fabric, f"link delete {node.link}")
    netns.delete(node.namespace)


def remove(layout: Layout, cluster: ClusterLayout) -> None:
    """Take a cluster's switch out of the fabric, with its addresses and routes. Its nodes must be disconnected."""
    if netns.exists(layout.fabric) and cluster.bridge in _links(layout.fabric):
        _ip(layout.fabric, f"link delete {cluster.bridge}")


def lead(layout: Layout, address: IPv4Address, node: Node) -> None:
    """Lead an address that is nobody's to a node, as a load balancer does; the node must know what to do with it."""
    bridge = layout.cluster(node.cluster).bridge
    _ip(layout.fabric, f"route replace {address}/32 via {node.address} dev {bridge}")


def unlead(layout: Layout, address: IPv4Address) -> None:
    """The address leads nowhere again. Idempotent."""
    run(["ip", "-n", layout.fabric, "route", "delete", f"{address}/32"], check=False)


def cut(layout: Layout, node: Node, *, is_cut: bool) -> None:
    """Pull a node's cable, or plug it in again."""
    _ip(layout.fabric, f"link set {node.link} {'down' if is_cut else 'up'}")


def is_cut(layout: Layout, node: Node) -> bool:
    """Whether the node's cable is pulled."""
    if not netns.exists(layout.fabric):
        return False
    link = _links(layout.fabric).get(node.link)
    return link is not None and "UP" not in link["flags"]


def delete(layout: Layout) -> None:
    """Remove the fabric."""
    netns.delete(layout.fabric)


def _links(namespace: str) -> dict[str, dict[str, Any]]:
    return {link["ifname"]: link for link in json.loads(run(["ip", "-n", namespace, "-json", "link"]).stdout)}


def _ip(namespace: str, words: str) -> None:
    run(["ip", "-n", namespace, *words.split()])


def _sysctl(namespace: str, key: str, value: str) -> None:
    run(netns.enter(namespace, "sysctl", "-qw", f"{key}={value}"))


def _nft(namespace: str, rules: list[str]) -> None:
    run(netns.enter(namespace, "nft", "-f", "-"), stdin="\n".join(rules) + "\n")
