"""What `up` would do and what it refuses; faults and the state of machines that are off. Real ones: tests/lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import api, lifecycle, pki, preflight, status
from lab.errors import LabError
from lab.faults import Condition, Fault, Hand
from lab.network import netns
from lab.node import cgroups
from lab.node.cgroups import Hierarchy
from lab.node.machine import Machine
from lab.state import State
from lab.topology import parse
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    refusal,
    remembered,
)

ONE = parse({"clusters": [{"name": "a"}]})
TWO = parse({"clusters": [{"name": "a"}, {"name": "b", "workers": 1}]})
OTHER_TOPOLOGY = (
    "lab 'lab': it is up with another topology, and only clusters at the end of the list can be added to it. "
    "Next: run `lab down` first, or name another lab with --lab."
)


def test_a_plan_without_a_topology_is_for_two_clusters(machine: Path) -> None:
    assert lifecycle.plan(State("lab"), None) == [
        "make the fabric lab-fabric",
        "switch on fc01-control-plane",
        "wait for cluster fc01 at https://10.99.1.10:6443",
        "switch on fc02-control-plane",
        "wait for cluster fc02 at https://10.99.2.10:6443",
    ]
    assert not (machine / "state").exists()


def test_a_plan_starts_every_node_of_a_cluster(machine: Path) -> None:
    assert lifecycle.plan(State("lab"), TWO)[3:] == [
        "switch on b-control-plane",
        "switch on b-worker-1",
        "wait for cluster b at https://10.99.2.10:6443",
    ]


def test_a_plan_without_a_topology_goes_on_with_the_lab_as_it_is(machine: Path) -> None:
    state = State("lab")
    remembered(state, ONE)
    assert lifecycle.plan(state, None) == [
        "make the fabric lab-fabric",
        "switch on a-control-plane",
        "wait for cluster a at https://10.99.1.10:6443",
    ]


def test_nothing_is_planned_for_what_runs(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State("lab")
    remembered(state, ONE)
    (machine / "netns").mkdir()
    (machine / "netns" / "lab-fabric").touch()
    monkeypatch.setattr(Machine, "init_pid", lambda self: 17)
    assert lifecycle.plan(state, ONE) == []
    assert lifecycle.plan(state, TWO) == [
        "switch on b-control-plane",
        "switch on b-worker-1",
        "wait for cluster b at https://10.99.2.10:6443",
    ]


@pytest.mark.parametrize(
    "wanted",
    [
        ONE,
        {"clusters": [{"name": "b", "workers": 1}, {"name": "a"}]},
        {"clusters": [{"name": "a", "workers": 1}, {"name": "b", "workers": 1}]},
        {**TWO.model_dump(), "pod_routing": False},
    ],
)
def test_a_lab_that_is_up_changes_only_by_more_clusters(machine: Path, wanted: object) -> None:
    state = State("lab")
    remembered(state, TWO)
    topology = parse(wanted) if isinstance(wanted, dict) else ONE
    assert refusal(lambda: lifecycle.plan(state, topology)) == OTHER_TOPOLOGY


def test_images_may_change_while_a_lab_is_up(machine: Path) -> None:
    state = State("lab")
    remembered(state, ONE)
    more = ONE.model_copy(update={"images": ("federation",)})
    assert lifecycle.plan(state, more) == lifecycle.plan(state, ONE)


def no_supplies() -> lifecycle.Supplies:
    raise LabError("tool kubelet", "it can't be built", "look at its log")


def test_nothing_is_made_until_everything_is_there(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "require", lambda nodes, clusters: None)
    monkeypatch.setattr(cgroups, "current", lambda: (Hierarchy(2, (), machine / "cgroup", "/"),))
    state = State("lab")
    message = refusal(lambda: lifecycle.up(state, ONE, no_supplies, lambda *said: None))
    assert message == "tool kubelet: it can't be built. Next: look at its log."
    assert state.record() is None
    assert not (machine / "netns").exists()
    assert lifecycle.down(state, lambda *said: None)
    assert not state.directory.exists()


def test_up_asks_what_the_machine_has_for_what_is_off(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(preflight, "require", lambda *counts: asked.append(counts))
    monkeypatch.setattr(cgroups, "current", lambda: (Hierarchy(2, (), machine / "cgroup", "/"),))
    refusal(lambda: lifecycle.up(State("lab"), TWO, no_supplies, lambda *said: None))
    assert asked == [(3, 2)]


def test_down_of_nothing_does_nothing(machine: Path) -> None:
    assert not lifecycle.down(State("lab"), lambda *said: None)
    assert not (machine / "state").exists()


def test_down_removes_what_a_crash_of_the_machine_left(machine: Path) -> None:
    state = State("lab")
    remembered(state, TWO)
    for node in ("a-control-plane", "b-worker-1"):
        (machine / "cgroup" / node / "kubepods").mkdir(parents=True)
    assert lifecycle.down(state, lambda *said: None)
    assert list((machine / "cgroup").iterdir()) == []
    assert not state.directory.exists()


def test_down_names_what_would_not_go_and_keeps_the_record(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State("lab")
    remembered(state, ONE)
    group = machine / "cgroup" / "a-control-plane"
    group.mkdir(parents=True)
    (group / "held").touch()
    ends = {"lab-a-control-plane": [17], "lab-fabric": [18]}
    monkeypatch.setattr(netns, "end_processes", lambda name: ends[name])
    assert refusal(lambda: lifecycle.down(state, lambda *said: None)) == (
        f"lab 'lab': still there: process 17 of a-control-plane, {group}, process 18 in the fabric. "
        "Next: run `lab down` again."
    )
    assert state.record() is not None


def test_down_needs_force_for_a_record_that_cannot_be_read(machine: Path) -> None:
    state = State("lab")
    remembered(state)
    (state.directory / "lab.json").write_text("{")
    assert "Next: run `lab down --force`." in refusal(lambda: lifecycle.down(state, lambda *said: None))
    assert lifecycle.down(state, lambda *said: None, force=True)
    assert not state.directory.exists()


@pytest.fixture
def hand(machine: Path) -> Hand:
    """Over a lab whose machines are all off."""
    state = State("lab")
    record = remembered(state)
    return Hand(state, record, state.layout(record))


def test_a_machine_without_processes_is_off(hand: Hand) -> None:
    assert [hand.condition(node) for node in hand.layout.nodes] == [Condition.OFF, Condition.OFF]


@pytest.mark.parametrize("fault", [Fault.PAUSE, Fault.CUT])
def test_a_machine_that_is_off_is_neither_paused_nor_cut(hand: Hand, fault: Fault) -> None:
    assert refusal(lambda: hand.inflict(fault, "fc02")) == (
        "node fc02-control-plane: it is switched off. Next: run `lab fault restore fc02-control-plane` first."
    )


def test_a_machine_that_is_off_cannot_be_killed_again(hand: Hand) -> None:
    assert hand.inflict(Fault.KILL, "fc01") == ()


def test_a_kill_that_fails_is_told(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netns, "end_processes", lambda name: [17, 18])
    assert refusal(lambda: hand.inflict(Fault.KILL, "fc01")) == (
        "node fc01-control-plane: processes [17, 18] do not end. Next: look at them with `ps`."
    )


def test_restoring_a_cluster_switches_its_machines_on(hand: Hand) -> None:
    switched: list[str] = []
    nodes = hand.restore("fc02", lambda machine: switched.append(machine.node.name))
    assert [node.name for node in nodes] == switched == ["fc02-control-plane"]


def test_faults_of_an_unknown_name_are_told(hand: Hand) -> None:
    known = "fc01, fc02, fc01-control-plane, fc02-control-plane"
    assert refusal(lambda: hand.inflict(Fault.KILL, "fc03")) == (
        f"fc03: lab 'lab' has no such cluster or node. Next: name one of: {known}."
    )


def test_no_command_runs_in_a_machine_that_is_off(hand: Hand) -> None:
    machine = hand.state.machine(hand.record, hand.layout.nodes[0])
    assert refusal(lambda: machine.command(["true"])) == (
        "node fc01-control-plane: it is switched off. Next: run `lab fault restore fc01-control-plane`."
    )
    assert machine.services() == {}


def test_a_lab_that_is_off_has_a_state_too(hand: Hand) -> None:
    for cluster in hand.layout.clusters:
        pki.ensure(hand.state.cluster_directory(cluster) / "pki", cluster)
    found = status.as_data("lab", status.collect(hand.state, hand.record))
    assert found["lab"] == "lab"
    west = found["clusters"][1]
    assert west["problem"].startswith("the API server does not answer (")
    assert {key: value for key, value in west.items() if key != "problem"} == {
        "name": "fc02",
        "server": "https://10.99.2.10:6443",
        "region": "us",
        "zone": "west",
        "version": None,
        "pods": "10.101.0.0/16",
        "services": "10.201.0.0/16",
        "vips": "10.99.2.191-10.99.2.254",
        "nodes": (
            {
                "name": "fc02-control-plane",
                "address": "10.99.2.10",
                "condition": "off",
                "ready": None,
                "memory_bytes": None,
                "restarts": {},
            },
        ),
    }


def test_a_lab_without_certificates_yet_has_a_state_too(hand: Hand) -> None:
    problems = [cluster.problem for cluster in status.collect(hand.state, hand.record)]
    assert problems == ["it was never up: it has no certificates"] * 2


@pytest.mark.parametrize(
    ("obj", "said"),
    [
        ({}, None),
        ({"status": {"conditions": None}}, None),
        ({"status": {"conditions": [{"type": "Ready", "status": "False"}]}}, "False"),
        ({"status": {"conditions": [{"type": "Available", "status": "True"}]}}, None),
    ],
)
def test_a_condition_is_what_the_object_says_or_nothing(obj: dict[str, object], said: str | None) -> None:
    assert api.condition(obj, "Ready") == said
