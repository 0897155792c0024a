"""keepalived.conf of one gateway node (keepalived 2.2; its manual page keepalived.conf(5)).

One VRRP instance holds all addresses of the cluster: VRRPv3, an advert each 100 ms, unicast, no preemption.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from federation.vip.shared import Gateway

ADVERT_SECONDS = 0.1
SILENT_ADVERTS = 5  # so many are missing when another node takes over: a busy node is not a dead one
HIGHEST, LOWEST = 200, 1
RESERVED = IPv4Network("169.254.0.0/24")
"""Link-local addresses that no host takes (RFC 3927, 2.1)."""


@dataclass(frozen=True)
class Instance:
    """What a node's configuration is made of.

    Attributes:
        me: this node; must be among the gateways.
        gateways: all of them, the highest priority first.
        interface: that has the node's address.
        router_id: VRRP router id, 1 to 255.
        addresses: virtual IPs.
        health: file with "0" while the node can serve, else "1".
    """

    me: str
    gateways: tuple[Gateway, ...]
    interface: str
    router_id: int
    addresses: tuple[str, ...]
    health: str


def render(instance: Instance) -> str:
    """The whole file. Raises `ValueError` if this node is no gateway.

    An advert lists the addresses of `virtual_ipaddress`, and a receiver whose list is another one drops it: while a
    change of addresses goes round, two nodes would be master. So that list has one address that never changes, which
    nobody asks for, and all others are in `virtual_ipaddress_excluded`, which no advert has.
    """
    order = [gateway.name for gateway in instance.gateways]
    place = order.index(instance.me)
    marker = RESERVED[instance.router_id]
    blocks = [
        _block("global_defs", [f"router_id {instance.me}", "vrrp_version 3"]),
        # Read when it changes: no program is started each second, as vrrp_script would.
        _block("track_file health", [f'file "{instance.health}"', "weight 0"]),
        _block(
            "vrrp_instance federation",
            [
                "state BACKUP",
                f"interface {instance.interface}",
                f"virtual_router_id {instance.router_id}",
                f"priority {max(LOWEST, HIGHEST - place)}",
                f"advert_int {ADVERT_SECONDS}",
                f"down_timer_adverts {SILENT_ADVERTS}",
                "nopreempt",  # a node that comes back takes nothing: no second interruption
                "garp_master_refresh 30",  # a switch that has forgotten learns again
                *_unicast(instance.gateways, place),
                *_nested("virtual_ipaddress", [f"{marker}/32 dev lo scope host no_track"]),
                *_nested(
                    "virtual_ipaddress_excluded",
                    [f"{address}/32 dev {instance.interface}" for address in _sorted(instance.addresses)],
                ),
                *_nested("track_file", ["health"]),
            ],
        ),
    ]
    return "\n".join(blocks)


def _unicast(gateways: tuple[Gateway, ...], place: int) -> list[str]:
    """The peers; without any, keepalived insists on multicast, which one node alone sends to nobody."""
    peers = [str(g.address) for i, g in enumerate(gateways) if i != place]
    if not peers:
        return []
    return [f"unicast_src_ip {gateways[place].address}", *_nested("unicast_peer", peers)]


def _sorted(addresses: Iterable[str]) -> list[IPv4Address]:
    return sorted(map(IPv4Address, addresses))


def _nested(name: str, lines: list[str]) -> list[str]:
    return [f"{name} {{", *(f"  {line}" for line in lines), "}"] if lines else []


def _block(name: str, lines: list[str]) -> str:
    return "\n".join(_nested(name, lines)) + "\n"
