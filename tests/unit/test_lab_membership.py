"""Clusters that come and go while a lab is up: places, the record, and who waits for whom. Real ones: tests/lab."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import lifecycle, preflight
from lab.cluster import Booter
from lab.layout import ClusterLayout
from lab.network import fabric, netns
from lab.node import cgroups
from lab.node.cgroups import Hierarchy
from lab.state import State
from lab.topology import Topology, parse
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    refusal,
    remembered,
)

EMPTY = parse({"clusters": []})
Boot = Callable[[Booter, ClusterLayout], None]


def supplies() -> lifecycle.Supplies:
    return lifecycle.Supplies(program=Path, image=str, archives=lambda names: ())


def said(*words: str) -> None:
    """Nobody listens."""


@pytest.fixture
def booted(machine: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clusters that were booted, in a lab whose fabric and machines are make-believe."""
    names: list[str] = []

    def boot(booter: Booter, cluster: ClusterLayout) -> None:
        (booter.state.cluster_directory(cluster) / "x").mkdir(parents=True)
        for node in cluster.nodes:
            booter.state.machine(booter.record, node).directory.mkdir(parents=True)
        names.append(cluster.name)

    monkeypatch.setattr(Booter, "boot", boot)
    monkeypatch.setattr(fabric, "ensure", lambda layout: None)
    monkeypatch.setattr(preflight, "require", lambda nodes, clusters: None)
    monkeypatch.setattr(cgroups, "current", lambda: (Hierarchy(2, (), machine / "cgroup", "/"),))
    return names


def lab_of(topology: Topology) -> State:
    state = State("lab")
    remembered(state, topology)
    return state


def places(state: State) -> dict[str, int]:
    return {c.name: c.place for c in state.require().topology.clusters}


def add(state: State, name: str, **more: object) -> ClusterLayout:
    return lifecycle.add(state, {"name": name, **more}, supplies, said)


def test_a_cluster_that_comes_gets_the_lowest_free_place_and_the_others_keep_theirs(
    booted: list[str],
) -> None:
    state = lab_of(EMPTY)
    assert [str(add(state, name).control_plane.address) for name in ("a", "b", "c")] == [
        "10.99.1.10",
        "10.99.2.10",
        "10.99.3.10",
    ]
    assert lifecycle.remove(state, "b", said)
    assert places(state) == {"a": 0, "c": 2}
    assert add(state, "d").bridge == "br1"
    assert state.layout(state.require()).cluster("c").nodes[0].link == "c2n0"
    assert booted == ["a", "b", "c", "d"]


def test_a_cluster_that_goes_takes_its_files_and_groups_along(booted: list[str]) -> None:
    state = lab_of(EMPTY)
    add(state, "a")
    add(state, "b", workers=1)
    lifecycle.remove(state, "b", said)
    assert sorted(state.require().groups) == ["a-control-plane"]
    assert [p.name for p in (state.directory / "nodes").iterdir()] == ["a-control-plane"]
    assert [p.name for p in (state.directory / "clusters").iterdir()] == ["a"]
    assert not lifecycle.remove(state, "b", said)


def test_a_cluster_that_is_there_is_gone_on_with(booted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    state = lab_of(EMPTY)
    add(state, "a", region="west")
    record = state.require()
    monkeypatch.setattr(Booter, "boot", lambda booter, cluster: booted.append("again"))
    add(state, "a", region="west")
    assert booted == ["a", "again"]
    assert state.require() == record
    assert refusal(lambda: add(state, "a", region="east")) == (
        "cluster a: it is there with other settings. Next: remove it first."
    )
    assert state.require() == record


def test_a_boot_that_fails_can_be_gone_on_with_and_removed(
    booted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = lab_of(EMPTY)
    with monkeypatch.context() as broken:
        broken.setattr(Booter, "boot", lambda booter, cluster: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            add(state, "a")
        assert places(state) == {"a": 0}
        with pytest.raises(ZeroDivisionError):
            add(state, "b")
    add(state, "a")
    assert lifecycle.remove(state, "b", said), "what never was up can be removed"
    assert places(state) == {"a": 0}


def test_two_clusters_boot_at_the_same_time(booted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    state = lab_of(EMPTY)
    both = threading.Barrier(2, timeout=5)
    monkeypatch.setattr(Booter, "boot", lambda booter, cluster: both.wait() and None)
    threads = [threading.Thread(target=add, args=(state, name)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken
    assert sorted(places(state)) == ["a", "b"]
    assert sorted(places(state).values()) == [0, 1]


def test_what_was_added_stays_when_the_lab_is_brought_up_again(booted: list[str]) -> None:
    first = parse({"clusters": [{"name": "fc01"}]})
    state = lab_of(first)
    add(state, "a")
    assert lifecycle.plan(state, first)[1:] == [
        "switch on fc01-control-plane",
        "wait for cluster fc01 at https://10.99.1.10:6443",
        "switch on a-control-plane",
        "wait for cluster a at https://10.99.2.10:6443",
    ]
    more = parse({"clusters": [{"name": "fc01"}, {"name": "fc02"}]})
    assert "clusters[2].place: 1 is already the place of clusters[1]" in refusal(
        lambda: lifecycle.plan(state, more)
    )
    apart = parse({"clusters": [{"name": "fc01"}, {"name": "fc02", "place": 7}]})
    assert "switch on fc02-control-plane" in lifecycle.plan(state, apart)


def test_a_cluster_that_will_not_go_is_named_and_stays_in_the_record(
    booted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = lab_of(EMPTY)
    add(state, "a")
    with monkeypatch.context() as stuck:
        stuck.setattr(netns, "end_processes", lambda name: [17])
        assert refusal(lambda: lifecycle.remove(state, "a", said)) == (
            "cluster a: still there: process 17 of a-control-plane. Next: remove it again."
        )
    assert places(state) == {"a": 0}
    assert lifecycle.remove(state, "a", said)


def test_no_cluster_comes_to_a_lab_that_is_not_up(booted: list[str], machine: Path) -> None:
    expected = "lab 'lab': it is not up. Next: run `lab up`."
    assert refusal(lambda: add(State("lab"), "a")) == expected
    assert refusal(lambda: lifecycle.remove(State("lab"), "a", said)) == expected
    assert not (machine / "state").exists()


def test_a_cluster_that_clashes_is_refused_before_anything_is_made(booted: list[str]) -> None:
    state = lab_of(parse({"clusters": [{"name": "fc01"}]}))
    assert "10.99.1.0/24 overlaps 10.99.1.0/24" in refusal(lambda: add(state, "a", nodes="10.99.1.0/24"))
    assert places(state) == {"fc01": 0}
    assert booted == []


def test_whoever_may_wait_gets_the_lab_when_the_other_command_ends(machine: Path) -> None:
    state, held = State("lab"), threading.Event()

    def hold() -> None:
        with state.lock("up"):
            held.set()
            threading.Event().wait(0.2)

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(5)
    with state.lock("add", wait=5):
        other.join()
    with state.lock("up"):
        assert "`lab up` (process" in refusal(lambda: state.lock("add", wait=0.1).__enter__())
