"""What refusals mean, and whom they come from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import CredentialUnavailableError

from federation.azure.answers import GoneError, refused, said
from federation.errors import (
    ConflictError,
    FederationError,
    ForbiddenError,
    RejectedError,
    UnauthorizedError,
)

ZONE = "zone example.com in Azure DNS"


class Answer:
    """As much of a response as the SDK's errors look at."""

    request: Any = None

    def __init__(self, status: int, body: Any) -> None:
        self.status_code, self.reason, self.headers = status, "Refused", dict[str, str]()
        self._text = body if isinstance(body, str) else json.dumps(body)

    def text(self, *_: Any) -> str:
        return self._text

    def body(self) -> bytes:
        return self._text.encode()


def error(status: int, code: str, message: str = "No.", cls: Any = HttpResponseError) -> HttpResponseError:
    answer = Answer(status, {"error": {"code": code, "message": message}})
    made: HttpResponseError = cls(response=answer)
    return made


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "BadRequest", RejectedError),
        (401, "InvalidAuthenticationToken", UnauthorizedError),
        (403, "AuthorizationFailed", ForbiddenError),
        (404, "ResourceGroupNotFound", GoneError),
        (409, "Conflict", ConflictError),
        (409, "ScopeLocked", ConflictError),
        (412, "PreconditionFailed", ConflictError),
        (418, "Teapot", RejectedError),
    ],
)
def test_a_status_is_a_kind_of_error(status: int, code: str, kind: type[FederationError]) -> None:
    found = refused(error(status, code), ZONE, "FIX")
    assert type(found) is kind
    assert found.obj == ZONE
    assert "No" in found.cause
    assert not found.cause.endswith(".")
    assert found.fix == ("FIX" if status == 403 else found.fix)


def test_a_token_that_has_expired_is_told_as_such() -> None:
    found = refused(
        error(401, "ExpiredAuthenticationToken", "The token expired.", ClientAuthenticationError), ZONE, ""
    )
    assert str(found) == (
        f"{ZONE}: ExpiredAuthenticationToken: The token expired. Next: log in anew: `az login`, or correct "
        "ARM_TENANT_ID, ARM_CLIENT_ID and what goes with them."
    )


def test_what_entra_id_refuses_is_a_login_and_its_traces_are_left_out() -> None:
    message = (
        "Authentication failed: AADSTS7000215: Invalid client secret provided. Trace ID: 1 Correlation ID: 2 "
        "Timestamp: 2026-01-01"
    )
    answer = Answer(401, {"error": "invalid_client", "error_description": message})
    found = refused(ClientAuthenticationError(message=message, response=answer), ZONE, "")
    assert isinstance(found, UnauthorizedError)
    assert (found.obj, found.cause) == (
        "login to Azure",
        "Authentication failed: AADSTS7000215: Invalid client secret provided",
    )


def test_who_is_not_logged_in_is_told() -> None:
    found = refused(
        CredentialUnavailableError(message="Please run 'az login' to set up an account"), ZONE, ""
    )
    assert str(found).startswith(
        "login to Azure: Please run 'az login' to set up an account. Next: log in anew"
    )


def test_an_answer_that_is_no_json_is_told_as_it_is_and_not_at_length() -> None:
    answer = Answer(502, "<html>" + "x" * 5000)
    code, text = said(
        HttpResponseError(message="Operation returned an invalid status " + "y" * 5000, response=answer)
    )
    assert code == ""
    assert text.startswith("Operation returned an invalid status")
    assert len(text) <= 500
