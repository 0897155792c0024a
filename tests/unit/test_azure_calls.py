"""Requests to Azure: when they are sent again, when that ends, and what is said meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from federation.azure.calls import Calls, LaterError
from federation.azure.patience import Patience
from federation.azure.quota import Quota, Rate
from federation.errors import UnreachableError


class Answer:
    """As much of a response as the SDK's errors look at."""

    request: Any = None
    reason = "Refused"

    def __init__(self, status: int, **headers: str) -> None:
        self.status_code = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def text(self, *_: Any) -> str:
        return '{"error": {"code": "Busy", "message": "Come back later."}}'

    def body(self) -> bytes:
        return self.text().encode()


def answer(status: int, **headers: str) -> HttpResponseError:
    return HttpResponseError(response=Answer(status, **headers))


def login_fails() -> HttpResponseError:
    """As azure-identity has it when Entra ID does not answer."""
    error = ClientAuthenticationError(message="Authentication failed: …")
    error.__cause__ = ServiceRequestError("[Errno 111] No route")
    return error


class Sender:
    """Fails in the given ways, one after the other, and then gives 7.

    Attributes:
        waited: seconds of each wait.
        unsure: what each attempt was told.
    """

    def __init__(self, *failures: Exception, rate: Rate | None = None, **patience: Any) -> None:
        self.failures, self.unsure, self.waited, self.said = (
            list(failures),
            list[bool](),
            list[float](),
            list[str](),
        )
        self.now = 1000.0
        given = Patience(clock=lambda: self.now, sleep=self._sleep, say=self.said.append, **patience)
        self.quota = Quota(rate or Rate(100), clock=given.clock)
        self.calls = Calls("zone x", {"write": self.quota}, given)

    def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    def __call__(self, unsure: bool) -> int:
        self.unsure.append(unsure)
        if self.failures:
            raise self.failures.pop(0)
        return 7

    def send(self, *, until: float = float("inf")) -> int:
        return self.calls("write", self, until=until)


@pytest.mark.parametrize(
    ("failure", "unsure"),
    [
        (lambda: ServiceRequestError("was not sent"), False),
        (login_fails, False),
        (lambda: ServiceResponseError("no answer"), True),
        (lambda: DecodeError("half an answer"), True),
        (lambda: answer(500), True),
        (lambda: answer(502), True),
        (lambda: answer(408), True),
        (lambda: answer(503), True),
    ],
)
def test_what_gets_no_answer_is_sent_again_and_it_is_known_whether_it_may_have_happened(
    failure: Callable[[], Exception], unsure: bool
) -> None:
    sender = Sender(failure(), failure(), failure())
    assert sender.send() == 7
    assert sender.unsure == [False, unsure, unsure, unsure]
    assert sender.waited == [0.5, 1, 2]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "3"}, 3.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"x_ms_retry_after_ms": "250"}, 0.6),
        ({"Retry_After": "soon"}, 5.0),
        ({}, 5.0),
    ],
)
def test_a_refusal_as_too_much_is_waited_for(headers: dict[str, str], seconds: float) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    sender = Sender(answer(429, **lower))
    assert sender.send() == 7
    assert sum(sender.waited) == pytest.approx(seconds), "and no sooner than the limit spread evenly"
    assert sender.unsure == [False, False]


def test_a_service_that_says_how_long_it_is_busy_is_not_failing() -> None:
    sender = Sender(*[answer(503, retry_after="20") for _ in range(9)], failing=10)
    assert sender.send() == 7
    assert sum(sender.waited) == 180


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412])
def test_what_would_be_refused_again_is_not_sent_again(status: int) -> None:
    sender = Sender(answer(status))
    with pytest.raises(HttpResponseError) as raised:
        sender.send()
    assert raised.value.status_code == status
    assert sender.waited == []


def test_a_wait_for_the_limit_does_not_count_as_failing() -> None:
    sender = Sender(rate=Rate(1, 300), failing=30)
    assert sender.send() == 7
    sender.failures = [answer(500)]
    assert sender.send() == 7
    assert sum(sender.waited) >= 600


def test_failing_has_an_end() -> None:
    sender = Sender(
        *[ServiceRequestError("[Errno -2] Name or service not known") for _ in range(99)], failing=20
    )
    with pytest.raises(UnreachableError) as raised:
        sender.send()
    assert sum(sender.waited) <= 20
    assert str(raised.value) == (
        "zone x: no answer for 18 s: Name or service not known. Next: try again; status.azure.com tells of outages."
    )
    assert sender.said == ["zone x: no answer, trying again"]


def test_a_login_that_is_not_answered_is_no_wrong_login() -> None:
    with pytest.raises(UnreachableError, match=r"^zone x: no answer for \d s: No route\. Next"):
        Sender(*[login_fails() for _ in range(99)], failing=5).send()


def test_a_caller_whose_time_is_over_is_told_before_the_wait() -> None:
    sender = Sender(rate=Rate(1, 60))
    assert sender.send(until=1010) == 7
    with pytest.raises(LaterError):
        sender.send(until=1010)
    assert sender.waited == []
    late = Sender(answer(429, retry_after="30"))
    with pytest.raises(LaterError):
        late.send(until=1010)
    failing = Sender(*[answer(500) for _ in range(99)])
    with pytest.raises(UnreachableError, match="HTTP 500: Come back later"):
        failing.send(until=1010)
    assert failing.now <= 1010


def test_a_long_wait_is_told_now_and_then() -> None:
    sender = Sender(rate=Rate(1, 60))
    sender.send()
    sender.send()
    assert sender.said == ["zone x: waiting, Azure takes 1 writes in 60 s"] * 4
    assert sum(sender.waited) == 60


def test_a_sleep_that_is_interrupted_ends_the_request_and_gives_its_place_back() -> None:
    class StopError(Exception):
        pass

    def stop(_: float) -> None:
        raise StopError

    sender = Sender(answer(500))
    sender.calls = Calls("zone x", {"write": sender.quota}, Patience(sleep=stop))
    with pytest.raises(StopError):
        sender.send()
    sender.now += 60
    assert sender.quota.room() == 100
