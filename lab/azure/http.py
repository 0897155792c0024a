"""Requests and responses without sockets, and the one error of the resource manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
"""A JSON object, as it travels."""


class ArmError(Exception):
    """A refusal, as ARM words it: `{"error": {"code": ..., "message": ...}}` with a status.

    Attributes:
        status: of the response, 400 and up.
        code: of the published ones, such as `ResourceNotFound`.
        message: for people.
        headers: more headers of the response, such as `Retry-After`.
        details: more errors of the same shape, `{"code", "message", "target"?}`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        *,
        details: list[Document] | None = None,
    ) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})
        self.details = details or []

    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    def as_error(self) -> Document:
        """What stands under `error`, in a response or in the status of an operation."""
        more = {"details": self.details} if self.details else {}
        return {"code": self.code, "message": self.message, **more}


class DroppedError(Exception):
    """The connection ends without a response, as a fault asks for. The server closes the socket; tests see this."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that has been read.

    Attributes:
        method: `GET`, `PUT`, ... in capitals.
        path: decoded, without the query.
        query: the first value of each parameter; names are lower-case.
        headers: names are lower-case.
        host: what the client called this server, such as `10.98.0.1`; URLs that are handed out start with it.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    host: str = "localhost"

    def json(self) -> Document:
        """The body; an empty one is an empty object. Raises `ArmError` for what is no JSON object."""
        if not self.body.strip():
            return {}
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise _unreadable(f"could not be read as JSON: {error}") from None
        if not isinstance(found, dict):
            raise _unreadable("is no JSON object")
        return found

    @property
    def api_version(self) -> str:
        """The query's `api-version`; empty when there is none."""
        return self.query.get("api-version", "")


def _unreadable(why: str) -> ArmError:
    return ArmError(400, "InvalidRequestContent", f"The request content was invalid: the body {why}.")


@dataclass(frozen=True, kw_only=True)
class Response:
    """What goes back. `headers` are written as they are spelled here."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, document: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        """A response with a JSON document; None means no body."""
        more = dict(headers or {})
        if document is None:
            return cls(status=status, headers=more)
        kind = {"Content-Type": "application/json; charset=utf-8"}
        return cls(status=status, body=json.dumps(document).encode(), headers={**kind, **more})

    @classmethod
    def refusal(cls, error: ArmError) -> Response:
        """A response that says what an `ArmError` says."""
        return cls.of(
            error.status, {"error": error.as_error()}, {"x-ms-failure-cause": "gateway", **error.headers}
        )

    def json(self) -> Any:
        """The body's document; None when there is no body."""
        return json.loads(self.body) if self.body else None
