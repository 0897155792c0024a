"""HTTP with the stand-in: azure-core's pipeline for ARM, azure-identity's tokens, the pin, and waiting."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import HeadersPolicy, RequestIdPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

from lab.azure.http import Document
from lab.azure.plugin.config import Config, credential
from lab.azure.plugin.errors import ArmRefusalError, PluginError, TimeoutExpiredError
from lab.azure.plugin.safety import FIX, Pin, PinnedTransport, pin
from lab.azure.plugin.types import VERSION
from lab.deadline import Deadline

METADATA = "/metadata/endpoints?api-version=2022-09-01"

BUSY = frozenset(
    {
        "AnotherOperationInProgress",
        "AnotherOperationIsInProgress",
        "ConcurrentDeleteInProgress",
        "OperationInProgress",
        "OperationPreempted",
        "ReferencedResourceNotProvisioned",
        "ResourceGroupBeingDeleted",
        "RetryableError",
    }
)
"""Codes of a 409 or 429 that says: not now. Others say it in their message ("... in progress ...")."""

PATIENCE = 30.0
"""Seconds for which a server that fails, or that does not answer, is asked again."""

OFFLINE = "FEDERATION_OFFLINE"
"""Is set in a preview without access (`fedctl preview --offline`)."""

_TRANSIENT = frozenset({408, 500, 502, 503, 504})
_LONGEST_PAUSE = 15.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response that has been read."""

    status: int
    document: Document
    headers: Mapping[str, str]

    @property
    def error(self) -> tuple[str, str]:
        """Code and message of a refusal."""
        found = self.document.get("error", self.document)
        if not isinstance(found, dict):
            return f"HTTP {self.status}", str(found)
        details = [d.get("message", "") for d in found.get("details") or [] if isinstance(d, dict)]
        message = " ".join([str(found.get("message") or ""), *details])
        return str(found.get("code") or f"HTTP {self.status}"), message

    @property
    def is_busy(self) -> bool:
        """Whether it says that something else has to end first."""
        code, message = self.error
        return self.status == 409 and (code in BUSY or "in progress" in message.lower())

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, as a number or an HTTP date says it; None when nothing does."""
        for name, unit in (("retry-after-ms", 1e-3), ("x-ms-retry-after-ms", 1e-3), ("retry-after", 1.0)):
            if (text := self.headers.get(name)) is not None:
                return _seconds(text, unit)
        return None


def _seconds(text: str, unit: float) -> float | None:
    try:
        return max(0.0, float(text) * unit)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


class Session:
    """Requests to one stand-in. Thread-safe; connects at the first request.

    Args:
        cancelled: set when everything shall end.
    """

    def __init__(self, config: Config, cancelled: threading.Event) -> None:
        self.pin: Pin = pin(config.metadata_host, config.authority)
        self._config, self._cancelled = config, cancelled
        self._lock = threading.Lock()
        self._client: ARMPipelineClient[Any, Any] | None = None
        self._credential: Any = None
        self._scope = ""

    def token(self) -> str:
        """An access token for the resource manager."""
        self._connected()
        found: str = self._credential.get_token(self._scope).token
        return found

    def send(
        self,
        method: str,
        url: str,
        subject: str,
        deadline: Deadline,
        *,
        body: Document | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request until there is an answer that waiting does not change: 2xx, or a refusal to be raised.

        Throttling and busy resources are waited for until the deadline, failures of the server for `PATIENCE`.

        Args:
            url: a path with its query, or a whole URL on the pinned host.
            subject: what it is about, for messages.

        Raises `ArmRefusalError` for 3xx, 4xx and lasting 5xx, `TimeoutExpiredError`, `PluginError` without an answer.
        """
        whole = self.pin.require(url if "://" in url else f"{self.pin.url}{url}")
        patience = Deadline(min(PATIENCE, deadline.left))
        renewed = False
        for attempt in range(1_000_000):
            reply = self._try(method, whole, body, headers or {})
            if isinstance(reply, Answer):
                if reply.status < 300:
                    return reply
                if reply.status == 401 and not renewed:
                    renewed = True
                    self._forget_token()
                    continue
            limit = deadline if isinstance(reply, Answer) and not _fails(reply) else patience
            self._wait_or_raise(reply, subject, limit, attempt)
        raise AssertionError("a loop of waits has an end")

    def wait(self, seconds: float, subject: str) -> None:
        """Let time pass; raises `PluginError` when everything shall end."""
        if self._cancelled.wait(seconds):
            raise PluginError(
                subject, "the update was cancelled", "run `pulumi up` again: it goes on from here"
            )

    def _wait_or_raise(self, reply: Answer | AzureError, subject: str, limit: Deadline, attempt: int) -> None:
        """Sleep before the next attempt; raise what `reply` says if there is none."""
        pause = min(_LONGEST_PAUSE, 0.25 * 2 ** min(attempt, 8)) * random.uniform(0.8, 1.2)  # noqa: S311
        if isinstance(reply, Answer):
            code, message = reply.error
            if not (reply.status == 429 or reply.is_busy or _fails(reply)):
                raise ArmRefusalError(subject, reply.status, code, message)
            pause = reply.retry_after if reply.retry_after is not None else pause
            if pause > limit.left:
                raise ArmRefusalError(subject, reply.status, code, message)
        elif pause > limit.left or isinstance(reply, ClientAuthenticationError) or _is_foreign(reply):
            raise _unreachable(subject, self.pin, reply)
        self.wait(pause, subject)

    def _try(
        self, method: str, url: str, body: Document | None, headers: Mapping[str, str]
    ) -> Answer | AzureError:
        try:
            client = self._connected()
            request = HttpRequest(method, url, json=body, headers=dict(headers))
            response = client.send_request(request, connection_timeout=10, read_timeout=120)
            return _answer(response)
        except (ServiceRequestError, ServiceResponseError, ClientAuthenticationError) as error:
            return error

    def _connected(self) -> ARMPipelineClient[Any, Any]:
        with self._lock:
            if self._client is None:
                self._connect()
            assert self._client is not None  # noqa: S101 - for mypy
            return self._client

    def _connect(self) -> None:
        transport = PinnedTransport(self.pin)
        manager, login, audience = self._metadata(transport)
        self._credential = credential(self._config, login, transport)
        self._scope = f"{audience.rstrip('/')}/.default"
        self._client = ARMPipelineClient(
            manager,
            # No RetryPolicy (see `send`), and no RedirectPolicy: ARM does not redirect.
            policies=[
                RequestIdPolicy(),
                HeadersPolicy(),
                UserAgentPolicy(base_user_agent=f"pulumi-resource-azure-native-stand-in/{VERSION}"),
                ARMChallengeAuthenticationPolicy(self._credential, self._scope),
            ],
            transport=transport,
        )

    def _metadata(self, transport: PinnedTransport) -> tuple[str, str, str]:
        """Resource manager, token service and audience, each of the first two on the pinned host."""
        with_no_token: ARMPipelineClient[Any, Any] = ARMPipelineClient(
            self.pin.url, policies=[HeadersPolicy()], transport=transport
        )
        answer = _answer(
            with_no_token.send_request(HttpRequest("GET", self.pin.url + METADATA), connection_timeout=10)
        )
        try:
            found = answer.document["authentication"]
            parts = answer.document["resourceManager"], found["loginEndpoint"], found["audiences"][0]
        except (KeyError, IndexError, TypeError):
            raise PluginError(
                f"the metadata service at {self.pin.url}", "it does not answer as one does", FIX
            ) from None
        return self.pin.require(parts[0]), self.pin.require(parts[1]), parts[2]

    def _forget_token(self) -> None:
        with self._lock:
            self._client = None


class NoSession(Session):
    """In a preview without access: compares what the state has, and whatever would be sent is an error."""

    def __init__(self) -> None:
        """Needs no stand-in, and so no pin."""

    def token(self) -> str:
        """Raises `PluginError`."""
        raise self._refusal("a token")

    def send(self, method: str, url: str, subject: str, *_: Any, **__: Any) -> Answer:
        """Raises `PluginError`."""
        raise self._refusal(f"{method} {url} for {subject}")

    @staticmethod
    def _refusal(what: str) -> PluginError:
        fix = f"unset {OFFLINE}, or report what has asked"
        return PluginError("provider azure-native", f"{what} was asked for in a preview without access", fix)


def _fails(answer: Answer) -> bool:
    return answer.status in _TRANSIENT


def _answer(response: Any) -> Answer:
    text = response.text()
    try:
        document = json.loads(text) if text.strip() else {}
    except ValueError:
        document = {"error": {"code": f"HTTP {response.status_code}", "message": text[:200]}}
    return Answer(
        status=response.status_code,
        document=document if isinstance(document, dict) else {"value": document},
        headers={k.lower(): v for k, v in response.headers.items()},
    )


def _is_foreign(error: AzureError) -> bool:
    """Whether the server's certificate is not the stand-in's: no waiting changes that."""
    return "certificate" in str(error).lower()


def _unreachable(subject: str, where: Pin, error: AzureError) -> PluginError:
    cause = " ".join(str(error).split())
    if isinstance(error, ClientAuthenticationError):
        return PluginError(
            subject, f"no token for it: {cause}", "check ARM_CLIENT_ID and its secret or token"
        )
    if _is_foreign(error):
        return PluginError(subject, f"{where.url} is not the stand-in: {cause}", FIX)
    return TimeoutExpiredError(
        subject, f"{where.url} does not answer: {cause}", "see `lab azure status`, then run `pulumi up` again"
    )
