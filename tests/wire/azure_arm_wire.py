"""The stand-in for Azure over TLS on loopback, for the real clients of the Azure SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from lab.azure import accounts, authorization, identity, monitor, network, resources
from lab.azure.files import Files
from lab.azure.kinds import Kind
from lab.azure.server import Server
from lab.azure.service import Service
from lab.azure.settings import Settings

CORE = tuple(
    kind
    for module in (resources, network, identity, authorization, monitor, accounts)
    for kind in module.KINDS
)
SCOPE = "https://management.azure.com/.default"


class Running:
    """A server, and how clients reach it."""

    def __init__(self, server: Server, files: Files) -> None:
        self.server, self.service = server, server.service
        self.settings = server.service.settings
        self.url = f"https://{server.host}"
        self.authority = str(files.authority)
        self.subscription = f"/subscriptions/{self.settings.subscription_id}"

    def for_credential(self) -> dict[str, Any]:
        """Arguments of the credentials of `azure-identity`."""
        return {
            "tenant_id": self.settings.tenant_id,
            "authority": self.url,
            "disable_instance_discovery": True,
            "connection_verify": self.authority,
        }

    def for_client(self) -> dict[str, Any]:
        """Arguments of the clients of `azure-mgmt-*`."""
        return {
            "base_url": self.url,
            "credential_scopes": [SCOPE],
            "connection_verify": self.authority,
            "polling_interval": 0.05,
            "retry_total": 0,
        }

    def token(self) -> str:
        """A token of the operator, without the SDK."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
            "scope": SCOPE,
        }
        answer = self.request("POST", f"/{self.settings.tenant_id}/oauth2/v2.0/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request without the SDK."""
        return requests.request(method, self.url + path, verify=self.authority, timeout=20, **more)

    def as_operator(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request of the operator."""
        return self.request(method, path, headers={"Authorization": f"Bearer {self.token()}"}, **more)


@contextmanager
def running(directory: Path, kinds: Iterable[Kind] | None = None, **settings: Any) -> Iterator[Running]:
    """A server on a free port of 127.0.0.1; its kinds are the core's if none are given."""
    files = Files(directory)
    files.make()
    files.ensure_certificates("127.0.0.1")
    settings.setdefault("operation_seconds", 0.0)
    service = Service(Settings(**settings), kinds=kinds or CORE, directory=directory)
    server = Server(service, certificate=files.certificate, key=files.key)
    server.start()
    try:
        yield Running(server, files)
    finally:
        server.stop()
