"""Record sets in the resource manager: the rules that Azure DNS and Azure Private DNS share, and those of Azure DNS.

Sources: learn.microsoft.com/azure/dns/dns-zones-records, .../dns-alias and the specification 2023-07-01-preview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from azure.mgmt.dns import models

from lab.azure.dns import alias, zonesets
from lab.azure.dns.names import APEX, absolute, relative_name_mistake
from lab.azure.dns.types import LARGEST_TTL, PUBLIC, SMALLEST_TTL, TYPES, BadRecordError, RecordType
from lab.azure.http import Document
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Context, Kind, Verb
from lab.azure.settings import Rate
from lab.azure.store import Entry

RECORDS_IN_SET = 20
CHANGED_APEX_NS = (
    "The name servers that Azure DNS has assigned can't be removed from the NS record set of the zone."
)


class RecordSetKind(Kind):
    """A type of record sets.

    Attributes:
        records: what the sets hold.
        most_sets: in a zone.
        spelling: names of properties, where the two services write them differently.
    """

    etag = "etag"
    name_pattern = re.compile(r".+")  # `validate` says what is wrong with a name
    records: ClassVar[RecordType]
    most_sets: ClassVar[int]
    types: ClassVar[tuple[str, ...]]
    ttl: ClassVar[str]
    rate_scope = "parent"

    @property
    def key(self) -> str:
        """The property that holds the records."""
        raise NotImplementedError

    def validate(self, call: Call) -> None:
        """Names, TTL, records, their number, and what may stand beside them."""
        zone = call.id.names[0]
        if mistake := relative_name_mistake(call.id.name, zone):
            raise call.refuse("BadRequest", f"The record set name '{call.id.name}' is invalid: {mistake}.")
        self._check_place(call)
        _check_ttl(call, self.ttl)
        self._check_records(call)
        if call.existing is None:
            self._check_number(call)
            self._check_neighbours(call)

    def _check_place(self, call: Call) -> None:
        """Which types may be at the apex, and which as wildcards."""
        name, kind = call.id.name, self.records.name
        if kind == "SOA" and (name != APEX or call.existing is None):
            raise call.refuse("BadRequest", "SOA record sets can't be created: each zone has one, named '@'.")
        if name.startswith("*") and kind == "NS":
            raise call.refuse("BadRequest", f"The record set '{name}' of type NS can't be a wildcard.")
        if kind == "CNAME" and name == APEX:
            raise call.refuse(
                "BadRequest",
                "The CNAME record set '@' can't be created: no CNAME may be at the apex of a zone.",
            )

    def _check_records(self, call: Call) -> None:
        foreign = [TYPES[t] for t in self.types if TYPES[t] is not self.records]
        for other in foreign:
            if other.records(call.properties):
                raise call.refuse(
                    "BadRequest",
                    f"A record set of type {self.records.name} can't have records of type {other.name}.",
                )
        count = len(self.records.records(call.properties))
        if count > RECORDS_IN_SET:
            raise call.refuse(
                "BadRequest",
                f"The record set '{call.id.name}' has {count} records. The maximum number of records in a record "
                f"set is {RECORDS_IN_SET}.",
            )
        try:
            self.records.check(call.properties)
        except BadRecordError as error:
            raise call.refuse("BadRequest", str(error)) from None

    def _check_number(self, call: Call) -> None:
        parent = call.id.parent
        if parent and zonesets.count_sets(call.context, parent) >= self.most_sets:
            raise call.refuse(
                "BadRequest",
                f"The zone '{parent.name}' has the maximum number of record sets, {self.most_sets}.",
            )

    def _check_neighbours(self, call: Call) -> None:
        zone = call.id.parent
        own = self.records.name
        for other in self.types:
            if zone is None or other == own or "CNAME" not in (own, other):
                continue
            if call.context.store.get(zone.child(other, call.id.name)) is None:
                continue
            text = (
                "The CNAME record could not be created because another record with the same name already exists "
                "in this zone."
                if own == "CNAME"
                else "The record could not be created because a CNAME record with the same name already exists in "
                "this zone."
            )
            raise call.refuse("Conflict", text, 409)

    def put(self, call: Call) -> Document:
        """The set with what is computed of it."""
        given = call.properties
        properties: Document = {self.ttl: given[self.ttl], "fqdn": self.fqdn(call.id)}
        if metadata := given.get("metadata"):
            properties["metadata"] = metadata
        found = self.records.records(given)
        if found:
            properties[self.key] = found[0] if self.records.single else found
        return {"properties": {**properties, **self.more(call)}}

    def fqdn(self, id_: ResourceId) -> str:
        """The whole name, with the dot at its end."""
        return f"{absolute(id_.name, id_.names[0])}."

    def more(self, call: Call) -> Document:  # noqa: ARG002 - for those that override it
        """Further properties."""
        return {}

    def patch(self, call: Call) -> Document:
        """What is given takes the place of what there was; the rest stays."""
        before = call.existing.properties if call.existing else {}
        kept = {k: v for k, v in before.items() if k not in ("fqdn", "provisioningState", "isAutoRegistered")}
        given = call.body.get("properties") or {}
        return {"properties": {**kept, **given}}

    def delete(self, call: Call) -> None:
        """The sets that make a zone stay for as long as it does."""
        always = ("SOA", "NS") if "NS" in self.types else ("SOA",)
        if call.id.name == APEX and self.records.name in always and not call.cascading:
            raise call.refuse(
                "BadRequest",
                f"The {self.records.name} record set '@' can't be deleted: it belongs to the zone.",
            )

    def list(self, call: Call) -> list[Document]:
        """The sets of the type, those with the suffix if the client gives one."""
        return with_suffix(call, super().list(call))

    def changed(self, context: Context, before: Entry | None, after: Entry | None) -> None:
        """The zone's index follows."""
        zonesets.note(context, before, after)


def with_suffix(call: Call, documents: list[Document]) -> list[Document]:
    """The documents whose name ends with `$recordsetnamesuffix`, a whole number of labels."""
    suffix = call.request.query.get("$recordsetnamesuffix", "").lower()
    if not suffix:
        return documents
    return [d for d in documents if f".{d['name'].lower()}".endswith(f".{suffix.lstrip('.')}")]


def _check_ttl(call: Call, key: str) -> None:
    """TTL is of the set, as all its records have one: RFC 2181 §5.2."""
    ttl = next((v for k, v in call.properties.items() if k.lower() == "ttl"), None)
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not SMALLEST_TTL <= ttl <= LARGEST_TTL:
        raise call.refuse(
            "BadRequest",
            f"The TTL '{ttl}' is invalid: it must be from {SMALLEST_TTL} to {LARGEST_TTL} seconds.",
        )
    call.properties[key] = ttl


class PublicSet(RecordSetKind):
    """A type of record sets in Azure DNS, with aliases and the sets at the apex."""

    versions = ("2018-05-01", "2023-07-01-preview", "2018-03-01-preview", "2017-10-01")
    model = models.RecordSet
    most_sets = 10_000
    types = PUBLIC
    ttl = "TTL"
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {
        "write": ("dns-record-set-writes", Rate(calls=200)),
        "delete": ("dns-record-set-deletes", Rate(calls=200)),
        "read": ("dns-record-set-reads", Rate(calls=2_000)),
        "list": ("dns-record-set-lists", Rate(calls=60)),
    }

    @property
    def key(self) -> str:
        """The property that holds the records."""
        return self.records.key

    def validate(self, call: Call) -> None:
        """Beside the rules of all: aliases, and what belongs to Azure at the apex."""
        super().validate(call)
        alias.check(call, self.records)
        if call.id.name == APEX and call.existing is not None:
            self._check_apex(call, call.existing.properties)

    def _check_apex(self, call: Call, before: Mapping[str, Any]) -> None:
        if self.records.name == "NS":
            now = {_server(r) for r in self.records.records(call.properties)}
            assigned = {s.rstrip(".").lower() for s in call.private.get("nameServers", ())}
            if not assigned <= now:
                raise call.refuse("BadRequest", CHANGED_APEX_NS)
        if self.records.name == "SOA":
            self._check_soa(call, before)

    def _check_soa(self, call: Call, before: Mapping[str, Any]) -> None:
        """A SOA record is whole afterwards, and its host stays."""
        soa = {**before["SOARecord"], **(call.properties.get("SOARecord") or {})}
        if soa["host"].rstrip(".").lower() != before["SOARecord"]["host"].rstrip(".").lower():
            raise call.refuse(
                "BadRequest", "The host of the SOA record can't be changed: it is assigned by Azure DNS."
            )
        call.properties["SOARecord"] = soa

    def more(self, call: Call) -> Document:
        """The alias target, an empty object when there is none, and the state."""
        return {"provisioningState": "Succeeded", "targetResource": alias.target_of(call.properties) or {}}

    def render(self, context: Context, entry: Entry) -> Document:
        """Without a target that is gone: the set is empty then, and refers to nothing."""
        if alias.is_dangling(context.store, entry):
            return {**entry.document, "properties": {**entry.properties, "targetResource": {}}}
        return entry.document

    def changed(self, context: Context, before: Entry | None, after: Entry | None) -> None:
        """Aliases of a set that is gone become empty for good."""
        super().changed(context, before, after)
        alias.follow(context, before, after)


def _server(record: Mapping[str, Any]) -> str:
    return str(record.get("nsdname", "")).rstrip(".").lower()


def public_sets() -> dict[str, PublicSet]:
    """A kind for each type of Azure DNS."""
    return {
        name: type(
            f"Public{name}Set",
            (PublicSet,),
            {"type": f"Microsoft.Network/dnszones/{name}", "records": TYPES[name]},
        )()
        for name in PUBLIC
    }
