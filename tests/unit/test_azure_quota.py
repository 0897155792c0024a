"""Limits as they are kept from our side, whatever way Azure counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from federation.azure.quota import Quota, Rate


class Time:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.floats(0, 7), st.floats(0, 3)), max_size=60),
)
def test_in_no_window_are_more_requests_than_allowed(calls: int, steps: list[tuple[float, float]]) -> None:
    """Each step: a pause, and how long the request takes, if one may go out."""
    time = Time()
    quota, sent = Quota(Rate(calls, 10), clock=time), list[tuple[float, float]]()
    for pause, taking in steps:
        time.now += pause
        if quota.take() == 0:
            began = time.now
            time.now += taking
            quota.done()
            sent.append((began, time.now))
    for place in range(len(sent) - calls):
        assert sent[place + calls][0] - sent[place][1] >= 10 - 1e-9


@given(st.integers(1, 20), st.integers(1, 100))
def test_waiting_as_long_as_told_is_enough_and_no_slower_than_allowed(calls: int, wanted: int) -> None:
    time = Time()
    quota = Quota(Rate(calls, 60), clock=time)
    for _ in range(wanted):
        while wait := quota.take():
            time.now += wait
        quota.done()
    windows = (wanted - 1) // calls
    assert abs(time.now - windows * 60) < 1e-6


def test_a_request_on_its_way_counts() -> None:
    time = Time()
    quota = Quota(Rate(2, 60), clock=time)
    assert (quota.take(), quota.take(), quota.room()) == (0, 0, 0)
    assert quota.take() > 0
    time.now = 600
    assert quota.take() > 0, "whatever time has passed"
    quota.done()
    quota.done()
    assert quota.take() == 60


def test_a_refusal_closes_for_as_long_as_it_says_and_spreads_what_follows() -> None:
    time = Time()
    quota = Quota(Rate(6, 60), clock=time)
    assert quota.take() == 0
    quota.refused(5)
    quota.done()
    assert (quota.take(), quota.room()) == (10, 0), "5 s, and 10 s after the last one"
    quota.refused(3)
    time.now = 9
    assert quota.take() == 1
    time.now = 10
    assert (quota.take(), quota.take()) == (0, 10)
    time.now = 65 + 60
    assert [quota.take() for _ in range(3)] == [0, 0, 0], "afterwards as before"


def test_a_quota_of_two_threads_lets_no_more_through() -> None:
    time = Time()
    quota = Quota(Rate(100, 60), clock=time)
    with ThreadPoolExecutor(8) as pool:
        taken = sum(pool.map(lambda _: quota.take() == 0, range(400)))
    assert taken == 100
