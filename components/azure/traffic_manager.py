"""`TrafficManager`: the global name of a service as a profile of Azure Traffic Manager, which fails over without us.

Azure asks the addresses of each member from many places, and answers with those that do. The name in our zone is an
alias set of the profile: no other name is seen, and the set is empty, not dangling, when the profile is gone. It holds
IPv4 addresses; region and zone names stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Address, ip_address
from typing import Any

import pulumi
from pulumi_azure_native import dns, trafficmanager

from components.azure import arm
from federation.names import Scheme, Service

MOST_ANSWERS = 8
"""Of one answer (Azure documentation, "Traffic Manager routing methods", MultiValue)."""
INTERVAL, TIMEOUT, TOLERATED = 10, 5, 2
"""Seconds between probes, seconds that each may take, and failures that are no failure yet: gone within 40 s."""
_EXTERNAL = "Microsoft.Network/trafficManagerProfiles/externalEndpoints"
_LONGEST = 50


@dataclass(frozen=True, kw_only=True)
class TrafficManagerArgs:
    """Inputs of `TrafficManager`.

    Attributes:
        service: whose global name it is.
        federation: its name.
        domain: of the federation.
        zone_name: of the zone that holds the domain.
        resource_group: of the zone.
        own_group: that the profile is made in.
        ttl: seconds that resolvers may keep an answer.
        port: that a member's addresses must answer on, by TCP.
        placements: member to the addresses of the service there.
        metadata: of the record set: whose it is.
        after: done before the record set is made: whoever wrote that name until now has to know.
    """

    service: Service
    federation: str
    domain: str
    zone_name: str
    resource_group: pulumi.Input[str]
    own_group: pulumi.Input[str]
    ttl: int
    port: int
    placements: pulumi.Input[Mapping[str, Sequence[str]]]
    metadata: Mapping[str, str] = field(default_factory=dict)
    after: Sequence[pulumi.Resource] = ()


class TrafficManager(pulumi.ComponentResource):
    """A profile and the alias set of the global name.

    Attributes:
        name: the global name.
        profile_id: of the profile.
    """

    name: str
    profile_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: TrafficManagerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:azure:TrafficManager", name, {}, opts)
        self.name = Scheme(args.federation, args.domain).name(args.service)
        short = profile_name(self.name, args.service)
        profile = trafficmanager.Profile(
            f"{name}-profile",
            profile_name=short,
            resource_group_name=args.own_group,
            location="global",
            profile_status="Enabled",
            traffic_routing_method="MultiValue",
            max_return=MOST_ANSWERS,
            dns_config={"relative_name": short, "ttl": args.ttl},
            monitor_config={
                "protocol": "TCP",
                "port": args.port,
                "interval_in_seconds": INTERVAL,
                "timeout_in_seconds": TIMEOUT,
                "tolerated_number_of_failures": TOLERATED,
            },
            endpoints=pulumi.Output.from_input(args.placements).apply(endpoints),
            tags=arm.tags(args.federation, {}),
            opts=arm.options(self),
        )
        self.profile_id = profile.id
        dns.RecordSet(
            f"{name}-alias",
            record_type="A",
            relative_record_set_name=self.name.removesuffix(f".{args.zone_name}"),
            zone_name=args.zone_name,
            resource_group_name=args.resource_group,
            ttl=args.ttl,
            target_resource={"id": profile.id},
            metadata=dict(args.metadata),
            opts=arm.options(self, *args.after),
        )
        self.register_outputs({"name": self.name, "profileId": self.profile_id})


def endpoints(placements: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """One for each IPv4 address of each member, in fixed order: equal addresses are no change."""
    found: dict[str, dict[str, Any]] = {}
    for member in sorted(placements):
        addresses = sorted(ip_address(text) for text in placements[member] if _is_four(text))
        for place, address in enumerate(addresses):
            found.setdefault(
                str(address),
                {
                    "name": member if place == 0 else f"{member}-{place + 1}",
                    "type": _EXTERNAL,
                    "target": str(address),
                    "endpoint_status": "Enabled",
                    "weight": 1,
                },
            )
    return [{**endpoint, "priority": place + 1} for place, endpoint in enumerate(found.values())]


def _is_four(text: str) -> bool:
    return isinstance(ip_address(text), IPv4Address)


def profile_name(name: str, service: Service) -> str:
    """Its label below trafficmanager.net, where all customers' names are: readable, and nobody else's."""
    digest = sha256(name.encode()).hexdigest()[:10]
    return f"{service.name}-{service.namespace}"[:_LONGEST].rstrip("-") + f"-{digest}"
