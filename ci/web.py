"""Requests to the API of a platform, each within a time limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from federation.errors import FederationError

SECONDS = 30.0
"""For one request: to connect, and between two parts of an answer."""
Query = Mapping[str, str | int]
ABSENT = (401, 403, 404)
"""Answers of a platform that has nothing for us: from a fork even what is there may be hidden."""


class PipelineError(FederationError):
    """A pipeline is set up wrongly, or its platform does not do what it is asked to."""


class Web:
    """An API under one address.

    Args:
        base: its address; a path is appended.
        headers: of each request; the token is among them, and is shown nowhere.
    """

    def __init__(self, base: str, headers: dict[str, str]) -> None:
        self._base = base.rstrip("/")
        self._session = requests.Session()
        self._session.headers.update(headers)

    def ask(self, method: str, path: str, *, query: Query | None = None, body: Any = None) -> Any:
        """The JSON that a request is answered with.

        Raises:
            PipelineError: it is refused, or not answered.
        """
        answer = self._request(method, path, query, body)
        if not answer.ok:
            cause = f"{method} is refused: {answer.status_code} {_reason(answer)}"
            raise PipelineError(self._named(path), cause, "give the job's token the rights of docs/ci.md")
        return answer.json()

    def found(self, path: str) -> bytes | None:
        """A file at a path, or at an address of its own; None if there is none that we may read.

        Raises:
            PipelineError: the platform fails.
        """
        answer = self._request("GET", path)
        if answer.status_code in ABSENT:
            return None
        if not answer.ok:
            cause = f"GET fails: {answer.status_code} {_reason(answer)}"
            raise PipelineError(self._named(path), cause, "run the job again")
        return answer.content

    def _request(
        self, method: str, path: str, query: Query | None = None, body: Any = None
    ) -> requests.Response:
        url = path if path.startswith(("https:", "http:")) else f"{self._base}/{path}"
        try:
            return self._session.request(method, url, json=body, params=query, timeout=SECONDS)
        except requests.RequestException as error:
            cause = f"{method} is not answered: {type(error).__name__}"
            raise PipelineError(self._named(path), cause, "run the job again") from None

    def _named(self, path: str) -> str:
        """A path without what follows a question mark: addresses of files may have a signature there."""
        return f"{self._base}: {path.partition('?')[0]}"


def _reason(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return str(answer.reason)
    return str(said.get("message") or answer.reason) if isinstance(said, dict) else str(answer.reason)
