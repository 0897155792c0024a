"""A node's PID 1: when a process is started again, and what is reported of it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from lab.node import init
from lab.node.init import Service, reap, write_report

KILLED, FAILED = 9, 1 << 8  # as waitpid(2) tells them


def service(after: dict[str, Any] | None = None, logs: Path = Path("/nowhere"), *argv: str) -> Service:
    return Service({"name": "etcd", "argv": list(argv), "after": after or {}}, logs)


def run_for(one: Service, start: float, seconds: float) -> float:
    """Let it run and fail; returns after how many seconds it may start again."""
    one.pid, one._started = 7, start
    end = start + seconds
    one.ended(FAILED, end)
    return next(pause / 10 for pause in range(1000) if one.may_start(end + pause / 10))


def test_the_pause_doubles_while_a_process_keeps_ending_and_has_a_limit() -> None:
    one, now, pauses = service(), 0.0, []
    for _ in range(6):
        pauses.append(run_for(one, now, 1))
        now += 100
    assert pauses == [1, 2, 4, 8, 10, 10]


def test_the_pause_is_short_again_after_a_long_run() -> None:
    one = service()
    assert [run_for(one, 0, 1), run_for(one, 10, 60), run_for(one, 100, 61)] == [1, 2, 1]


def test_a_process_that_runs_is_not_started() -> None:
    one = service()
    assert one.may_start(0)
    one.pid = 7
    assert not one.may_start(1000)


def test_a_process_waits_for_a_file(tmp_path: Path) -> None:
    one = service({"path": str(tmp_path / "socket")})
    assert not one.may_start(0)
    (tmp_path / "socket").touch()
    assert one.may_start(0)


def test_a_process_waits_for_a_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = service({"tcp": list(server.getsockname())})
        assert one.may_start(0)
    assert not one.may_start(0)


def test_a_process_waits_for_all_it_needs(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = service({"tcp": list(server.getsockname()), "path": str(tmp_path / "socket")})
        assert not one.may_start(0)
        (tmp_path / "socket").touch()
        assert one.may_start(0)


def test_output_is_kept_over_restarts(tmp_path: Path) -> None:
    one = service(None, tmp_path, "/bin/sh", "-c", "echo out; echo err >&2; read line || exit 3")
    for start in (1, 2):
        one.start(0)
        assert one.starts == start
        _, status = os.waitpid(one.pid, 0)
        one.ended(status, 1)
    assert one.last_status == 3, "its input is empty"
    assert (tmp_path / "etcd.log").read_text() == "out\nerr\n" * 2


def test_every_child_that_has_ended_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, orphan, other = (70, KILLED), (71, 0), (72, FAILED)
    ended = iter([ours, orphan, (0, 0), other])
    monkeypatch.setattr(os, "waitpid", lambda pid, options: next(ended))
    one, two = service(), service()
    one.pid, two.pid = 70, 72
    assert reap([one, two])
    assert (one.pid, one.last_status) == (0, -9)
    assert (two.pid, two.last_status) == (72, None)


def test_an_orphan_that_ended_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = iter([(71, 0), (0, 0)])
    monkeypatch.setattr(os, "waitpid", lambda pid, options: next(ended))
    assert not reap([service()])


def test_no_children_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(pid: int, options: int) -> tuple[int, int]:
        raise ChildProcessError

    monkeypatch.setattr(os, "waitpid", none)
    assert not reap([service()])


def test_the_report_says_what_runs_and_how_often_it_was_started(tmp_path: Path) -> None:
    one, two = service(), service()
    two.name = "kubelet"
    one.pid, one.starts = 7, 1
    two.starts, two.last_status = 3, -9
    for _ in range(2):
        write_report([one, two], tmp_path / "services.json")
    assert json.loads((tmp_path / "services.json").read_text()) == {
        "etcd": {"running": True, "starts": 1, "exit_status": None},
        "kubelet": {"running": False, "starts": 3, "exit_status": -9},
    }
    assert [file.name for file in tmp_path.iterdir()] == ["services.json"]


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be mounted; /sys/fs/cgroup is a directory of the test."""
    done: list[str] = []
    monkeypatch.setattr(init, "mount", lambda *words: done.append(" ".join(words)))
    (tmp_path / "cgroup").mkdir()
    monkeypatch.setattr(
        init,
        "Path",
        lambda first, *more: Path(str(first).replace("/sys/fs/cgroup", f"{tmp_path}/cgroup"), *more),
    )
    return done


def test_controllers_that_share_a_tree_are_found_under_each_name(tmp_path: Path, mounts: list[str]) -> None:
    init.mount_cgroups_v1([["cpu", "cpuacct"], ["memory"], ["name=systemd"]])
    top = tmp_path / "cgroup"
    assert mounts[1:] == [
        f"-t cgroup -o cpu,cpuacct cgroup {top}/cpu,cpuacct",
        f"-t cgroup -o memory cgroup {top}/memory",
        f"-t cgroup -o none,name=systemd cgroup {top}/systemd",
    ]
    assert {file.name: str(file.readlink()) for file in top.iterdir() if file.is_symlink()} == {
        "cpu": "cpu,cpuacct",
        "cpuacct": "cpu,cpuacct",
    }


def test_a_program_that_is_not_there_is_tried_again_later_and_stops_nobody(tmp_path: Path) -> None:
    one = service(None, tmp_path, "/no/such/program")
    one.start(0)
    assert (one.pid, one.starts, one.last_status) == (0, 1, init.CANNOT_START)
    assert not one.may_start(0.5)
    assert one.may_start(1.0)


def test_a_report_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    write_report([service()], tmp_path / "gone" / "report.json")
    assert not (tmp_path / "gone").exists()
