"""The official SDK's real clients on the stand-in, without sockets: `requests` has an adapter that calls it."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from lab.azure.http import Request
from lab.azure.service import Service

HOST = "10.98.0.1"


class InProcess(BaseAdapter):
    """Sends to a service as its operator."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """One request."""
        url = urlsplit(str(request.url))
        assert url.hostname == HOST, f"a request to {url.hostname}"
        body = request.body or b""
        answer = self._service.handle(
            Request(
                method=str(request.method),
                path=unquote(url.path),
                query={k.lower(): v for k, v in parse_qsl(url.query, keep_blank_values=True)},
                headers={k.lower(): v for k, v in request.headers.items()},
                body=body if isinstance(body, bytes) else body.encode(),
                host=HOST,
            ),
            caller=self._service.operator,
        )
        raw = HTTPResponse(
            body=io.BytesIO(answer.body),
            headers=dict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        response = requests.Response()
        response.status_code, response.raw = answer.status, raw
        response.headers = requests.structures.CaseInsensitiveDict(answer.headers)
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        """Nothing to close."""


class Token:
    """A credential that needs nobody."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Always the same."""
        return AccessToken("in-process", int(time.time()) + 3600)


def client(cls: Any, service: Service, **more: Any) -> Any:
    """A client of the SDK: `client(DnsManagementClient, service)`."""
    session = requests.Session()
    session.mount("https://", InProcess(service))
    arguments: Mapping[str, Any] = {"retry_total": 0, "polling_interval": 0, **more}
    return cls(
        Token(),
        service.settings.subscription_id,
        base_url=f"https://{HOST}",
        credential_scopes=[f"https://{HOST}/.default"],
        transport=RequestsTransport(session=session, session_owner=False),
        **arguments,
    )
