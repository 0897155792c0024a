"""Leader election: one works, another takes over when it is gone, and nobody works without the lease."""

from __future__ import annotations

import threading
import time

import pytest

from federation.controllers.leader import Election, Timing, lead
from federation.errors import UnreachableError
from tests.unit.controller_fixtures import Cluster, Logged

SHORT = Timing(lease=1, give_up=0.3, renew=0.05)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def election(cluster: Cluster, me: str, clock: Clock | None = None, timing: Timing | None = None) -> Election:
    return Election(cluster.connect, "ns", "lease", me, timing=timing, clock=clock or Clock())


def spec(cluster: Cluster) -> dict[str, object]:
    found = cluster.objects["leases", "ns", "lease"]["spec"]
    return {key: found[key] for key in ("holderIdentity", "leaseDurationSeconds", "leaseTransitions")}


def test_the_first_candidate_makes_the_lease() -> None:
    cluster = Cluster()
    assert election(cluster, "a").attempt()
    assert spec(cluster) == {"holderIdentity": "a", "leaseDurationSeconds": 10, "leaseTransitions": 0}


def test_a_lease_that_is_held_is_not_taken_until_it_has_not_changed_for_its_whole_duration() -> None:
    cluster, clock = Cluster(), Clock()
    first, second = election(cluster, "a", clock), election(cluster, "b", clock)
    assert first.attempt()
    assert not second.attempt()
    clock.now += 9.9
    assert not second.attempt()
    clock.now += 0.2
    assert second.attempt()
    assert spec(cluster) == {"holderIdentity": "b", "leaseDurationSeconds": 10, "leaseTransitions": 1}
    assert not first.attempt(), "who has lost it knows"


def test_a_lease_that_is_renewed_stays() -> None:
    cluster, clock = Cluster(), Clock()
    first, second = election(cluster, "a", clock), election(cluster, "b", clock)
    for _ in range(10):
        assert first.attempt()
        assert not second.attempt()
        clock.now += 5
    assert spec(cluster)["leaseTransitions"] == 0


def test_times_that_a_candidate_with_another_clock_wrote_do_not_matter() -> None:
    cluster, clock = Cluster(), Clock()
    assert election(cluster, "a", clock).attempt()
    cluster.objects["leases", "ns", "lease"]["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"
    assert not election(cluster, "b", clock).attempt()


def test_a_lease_that_was_given_back_is_taken_at_once() -> None:
    cluster, clock = Cluster(), Clock()
    first, second = election(cluster, "a", clock), election(cluster, "b", clock)
    assert first.attempt()
    first.release()
    assert second.attempt()
    first.release()
    assert spec(cluster)["holderIdentity"] == "b", "nobody gives back what is another's"


def test_of_two_that_write_at_once_one_loses() -> None:
    cluster, clock = Cluster(), Clock()
    first, second = election(cluster, "a", clock), election(cluster, "b", clock)
    assert first.attempt()
    first.release()
    stale = cluster.get(first._ref)
    assert second.attempt()
    assert stale is not None
    cluster.get = lambda ref: stale  # type: ignore[method-assign]
    assert not first.attempt()


def test_an_api_server_that_does_not_answer_is_told() -> None:
    cluster = Cluster()
    cluster.down = True
    with pytest.raises(UnreachableError):
        election(cluster, "a").attempt()


def test_the_leader_works_until_the_process_stops_and_gives_the_lease_back() -> None:
    cluster, process = Cluster(), Logged.make()

    def work(over: threading.Event) -> None:
        assert not over.is_set()
        process.stop.set()
        assert over.wait(5)

    lead(process, election(cluster, "a", timing=SHORT), work)
    assert spec(cluster)["holderIdentity"] == ""
    assert [e["event"] for e in process.events] == ["leading"]


def test_a_leader_that_cannot_renew_stops_and_may_lead_again() -> None:
    cluster, process = Cluster(), Logged.make()
    terms = []

    def work(over: threading.Event) -> None:
        terms.append(time.monotonic())
        cluster.down = len(terms) == 1
        if len(terms) == 2:
            process.stop.set()
        assert over.wait(5)
        cluster.down = False

    lead(process, Election(cluster.connect, "ns", "lease", "a", timing=SHORT), work)
    assert len(terms) == 2
    told = [e["event"] for e in process.events]
    assert "no longer leading: the lease could not be renewed" in told
    assert terms[1] - terms[0] < SHORT.lease


def test_an_error_of_the_work_ends_the_process_after_the_lease_was_given_back() -> None:
    cluster, process = Cluster(), Logged.make()

    def work(over: threading.Event) -> None:
        raise UnreachableError("x", "y", "z")

    with pytest.raises(UnreachableError):
        lead(process, election(cluster, "a", timing=SHORT), work)
    assert spec(cluster)["holderIdentity"] == ""


def test_who_waits_is_alive_and_ready() -> None:
    cluster, process = Cluster(), Logged.make()
    assert election(cluster, "a").attempt()
    waiting = threading.Thread(target=lead, args=(process, election(cluster, "b", timing=SHORT), print))
    waiting.start()
    time.sleep(0.2)
    assert process.health.unready() is None
    process.stop.set()
    waiting.join(5)
    assert spec(cluster)["holderIdentity"] == "a"
