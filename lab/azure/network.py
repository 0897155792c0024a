"""Microsoft.Network: public addresses and NAT gateways. Virtual networks have a module of their own."""

from __future__ import annotations

import uuid
from ipaddress import IPv4Network
from typing import Any, ClassVar

from azure.mgmt.network import models

from lab.azure import regions
from lab.azure.http import Document
from lab.azure.kinds import Call, Context, Started
from lab.azure.references import referrers, soon, users
from lab.azure.store import Entry
from lab.azure.vnet import SUBNET, NetworkKind, Subnet, VirtualNetwork

ADDRESS = "Microsoft.Network/publicIPAddresses"
GATEWAY = "Microsoft.Network/natGateways"
POOL = IPv4Network("203.0.113.0/24")
"""Public addresses come out of TEST-NET-3 (RFC 5737): they lead nowhere."""
_QUOTA = 1000
"""Static public addresses of a subscription in a region (Azure subscription limits, "Networking")."""


class PublicAddress(NetworkKind):
    """A public address. Static ones have it at once; dynamic ones never, as nothing attaches them."""

    type = ADDRESS
    model: ClassVar[Any] = models.PublicIPAddress
    tracked = True
    delete_order = 70

    def validate(self, call: Call) -> None:
        """Sku and method fit, zones are there, the label is free, the quota is not used up."""
        sku = call.body.setdefault("sku", {})
        sku.setdefault("name", "Basic")
        sku.setdefault("tier", "Regional")
        given = call.properties
        given.setdefault("publicIPAllocationMethod", "Dynamic")
        given.setdefault("publicIPAddressVersion", "IPv4")
        given.setdefault("idleTimeoutInMinutes", 4)
        given.setdefault("ipTags", [])
        if sku["name"] != "Basic" and given["publicIPAllocationMethod"] != "Static":
            raise call.refuse(
                "StandardSkuPublicIPAddressesMustBeStatic",
                f"Standard sku publicIp {call.id.text} must have AllocationMethod set to Static.",
            )
        if not 4 <= given["idleTimeoutInMinutes"] <= 30:
            raise call.refuse(
                "PublicIPAddressIdleTimeoutOutOfRange",
                f"Public IP address {call.id.text} idleTimeoutInMinutes must be between 4 and 30.",
            )
        require_zones(call)
        _require_unchanged(call)
        _require_label(call)
        if call.existing is None:
            _require_quota(call)

    def put(self, call: Call) -> Started:
        """With an address of its own, if it is static."""
        call.private.setdefault("guid", str(uuid.uuid4()))
        given = call.properties
        given.pop("ipAddress", None)
        if given["publicIPAllocationMethod"] == "Static" and given["publicIPAddressVersion"] == "IPv4":
            address = call.private.get("address") or free_address(call.context)
            if address is None:
                raise call.refuse("AllocationFailed", f"All public addresses of {POOL} are taken.")
            call.private["address"] = given["ipAddress"] = address
        given["resourceGuid"] = call.private["guid"]
        if label := given.get("dnsSettings", {}).get("domainNameLabel"):
            given["dnsSettings"]["fqdn"] = f"{label}.{call.body['location']}.cloudapp.azure.com"
        return soon(call, call.body)

    def delete(self, call: Call) -> Started:
        """Not while something has it."""
        if found := users(call):
            raise call.refuse(
                "PublicIPAddressCannotBeDeleted",
                f"Public IP address {call.id.text} can not be deleted since it is still allocated to resource "
                f"{found[0].id}. In order to delete the public IP, disassociate/detach the Public IP address from "
                "the resource.",
            )
        return soon(call)

    def render(self, context: Context, entry: Entry) -> Document:
        """With the NAT gateway that has it."""
        owner = next(iter(referrers(context.store, entry.id, GATEWAY)), None)
        more = {"natGateway": {"id": owner.id}} if owner else {}
        return {**entry.document, "properties": {**entry.properties, **more}}


class NatGateway(NetworkKind):
    """A NAT gateway, with public addresses; subnets name it."""

    type = GATEWAY
    model: ClassVar[Any] = models.NatGateway
    tracked = True
    delete_order = 60

    def validate(self, call: Call) -> None:
        """Its addresses exist in its region and are of a sku that it takes; one zone at most."""
        sku = call.body.setdefault("sku", {})
        sku.setdefault("name", "Standard")
        call.properties.setdefault("idleTimeoutInMinutes", 4)
        if not 4 <= call.properties["idleTimeoutInMinutes"] <= 120:
            raise call.refuse(
                "NatGatewayIdleTimeoutOutOfRange",
                f"NAT Gateway {call.id.text} idleTimeoutInMinutes must be between 4 and 120.",
            )
        require_zones(call)
        if len(call.body.get("zones", [])) > 1 and sku["name"] == "Standard":
            raise call.refuse(
                "NatGatewayWithMultipleZonesNotAllowed",
                f"NAT Gateway {call.id.text} can be deployed to one availability zone, or to none.",
            )
        _require_unchanged(call)
        for i, reference in enumerate(call.properties.get("publicIpAddresses", [])):
            self._require_address(call, reference.get("id", ""), f"properties.publicIpAddresses[{i}].id")

    @staticmethod
    def _require_address(call: Call, id_: str, path: str) -> None:
        address = call.referred(id_, ADDRESS, path)
        if address.document["sku"]["name"] != call.body["sku"]["name"]:
            raise call.refuse(
                "NatGatewayWithNonStandardPublicIpNotAllowed",
                f"NAT Gateway {call.id.text} can't have public IP {address.id}: its sku is "
                f"{address.document['sku']['name']}, and must be {call.body['sku']['name']}.",
            )
        if address.document["location"] != call.body["location"]:
            raise call.refuse(
                "ResourceInWrongRegion",
                f"NAT Gateway {call.id.text} in '{call.body['location']}' can't have public IP {address.id} in "
                f"'{address.document['location']}'.",
            )
        taken = [e for e in referrers(call.context.store, address.id) if e.id.lower() != call.id.key]
        if taken:
            raise call.refuse(
                "PublicIPAddressInUse",
                f"Resource {call.id.text} is referencing public IP {address.id} that is "
                f"already allocated to resource {taken[0].id}.",
            )

    def put(self, call: Call) -> Started:
        """As it was sent."""
        call.private.setdefault("guid", str(uuid.uuid4()))
        call.properties["resourceGuid"] = call.private["guid"]
        return soon(call, call.body)

    def delete(self, call: Call) -> Started:
        """Not while subnets have it."""
        subnets = [e for e in users(call) if e.type == SUBNET]
        if subnets:
            raise call.refuse(
                "CannotDeleteNatGatewayAssociatedToSubnet",
                f"NAT Gateway {call.id.text} is still configured on {len(subnets)} subnets. Remove NAT Gateway from "
                "all referenced subnets and then delete NAT Gateway.",
            )
        return soon(call)

    def render(self, context: Context, entry: Entry) -> Document:
        """With the subnets that name it."""
        found = [{"id": e.id} for e in referrers(context.store, entry.id, SUBNET)]
        more = {"subnets": found} if found else {}
        return {**entry.document, "properties": {**entry.properties, **more}}


def require_zones(call: Call) -> None:
    """Raises the `ArmError` of zones that the region does not have."""
    zones = call.body.get("zones") or []
    has = ("1", "2", "3") if regions.REGIONS.get(call.body["location"]) else ()
    if wrong := [zone for zone in zones if zone not in has]:
        raise call.refuse(
            "AvailabilityZoneNotSupported",
            f"The zone(s) '{','.join(wrong)}' for resource '{call.id.text}' is not supported. The supported zones "
            f"for location '{call.body['location']}' are '{','.join(has)}'",
        )


def _require_unchanged(call: Call) -> None:
    """Sku and zones are for life."""
    if call.existing is None:
        return
    before = call.existing.document
    for field, was, wanted in (
        ("sku", before.get("sku", {}).get("name"), call.body["sku"]["name"]),
        ("zones", before.get("zones", []), call.body.get("zones", [])),
    ):
        if was != wanted:
            raise call.refuse(
                "ResourceCannotUpdateAfterCreate",
                f"Resource {call.id.text} has an existing {field} {was!r} and can't be updated to {wanted!r}.",
            )


def _require_label(call: Call) -> None:
    label = call.properties.get("dnsSettings", {}).get("domainNameLabel")
    for entry in call.context.store.of_type(ADDRESS):
        other = entry.properties.get("dnsSettings", {}).get("domainNameLabel")
        here = entry.document["location"] == call.body["location"]
        if label and other == label and here and entry.id.lower() != call.id.key:
            raise call.refuse(
                "DnsRecordInUse",
                f"DNS record {label}.{call.body['location']}.cloudapp.azure.com is already used by another "
                "public IP.",
                409,
            )


def _require_quota(call: Call) -> None:
    quota = call.context.settings.quotas.get("public-ips", _QUOTA)
    there = [
        e for e in call.context.store.of_type(ADDRESS) if e.document["location"] == call.body["location"]
    ]
    if len(there) >= quota:
        raise call.refuse(
            "PublicIPCountLimitReached",
            f"Cannot create more than {quota} public IP addresses for this subscription in this region.",
        )


def free_address(context: Context) -> str | None:
    """A public address that nobody has; None when all are taken. Within the store's transaction it stays free."""
    taken = {e.properties.get("ipAddress") for e in context.store.of_type(ADDRESS)}
    return next((str(address) for address in POOL.hosts() if str(address) not in taken), None)


KINDS: tuple[NetworkKind, ...] = (VirtualNetwork(), Subnet(), PublicAddress(), NatGateway())
