"""What Azure's refusals mean, as errors that name the object, the cause and the next step."""

from __future__ import annotations

import json
import re
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from federation.azure.tls import reason
from federation.errors import (
    ConflictError,
    FederationError,
    ForbiddenError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)

LOG_IN = "log in anew: `az login`, or correct ARM_TENANT_ID, ARM_CLIENT_ID and what goes with them"
_LOCKED = "ScopeLocked"
# What Entra ID adds for its own people.
_TRACES = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp): .*", re.DOTALL)


class GoneError(FederationError, title="Gone in Azure"):
    """A resource, or what it is in, is not there."""


def refused(error: HttpResponseError, subject: str, fix: str) -> FederationError:
    """The error for a refusal.

    Args:
        error: as the SDK raises it.
        subject: what was asked for.
        fix: the next step when rights are missing.
    """
    code, message = said(error)
    if isinstance(error, ClientAuthenticationError) and not _of_manager(error):
        return UnauthorizedError("login to Azure", message, LOG_IN)
    if code == _LOCKED:
        lock = "remove the lock, or leave what it keeps: `az lock list` shows it"
        return ConflictError(subject, f"a lock forbids it: {message}", lock)
    busy = (ConflictError, "wait until the other operation has ended, then try again")
    kinds: dict[int, tuple[type[FederationError], str]] = {
        401: (UnauthorizedError, LOG_IN),
        403: (ForbiddenError, fix),
        404: (GoneError, "see that it is there, or make it again with `pulumi up --refresh`"),
        409: busy,
        412: busy,
    }
    kind, step = kinds.get(error.status_code or 0, (RejectedError, "correct what it says"))
    return kind(subject, f"{code}: {message}" if code else message, step)


def failed(error: AzureError, subject: str, seconds: float) -> FederationError:
    """The error for a service that has not answered for so long."""
    how = f"HTTP {status}: {said(error)[1]}" if (status := _status(error)) else reason(error)
    return UnreachableError(
        subject, f"no answer for {seconds:.0f} s: {how}", "try again; status.azure.com tells of outages"
    )


def throttled(subject: str, seconds: float) -> FederationError:
    """The error for a service that has refused everything as too much for so long."""
    return UnreachableError(
        subject,
        f"Azure has refused every request for {seconds:.0f} s, as more come in than it allows",
        "see who else writes the zone, then try again",
    )


def said(error: AzureError) -> tuple[str, str]:
    """Code and message of a refusal, as the resource manager words it; without a code they are what there is."""
    found = _document(error)
    code, message = str(found.get("code") or ""), str(found.get("message") or "")
    text = message or str(error.message or error)
    return code, " ".join(_TRACES.sub("", text).split())[:500].rstrip(".")


def _document(error: AzureError) -> dict[str, Any]:
    """The `error` in the body of an answer; empty where there is none."""
    try:
        found = json.loads(error.response.text())["error"]  # type: ignore[attr-defined]
    except (AttributeError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _of_manager(error: HttpResponseError) -> bool:
    """Whether the resource manager itself refuses a token, and not Entra ID to give one."""
    return error.status_code == 401 and bool(_document(error))


def _status(error: AzureError) -> int:
    return int(getattr(error, "status_code", None) or 0)
