"""The frame of a controller: its configuration, log, health, metrics, signals and exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import urllib3
from prometheus_client import CollectorRegistry, Counter

from federation.controllers import __main__ as entry
from federation.controllers import process as frame
from federation.controllers.http import Health, serve
from federation.controllers.process import Process
from federation.errors import UnreachableError


@pytest.fixture(autouse=True)
def handlers() -> Any:
    """What a process sets for itself is put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    hook = threading.excepthook
    yield
    threading.excepthook = hook
    for number, handler in before.items():
        signal.signal(number, handler)


def ran(
    work: frame.Work, capsys: pytest.CaptureFixture[str], **config: Any
) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and log."""
    code = frame.run("test", {"address": "127.0.0.1", "port": 0, **config}, work)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_process_ends_with_zero_when_it_is_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    def work(config: Mapping[str, Any], process: Process) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        assert process.stop.wait(5)
        process.log.info("seen", value=config["value"])

    code, log = ran(work, capsys, value=7)
    assert code == 0
    assert [(e["event"], e["level"], e["controller"]) for e in log] == [
        ("started", "info", "test"),
        ("seen", "info", "test"),
        ("stopped", "info", "test"),
    ]
    assert log[1]["value"] == 7
    assert log[1]["timestamp"].endswith("Z")


def test_a_failure_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def work(config: Mapping[str, Any], process: Process) -> None:
        raise UnreachableError("cluster fc01", "it does not answer", "see whether it runs")

    code, log = ran(work, capsys)
    assert code == 1
    assert log[-1]["error"] == "cluster fc01: it does not answer. Next: see whether it runs."
    assert "exception" not in log[-1]


def test_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def work(config: Mapping[str, Any], process: Process) -> None:
        raise KeyError("oops")

    code, log = ran(work, capsys)
    assert code == 1
    assert log[-1]["event"] == "failed by a bug"
    assert log[-1]["exception"].endswith("KeyError: 'oops'")


def test_a_bug_in_a_thread_ends_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    def breaks() -> None:
        raise KeyError("oops")

    def work(config: Mapping[str, Any], process: Process) -> None:
        threading.Thread(target=breaks).start()
        assert process.stop.wait(5)

    code, log = ran(work, capsys)
    assert code == 1
    assert [e["event"] for e in log] == ["started", "failed by a bug", "stopped"]
    assert log[1]["exception"].endswith("KeyError: 'oops'")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_loop_that_does_not_turn_is_not_alive() -> None:
    clock = Clock()
    health = Health(60, clock=clock)
    clock.now = 60
    assert health.alive() is None
    clock.now = 61
    assert health.alive() == "no turn of its loop for 61 s"
    health.beat()
    assert health.alive() is None


def test_a_controller_is_ready_when_it_says_so() -> None:
    clock = Clock()
    health = Health(60, clock=clock)
    assert health.unready() == "it has not looked at anything yet"
    health.ready()
    assert health.unready() is None
    health.ready("the API server does not answer")
    assert health.unready() == "the API server does not answer"
    health.ready()
    clock.now = 61
    assert health.unready() == "no turn of its loop for 61 s"


def test_health_and_metrics_are_answered() -> None:
    health, metrics = Health(), CollectorRegistry()
    Counter("things", "Things done", registry=metrics).inc()
    pool = urllib3.PoolManager(retries=False)
    with serve("127.0.0.1", 0, health, metrics) as port:

        def ask(path: str) -> tuple[int, str]:
            answer = pool.request("GET", f"http://127.0.0.1:{port}{path}")
            return answer.status, answer.data.decode()

        assert ask("/healthz") == (200, "ok\n")
        assert ask("/readyz") == (503, "it has not looked at anything yet\n")
        health.ready()
        assert ask("/readyz?verbose") == (200, "ok\n")
        assert "things_total 1.0" in ask("/metrics")[1]
        assert ask("/secrets") == (404, "not found\n")
    pool.clear()


def test_the_entry_point_runs_the_controller_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"value": 7, "address": "127.0.0.1", "port": 0}')
    seen: list[object] = []
    module = type(sys)("fake_controller")
    module.main = lambda config, process: seen.append(config["value"])  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fake_controller", module)
    monkeypatch.setitem(entry.CONTROLLERS, "fake", "fake_controller")
    assert entry.main(["fake", "--config", str(file)]) == 0
    assert seen == [7]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory. Next: mount it into the container."),
        ("{password", "is not JSON. Next: write a JSON object."),
        ('["password"]', "is not a JSON object. Next: write a JSON object."),
    ],
)
def test_a_configuration_that_cannot_be_read_is_told_without_its_content(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.json"
    if content is not None:
        file.write_text(content)
    assert entry.main(["vip", "--config", str(file)]) == 2
    assert capsys.readouterr().err == f"error: configuration {file}: {message}\n"


@pytest.mark.parametrize("name", entry.CONTROLLERS)
def test_every_controller_has_a_main(name: str) -> None:
    module = __import__(entry.CONTROLLERS[name], fromlist=["main"])
    assert callable(module.main)
