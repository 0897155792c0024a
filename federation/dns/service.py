"""The records of one federated service, as a resource of a stack has them: decisions over plain data.

What is asked and written for it is in `federation.dns.provision`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

from federation.dns import limits
from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.plan import Plan, plan
from federation.dns.records import Key, RecordSet
from federation.dns.view import View, facts_of
from federation.dns.zonefile import diff
from federation.errors import ConflictError
from federation.names import Level, Scheme, Service

TIMEOUT_SECONDS = 180.0
"""How long a load balancer may take for its first address: minutes in a cloud, seconds on premises."""
_PLACEHOLDER = int(IPv4Address("192.0.2.0"))
"""Stands for addresses that are not known yet (RFC 5737), and is never shown."""


@dataclass(frozen=True, kw_only=True)
class ServiceSpec:
    """What a stack wants of a service's names.

    Attributes:
        federation: its name, also the owner of its records.
        domain: its DNS zone.
        ttl: seconds.
        service: whose names these are.
        members: of the federation, as far as names need them: what they are when all is well.
        timeout: seconds that its addresses may take.
    """

    federation: str
    domain: str
    ttl: int
    service: Service
    members: tuple[Member, ...]
    timeout: float = TIMEOUT_SECONDS

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> ServiceSpec:
        """From a resource's inputs or outputs, with keys in camelCase; numbers arrive as floats."""
        members = (
            Member(name=m["name"], region=m.get("region"), zones=tuple(m.get("zones") or ()), ready=True)
            for m in props["members"]
        )
        return cls(
            federation=props["federation"],
            domain=props["domain"],
            ttl=int(props["ttl"]),
            service=Service(props["namespace"], props["service"]),
            members=tuple(members),
            timeout=float(props.get("timeoutSeconds") or TIMEOUT_SECONDS),
        )

    @property
    def subject(self) -> str:
        """How messages call it."""
        return f"service {self.service}"

    @property
    def scheme(self) -> Scheme:
        """Of its names."""
        return Scheme(self.federation, self.domain)

    @property
    def name(self) -> str:
        """Its global name, which no other service has."""
        return self.scheme.name(self.service)

    def own(self, current: Iterable[Current]) -> tuple[Current, ...]:
        """Those record sets that are at its names, whoever owns them."""
        found = ((entry, self.scheme.parse(entry.name)) for entry in current)
        return tuple(entry for entry, whose in found if whose and whose[0] == self.service)

    def facts(self, view: View, current: Iterable[Current]) -> Facts:
        """What is known about it now, with the record sets at its names; of a view with no other service."""
        return facts_of(
            view, federation=self.federation, domain=self.domain, ttl=self.ttl, current=self.own(current)
        )

    def gone(self, current: Iterable[Current]) -> Facts:
        """Facts by which the service has none of its records any more, and everything else stays."""
        return Facts(federation=self.federation, domain=self.domain, ttl=self.ttl, current=self.own(current))


@dataclass(frozen=True)
class Standing:
    """How far a service has come.

    Attributes:
        counting: members with addresses that count, and these addresses.
        settled: whether some count, and no member that is ready lacks one. A member that is not ready may stay so for
            long, and a service may have no backend on a member for good: neither is waited for where others count.
        missing: what does not count and why, in one line; empty if all does.
    """

    counting: Mapping[str, tuple[str, ...]]
    settled: bool
    missing: str


def standing(view: View, service: Service) -> Standing:
    """The addresses of a service, in a view with no other service."""
    found = next((each for each in view.services if _is(each, service)), None)
    if found is None or found.deleted:
        why = (
            "is being deleted"
            if found
            else "is not in the federation API as one of type LoadBalancer with names"
        )
        return Standing({}, settled=False, missing=f"it {why}")
    ready = {member.name for member in view.members if member.ready}
    there = [placement for placement in found.placements if placement.member in ready]
    counting = {p.member: p.addresses for p in there if p.serves}
    settled = bool(counting) and all(placement.addresses for placement in there)
    missing = "; ".join(view.problems) or ("" if counting else "it is placed on no member")
    return Standing(counting, settled, missing)


def _is(entry: ServiceFacts, service: Service) -> bool:
    return (entry.namespace, entry.name) == service


def sketch(
    spec: ServiceSpec, addresses: Mapping[str, Sequence[str]], *, without: Collection[Level] = ()
) -> tuple[RecordSet, ...]:
    """All record sets of the service when all is well and it is on all members.

    Args:
        spec: of the service.
        addresses: by member; where one is not known yet, "(address in MEMBER)" stands for it.
        without: levels at which the names are somebody else's.
    """
    unknown = {
        str(IPv4Address(_PLACEHOLDER + number)): member.name
        for number, member in enumerate(spec.members)
        if member.name not in addresses
    }
    placements = {**addresses, **{name: [placeholder] for placeholder, name in unknown.items()}}
    shown = {placeholder: f"(address in {name})" for placeholder, name in unknown.items()}
    return tuple(
        replace(record, values=tuple(sorted(shown.get(value, value) for value in record.values)))
        for record in plan(_all_well(spec, placements), without=without).records
    )


def _all_well(spec: ServiceSpec, addresses: Mapping[str, Sequence[str]]) -> Facts:
    placements = tuple(
        Placement(member=member, applied=True, addresses=tuple(each), ready_backends=1)
        for member, each in addresses.items()
    )
    namespace, name = spec.service
    service = ServiceFacts(namespace=namespace, name=name, placements=placements)
    return Facts(
        federation=spec.federation,
        domain=spec.domain,
        ttl=spec.ttl,
        members=spec.members,
        services=(service,),
    )


def check(spec: ServiceSpec, backend: str, records: Iterable[RecordSet]) -> None:
    """Pass if a backend can hold the service's records. Raises `LimitError`."""
    known = {each.backend: each for each in (limits.COREDNS, limits.AZURE)}
    limits.check(records, known.get(backend, limits.Limits(backend)), spec.scheme)


def check_zone(specs: Iterable[ServiceSpec], bounds: limits.Limits, *, others: int = 2) -> None:
    """Pass if a zone can hold the records of all services of a federation when all is well. Raises `LimitError`.

    Args:
        specs: of all services.
        bounds: of the zone's backend.
        others: record sets that are there anyway: SOA and NS.
    """
    found, scheme = list[RecordSet](), None
    for spec in specs:
        scheme = scheme or spec.scheme
        found += sketch(spec, {})
    if scheme is not None:
        limits.check(found, bounds, scheme, others=others)


def preview(
    old: ServiceSpec | None,
    new: ServiceSpec,
    addresses: Mapping[str, Sequence[str]],
    *,
    without: Collection[Level] = (),
) -> str:
    """What becomes of a service's records, as lines of a zone file after a "+" or "-".

    Args:
        old: of the service as it is; None if it is new.
        new: as it shall be.
        addresses: by member, as far as they are known.
        without: levels at which the names are somebody else's in all stores.
    """
    before = sketch(old, addresses, without=without) if old else ()
    return diff(before, sketch(new, addresses, without=without), new.domain)


def nested(one: str, other: str) -> bool:
    """Whether one zone lies in the other: a service's name in a region of one may be a global name of the other."""
    return one.endswith(f".{other}") or other.endswith(f".{one}")


def refusal(spec: ServiceSpec, plans: Iterable[tuple[str, Plan]]) -> ConflictError | None:
    """What to tell about somebody else's records at the service's names, by the plans for their backends."""
    found = [
        f"{conflict.name} {conflict.type} of {conflict.owner or 'nobody known'} in {backend}"
        for backend, made in plans
        for conflict in made.conflicts
    ]
    if not found:
        return None
    return ConflictError(
        spec.subject,
        f"records of others at its names: {', '.join(found)}; nothing is changed for it",
        "remove these records, or rename the service, then run `pulumi up` again",
    )


def drift(
    spec: ServiceSpec,
    view: View,
    current: Iterable[Current],
    written: Mapping[Key, Sequence[str]],
    *,
    without: Collection[Level] = (),
) -> tuple[str, ...]:
    """What somebody else has done to the records in one store: a sentence each, by name.

    What the DNS controller does is none: it adds, changes and removes record sets as members come and go. So a record
    set of ours is somebody else's work only if an address in it was never one of the service's, and a missing one
    only if it was there and its name has an answer.

    Args:
        spec: of the service.
        view: what is known now.
        current: what the store has now.
        written: record sets as the resource has written them last, with their values.
        without: levels at which the names are somebody else's in the store.
    """
    own = spec.own(current)
    facts = spec.facts(view, own)
    made = plan(facts, without=without)
    found = [(c.name, f"{c.name} {c.type} belongs to {c.owner or 'nobody known'}") for c in made.conflicts]
    if standing(view, spec.service).counting:
        found += _strays(spec, facts, {value for values in written.values() for value in values})
        present = {(entry.name, entry.type) for entry in own}
        missing = ({record.key for record in made.records} & written.keys()) - present
        found += [(name, f"{name} {kind} is gone") for name, kind in missing]
    return tuple(text for _, text in sorted(found))


def _strays(spec: ServiceSpec, facts: Facts, known: set[str]) -> Iterator[tuple[str, str]]:
    """Record sets of ours with addresses that no member has, or had when they were written."""
    there = {a for each in facts.services for placement in each.placements for a in placement.addresses}
    for entry in facts.current:
        if entry.owner != spec.federation:
            continue
        if strange := sorted(set(entry.record.values) - there - known):
            text = f"{entry.name} {entry.type} has {' '.join(strange)}, which no member has"
            yield entry.name, text


def outputs(
    spec: ServiceSpec, records: Sequence[RecordSet], addresses: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """A resource's outputs.

    Args:
        spec: of the service.
        records: all of it.
        addresses: those that count, by member.
    """
    names = sorted({spec.name, *(r.name for r in records)}, key=lambda name: (name.count("."), name))
    return {
        "names": names,
        "addresses": sorted({value for each in addresses.values() for value in each}),
        "placements": {member: list(each) for member, each in sorted(addresses.items())},
        "records": [
            {"name": r.name, "type": r.type, "ttl": r.ttl, "values": list(r.values)} for r in records
        ],
        "owner": spec.federation,
        "drift": [],
    }
