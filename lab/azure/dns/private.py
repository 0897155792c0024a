"""Azure Private DNS: zones, their links to virtual networks, and their record sets.

Their names are answered inside linked networks only: the stand-in's public nameserver does not know them.
Sources: learn.microsoft.com/azure/dns/private-dns-overview, .../private-dns-virtual-network-links and the specification
2024-06-01.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

from azure.mgmt.privatedns import models

from lab.azure.dns.names import APEX, zone_name_mistake
from lab.azure.dns.sets import RecordSetKind, with_suffix
from lab.azure.dns.types import PRIVATE, TYPES
from lab.azure.dns.zonesets import count_sets, sets_of
from lab.azure.http import Document
from lab.azure.kinds import Call, Context, Kind, Operation, Started, Verb
from lab.azure.settings import Rate
from lab.azure.store import Entry, Store

ZONES = "Microsoft.Network/privateDnsZones"
LINKS = "virtualNetworkLinks"
NETWORKS = "Microsoft.Network/virtualNetworks"
VERSIONS = ("2024-06-01", "2020-06-01", "2020-01-01", "2018-09-01")
MOST_LINKS, MOST_REGISTERING = 1_000, 100
SOA = {
    "host": "azureprivatedns.net",
    "email": "azureprivatedns-host.microsoft.com",
    "serialNumber": 1,
    "refreshTime": 3_600,
    "retryTime": 300,
    "expireTime": 2_419_200,
    "minimumTtl": 10,
}


def _settle(document: Document, seconds: float) -> Started:
    """An operation that has nothing real to do."""

    def work(operation: Operation) -> Document:
        operation.sleep(seconds)
        return document

    return Started(document=document, work=work)


class PrivateSet(RecordSetKind):
    """A type of record sets in a private zone."""

    versions = VERSIONS
    model = models.RecordSet
    most_sets = 25_000
    types = PRIVATE
    ttl = "ttl"
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {
        "write": ("private-record-set-writes", Rate(calls=60)),
        "delete": ("private-record-set-deletes", Rate(calls=60)),
        "read": ("private-record-set-reads", Rate(calls=200)),
        "list": ("private-record-set-lists", Rate(calls=100)),
    }

    @property
    def key(self) -> str:
        """The property that holds the records."""
        return self.records.private_key

    def validate(self, call: Call) -> None:
        """The host of the SOA record stays."""
        if self.records.name == "SOA" and call.existing is not None:
            before = call.existing.properties["soaRecord"]
            soa = {**before, **(call.properties.get("soaRecord") or {})}
            if soa["host"] != before["host"]:
                raise call.refuse("BadRequest", "The host of the SOA record can't be changed.")
            call.properties["soaRecord"] = soa
        super().validate(call)

    def more(self, call: Call) -> Document:  # noqa: ARG002
        """Nothing is registered by virtual machines here."""
        return {"isAutoRegistered": False}


class PrivateZoneKind(Kind):
    """A private zone."""

    type = ZONES
    versions = VERSIONS
    model = models.PrivateZone
    tracked = True
    stateful = True
    location = "global"
    etag = "etag"
    name_pattern = re.compile(r".+")
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {
        "write": ("private-zone-writes", Rate(calls=40)),
        "delete": ("private-zone-deletes", Rate(calls=40)),
        "list": ("private-zone-lists", Rate(calls=60)),
    }
    rate_scope = "parent"
    plural_rate = ("private-record-set-lists-by-zone", Rate(calls=100))

    @property
    def plural(self) -> Mapping[str, Callable[[Call], list[Document]]]:
        """All record sets."""
        return {"all": self._all_sets}

    def _all_sets(self, call: Call) -> list[Document]:
        sets = sets_of(call.context, call.id)
        rendered = [SETS[e.type.rpartition("/")[2].upper()].rendered(call.context, e) for e in sets]
        return with_suffix(call, rendered)

    def validate(self, call: Call) -> None:
        """The name: a private zone may have a single label, but for names of the kind of `local`."""
        if mistake := zone_name_mistake(call.id.name, range(1, 35)):
            raise call.refuse("BadRequest", f"The private zone name '{call.id.name}' is invalid: {mistake}.")

    def put(self, call: Call) -> Started:
        """The zone, and with a new one its SOA set."""
        if call.existing is None:
            properties = {
                "ttl": 3_600,
                "fqdn": f"{call.id.name}.",
                "isAutoRegistered": False,
                "soaRecord": SOA,
            }
            SETS["SOA"].save(call.context, call.id.child("SOA", APEX), {"properties": properties})
        properties = {
            "maxNumberOfRecordSets": PrivateSet.most_sets,
            "maxNumberOfVirtualNetworkLinks": MOST_LINKS,
            "maxNumberOfVirtualNetworkLinksWithRegistration": MOST_REGISTERING,
        }
        document = {"location": "global", "tags": call.body.get("tags") or {}, "properties": properties}
        return _settle(document, call.context.settings.operation_seconds)

    def delete(self, call: Call) -> Started:
        """Not while networks are linked to it, unless its group goes."""
        links = call.context.store.children(call.id, LINKS)
        if links and not call.cascading:
            short = links[0].id.partition("/providers/")[2]
            raise call.refuse(
                "CannotDeleteResource",
                "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
                f"'{short}'. Please delete all nested resources before deleting this resource.",
                409,
            )
        seconds = call.context.settings.operation_seconds
        return Started(work=lambda operation: operation.sleep(seconds))

    def render(self, context: Context, entry: Entry) -> Document:
        """With what there is in it now."""
        links = context.store.children(entry.resource_id, LINKS)
        counts = {
            "numberOfRecordSets": count_sets(context, entry.resource_id),
            "numberOfVirtualNetworkLinks": len(links),
            "numberOfVirtualNetworkLinksWithRegistration": sum(_registers(link) for link in links),
        }
        return {**entry.document, "properties": {**entry.properties, **counts}}


def _registers(link: Entry) -> bool:
    return bool(link.properties.get("registrationEnabled"))


def _network(link: Entry) -> str:
    return str(link.properties["virtualNetwork"]["id"]).lower()


class LinkKind(Kind):
    """A virtual network that resolves the names of a private zone."""

    type = f"{ZONES}/{LINKS}"
    versions = VERSIONS
    model = models.VirtualNetworkLink
    tracked = True
    stateful = True
    location = "global"
    etag = "etag"
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {
        "write": ("private-link-writes", Rate(calls=60)),
        "delete": ("private-link-deletes", Rate(calls=60)),
        "read": ("private-link-reads", Rate(calls=100)),
    }
    rate_scope = "parent"

    def validate(self, call: Call) -> None:
        """The network, and the other links that it and the zone have."""
        network = (call.properties.get("virtualNetwork") or {}).get("id")
        if not network:
            raise call.refuse("BadRequest", "The property 'virtualNetwork.id' is required.")
        call.referred(network, NETWORKS, "properties.virtualNetwork.id")
        if call.existing is not None and _network(call.existing) != network.lower():
            raise call.refuse("BadRequest", "The virtual network of a link can't be changed.")
        self._check_others(call, network.lower())

    def _check_others(self, call: Call, network: str) -> None:
        zone = call.id.names[0].lower()
        mine = [
            e
            for e in call.context.store.of_type(self.type)
            if _network(e) == network and e.id.lower() != call.id.key
        ]
        for other in mine:
            if other.resource_id.names[0].lower() == zone:
                raise call.refuse(
                    "Conflict",
                    f"A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to "
                    f"link virtual network with '{call.id.names[0]}' and '{other.resource_id.names[0]}' zones.",
                    409,
                )
            if call.properties.get("registrationEnabled") and _registers(other):
                raise call.refuse(
                    "Conflict",
                    "A virtual network can be linked to one zone only with registration enabled.",
                    409,
                )
        self._check_number(call)

    def _check_number(self, call: Call) -> None:
        parent = call.id.parent
        links = _links(call.context.store, call) if parent else []
        if call.existing is None and len(links) >= MOST_LINKS:
            raise call.refuse(
                "BadRequest", f"The private zone has the maximum number of links, {MOST_LINKS}."
            )

    def put(self, call: Call) -> Started:
        """The link."""
        given = call.properties
        properties = {
            "virtualNetwork": {"id": given["virtualNetwork"]["id"]},
            "registrationEnabled": bool(given.get("registrationEnabled")),
            "resolutionPolicy": given.get("resolutionPolicy") or "Default",
            "virtualNetworkLinkState": "Completed",
        }
        document = {"location": "global", "tags": call.body.get("tags") or {}, "properties": properties}
        return _settle(document, call.context.settings.operation_seconds)

    def patch(self, call: Call) -> Document:
        """Tags, registration and resolution policy."""
        before = call.existing.document if call.existing else {}
        given = call.body.get("properties") or {}
        kept = ("virtualNetwork", "registrationEnabled", "resolutionPolicy")
        old = {k: v for k, v in before["properties"].items() if k in kept}
        tags = call.body.get("tags", before.get("tags"))
        return {"location": before["location"], "tags": tags, "properties": {**old, **given}}

    def delete(self, call: Call) -> Started:
        """Takes a while."""
        seconds = call.context.settings.operation_seconds
        return Started(work=lambda operation: operation.sleep(seconds))


def _links(store: Store, call: Call) -> list[Entry]:
    parent = call.id.parent
    return store.children(parent, LINKS) if parent else []


def private_sets() -> dict[str, PrivateSet]:
    """A kind for each type of Azure Private DNS."""
    return {
        name: type(f"Private{name}Set", (PrivateSet,), {"type": f"{ZONES}/{name}", "records": TYPES[name]})()
        for name in PRIVATE
    }


SETS = private_sets()
PRIVATE_ZONE, LINK = PrivateZoneKind(), LinkKind()
