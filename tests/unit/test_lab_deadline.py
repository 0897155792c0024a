"""Waiting, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

from lab.deadline import Deadline
from tests.unit.lab_fixtures import refusal


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(round(seconds, 6))
        self.now += seconds


def test_what_is_so_already_is_not_waited_for() -> None:
    clock = Clock()
    Deadline(0, clock=clock, sleep=clock.sleep).until("x", lambda: None, fix="-")
    assert clock.sleeps == []


def test_it_asks_again_until_it_is_so() -> None:
    clock = Clock()
    answers: Iterator[str | None] = iter(["not yet", "soon", None])
    Deadline(10, clock=clock, sleep=clock.sleep).until("x", lambda: next(answers), fix="-", interval=3)
    assert clock.sleeps == [3, 3]


def test_the_last_question_is_asked_when_time_is_up() -> None:
    clock = Clock()
    due = Deadline(5, clock=clock, sleep=clock.sleep)
    due.until("x", lambda: None if clock.now >= 105 else "no", fix="-", interval=2)
    assert clock.sleeps == [2, 2, 1]


def test_the_error_has_the_last_reason_and_the_fix() -> None:
    clock = Clock()
    due = Deadline(2.5, clock=clock, sleep=clock.sleep)
    said = refusal(
        lambda: due.until("cluster a", lambda: f"at {clock.now:g}: no answer", fix="look at its log")
    )
    assert said == "cluster a: not so within 2.5 s: at 102.5: no answer. Next: look at its log."
    assert due.left == 0


def test_several_waits_share_one_deadline() -> None:
    clock = Clock()
    due = Deadline(10, clock=clock, sleep=clock.sleep)
    assert due.left == 10
    due.until("first", lambda: None if clock.now >= 106 else "no", fix="-", interval=1)
    assert due.left == 4
    said = refusal(lambda: due.until("second", lambda: "never", fix="give up", interval=1))
    assert said == "second: not so within 10 s: never. Next: give up."
    assert sum(clock.sleeps) == 10
