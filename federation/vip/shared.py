"""What the vip controller tells the gateway nodes: the ConfigMap `vip-configmap`.

Its keys are those of kube-keepalived-vip, address → namespace/name, so that whoever knew that one can read this one;
the key `gateways` has the nodes, as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

NAMESPACE = "federation-vips"
CLUSTER_ROLE = "k8s-federation:vip-controller"
NAME = "vip-configmap"
GATEWAYS = "gateways"

Object = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Gateway:
    """A node that can hold virtual IPs, with its InternalIP."""

    name: str
    address: IPv4Address


@dataclass(frozen=True)
class Shared:
    """All that a gateway node must know.

    Attributes:
        held: address → namespace/name of its Service.
        gateways: sorted by name; the first has the highest priority.
    """

    held: Mapping[str, str]
    gateways: tuple[Gateway, ...]

    def data(self) -> dict[str, str]:
        """The data of the ConfigMap."""
        nodes = [{"name": g.name, "address": str(g.address)} for g in self.gateways]
        return {**self.held, GATEWAYS: json.dumps(nodes)}

    @classmethod
    def of(cls, data: Mapping[str, str]) -> Shared:
        """From the data of the ConfigMap. Raises `ValueError` or `KeyError` if somebody has broken it."""
        nodes = json.loads(data[GATEWAYS])
        gateways = tuple(Gateway(node["name"], IPv4Address(node["address"])) for node in nodes)
        held = {str(IPv4Address(key)): value for key, value in data.items() if key != GATEWAYS}
        return cls(held, gateways)


EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
"""Label of nodes that no load balancer may use (Kubernetes, "Well-Known Labels"); control planes of kubeadm have it."""
TOLERATED = "node.kubernetes.io/"
"""Prefix of the taints that tell of a node's state. The pods of a DaemonSet tolerate them; VRRP knows better, and
faster, who answers."""


def gateway(node: Object, *, tolerant: bool) -> Gateway | None:
    """A Node of the API as a gateway; None if it has no IPv4 InternalIP or no pod of the DaemonSet runs there.

    Args:
        node: that has the labels of gateway nodes.
        tolerant: the DaemonSet tolerates all taints.
    """
    if EXCLUDED in (node["metadata"].get("labels") or {}):
        return None
    taints = node.get("spec", {}).get("taints") or ()
    if not tolerant and any(_keeps_out(taint) for taint in taints):
        return None
    for entry in node.get("status", {}).get("addresses") or ():
        if entry.get("type") == "InternalIP" and "." in entry.get("address", ""):
            return Gateway(node["metadata"]["name"], IPv4Address(entry["address"]))
    return None


def _keeps_out(taint: Object) -> bool:
    return taint["effect"] != "PreferNoSchedule" and not taint["key"].startswith(TOLERATED)


def gateways(nodes: Iterable[Gateway]) -> tuple[Gateway, ...]:
    """In the order of their priority: by name, so that nothing that happens to a node changes another's."""
    return tuple(sorted(nodes))
