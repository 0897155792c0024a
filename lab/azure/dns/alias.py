"""Alias record sets: sets that point to a resource, and have its addresses for as long as it is there.

Source: learn.microsoft.com/azure/dns/dns-alias.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from lab.azure.dns import routing, zonesets
from lab.azure.dns.state import of
from lab.azure.dns.types import TYPES, RecordType
from lab.azure.http import Document
from lab.azure.ids import parse
from lab.azure.kinds import Call, Context
from lab.azure.store import Entry, Store

PUBLIC_IP = "microsoft.network/publicipaddresses"
PROFILE = "microsoft.network/trafficmanagerprofiles"
SETS = "microsoft.network/dnszones"
ALIASES_OF_A_RESOURCE = 20
_FAMILIES = {"A": 4, "AAAA": 6}
_LONGEST_CHAIN = 8


def target_of(properties: Mapping[str, Any]) -> Document | None:
    """`{"id": ...}` of a set that is an alias; None for one that is none."""
    found = properties.get("targetResource") or {}
    return {"id": found["id"]} if found.get("id") else None


def is_dangling(store: Store, entry: Entry) -> bool:
    """Whether an alias points to what is no longer there."""
    target = target_of(entry.properties)
    return target is not None and store.get(target["id"]) is None


def check(call: Call, records: RecordType) -> None:
    """Raise the `ArmError` of an alias that can't be."""
    target = target_of(call.properties)
    if target is None:
        return
    if not records.alias:
        raise call.refuse("BadRequest", f"A record set of type {records.name} can't be an alias.")
    if records.records(call.properties):
        raise call.refuse("BadRequest", "A record set has records, or a target resource, and not both.")
    entry = call.context.store.get(target["id"])
    if entry is None:
        raise call.refuse("BadRequest", f"The target resource '{target['id']}' does not exist.")
    if mistake := _target_mistake(call, records, entry):
        raise call.refuse("BadRequest", f"The target resource '{target['id']}' can't be used: {mistake}.")
    others = [e for e in aliases_of(call.context, entry.id) if e.id.lower() != call.id.key]
    if len(others) >= ALIASES_OF_A_RESOURCE:
        raise call.refuse(
            "BadRequest",
            f"The target resource '{target['id']}' has {len(others)} alias record sets, the most it can.",
        )


def _target_mistake(call: Call, records: RecordType, target: Entry) -> str | None:
    kind = target.type.lower()
    if kind == PUBLIC_IP and records.name in _FAMILIES:
        version = target.properties.get("publicIPAddressVersion", "IPv4")
        return None if version == f"IPv{_FAMILIES[records.name]}" else f"its addresses are {version}"
    if kind == PROFILE:
        named = records.name == "CNAME" or routing.has_addresses_only(call.context.store, target)
        return None if named else "not all its endpoints are external ones with an IP address"
    if kind.startswith(f"{SETS}/"):
        same_zone = parse(target.id).parent.key == call.id.parent.key  # type: ignore[union-attr]
        if not same_zone or kind != f"{SETS}/{records.name}".lower():
            return f"it is no record set of type {records.name} in the same zone"
        return "it is the record set itself" if target.id.lower() == call.id.key else None
    return f"a record set of type {records.name} can't be an alias of a resource of type {target.type}"


def aliases_of(context: Context, id_: str) -> list[Entry]:
    """The sets that point to a resource."""
    found = (context.store.get(key) for key in sorted(_index(context).get(id_.lower(), ())))
    return [entry for entry in found if entry is not None]


def _index(context: Context) -> dict[str, set[str]]:
    """Who points where. Without it, a zone of 5,000 sets would be read 5,000 times when it is deleted."""
    state = of(context)
    if state.aliases is None:
        state.aliases = {}
        for name, kind in TYPES.items():
            for entry in context.store.of_type(f"{SETS}/{name}") if kind.alias else ():
                _note(state.aliases, entry)
    return state.aliases


def _note(index: dict[str, set[str]], entry: Entry) -> None:
    if target := target_of(entry.properties):
        index.setdefault(target["id"].lower(), set()).add(entry.id.lower())


def follow(context: Context, before: Entry | None, after: Entry | None) -> None:
    """Note a change of a set that may be an alias, and release the aliases of one that is gone."""
    index = _index(context)
    if before is not None and (target := target_of(before.properties)):
        index.get(target["id"].lower(), set()).discard(before.id.lower())
    if after is not None:
        _note(index, after)
    elif before is not None:
        release(context, before.id)


def release(context: Context, id_: str) -> None:
    """Make every alias of a resource that is gone an empty set, that refers to nothing."""
    for entry in aliases_of(context, id_):
        document = {**entry.document, "properties": {**entry.properties, "targetResource": {}}}
        zonesets.note(context, entry, context.store.put(entry.resource_id, entry.type, document))
    _index(context).pop(id_.lower(), None)


def release_dangling(context: Context) -> None:
    """`release` for resources of other packages, which tell nobody that they go: public IP addresses."""
    with context.store.transaction():
        for target in list(_index(context)):
            if context.store.get(target) is None:
                release(context, target)


def touch(context: Context) -> None:
    """Say that what is answered may be another thing now."""
    of(context).dirty.set()


def resolve(context: Context, entry: Entry) -> tuple[str, ...]:
    """The records of a set as they are now, as a zone file has them: an alias has those of its target."""
    record_type = TYPES[entry.type.rpartition("/")[2].upper()]
    for _ in range(_LONGEST_CHAIN):
        target = target_of(entry.properties)
        if target is None:
            return tuple(record_type.rdata(entry.properties))
        found = context.store.get(target["id"])
        if found is None:
            return ()
        if not found.type.lower().startswith(f"{SETS}/"):
            return _of_resource(context, found, record_type)
        entry = found
    return ()


def _of_resource(context: Context, target: Entry, record_type: RecordType) -> tuple[str, ...]:
    if target.type.lower() == PUBLIC_IP:
        address = target.properties.get("ipAddress")
        return _of_family([address] if address else [], record_type)
    if record_type.name == "CNAME":
        return (f"{target.properties['dnsConfig']['fqdn']}.",)
    return _of_family(routing.targets(context, target), record_type)


def _of_family(addresses: Sequence[str], record_type: RecordType) -> tuple[str, ...]:
    family = _FAMILIES.get(record_type.name)
    return tuple(a for a in addresses if family and is_address(a) == family)


def is_address(text: str) -> int | None:
    """4 or 6 for an IP address, else None."""
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return None
