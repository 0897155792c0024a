"""One service's records in stores in memory: waited for, written in all or none, looked at, removed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from federation.dns.memory import MemoryBackend
from federation.dns.provision import Found, look_over, provide, remove, write
from federation.dns.records import Change, RecordSet
from federation.dns.view import View
from federation.errors import ConflictError, NotInTimeError
from tests.unit.dns_service_fixtures import BOTH, EAST, GLOBAL, SPEC, US, WEST, answers, view
from tests.unit.kube_fixtures import instant

ALL = {
    GLOBAL: ("10.0.0.2", "10.0.1.2"),
    US: ("10.0.0.2", "10.0.1.2"),
    EAST: ("10.0.0.2",),
    WEST: ("10.0.1.2",),
}
LATE = "service default/nginx has no load balancer address on member fc02 yet"
OTHER = RecordSet(WEST, "CNAME", 300, ("elsewhere.example.org",))
STRANGE = RecordSet("www.example.com", "A", 300, ("10.9.9.9",))
FIX = (
    "see what `kubectl describe service nginx -n default` says in these members and whether they have a load "
    "balancer, then run `pulumi up` again"
)


def seen(*views: View) -> Callable[[], View]:
    """Each look shows the next view; the last one stays."""
    left = list(views)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_records_are_written_when_the_last_address_is_there() -> None:
    backend, told, late = MemoryBackend(), list[str](), view(BOTH | {"fc02": None}, problems=[LATE])
    look = seen(*[late] * 20, view(BOTH))
    written = provide(SPEC, look, [backend], instant(60, told), say=told.append)
    assert answers(backend) == ALL
    assert {record.name: record.values for record in written.records} == ALL
    assert written.standing.counting == {"fc01": ("10.0.0.2",), "fc02": ("10.0.1.2",)}
    assert told == [
        f"addresses of service default/nginx: waiting, {LATE} (55 s left)",
        "service default/nginx: memory: + nginx.default.fed.svc.east.us 30 IN A 10.0.0.2",
        "service default/nginx: memory: + nginx.default.fed.svc 30 IN A 10.0.0.2",
        "service default/nginx: memory: + nginx.default.fed.svc 30 IN A 10.0.1.2",
        "service default/nginx: memory: + nginx.default.fed.svc.us 30 IN A 10.0.0.2",
        "service default/nginx: memory: + nginx.default.fed.svc.us 30 IN A 10.0.1.2",
        "service default/nginx: memory: + nginx.default.fed.svc.west.us 30 IN A 10.0.1.2",
    ]


def test_an_address_that_does_not_come_is_a_warning_where_others_count() -> None:
    backend, told = MemoryBackend(), list[str]()
    look = seen(view(BOTH | {"fc02": None}, problems=[LATE]))
    written = provide(SPEC, look, [backend], instant(60), say=told.append)
    assert told[0] == (
        f"warning: service default/nginx: {LATE}; its names answer with the addresses of the others"
    )
    assert answers(backend) == dict.fromkeys(ALL, ("10.0.0.2",))
    assert written.standing.counting == {"fc01": ("10.0.0.2",)}


def test_without_any_address_nothing_is_written_and_what_is_missing_is_said() -> None:
    backend, late = MemoryBackend(), view({"fc01": None, "fc02": None}, problems=["fc01: none", "fc02: none"])
    with pytest.raises(NotInTimeError) as raised:
        provide(SPEC, seen(late), [backend], instant(60))
    assert str(raised.value) == (
        f"addresses of service default/nginx: not so within 60 s: fc01: none; fc02: none. Next: {FIX}."
    )
    assert answers(backend) == {}


def test_when_nothing_counts_any_more_the_last_answer_stays() -> None:
    backend, told = MemoryBackend(), list[str]()
    write(SPEC, seen(view(BOTH)), [backend])
    dead = view(BOTH, down=["fc01", "fc02"], problems=["all are dead"])
    written = provide(SPEC, seen(dead), [backend], instant(60), say=told.append)
    assert told == [
        "warning: addresses of service default/nginx: not so within 60 s: all are dead; the records stay as they are"
    ]
    assert answers(backend) == ALL
    assert {record.name: record.values for record in written.records} == ALL


def test_addresses_that_are_gone_again_at_the_writing_are_not_written() -> None:
    backend = MemoryBackend()
    with pytest.raises(NotInTimeError) as raised:
        write(SPEC, seen(view(BOTH), view(BOTH, down=["fc01", "fc02"], problems=["dead"])), [backend])
    assert str(raised.value) == f"addresses of service default/nginx: none counts: dead. Next: {FIX}."


def test_somebody_elses_record_in_one_store_leaves_all_stores_as_they_were() -> None:
    free, taken = MemoryBackend(), MemoryBackend([(OTHER, "other"), (STRANGE, None)])
    with pytest.raises(ConflictError) as raised:
        write(SPEC, seen(view(BOTH)), [free, taken])
    assert str(raised.value) == (
        f"service default/nginx: records of others at its names: {WEST} CNAME of other in memory; nothing is changed "
        "for it. Next: remove these records, or rename the service, then run `pulumi up` again."
    )
    assert answers(free) == {}
    assert answers(taken) == {WEST: OTHER.values, "www.example.com": STRANGE.values}


def test_all_stores_are_written_and_a_second_time_changes_nothing() -> None:
    backends = [MemoryBackend(), MemoryBackend([(STRANGE, None)])]
    write(SPEC, seen(view(BOTH)), backends)
    before = [backend.read() for backend in backends]
    told = list[str]()
    write(SPEC, seen(view(BOTH)), backends, say=told.append)
    assert [backend.read() for backend in backends] == before
    assert told == []
    assert answers(backends[1]) == ALL | {"www.example.com": STRANGE.values}


def test_removal_takes_our_records_of_the_service_of_every_type_and_nothing_else() -> None:
    text = RecordSet(GLOBAL, "TXT", 30, ("ours",))
    kept = [
        (RecordSet("nginx2.default.fed.svc.example.com", "A", 30, ("10.0.0.7",)), "fed"),
        (RecordSet("nginx.default.fed2.svc.example.com", "A", 30, ("10.0.0.7",)), "fed2"),
        (RecordSet(US, "TXT", 30, ("theirs",)), "other"),
        (STRANGE, None),
    ]
    backend = MemoryBackend(kept)
    before = backend.read()
    write(SPEC, seen(view(BOTH)), [backend])
    backend.write([Change("create", text)], backend.read(), owner="fed")
    assert {(record.name, record.type) for record in remove(SPEC, backend)} == {
        *((name, "A") for name in ALL),
        (GLOBAL, "TXT"),
    }
    assert backend.read() == before
    assert remove(SPEC, backend) == ()


def written(backend: MemoryBackend) -> dict[tuple[str, str], tuple[str, ...]]:
    done = write(SPEC, seen(view(BOTH)), [backend], say=lambda text: None)
    return {record.key: record.values for record in done.records}


def test_a_look_tells_what_somebody_else_has_changed_in_which_store() -> None:
    backend, other = MemoryBackend(), MemoryBackend()
    was = written(backend) | written(other)
    stray = Change("update", RecordSet(EAST, "A", 30, ("10.9.9.9",)))
    other.write([stray], other.read(), owner="fed")
    found = look_over(SPEC, seen(view(BOTH)), [backend, other], was)
    assert found == Found((f"memory: {EAST} A has 10.9.9.9, which no member has",), gone=False)


@pytest.mark.parametrize(("now", "gone"), [(view(BOTH), True), (view(BOTH, down=["fc01", "fc02"]), False)])
def test_the_resource_is_gone_only_if_no_record_is_left_and_there_should_be_some(
    now: View, gone: bool
) -> None:
    backend = MemoryBackend()
    was = written(backend)
    remove(SPEC, backend)
    assert look_over(SPEC, seen(now), [backend], was).gone is gone
    full = MemoryBackend()
    written(full)
    assert not look_over(SPEC, seen(now), [backend, full], was).gone
