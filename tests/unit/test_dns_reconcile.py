"""Read, plan, write: what others own stays, what is ours goes with its service, and no writer's news are lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.dns.backend import StaleError
from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.memory import MemoryBackend
from federation.dns.reconcile import reconcile
from federation.dns.records import Change, Conflict, Key, RecordSet, Stored
from tests.unit.turns_fixtures import Turns

FED, DOMAIN = "fed", "example.com"
NAMES = ("nginx", "nginx2")
MEMBERS = (
    Member(name="fc01", region="us", zones=("east",), ready=True),
    Member(name="fc02", region="us", zones=("west",), ready=True),
)
LEVELS = ("svc", "svc.us", "svc.east.us", "svc.west.us")
GLOBAL = "nginx.default.fed.svc.example.com"


def service(name: str, addresses: Mapping[str, str], *, deleted: bool = False) -> ServiceFacts:
    """On the members that have an address."""
    placements = tuple(
        Placement(member=member, applied=True, addresses=(address,), ready_backends=1)
        for member, address in sorted(addresses.items())
    )
    return ServiceFacts(namespace="default", name=name, deleted=deleted, placements=placements)


def facts(current: tuple[Current, ...], *services: ServiceFacts) -> Facts:
    return Facts(federation=FED, domain=DOMAIN, members=MEMBERS, services=services, current=current)


addresses = st.dictionaries(
    st.sampled_from(["fc01", "fc02"]), st.sampled_from(["10.0.0.2", "10.0.0.3", "2001:db8::2"]), max_size=2
)
foreign = st.lists(
    st.tuples(
        st.builds(
            RecordSet,
            name=st.builds(
                lambda name, fed, level: f"{name}.default.{fed}.{level}.{DOMAIN}",
                st.sampled_from([*NAMES, "web"]),
                st.sampled_from([FED, "fed2"]),
                st.sampled_from(LEVELS),
            ),
            type=st.sampled_from(["A", "AAAA", "CNAME", "TXT", "UNKNOWN"]),
            ttl=st.integers(0, 900),
            values=st.sampled_from([("10.9.9.9",), ("of somebody else",)]),
        ),
        st.sampled_from([None, "fed2", "other"]),
    ),
    unique_by=lambda entry: entry[0].key,
    max_size=5,
)


@settings(max_examples=2000, deadline=None)
@given(foreign, st.lists(st.tuples(addresses, addresses), max_size=3))
def test_others_records_stay_and_a_deleted_service_leaves_none(
    others: list[tuple[RecordSet, str | None]], steps: list[tuple[dict[str, str], dict[str, str]]]
) -> None:
    backend = MemoryBackend(others)
    before = backend.read()
    for placed in steps:
        services = [service(name, where) for name, where in zip(NAMES, placed, strict=True)]
        reconcile(backend, lambda current: facts(current, *services), owner=FED)  # noqa: B023  # called at once
        assert before.items() <= backend.read().items()
        again = reconcile(backend, lambda current: facts(current, *services), owner=FED)  # noqa: B023
        assert not again.written
    kept = {key: each for key, each in backend.read().items() if key[0].startswith("nginx2.")}
    last = [service("nginx2", steps[-1][1])] if steps else []
    gone = service("nginx", {}, deleted=True)
    reconcile(backend, lambda current: facts(current, gone, *last), owner=FED)
    assert {key: each for key, each in backend.read().items() if key[0].startswith("nginx2.")} == kept
    assert not [
        key for key, each in backend.read().items() if key[0].startswith("nginx.") and each.owner == FED
    ]
    reconcile(backend, facts, owner=FED)
    assert backend.read() == before


class Slow(MemoryBackend):
    """Lets somebody else in before each write.

    Attributes:
        others: do so, one a write.
        writes: how many have begun.
    """

    def __init__(self, others: Sequence[RecordSet]) -> None:
        super().__init__()
        self.others, self.writes = list(others), 0

    def write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], *, owner: str) -> None:
        self.writes += 1
        if self.others:
            record, now = self.others.pop(0), self.read()
            super().write([Change("update" if record.key in now else "create", record)], now, owner=FED)
        super().write(changes, seen, owner=owner)


def placed(current: tuple[Current, ...]) -> Facts:
    return facts(current, service("nginx", {"fc01": "10.0.0.2"}))


def stale(number: int) -> RecordSet:
    return RecordSet(GLOBAL, "A", 30, (f"10.0.1.{number}",))


def test_who_comes_second_starts_anew() -> None:
    backend = Slow([stale(1), stale(2)])
    result = reconcile(backend, placed, owner=FED)
    assert (result.written, backend.writes) == (True, 3)
    assert {each.record for each in backend.read().values()} == set(result.plan.records)
    assert backend.read()[GLOBAL, "A"].record.values == ("10.0.0.2",)


def test_who_is_always_second_is_told_in_the_end() -> None:
    backend = Slow([stale(number) for number in range(9)])
    with pytest.raises(StaleError) as raised:
        reconcile(backend, placed, owner=FED, attempts=3)
    assert str(raised.value) == (
        f"records of {GLOBAL} in memory: somebody else has changed them. Next: try again."
    )
    assert backend.writes == 3


def test_a_dry_run_only_plans() -> None:
    backend = Slow([])
    result = reconcile(backend, placed, owner=FED, dry_run=True)
    assert [change.action for change in result.plan.changes] == ["create"] * 3
    assert (result.written, backend.writes) == (False, 0)


def test_without_changes_nothing_is_written() -> None:
    backend = Slow([])
    assert reconcile(backend, placed, owner=FED).written
    assert not reconcile(backend, placed, owner=FED).written
    assert backend.writes == 1


def test_a_conflict_is_told_and_nothing_of_its_service_is_written() -> None:
    backend = MemoryBackend([(stale(1), "other")])
    before = backend.read()
    result = reconcile(backend, placed, owner=FED)
    assert result.plan.conflicts == (Conflict(GLOBAL, "A", "other"),)
    assert (result.written, backend.read()) == (False, before)


class InTurns:
    """A backend whose user may be interrupted before each reading and each writing."""

    name = "memory"
    without = ()

    def __init__(self, backend: MemoryBackend, turns: Turns, thread: int) -> None:
        self._backend, self._turns, self._thread = backend, turns, thread

    def read(self) -> Mapping[Key, Stored]:
        self._turns.wait(self._thread)
        return self._backend.read()

    def write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], *, owner: str) -> None:
        self._turns.wait(self._thread)
        self._backend.write(changes, seen, owner=owner)


def interleaved(seed: int) -> tuple[MemoryBackend, dict[str, str], list[int], list[Exception]]:
    """Two writers: each learns three times that its member has another address, and reconciles."""
    backend, world, turns = MemoryBackend(), dict[str, str](), Turns(seed, 2)
    failures = list[Exception]()

    def work(thread: int) -> None:
        mine = InTurns(backend, turns, thread)

        def known(current: tuple[Current, ...]) -> Facts:
            turns.wait(thread)
            return facts(current, service("nginx", world))

        turns.wait(thread)
        try:
            for number in range(3):
                world[MEMBERS[thread].name] = f"10.0.{thread}.{number}"
                reconcile(mine, known, owner=FED, attempts=9)
        except Exception as error:  # noqa: BLE001  # told by the test
            failures.append(error)
        turns.end(thread)

    threads = [Thread(target=work, args=(thread,)) for thread in (0, 1)]
    for thread in threads:
        thread.start()
    order = turns.run()
    for thread in threads:
        thread.join(30)
    return backend, world, order, failures


def test_two_writers_at_once_lose_no_update() -> None:
    orders = set()
    for seed in range(2100):
        backend, world, order, failures = interleaved(seed)
        orders.add(tuple(order))
        assert failures == [], seed
        assert world == {"fc01": "10.0.0.2", "fc02": "10.0.1.2"}
        found = {name: each.record.values for (name, _), each in backend.read().items()}
        assert found == {
            f"nginx.default.fed.svc.{DOMAIN}": ("10.0.0.2", "10.0.1.2"),
            f"nginx.default.fed.svc.us.{DOMAIN}": ("10.0.0.2", "10.0.1.2"),
            f"nginx.default.fed.svc.east.us.{DOMAIN}": ("10.0.0.2",),
            f"nginx.default.fed.svc.west.us.{DOMAIN}": ("10.0.1.2",),
        }, seed
    assert len(orders) >= 2000
