"""Up, up again, up after a crash, and down to nothing."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from lab.deadline import Deadline
from tests.lab.inventory import difference, inventory
from tests.lab.labs import TestLab, eventually

pytestmark = pytest.mark.lab


def test_down_says_when_there_is_nothing(own_lab: TestLab) -> None:
    assert "there was nothing to remove" in own_lab.run("down").stderr


@pytest.mark.parametrize(
    "moment",
    [
        "processes in namespaces of their own",
        pytest.param("named network namespaces", marks=pytest.mark.long),
        pytest.param("cgroups", marks=pytest.mark.long),
    ],
)
def test_a_killed_up_can_be_removed(own_lab: TestLab, moment: str) -> None:
    before = inventory()
    kill_when(own_lab, before, moment)
    own_lab("down")
    assert difference(before, inventory()) == {}


@pytest.mark.long
def test_up_goes_on_after_it_was_killed(own_lab: TestLab) -> None:
    before = inventory()
    kill_when(own_lab, before, "cgroups")
    own_lab("up", timeout=240)
    assert own_lab.nodes()["solo-control-plane"]["ready"] == "True"
    assert own_lab("up", "--dry-run") == "nothing to do\n"


def kill_when(lab: TestLab, before: dict[str, set[str]], moment: str) -> None:
    """Start `lab up` and kill it, and no other process, as soon as the inventory shows a new thing of that kind."""
    process = lab.start("up", str(lab.topology))
    try:
        Deadline(60).until(
            moment,
            lambda: None if moment in difference(before, inventory()) else "none yet",
            fix="-",
            interval=0.02,
        )
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_one_up_at_a_time_works_a_second_changes_nothing_and_down_leaves_nothing(own_lab: TestLab) -> None:
    before = inventory()
    first = own_lab.start("up", str(own_lab.topology))
    lock = own_lab.state_root / own_lab.name / "lab.json"
    Deadline(60).until(
        "the record", lambda: None if lock.exists() else "not there yet", fix="-", interval=0.02
    )
    message = own_lab.fails("up")
    assert message == (
        f"error: lab '{own_lab.name}': `lab up` (process {first.pid}) is working on it. "
        "Next: wait for it to end, then run this again.\n"
    )
    first.communicate(timeout=240)
    assert first.returncode == 0
    pods = uids(own_lab)
    own_lab("up")
    assert uids(own_lab) == pods
    goes_without_a_trace(own_lab, before)


def goes_without_a_trace(lab: TestLab, before: dict[str, set[str]]) -> None:
    """And so does who is in it meanwhile."""
    assert set(difference(before, inventory())) >= {"named network namespaces", "cgroups"}, "it sees a lab"
    visitor = lab.start("exec", "--", "sleep", "3600")
    in_fabric = f"/run/netns/{lab.name}-fabric"
    eventually(
        lambda: None if network_of(visitor.pid) == Path(in_fabric).stat().st_ino else "not there",
        10,
        "a visitor",
    )
    lab("down")
    assert visitor.wait(timeout=10) == -signal.SIGKILL
    visitor.communicate()
    assert difference(before, inventory()) == {}
    assert not (lab.state_root / lab.name).exists()


def network_of(pid: int) -> int:
    return Path(f"/proc/{pid}/ns/net").stat().st_ino


def uids(lab: TestLab) -> set[str]:
    return {item["metadata"]["uid"] for item in lab.get("solo", "pods,services,nodes", "-A")["items"]}


@pytest.mark.long
def test_a_cluster_can_be_added_and_none_changed(own_lab: TestLab) -> None:
    own_lab("up", str(own_lab.topology), timeout=240)
    own_lab.topology.write_text("clusters: [{name: solo}, {name: more}]\nimages: []\n")
    steps = json.loads(own_lab("up", str(own_lab.topology), "--dry-run", "--json"))["steps"]
    assert steps == ["switch on more-control-plane", "wait for cluster more at https://10.99.2.10:6443"]
    own_lab("up", str(own_lab.topology), timeout=240)
    assert {name: node["ready"] for name, node in own_lab.nodes().items()} == {
        "solo-control-plane": "True",
        "more-control-plane": "True",
    }
    own_lab.topology.write_text("clusters: [{name: other}]\nimages: []\n")
    assert own_lab.fails("up", str(own_lab.topology)) == (
        f"error: lab '{own_lab.name}': it is up with another topology, and only clusters at the end of the list can be "
        "added to it. Next: run `lab down` first, or name another lab with --lab.\n"
    )


def test_a_dry_run_makes_nothing(own_lab: TestLab) -> None:
    before = inventory()
    steps = own_lab("up", str(own_lab.topology), "--dry-run").splitlines()
    assert steps == [
        f"make the fabric {own_lab.name}-fabric",
        "switch on solo-control-plane",
        "wait for cluster solo at https://10.99.1.10:6443",
    ]
    assert difference(before, inventory()) == {}


def test_a_record_that_cannot_be_read_is_an_error_with_a_way_out(own_lab: TestLab) -> None:
    directory = own_lab.state_root / own_lab.name
    directory.mkdir()
    (directory / "lab.json").write_text("{")
    assert "Next: run `lab down --force`.\n" in own_lab.fails("status")
    own_lab("down", "--force")
    assert not Path(directory).exists()


@pytest.mark.long
def test_the_last_of_two_labs_takes_away_what_both_needed(own_lab: TestLab) -> None:
    before = inventory()
    other = TestLab(f"{own_lab.name}-b", own_lab.state_root)
    try:
        for lab in (own_lab, other):
            lab("up", str(own_lab.topology), timeout=240)
        own_lab("down")
        assert other.nodes()["solo-control-plane"]["ready"] == "True"
    finally:
        other("down")
    assert difference(before, inventory()) == {}
