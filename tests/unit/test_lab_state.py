"""What a lab remembers, and one command at a time."""

from __future__ import annotations

import json
import os
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab.errors import NotFoundError
from lab.state import Record, State
from lab.topology import DEFAULT
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    refusal,
    remembered,
)


@pytest.mark.parametrize("name", ["a", "lab", "t-17", "x" * 20])
def test_a_lab_has_a_directory_of_its_name(machine: Path, name: str) -> None:
    assert State(name).directory == machine / "state" / name


@pytest.mark.parametrize("name", ["", "-a", "a-", "Lab", "a_b", "..", "a/b", "x" * 21, "lab\n", "\u0661"])
def test_a_name_that_cannot_be_used_is_told(machine: Path, name: str) -> None:
    assert refusal(lambda: State(name)) == (
        f"lab {name!r}: that is no name for a lab. Next: use up to 20 lower-case letters, digits and '-'."
    )


def test_what_is_saved_is_remembered(machine: Path) -> None:
    state = State("lab")
    record = remembered(state)
    assert state.record() == record
    assert state.require() == record
    assert State("other").record() is None


def test_where_a_clusters_things_are(machine: Path) -> None:
    state = State("lab")
    layout = state.layout(remembered(state))
    here = machine / "state" / "lab"
    assert state.kubeconfig(layout.clusters[0]) == here / "clusters/fc01/admin.kubeconfig"
    assert state.merged_kubeconfig == here / "kubeconfig"
    assert state.machine(state.require(), layout.nodes[0]).directory == here / "nodes/fc01-control-plane"


def test_a_lab_that_is_not_up_is_not_found(machine: Path) -> None:
    with pytest.raises(NotFoundError):
        State("lab").require()
    assert refusal(State("lab").require) == "lab 'lab': it is not up. Next: run `lab up`."


def test_an_interrupted_save_changes_nothing(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State("lab")
    record = remembered(state)

    def full(draft: Path, text: str) -> int:
        with draft.open("w") as stream:
            stream.write(text[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space left"):
            state.save(record.model_copy(update={"cgroup_version": 1}))
    assert state.record() == record
    state.save(record.model_copy(update={"cgroup_version": 1}))
    assert state.require().cgroup_version == 1


def test_a_record_that_cannot_be_read_is_told_with_a_way_out(machine: Path) -> None:
    state = State("lab")
    remembered(state)
    file = state.directory / "lab.json"
    for content, why in (
        (b"{", "Invalid JSON: EOF while parsing an object at line 1 column 1"),
        (b'{"schema_version": 2}', "Input should be 1"),
        (b"\xff\x00", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ):
        file.write_bytes(content)
        assert refusal(state.record) == (
            f"lab 'lab': {file} can't be read ({why}). Next: run `lab down --force`."
        )


def test_a_record_of_root_is_told_to_another_user(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State("lab")
    remembered(state)

    def denied(file: Path) -> str:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_text", denied)
    assert refusal(state.record) == (
        f"lab 'lab': {state.directory}/lab.json is root's alone to read. Next: run it with sudo."
    )


def test_unknown_facts_of_a_record_are_left_alone(machine: Path) -> None:
    state = State("lab")
    record = remembered(state)
    facts = json.loads((state.directory / "lab.json").read_text())
    (state.directory / "lab.json").write_text(json.dumps({**facts, "colour": "red"}))
    assert state.record() == record


def enter(state: State, doing: str) -> None:
    with state.lock(doing):
        pass


def test_two_commands_cannot_hold_a_lab_at_once(machine: Path) -> None:
    with State("lab").lock("up"):
        assert refusal(lambda: enter(State("lab"), "down")) == (
            f"lab 'lab': `lab up` (process {os.getpid()}) is working on it. "
            "Next: wait for it to end, then run this again."
        )
    enter(State("lab"), "down")


def test_two_labs_do_not_wait_for_each_other(machine: Path) -> None:
    with ExitStack() as held:
        for name in ("a", "b"):
            held.enter_context(State(name).lock("up"))


def test_a_lock_names_the_command_that_holds_it_now_and_no_earlier_one(machine: Path) -> None:
    enter(State("lab"), "a command with a long name")
    with State("lab").lock("up"):
        assert "`lab up` (process" in refusal(lambda: enter(State("lab"), "down"))


def test_a_holder_that_has_not_said_its_name_yet_is_told(machine: Path) -> None:
    with State("lab").lock("up"):
        (machine / "state/lab/lock").write_text("")
        assert refusal(lambda: enter(State("lab"), "down")) == (
            "lab 'lab': another command is working on it. Next: wait for it to end, then run this again."
        )


def test_a_lock_ends_with_its_process_whatever_happens_in_it(machine: Path) -> None:
    state = State("lab")
    with ExitStack() as failing:
        failing.enter_context(pytest.raises(ZeroDivisionError))
        failing.enter_context(state.lock("up"))
        raise ZeroDivisionError
    enter(state, "down")


def test_keys_below_a_lab_are_for_root_alone(machine: Path) -> None:
    enter(State("lab"), "up")
    assert stat.S_IMODE((machine / "state/lab").stat().st_mode) == 0o700


def test_a_record_keeps_all_it_was_told() -> None:
    record = Record(
        topology=DEFAULT,
        groups={"n": (Path("/sys/fs/cgroup/memory/x"), Path("/sys/fs/cgroup/pids/x"))},
        cgroup_version=1,
    )
    assert Record.model_validate_json(record.model_dump_json()) == record
