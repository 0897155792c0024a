"""What the refusals of an API server mean, as our errors."""

from __future__ import annotations

import json

import urllib3

from federation.errors import (
    ConflictError,
    FederationError,
    ForbiddenError,
    RejectedError,
    UnauthorizedError,
)


class GoneError(FederationError):
    """The server no longer knows what has changed since then (410): list anew, and watch from there."""


REFUSALS: dict[int, tuple[type[FederationError], str]] = {
    401: (UnauthorizedError, "get a new kubeconfig; its credentials are wrong or have expired"),
    403: (ForbiddenError, "use a kubeconfig of somebody who may do this"),
    409: (ConflictError, "see who has made or owns the object"),
    410: (GoneError, "list it anew, and watch from there"),
}


def refusal(server: str, status: int, task: str, message: str) -> FederationError:
    """The error for a status of 400 and more. `task`: what was asked for, such as "get pods web"."""
    kind, fix = REFUSALS.get(status, (RejectedError, "mend what it says"))
    return kind(server, f"cannot {task}: {message}", fix)


def message(answer: urllib3.BaseHTTPResponse) -> str:
    """The message of a `Status` object, or the start of whatever was answered."""
    try:
        return str(json.loads(answer.data)["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status} {answer.data[:200].decode(errors='replace').strip()}"
