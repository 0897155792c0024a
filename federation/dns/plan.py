"""What a federation's records shall be, and what to change for it: docs/names.md has the rule as a table of cases.

An address counts if its member is ready, the placement is applied and has a ready backend. A service has a name at
the global level, and at every region and (region, zone) of the members it is placed on, whatever their state. A name
answers with the addresses that count at its own level; if none does, with those of the next wider one.

No clock, no network, no log: the same facts give the same plan, in whatever order they come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from federation.dns.facts import Facts, Member, ServiceFacts
from federation.dns.records import (
    RECORD_TYPES,
    UNREADABLE,
    Change,
    Conflict,
    Key,
    RecordSet,
    sorted_values,
    type_of,
)
from federation.names import GLOBAL, Level, Scheme, Service

_ORDER = {"delete": 0, "update": 1, "create": 2}
"""At one name, what excludes the new goes first: a CNAME leaves before an A comes (RFC 1034 §3.6.2)."""


@dataclass(frozen=True)
class Plan:
    """What to do.

    Attributes:
        records: all records of the federation's services as they are after the changes, by name and type. Those of
            a service with a conflict, or with no address that counts anywhere, are the ones that are there now.
        changes: from now to then, by name; at one name, what is deleted comes first.
        conflicts: by name; nothing is changed for a service that has one.
    """

    records: tuple[RecordSet, ...]
    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True)
class _Zone:
    """The zone as it is: our records by service, everybody else's by name and type."""

    ours: Mapping[Service, Mapping[Key, RecordSet]]
    foreign: Mapping[Key, str | None]

    @classmethod
    def of(cls, facts: Facts, scheme: Scheme) -> _Zone:
        ours: dict[Service, dict[Key, RecordSet]] = defaultdict(dict)
        foreign: dict[Key, str | None] = {}
        for entry in facts.current:
            whose = scheme.parse(entry.name)
            if entry.owner != facts.federation:
                foreign[entry.name, entry.type] = entry.owner
            elif whose:  # else it bears our mark, yet is no service's: not ours to judge
                ours[whose[0]][entry.name, entry.type] = entry.record
        return cls(ours, foreign)

    def conflicts(self, wanted: Iterable[RecordSet]) -> Iterator[Conflict]:
        """Foreign record sets at the same name and type, and what makes all others at a name useless.

        Beside a CNAME nothing may be (RFC 1034 §3.6.2); beside what the server cannot read, nothing is answered.
        """
        keys = {(r.name, kind) for r in wanted for kind in (r.type, "CNAME", UNREADABLE)}
        return (Conflict(name, kind, self.foreign[name, kind]) for name, kind in keys & self.foreign.keys())


def plan(facts: Facts, *, without: Collection[Level] = ()) -> Plan:
    """The plan for all services of the facts, and for those of which only records are left.

    Args:
        facts: of one moment.
        without: levels at which the names are somebody else's: what others have there is in nobody's way, and what is
            ours there goes.
    """
    scheme = Scheme(facts.federation, facts.domain)
    members = {member.name: member for member in facts.members}
    zone = _Zone.of(facts, scheme)
    records: list[RecordSet] = []
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    services = {Service(entry.namespace, entry.name): entry for entry in facts.services}
    for service in services.keys() | zone.ours.keys():
        ours = zone.ours.get(service, {})
        wanted = _wanted(service, services.get(service), members, scheme, facts.ttl)
        if wanted is not None and without:
            wanted = [record for record in wanted if _level(record, scheme) not in without]
        if wanted is None or (refused := list(zone.conflicts(wanted))):
            records.extend(ours.values())
            conflicts.extend(refused if wanted is not None else ())
        else:
            records.extend(wanted)
            changes.extend(_changes(ours, wanted))
    return Plan(
        tuple(sorted(records, key=lambda r: r.key)),
        tuple(sorted(changes, key=lambda c: (c.record.name, _ORDER[c.action], c.record.type))),
        tuple(sorted(conflicts, key=lambda c: (c.name, c.type))),
    )


def _wanted(
    service: Service, entry: ServiceFacts | None, members: Mapping[str, Member], scheme: Scheme, ttl: int
) -> list[RecordSet] | None:
    """The service's records: none if it is gone; None, for leaving them as they are, if nothing counts."""
    if entry is None or entry.deleted:
        return []
    levels = _levels(entry, members)
    if not levels[GLOBAL]:
        return None
    return [
        RecordSet(scheme.name(service, level), kind, ttl, values)
        for level in levels
        for kind, values in _sets(_answer(level, levels))
    ]


def _levels(entry: ServiceFacts, members: Mapping[str, Member]) -> dict[Level, set[str]]:
    """The levels that the service has a name at, each with the addresses that count there."""
    levels: dict[Level, set[str]] = {GLOBAL: set()}
    for placement in entry.placements:
        member = members.get(placement.member)
        if member is None:
            continue
        counts = member.ready and placement.serves
        for level in places(member):
            levels.setdefault(level, set()).update(placement.addresses if counts else ())
    return levels


def places(member: Member) -> list[Level]:
    """The levels that a member is part of. A zone without a region cannot be named."""
    if not member.region:
        return [GLOBAL]
    return [GLOBAL, Level(member.region), *(Level(member.region, zone) for zone in member.zones)]


def _answer(level: Level, levels: Mapping[Level, set[str]]) -> set[str]:
    """The addresses of the nearest level that has any, of whichever family.

    Both families come from one level: a zone with IPv4 only would otherwise send the clients that prefer IPv6 away.
    """
    while not levels[level]:
        level = level.wider
    return levels[level]


def _sets(addresses: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Values by type, for the types that have any."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        by_type[type_of(address)].append(address)
    return ((kind, sorted_values(by_type[kind])) for kind in RECORD_TYPES if by_type[kind])


def _level(record: RecordSet, scheme: Scheme) -> Level | None:
    whose = scheme.parse(record.name)
    return whose[1] if whose else None


def _changes(ours: Mapping[Key, RecordSet], wanted: Sequence[RecordSet]) -> Iterator[Change]:
    keys = {record.key for record in wanted}
    for key, record in ours.items():
        if key not in keys:
            yield Change("delete", record)
    for record in wanted:
        if record.key not in ours:
            yield Change("create", record)
        elif ours[record.key] != record:
            yield Change("update", record)
