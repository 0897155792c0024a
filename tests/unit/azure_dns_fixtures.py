"""DNS in the stand-in for Azure, in process: a resource group, zones, and what other packages' resources look like."""

from __future__ import annotations

from typing import Any

import pytest

from lab.azure import dns, resources
from lab.azure.http import Response
from lab.azure.ids import resource
from lab.azure.settings import Rate
from tests.unit.azure_arm_fixtures import Arm

SETS = "2018-05-01"
PRIVATE = "2024-06-01"
TRAFFIC = "2022-04-01"
PLENTY = {name: Rate(calls=100_000) for name in ("arm-writes", "arm-deletes", "arm-reads")}
GLOBAL = {"location": "global"}


def a(*addresses: str, ttl: int = 30, **more: Any) -> dict[str, Any]:
    """The body of an A set."""
    return {"properties": {"TTL": ttl, "ARecords": [{"ipv4Address": x} for x in addresses], **more}}


def cname(target: str, ttl: int = 30) -> dict[str, Any]:
    """The body of a CNAME set."""
    return {"properties": {"TTL": ttl, "CNAMERecord": {"cname": target}}}


def to(id_: str, ttl: int = 30) -> dict[str, Any]:
    """The body of an alias."""
    return {"properties": {"TTL": ttl, "targetResource": {"id": id_}}}


class Dns(Arm):
    """A stand-in with a group `rg`, in which zones are made."""

    def __init__(self, **settings: Any) -> None:
        super().__init__([*resources.KINDS, *dns.KINDS], version=SETS, **{"rates": PLENTY, **settings})
        self.rg = self.group()

    def zone(self, name: str = "example.com", **more: Any) -> str:
        """Make a public zone; its id."""
        path = f"{self.rg}/providers/Microsoft.Network/dnszones/{name}"
        response = self.put(path, {**GLOBAL, **more})
        assert response.status in (200, 201), response.json()
        return path

    def private_zone(self, name: str = "corp.internal") -> str:
        """Make a private zone; its id."""
        path = f"{self.rg}/providers/Microsoft.Network/privateDnsZones/{name}"
        assert self.put(path, GLOBAL, version=PRIVATE).status in (200, 201)
        return path

    def profile(self, name: str = "web", **properties: Any) -> Response:
        """Make a Traffic Manager profile."""
        return self.put(self.profile_id(name), profile_body(name, **properties), version=TRAFFIC)

    def profile_id(self, name: str = "web") -> str:
        """Its id."""
        return f"{self.rg}/providers/Microsoft.Network/trafficmanagerprofiles/{name}"

    def foreign(self, type_: str, name: str, **properties: Any) -> str:
        """A resource of another package, as it is in the inventory; its id."""
        path = f"{self.rg}/providers/{type_}/{name}"
        self.store.put(resource(path), type_, {"location": "westus", "properties": properties})
        return path

    def address(self, name: str = "ip", address: str = "10.90.1.1", version: str = "IPv4") -> str:
        """A public IP address; its id."""
        return self.foreign(
            "Microsoft.Network/publicIPAddresses", name, ipAddress=address, publicIPAddressVersion=version
        )

    def lock(self, scope: str, level: str = "CanNotDelete") -> str:
        """A lock; its id."""
        path = resource(scope).extension("Microsoft.Authorization/locks", "keep")
        self.store.put(path, "Microsoft.Authorization/locks", {"properties": {"level": level}})
        return path.text


def endpoint(name: str, target: str, **properties: Any) -> dict[str, Any]:
    """An endpoint, as it stands in a profile."""
    return {
        "name": name,
        "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
        "properties": {"target": target, **properties},
    }


def profile_body(name: str, **properties: Any) -> dict[str, Any]:
    """The body of a profile."""
    return {
        **GLOBAL,
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": name, "ttl": 10},
            "monitorConfig": {"protocol": "TCP", "port": 80},
            **properties,
        },
    }


@pytest.fixture
def dns_arm() -> Dns:
    """A new one."""
    return Dns()
