"""How fast a member's verdict changes, and when the controller's loop turns, on a clock of the tests' own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from federation.controllers.pace import Limits, Pace
from federation.dns.readiness import Damping, Pulse, heard


def after(probes: str, pulse: Pulse = Pulse(), *, start: float = 0.0, period: float = 2.0) -> Pulse:  # noqa: B008
    """The pulse after probes, "+" for one that was answered, one each 2 s."""
    for number, probe in enumerate(probes, 1):
        pulse = heard(pulse, probe == "+", start + number * period)
    return pulse


def test_the_first_answer_is_enough_and_one_miss_is_none() -> None:
    assert after("+").up is True
    assert after("-").up is None
    assert after("--").up is False
    assert after("-+").up is True


def test_a_member_is_down_after_two_misses_in_a_row_and_not_after_two_at_all() -> None:
    assert after("+-").up is True
    assert after("+-+-+-").up is True
    assert after("+--") == Pulse(up=False, flaps=1, since=6.0)


def test_a_member_is_up_after_two_answers_in_a_row() -> None:
    assert after("+--+").up is False
    assert after("+--+-+").up is False
    assert after("+--++").up is True


def test_one_that_flaps_has_to_answer_longer_each_time_up_to_a_limit() -> None:
    pulse, needed = after("+"), []
    for _ in range(6):
        pulse = after("--", pulse)
        for count in range(1, 99):  # all at the same moment: no calm between
            pulse = heard(pulse, True, pulse.since)
            if pulse.up:
                needed.append(count)
                break
    assert needed == [2, 4, 8, 16, 16, 16]


def test_flaps_are_forgotten_one_by_one_while_nothing_changes() -> None:
    twice = after("+--++--")
    assert twice.flaps == 2
    up = after("++++", twice, start=twice.since)
    assert up.up is True
    assert after("--", up, start=up.since + 100).flaps == 3
    assert after("--", up, start=up.since + 400).flaps == 2
    assert after("--", up, start=up.since + 9000).flaps == 1


def test_one_that_was_never_up_has_not_flapped() -> None:
    assert after("--").flaps == 0
    assert after("--++").up is True


@given(st.text("+-", max_size=200))
def test_a_verdict_changes_only_when_as_many_probes_in_a_row_say_so(probes: str) -> None:
    pulse, damping = Pulse(), Damping()
    for number, probe in enumerate(probes, 1):
        before, pulse = pulse, heard(pulse, probe == "+", number * 2.0, damping)
        if before.up is not None and pulse.up != before.up:
            run = damping.hits if pulse.up else damping.misses
            assert probes[:number].endswith(probe * run)
        assert pulse.against < damping.most_hits


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def paced(**limits: float) -> tuple[Pace, Clock]:
    clock = Clock()
    return Pace(Limits(**limits), clock=clock), clock  # type: ignore[arg-type]


def turn(pace: Pace, *, failed: bool = False) -> None:
    pace.begin()
    pace.end(failed=failed)


def test_the_first_turn_is_due_at_once_and_the_next_one_after_a_while() -> None:
    pace, clock = paced()
    assert pace.wait() == 0
    turn(pace)
    assert pace.wait() == 30
    clock.now += 29
    assert pace.wait() == 1
    clock.now += 9
    assert pace.wait() == 0


def test_a_change_makes_it_due_also_one_in_the_middle_of_a_turn() -> None:
    pace, _ = paced()
    turn(pace)
    pace.changed()
    assert pace.wait() == 0
    pace.begin()
    pace.changed()
    pace.end()
    assert pace.wait() == 0


def test_many_changes_are_not_as_many_turns() -> None:
    pace, clock = paced()
    for _ in range(5):
        turn(pace)
        pace.changed()
    assert pace.wait() == 1
    clock.now += 0.25
    assert pace.wait() == 0.75
    clock.now += 60
    turns = 0
    while pace.wait() == 0:
        turn(pace)
        pace.changed()
        turns += 1
    assert turns == 5, "what was saved is no more than one burst"


def test_failures_are_tried_again_ever_later_whatever_changes_and_a_success_ends_that() -> None:
    pace, clock = paced(burst=100)
    waits = []
    for _ in range(7):
        turn(pace, failed=True)
        pace.changed()
        waits.append(pace.wait())
        clock.now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert pace.wait() == 0
    turn(pace)
    pace.changed()
    assert pace.wait() == 0
