"""What a person, or a log, is told."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from lab.tools import progress as module
from lab.tools.progress import Progress, clock_text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.4, "59s"), (59.6, "1m00s"), (160, "2m40s"), (3720, "1h02m")]
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_one_line_for_each_event() -> None:
    stream, clock = io.StringIO(), _Clock()
    progress = Progress(Console(file=stream, width=200), clock=clock)
    progress.expect(8)
    clock.now = 392
    progress.start("coredns v1.14.7", "building", "log: /l")
    clock.now += 30
    progress.beat()
    progress.start("etcd v3.6.14", "downloading")
    progress.drop("etcd v3.6.14", "no download")
    progress.note("karmada waits")
    clock.now += 130
    progress.finish("coredns v1.14.7", "built in {time}")
    assert stream.getvalue().splitlines() == [
        "      coredns v1.14.7  building (log: /l)",
        "      coredns v1.14.7  still building, 30s",
        "      etcd v3.6.14  downloading",
        "      etcd v3.6.14  no download",
        "      karmada waits",
        "[1/8] coredns v1.14.7  built in 2m40s (total 9m12s)",
    ]


def test_what_is_usually_quick_is_told_only_when_it_lasts() -> None:
    stream, clock = io.StringIO(), _Clock()
    progress = Progress(Console(file=stream, width=200), clock=clock)
    with progress.within("coredns v1.14.7 modules", "fetching"):
        assert stream.getvalue() == ""
        clock.now += 30
        progress.beat()
    progress.beat()
    assert stream.getvalue().splitlines() == ["      coredns v1.14.7 modules  still fetching, 30s"]


def test_a_log_shows_a_sign_of_life_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT", 0.02)
    stream = io.StringIO()
    with Progress(Console(file=stream, width=200)) as progress:
        progress.start("coredns v1.14.7", "building")
        for _ in range(100):
            if "still" in stream.getvalue():
                break
            progress._stop.wait(0.02)
    assert "      coredns v1.14.7  still building, 0s\n" in stream.getvalue()


def test_a_terminal_gets_a_moving_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    with Progress(Console(file=stream, width=200, force_terminal=True)) as progress:
        progress.start("coredns v1.14.7", "building")
        progress.beat()
        progress.finish("coredns v1.14.7", "built in {time}")
    assert "coredns v1.14.7  still building, 0s" in stream.getvalue()
