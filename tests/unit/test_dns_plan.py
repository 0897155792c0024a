"""Properties of the plan that hold for all facts, and its cost."""

from __future__ import annotations

import random
import time
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.plan import Plan, plan
from federation.dns.records import RecordSet
from federation.names import Level, Scheme, Service

unhurried = settings(deadline=None)  # one example may wait for a busy machine
FED, DOMAIN = "fed", "example.com"
SCHEME = Scheme(FED, DOMAIN)
ADDRESSES = st.sampled_from(["10.0.0.2", "10.0.1.2", "10.0.10.2", "2001:db8::1", "2001:DB8:0::2"])
MEMBERS = ("m1", "m2", "m3")
SERVICES = tuple(Service("default", name) for name in ("web", "api"))
LEVELS = (Level(), Level("us"), Level("eu"), Level("us", "east"), Level("us", "west"), Level("eu", "east"))

members = st.lists(
    st.builds(
        Member,
        name=st.sampled_from(MEMBERS),
        region=st.sampled_from(["us", "eu", None]),
        zones=st.lists(st.sampled_from(["east", "west"]), max_size=2).map(tuple),
        ready=st.booleans(),
    ),
    unique_by=lambda m: m.name,
).map(tuple)
placements = st.lists(
    st.builds(
        lambda **given_: Placement(**given_),  # noqa: PLW0108  # builds() would add the alias as well
        member=st.sampled_from((*MEMBERS, "gone")),
        applied=st.booleans(),
        addresses=st.lists(ADDRESSES, max_size=3).map(tuple),
        ready_backends=st.integers(0, 2),
    ),
    unique_by=lambda p: p.member,
).map(tuple)
services = st.lists(
    st.builds(
        lambda key, deleted, placed: ServiceFacts(
            namespace=key.namespace, name=key.name, deleted=deleted, placements=placed
        ),
        st.sampled_from(SERVICES),
        st.booleans(),
        placements,
    ),
    unique_by=lambda s: s.name,
).map(tuple)
names = st.builds(SCHEME.name, st.sampled_from(SERVICES), st.sampled_from(LEVELS)) | st.sampled_from(
    [DOMAIN, f"www.{DOMAIN}"]
)
currents = st.lists(
    st.builds(
        Current,
        name=names,
        type=st.sampled_from(["A", "AAAA", "CNAME", "TXT", "UNKNOWN"]),
        ttl=st.sampled_from([30, 180]),
        values=st.lists(ADDRESSES, min_size=1, max_size=3).map(tuple),
        owner=st.sampled_from([FED, FED, FED, "other", None]),
    ),
    unique_by=lambda c: (c.name, c.type),
    max_size=8,
).map(tuple)
facts = st.builds(
    Facts,
    federation=st.just(FED),
    domain=st.just(DOMAIN),
    members=members,
    services=services,
    current=currents,
)


def ours(given_: Facts) -> dict[tuple[str, str], RecordSet]:
    return {c.record.key: c.record for c in given_.current if c.owner == FED and SCHEME.parse(c.name)}


def after(given_: Facts, what: Plan) -> Facts:
    """The same facts once the changes are made, refused where a backend would refuse them."""
    there = {(c.name, c.type): c for c in given_.current}
    for change in what.changes:
        record = change.record
        assert (record.key in there) == (change.action != "create")
        if change.action == "delete":
            assert there.pop(record.key).record == record
        else:
            there[record.key] = Current(
                name=record.name, type=record.type, ttl=record.ttl, values=record.values, owner=FED
            )
    return given_.model_copy(update={"current": tuple(there.values())})


@unhurried
@given(facts, st.randoms())
def test_the_order_of_the_facts_does_not_matter(given_: Facts, chance: random.Random) -> None:
    def shuffled(entries: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(entries, len(entries)))

    placed = tuple(s.model_copy(update={"placements": shuffled(s.placements)}) for s in given_.services)
    mixed = {
        "members": shuffled(given_.members),
        "services": shuffled(placed),
        "current": shuffled(given_.current),
    }
    assert plan(given_.model_copy(update=mixed)) == plan(given_)


@unhurried
@given(facts)
def test_after_the_changes_there_is_nothing_left_to_change(given_: Facts) -> None:
    first = plan(given_)
    second = plan(after(given_, first))
    assert second.changes == ()
    assert (second.records, second.conflicts) == (first.records, first.conflicts)


@unhurried
@given(facts)
def test_the_records_of_a_plan_are_ours_after_its_changes(given_: Facts) -> None:
    what = plan(given_)
    assert what.records == tuple(sorted(ours(after(given_, what)).values()))


@unhurried
@given(facts)
def test_an_address_that_does_not_count_is_never_written(given_: Facts) -> None:
    ready = {m.name for m in given_.members if m.ready}
    counting = {
        (Service(s.namespace, s.name), address)
        for s in given_.services
        if not s.deleted
        for p in s.placements
        if p.member in ready and p.applied and p.ready_backends
        for address in p.addresses
    }
    for change in plan(given_).changes:
        whose = SCHEME.parse(change.record.name)
        assert whose
        if change.action != "delete":
            assert {(whose[0], value) for value in change.record.values} <= counting


@unhurried
@given(facts)
def test_what_is_not_ours_is_never_changed(given_: Facts) -> None:
    foreign = {(c.name, c.type) for c in given_.current if c.owner != FED or not SCHEME.parse(c.name)}
    what = plan(given_)
    assert not foreign & {change.record.key for change in what.changes}
    assert {(c.name, c.type) for c in what.conflicts} <= foreign


@unhurried
@given(facts)
def test_a_service_with_a_conflict_keeps_all_it_has(given_: Facts) -> None:
    what = plan(given_)
    refused = {whose[0] for c in what.conflicts if (whose := SCHEME.parse(c.name))}
    changed = {whose[0] for c in what.changes if (whose := SCHEME.parse(c.record.name))}
    assert not refused & changed
    assert not any(
        {(record.name, "CNAME"), (record.name, "UNKNOWN")}
        & {(c.name, c.type) for c in given_.current if c.owner != FED}
        for change in what.changes
        if change.action != "delete"
        for record in [change.record]
    )


@unhurried
@given(facts)
def test_all_names_of_a_service_answer_as_soon_as_one_address_counts(given_: Facts) -> None:
    what = plan(given_)
    here = {m.name: m for m in given_.members}
    refused = {whose[0] for c in what.conflicts if (whose := SCHEME.parse(c.name))}
    answering = {record.name for record in what.records if record.values}
    for s in given_.services:
        service = Service(s.namespace, s.name)
        placed = [(here[p.member], p) for p in s.placements if p.member in here]
        counts = any(m.ready and p.applied and p.ready_backends and p.addresses for m, p in placed)
        if s.deleted or not counts or service in refused:
            continue
        levels = {Level()}
        for member, _ in placed:
            if member.region:
                levels |= {Level(member.region), *(Level(member.region, zone) for zone in member.zones)}
        wanted = {SCHEME.name(service, level) for level in levels}
        assert {name for name in answering if (w := SCHEME.parse(name)) and w[0] == service} == wanted


@unhurried
@given(facts)
def test_no_name_of_a_service_falls_silent_but_when_it_leaves_the_level(given_: Facts) -> None:
    """Nothing counts anywhere: not one record of the service moves."""
    dark = given_.model_copy(
        update={"members": tuple(m.model_copy(update={"ready": False}) for m in given_.members)}
    )
    alive = {Service(s.namespace, s.name) for s in dark.services if not s.deleted}
    changed = {whose[0] for c in plan(dark).changes if (whose := SCHEME.parse(c.record.name))}
    assert not alive & changed


def large(count_of_members: int, count_of_services: int) -> Facts:
    there = tuple(
        Member(name=f"m{i}", region=f"region-{i}", zones=("1",), ready=i % 5 != 0)
        for i in range(count_of_members)
    )
    placed = [
        tuple(
            Placement(
                member=member.name,
                applied=True,
                addresses=(f"10.{i}.{n // 250}.{n % 250 + 2}",),
                ready_backends=2,
            )
            for i, member in enumerate(there)
        )
        for n in range(count_of_services)
    ]
    wanted = tuple(
        ServiceFacts(namespace="default", name=f"service-{n}", placements=p) for n, p in enumerate(placed)
    )
    return Facts(federation=FED, domain=DOMAIN, members=there, services=wanted)


def test_twenty_members_and_a_thousand_services_cost_little() -> None:
    """Goal: 2 s and 200 MB for the whole command; here with room for a busy machine."""
    text = after(empty := large(20, 1000), plan(empty)).model_dump_json(by_alias=True)
    start = time.process_time()
    what = plan(Facts.model_validate_json(text))
    assert time.process_time() - start < 4
    assert (len(what.records), what.changes) == (41_000, ())


def test_the_memory_of_a_large_plan_is_bounded() -> None:
    text = after(empty := large(20, 200), plan(empty)).model_dump_json(by_alias=True)
    tracemalloc.start()
    try:
        plan(Facts.model_validate_json(text))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6  # a fifth of the services, a fifth of 200 MB
