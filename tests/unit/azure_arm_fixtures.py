"""The stand-in for Azure in process: no sockets, no tokens, a clock in the test's hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from lab.azure import accounts, authorization, identity, monitor, network, resources
from lab.azure.clock import ManualClock
from lab.azure.http import Request, Response
from lab.azure.kinds import Caller, Kind
from lab.azure.service import Service
from lab.azure.settings import Settings

CORE = tuple(
    kind
    for module in (resources, network, identity, authorization, monitor, accounts)
    for kind in module.KINDS
)
"""Kinds of the core, without DNS and AKS."""
GROUP_VERSION = "2024-03-01"


class Arm:
    """Sends requests to a `Service` as its operator.

    Args:
        kinds: None: all there are.
        version: the api-version of requests that name none.
    """

    def __init__(
        self, kinds: Iterable[Kind] | None = None, *, version: str = GROUP_VERSION, **settings: Any
    ) -> None:
        self.clock = ManualClock()
        self.service = Service(Settings(**settings), clock=self.clock, kinds=kinds)
        self.store = self.service.store
        self.caller: Caller = self.service.operator
        self.version = version
        self.subscription = f"/subscriptions/{self.service.settings.subscription_id}"

    def group(self, name: str = "rg", location: str = "westus") -> str:
        """Make a group; returns its id."""
        path = f"{self.subscription}/resourceGroups/{name}"
        assert self.put(path, {"location": location}, version=GROUP_VERSION).status in (200, 201)
        return path

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        caller: Caller | None = None,
    ) -> Response:
        """One request."""
        request = Request(
            method=method,
            path=path,
            query={"api-version": version or self.version, **(query or {})},
            headers={k.lower(): v for k, v in (headers or {}).items()},
            body=b"" if body is None else json.dumps(body).encode(),
            host="10.98.0.1",
        )
        return self.service.handle(request, caller=caller or self.caller)

    def get(self, path: str, **more: Any) -> Response:
        """GET."""
        return self.call("GET", path, **more)

    def put(self, path: str, body: Any, **more: Any) -> Response:
        """PUT, and wait for its operation."""
        return self._settled(self.call("PUT", path, body, **more))

    def patch(self, path: str, body: Any, **more: Any) -> Response:
        """PATCH, and wait for its operation."""
        return self._settled(self.call("PATCH", path, body, **more))

    def delete(self, path: str, **more: Any) -> Response:
        """DELETE, and wait for its operation."""
        return self._settled(self.call("DELETE", path, **more))

    def post(self, path: str, body: Any = None, **more: Any) -> Response:
        """POST, and wait for its operation."""
        return self._settled(self.call("POST", path, body, **more))

    def _settled(self, response: Response) -> Response:
        if "Azure-AsyncOperation" in response.headers:
            assert self.service.operations.wait(20), "an operation does not end"
        return response

    def operation(self, response: Response) -> Any:
        """What the operation that a response started says now."""
        path, _, _ = response.headers["Azure-AsyncOperation"].removeprefix("https://10.98.0.1").partition("?")
        return self.get(path).json()


def code(response: Response) -> str:
    """The code of a refusal, after its status: `404 ResourceNotFound`."""
    found = response.json()
    assert "error" in found, f"{response.status}: {found}"
    return f"{response.status} {found['error']['code']}"


def message(response: Response) -> str:
    """The message of a refusal."""
    return str(response.json()["error"]["message"])
