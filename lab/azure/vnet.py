"""Virtual networks and their subnets, which are resources of their own and stand in the network, too."""

from __future__ import annotations

import uuid
from ipaddress import IPv4Network, ip_network
from typing import Any, ClassVar

from azure.mgmt.network import models

from lab.azure.http import Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Context, Kind, Started
from lab.azure.references import referrers, soon, users
from lab.azure.store import Entry

NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = f"{NETWORK}/subnets"
GATEWAY = "Microsoft.Network/natGateways"
VERSIONS = (
    *(
        "2024-05-01",
        "2026-03-01",
        "2025-07-01",
        "2025-05-01",
        "2025-03-01",
        "2025-01-01",
        "2024-10-01",
        "2024-07-01",
    ),
    *(
        "2024-03-01",
        "2024-01-01",
        "2023-11-01",
        "2023-09-01",
        "2023-06-01",
        "2023-05-01",
        "2023-04-01",
        "2023-02-01",
    ),
)


class NetworkKind(Kind):
    """What all kinds of Microsoft.Network that this stand-in has are alike in."""

    versions = VERSIONS
    stateful = True
    etag = "etag"
    busy_code = "AnotherOperationInProgress"


class VirtualNetwork(NetworkKind):
    """A network. Subnets in its body are made, changed and removed with it; a body without them leaves them alone."""

    type = NETWORK
    model: ClassVar[Any] = models.VirtualNetwork
    tracked = True
    delete_order = 55

    def validate(self, call: Call) -> None:
        """Its ranges are ranges, and hold its subnets."""
        prefixes = call.properties.get("addressSpace", {}).get("addressPrefixes", [])
        if not prefixes:
            raise call.refuse(
                "InvalidRequestFormat",
                f"Virtual network {call.id.name} must have at least one prefix in addressSpace.addressPrefixes.",
            )
        space = [_range(call, prefix) for prefix in prefixes]
        for i, one in enumerate(space):
            for other in space[:i]:
                if one.overlaps(other):
                    raise call.refuse(
                        "VnetAddressSpacesOverlap",
                        f"Address prefix {one} overlaps {other} in {call.id.text}.",
                    )
        self._require_subnets(call, prefixes)

    def _require_subnets(self, call: Call, prefixes: list[str]) -> None:
        inline = call.properties.get("subnets")
        kept = (
            {e.document["name"]: e.properties for e in call.context.store.children(call.id, "subnets")}
            if inline is None
            else {}
        )
        for i, subnet in enumerate(inline or []):
            if not subnet.get("name"):
                raise call.refuse(
                    "MissingJsonReferenceId",
                    f"Value for reference name is missing. Path properties.subnets[{i}].",
                )
            kept[subnet["name"]] = subnet.setdefault("properties", {})
        seen: dict[str, Document] = {}
        for name, properties in kept.items():
            require_subnet(call, call.id.child("subnets", name), properties, prefixes, seen)
            seen[name] = properties
        if inline is not None:
            for entry in call.context.store.children(call.id, "subnets"):
                if entry.document["name"] not in kept:
                    require_unused(call, entry.id, referrers(call.context.store, entry.id))

    def put(self, call: Call) -> Started:
        """The network's document, and its subnets' beside it."""
        call.private.setdefault("guid", str(uuid.uuid4()))
        given = call.properties
        inline = given.pop("subnets", None)
        given.setdefault("virtualNetworkPeerings", [])
        given.setdefault("enableDdosProtection", False)
        given.setdefault("privateEndpointVNetPolicies", "Disabled")
        given["resourceGuid"] = call.private["guid"]
        if inline is not None:
            self._save_subnets(call, inline)
        return soon(call, call.body)

    @staticmethod
    def _save_subnets(call: Call, inline: list[Document]) -> None:
        names = {subnet["name"].lower() for subnet in inline}
        for entry in call.context.store.children(call.id, "subnets"):
            if entry.document["name"].lower() not in names:
                _SUBNETS.remove(call.context, entry.resource_id)
        for subnet in inline:
            id_ = call.id.child("subnets", subnet["name"])
            properties = {**completed(subnet["properties"]), "provisioningState": "Succeeded"}
            before = call.context.store.get(id_)
            if before is None or before.properties != properties:
                _SUBNETS.save(call.context, id_, {"properties": properties})

    def delete(self, call: Call) -> Started:
        """Not while something is in one of its subnets."""
        for subnet in call.context.store.children(call.id, "subnets"):
            found = referrers(call.context.store, subnet.id)
            if call.cascading:
                found = [e for e in found if e.resource_id.group_id != call.id.group_id]
            require_unused(call, subnet.id, found)
        return soon(call)

    def render(self, context: Context, entry: Entry) -> Document:
        """With its subnets."""
        children = context.store.children(entry.resource_id, "subnets")
        subnets = [_SUBNETS.rendered(context, child) for child in children]
        return {**entry.document, "properties": {**entry.properties, "subnets": subnets}}


class Subnet(NetworkKind):
    """A subnet; its network is busy while it is."""

    type = SUBNET
    model: ClassVar[Any] = models.Subnet

    def busy_scope(self, id_: ResourceId) -> ResourceId:
        """The network."""
        return id_.parent or id_

    def validate(self, call: Call) -> None:
        """Its range lies in the network's and in no other subnet's."""
        network = call.context.store.get(call.id.parent or call.id)
        space = network.properties["addressSpace"]["addressPrefixes"] if network else []
        siblings = {
            e.document["name"]: e.properties
            for e in call.context.store.children(call.id.parent or call.id, "subnets")
            if e.resource_id.key != call.id.key
        }
        require_subnet(call, call.id, call.properties, space, siblings)
        self._require_range_kept(call)

    @staticmethod
    def _require_range_kept(call: Call) -> None:
        if call.existing is None or ranges(call.existing.properties) == ranges(call.properties):
            return
        if found := referrers(call.context.store, call.id.text):
            raise call.refuse(
                "InUseSubnetCannotBeUpdated",
                f"Subnet {call.id.name} is in use by {found[0].id} and its prefix cannot be changed.",
            )

    def put(self, call: Call) -> Started:
        """As it was sent, with defaults."""
        return soon(call, {"properties": completed(call.properties)})

    def delete(self, call: Call) -> Started:
        """Not while something is in it."""
        require_unused(call, call.id.text, users(call))
        return soon(call)


_SUBNETS = Subnet()


def completed(properties: Document) -> Document:
    """A subnet's properties with the service's defaults."""
    return {
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
        **properties,
    }


def ranges(properties: Document) -> list[str]:
    """A subnet's ranges as they are written."""
    one = properties.get("addressPrefix")
    return [one] if one else list(properties.get("addressPrefixes", []))


def require_subnet(
    call: Call, id_: ResourceId, properties: Document, space: list[str], siblings: dict[str, Document]
) -> None:
    """Raises the `ArmError` of a subnet that does not fit between its siblings."""
    written = ranges(properties)
    network = (id_.parent or id_).name
    if not written:
        raise call.refuse(
            "InvalidRequestFormat", f"Subnet {id_.name} must have an addressPrefix or addressPrefixes."
        )
    for text in written:
        found = _range(call, text)
        if found.prefixlen > 29 or not any(_inside(found, outer) for outer in space):
            raise call.refuse(
                "NetcfgInvalidSubnet",
                f"Subnet '{id_.name}' is not valid in virtual network '{network}': {found} must be /29 or wider and "
                f"lie in {', '.join(space)}.",
            )
        for name, other in siblings.items():
            if any(found.overlaps(ip_network(text)) for text in ranges(other)):
                raise call.refuse(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{id_.name}' is not valid because its IP address range overlaps with that of an "
                    f"existing subnet in virtual network '{network}': {name}.",
                )
    if (reference := properties.get("natGateway")) is not None:
        call.referred(reference.get("id", ""), GATEWAY, "properties.natGateway.id")


def _inside(found: IPv4Network, outer: str) -> bool:
    wide = ip_network(outer)
    return isinstance(wide, IPv4Network) and found.subnet_of(wide)


def _range(call: Call, text: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise call.refuse(
            "InvalidCIDRNotation",
            f"The address prefix {text} in {call.id.text} has an invalid CIDR notation: {error}.",
        ) from None


def require_unused(call: Call, subnet: str, found: list[Entry]) -> None:
    """Raises the `ArmError` of a subnet that is in use."""
    if found:
        raise call.refuse(
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet.rsplit('/', 1)[-1]} is in use by {found[0].id} and cannot be deleted. In order to delete "
            "the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
        )
