"""Requests to Azure: each within its limit, sent again as long as that makes sense, and never longer.

What the SDK would do by itself (azure-core's RetryPolicy) is switched off, see `CLIENT`: it knows neither of the other
threads' requests nor whether a write that got no answer may have happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from azure.core.exceptions import (
    AzureError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from federation.azure import answers
from federation.azure.patience import Patience
from federation.azure.quota import Quota
from federation.deadline import PROGRESS_SECONDS

CLIENT: dict[str, Any] = {"retry_total": 0, "user_agent": "k8s-federation"}
"""For the SDK's clients: they try once."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds after a failure; twice as much after each further one."""
SAY_SECONDS = 15.0
"""From one word about a wait to the next."""
THROTTLED_PAUSE = 5.0
"""Seconds after a refusal that does not say how long."""

T = TypeVar("T")


class LaterError(Exception):
    """A limit lets nothing through before the caller's time is over. Not for users."""


class Calls:
    """Sends requests of one subject. Safe to use from several threads.

    Args:
        subject: for messages, such as "zone example.com in Azure DNS".
        quotas: by kind of request.
        patience: how to wait.
    """

    def __init__(self, subject: str, quotas: Mapping[str, Quota], patience: Patience) -> None:
        self.subject, self.patience, self._quotas = subject, patience, quotas
        self._told, self._lock = float("-inf"), threading.Lock()

    def __call__(self, kind: str, send: Callable[[bool], T], *, until: float = float("inf")) -> T:
        """Send a request until it is answered.

        Args:
            kind: of request, to know its limit.
            send: sends it; is told whether an earlier attempt may have been carried out although it was not answered.
            until: by the clock: the caller's time.

        Raises:
            HttpResponseError: a refusal that sending again would not change.
            LaterError: limits do not let it through in the caller's time.
            UnreachableError: there was no answer for as long as patience lasts.
        """
        quota, trouble = self._quotas[kind], _Trouble(self.subject, self.patience, until)
        while True:
            self._take(kind, until)
            try:
                return send(trouble.unsure)
            except (ServiceRequestError, ServiceResponseError, DecodeError) as error:
                pause = trouble.failed(error)
            except HttpResponseError as error:
                pause = self._refused(quota, trouble, error)
            finally:
                quota.done()
            if pause:
                self._sleep(pause, trouble.since, "no answer, trying again")

    def room(self, kind: str) -> int:
        """How many requests of a kind may go out now."""
        return self._quotas[kind].room()

    def _take(self, kind: str, until: float) -> None:
        quota, since = self._quotas[kind], self.patience.clock()
        why = f"waiting, Azure takes {quota.rate.calls} {kind}s in {quota.rate.seconds:g} s"
        while (wait := quota.take()) > 0:
            if self.patience.clock() + wait > until:
                raise LaterError
            self._sleep(min(wait, PROGRESS_SECONDS), since, why)

    def _sleep(self, seconds: float, since: float, why: str) -> None:
        """Wait, and say why if that lasts; of all threads only one says so."""
        now = self.patience.clock()
        with self._lock:
            due = now - since >= PROGRESS_SECONDS and now - self._told >= SAY_SECONDS
            self._told = now if due else self._told
        if due:
            self.patience.say(f"{self.subject}: {why}")
        self.patience.sleep(seconds)

    def _refused(self, quota: Quota, trouble: _Trouble, error: HttpResponseError) -> float:
        """How long to wait; for a limit the quota makes wait, and all others with it."""
        status, after, lost = error.status_code or 0, _retry_after(error), error.__cause__
        if isinstance(lost, (ServiceRequestError, ServiceResponseError)):
            return trouble.failed(lost)  # azure-identity calls it a refusal when Entra ID does not answer
        if status == 429 or (status == 503 and after is not None):
            quota.refused(trouble.throttled(after))
            return 0.0
        if status >= 500 or status == 408:
            return trouble.failed(error)
        raise error


class _Trouble:
    """One request's failures so far."""

    def __init__(self, subject: str, patience: Patience, until: float) -> None:
        self._subject, self._patience, self._until = subject, patience, until
        self._since: float | None = None
        self._failures = self._refusals = 0
        self.unsure = False
        """Whether it may have been carried out."""

    def failed(self, error: AzureError) -> float:
        """How long to wait after a failure. Raises `UnreachableError` when it is time to give up."""
        if not isinstance(error, ServiceRequestError):  # of those it is known that they were not sent
            self.unsure = True
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self._failures)
        self._failures += 1
        now, lasted = self._now()
        if lasted + pause > self._patience.failing or now + pause > self._until:
            raise answers.failed(error, self._subject, lasted) from None
        return pause

    def throttled(self, after: float | None) -> float:
        """How long to wait after a refusal. Raises as `failed` does, and `LaterError`."""
        pause = after if after is not None else THROTTLED_PAUSE * 2.0 ** min(self._refusals, 4)
        self._refusals += 1
        now, lasted = self._now()
        if now + pause > self._until:
            raise LaterError
        if lasted > self._patience.throttled:
            raise answers.throttled(self._subject, lasted)
        return pause

    @property
    def since(self) -> float:
        """When the first failure was; now if there was none."""
        return self._patience.clock() if self._since is None else self._since

    def _now(self) -> tuple[float, float]:
        """By the clock, and since the first failure."""
        now = self._patience.clock()
        self._since = now if self._since is None else self._since
        return now, now - self._since


def _retry_after(error: HttpResponseError) -> float | None:
    """Seconds; Azure gives them as such, or in milliseconds (azure-core: "get_retry_after")."""
    headers: Mapping[str, str] = getattr(error.response, "headers", None) or {}
    for name, unit in (("retry-after-ms", 1000.0), ("x-ms-retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    return None
