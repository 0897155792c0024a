"""Zones of Azure DNS: `Microsoft.Network/dnszones`.

Sources: learn.microsoft.com/azure/dns/dns-zones-records, .../dns-protect-zones-recordsets, includes/dns-limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

from azure.mgmt.dns import models

from lab.azure.dns.alias import touch
from lab.azure.dns.names import APEX, is_reserved, zone_name_mistake
from lab.azure.dns.sets import PublicSet, public_sets, with_suffix
from lab.azure.dns.zonesets import count_sets, sets_of
from lab.azure.http import Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Context, Kind, Operation, Started, Verb
from lab.azure.settings import Rate
from lab.azure.store import Entry

ZONES = "Microsoft.Network/dnszones"
SETS = public_sets()
ZONES_IN_SUBSCRIPTION = 250
_SERVERS = (
    "ns1-{:02d}.azure-dns.com.",
    "ns2-{:02d}.azure-dns.net.",
    "ns3-{:02d}.azure-dns.org.",
    "ns4-{:02d}.azure-dns.info.",
)
HOSTMASTER = "azuredns-hostmaster.microsoft.com"
APEX_TTLS = {"SOA": 3_600, "NS": 172_800}


class ZoneKind(Kind):
    """A public zone. It is made with its SOA and NS sets, and takes all its sets with it when it goes."""

    type = ZONES
    versions = PublicSet.versions
    model = models.Zone
    tracked = True
    location = "global"
    etag = "etag"
    name_pattern = re.compile(r".+")  # `validate` says what is wrong with a name
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {
        "read": ("dns-zone-reads", Rate(calls=1_000)),
        "list": ("dns-zone-lists", Rate(calls=60)),
    }
    rate_scope = "parent"
    plural_rate = ("dns-record-set-lists-by-zone", Rate(calls=60))

    @property
    def plural(self) -> Mapping[str, Callable[[Call], list[Document]]]:
        """All record sets, under both of its names."""
        return {"recordsets": self._all_sets, "all": self._all_sets}

    def _all_sets(self, call: Call) -> list[Document]:
        sets = sets_of(call.context, call.id)
        rendered = [SETS[e.type.rpartition("/")[2].upper()].rendered(call.context, e) for e in sets]
        return with_suffix(call, rendered)

    def validate(self, call: Call) -> None:
        """The name, and how many zones there are."""
        name = call.id.name
        if mistake := zone_name_mistake(name):
            raise call.refuse("BadRequest", f"The zone name '{name}' is invalid: {mistake}.")
        if is_reserved(name):
            raise call.refuse(
                "BadRequest", f"The zone '{name}' is not available for creation: it is reserved."
            )
        if call.properties.get("zoneType") not in (None, "Public"):
            raise call.refuse(
                "BadRequest",
                "A private zone can't be made as a DNS zone any more: use Microsoft.Network/privateDnsZones.",
            )
        most = call.context.settings.quotas.get("dns-zones", ZONES_IN_SUBSCRIPTION)
        if call.existing is None and len(call.context.store.of_type(self.type)) >= most:
            raise call.refuse("BadRequest", f"The subscription has the maximum number of DNS zones, {most}.")

    def put(self, call: Call) -> Document:
        """The zone; a new one gets name servers, SOA and NS sets."""
        if call.existing is None:
            call.private["pool"] = pool = free_pool(call.context, call.id.name)
            make_apex(call.context, call.id, name_servers(pool))
        properties = {
            "maxNumberOfRecordSets": PublicSet.most_sets,
            "maxNumberOfRecordsPerRecordSet": None,
            "nameServers": name_servers(call.private["pool"]),
            "zoneType": "Public",
        }
        return {"location": "global", "tags": call.body.get("tags") or {}, "properties": properties}

    def delete(self, call: Call) -> Started:
        """Takes a while; what is in the zone goes at the end."""
        return Started(work=_wait(call.context.settings.operation_seconds))

    def render(self, context: Context, entry: Entry) -> Document:
        """With the number of sets as of now."""
        number = count_sets(context, entry.resource_id)
        return {**entry.document, "properties": {**entry.properties, "numberOfRecordSets": number}}

    def changed(self, context: Context, before: Entry | None, after: Entry | None) -> None:
        """Answers may be others now."""
        if before is not after:
            touch(context)


def _wait(seconds: float) -> Callable[[Operation], None]:
    return lambda operation: operation.sleep(seconds)


def name_servers(pool: int) -> list[str]:
    """The four servers of a pool: with dots at their ends."""
    return [server.format(pool) for server in _SERVERS]


def free_pool(context: Context, name: str) -> int:
    """The first pool of servers that has no zone of that name yet: the same name may be in many resource groups."""
    taken = {
        zone.private.get("pool")
        for zone in context.store.of_type(ZONES)
        if zone.resource_id.name.lower() == name.lower()
    }
    return next(pool for pool in range(1, len(taken) + 2) if pool not in taken)


def make_apex(context: Context, zone: ResourceId, servers: list[str]) -> None:
    """The sets that a zone begins with."""
    soa = {
        "host": servers[0],
        "email": HOSTMASTER,
        "serialNumber": 1,
        "refreshTime": 3_600,
        "retryTime": 300,
        "expireTime": 2_419_200,
        "minimumTTL": 300,
    }
    for name, records in (
        ("SOA", {"SOARecord": soa}),
        ("NS", {"NSRecords": [{"nsdname": server} for server in servers]}),
    ):
        common = {"TTL": APEX_TTLS[name], "fqdn": f"{zone.name}.", "provisioningState": "Succeeded"}
        document = {"properties": {**common, "targetResource": {}, **records}}
        SETS[name].save(context, zone.child(name, APEX), document, {"nameServers": servers})


ZONE = ZoneKind()
