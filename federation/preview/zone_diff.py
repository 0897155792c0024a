"""What becomes of the records in each zone, as lines of a zone file after a "+" or "-". Pure.

What a preview plans is not in its events, as addresses are known after the update only: the plan is made here from a
service's inputs, as its provider makes it (`federation.dns.service`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from federation.dns.records import RecordSet
from federation.dns.service import ServiceSpec, sketch
from federation.dns.zonefile import diff
from federation.errors import FederationError
from federation.preview.changes import Change, State
from federation.preview.events import SECRET, UNKNOWN, unknown
from federation.preview.kinds import AKS, RECORDS, plain

RECORD_SET = "azure-native:dns:RecordSet"
MAKING = ("federation", "domain", "namespace", "service", "ttl", "members")
"""Inputs of a service that its records are made of."""
LATER = "(known after the update)"
_VALUES = {
    "aRecords": "ipv4Address",
    "aaaaRecords": "ipv6Address",
    "nsRecords": "nsdname",
}
"""Inputs of a record set in Azure DNS → where the value is in each entry."""
# What inputs may be that nobody has checked: they come from a file.
_UNREADABLE = (ArithmeticError, AttributeError, FederationError, LookupError, TypeError, ValueError)


@dataclass
class _Zone:
    before: list[RecordSet] = field(default_factory=list)
    after: list[RecordSet] = field(default_factory=list)


def zone_diffs(changes: Iterable[Change]) -> dict[str, list[str]]:
    """Zone to its lines, by name; zones in which nothing changes are left out."""
    told = [change for change in changes if not change.unknown]
    zones = defaultdict[str, _Zone](_Zone)
    for change in told:
        if plain(change.type) == RECORD_SET:
            _azure(change, zones)
    aliases = {record.name for zone in zones.values() for record in (*zone.before, *zone.after)}
    anew = {change.name.removesuffix("-cluster") for change in told if _is_replaced_cluster(change)}
    for change in told:
        if change.type == RECORDS and change.op in ("create", "update", "replace", "delete"):
            _service(change, aliases, anew, zones)
    lines = {domain: diff(zones[domain].before, zones[domain].after, domain) for domain in sorted(zones)}
    return {domain: text.splitlines() for domain, text in lines.items() if text}


def _azure(change: Change, zones: Mapping[str, _Zone]) -> None:
    if change.old and (record := _record_set(change.old)):
        zones[change.old["inputs"]["zoneName"]].before.append(record)
    if change.new and (record := _record_set(change.new)):
        zones[change.new["inputs"]["zoneName"]].after.append(record)


def _is_replaced_cluster(change: Change) -> bool:
    return plain(change.type) == AKS and change.op == "replace"


def _service(change: Change, aliases: set[str], anew: set[str], zones: Mapping[str, _Zone]) -> None:
    """Its names, but for those that are a record set of their own in the stack: nobody else writes these.

    The Services of a cluster that is made anew get other addresses.
    """
    placements = (change.old or {}).get("outputs", {}).get("placements")
    addresses = placements if isinstance(placements, Mapping) and not unknown(placements) else {}
    if change.old and (spec := _spec(change.old)):
        written = _written(change.old) if change.op == "delete" else None
        found = _sketched(spec, addresses) if written is None else written
        zones[spec.domain].before += [record for record in found if record.name not in aliases]
    if change.new and (spec := _spec(change.new)):
        found = _sketched(spec, {member: each for member, each in addresses.items() if member not in anew})
        zones[spec.domain].after += [record for record in found if record.name not in aliases]


def _spec(state: State) -> ServiceSpec | None:
    """None if its inputs are not known yet."""
    inputs = state["inputs"]
    try:
        if unknown([inputs[key] for key in MAKING]) or not isinstance(inputs["domain"], str):
            return None
        return ServiceSpec.from_props(inputs)
    except _UNREADABLE:
        return None


def _sketched(spec: ServiceSpec, addresses: Mapping[str, Sequence[str]]) -> Sequence[RecordSet]:
    """All its records when all is well."""
    try:
        return sketch(spec, addresses)
    except _UNREADABLE:
        return ()


def _written(state: State) -> list[RecordSet] | None:
    """What the last update wrote; None if it cannot be read."""
    try:
        return [
            RecordSet(str(r["name"]), str(r["type"]), int(r["ttl"]), tuple(map(str, r["values"])))
            for r in state["outputs"]["records"]
        ]
    except _UNREADABLE:
        return None


def _record_set(state: State) -> RecordSet | None:
    inputs = state["inputs"]
    try:
        name = f"{inputs['relativeRecordSetName']}.{inputs['zoneName']}"
        if not isinstance(inputs["zoneName"], str) or UNKNOWN in name or SECRET in name:
            return None
        return RecordSet(name, str(inputs["recordType"]), int(inputs["ttl"]), tuple(_values(inputs)))
    except _UNREADABLE:
        return None


def _values(inputs: Mapping[str, Any]) -> Iterator[str]:
    if target := inputs.get("targetResource"):
        id_ = str(target.get("id")) if isinstance(target, Mapping) else UNKNOWN
        yield LATER if UNKNOWN in id_ else f"(alias of {id_.rpartition('/')[2]})"
    for key, inner in _VALUES.items():
        entries = inputs.get(key, [])
        if unknown(entries):
            yield LATER
            continue
        yield from sorted(str(entry[inner]) for entry in entries)
