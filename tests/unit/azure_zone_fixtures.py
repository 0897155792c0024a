"""A zone of the stand-in for Azure, in process, and backends on it: the real SDK's clients, without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from azure.core.pipeline.transport import RequestsTransport
from urllib3.exceptions import ProtocolError

from federation.azure.patience import Patience
from federation.dns.azure import AzureBackend
from federation.dns.azure_open import zone_of
from federation.dns.azure_sets import sets_of
from federation.dns.azure_store import AzureStore
from federation.dns.azure_zone import Zone
from federation.dns.records import Change, RecordSet
from lab.azure.http import DroppedError
from lab.azure.ids import resource
from tests.unit.azure_dns_fixtures import PRIVATE, Dns
from tests.unit.azure_sdk_fixtures import HOST, InProcess, Token

DOMAIN = "example.com"
NGINX = RecordSet(f"nginx.default.fed.svc.{DOMAIN}", "A", 30, ("10.0.0.2", "10.0.1.2"))
LESS = replace(NGINX, values=("10.0.0.2",))
SIX = RecordSet(NGINX.name, "AAAA", 30, ("2001:db8::2",))
OTHER = RecordSet(f"web.default.fed.svc.{DOMAIN}", "A", 30, ("10.0.0.3",))


class Wire(InProcess):
    """Sends to the stand-in; where that ends the connection, so does this.

    Attributes:
        before: called before each request, with method and path.
        log: of requests: method, path below the zone, status; 0 if the connection ended.
    """

    def __init__(self, dns: Dns, before: Callable[[str, str], None] | None = None) -> None:
        super().__init__(dns.service)
        self.before, self.log = before, list[tuple[str, str, int]]()

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # type: ignore[override]
        """One request."""
        method, path = str(request.method), str(request.path_url).partition("?")[0]
        if self.before:
            self.before(method, path)
        what = (method, "/".join(path.split("/")[9:]))
        try:
            response = super().send(request, **more)
        except DroppedError:
            self.log.append((*what, 0))
            raise requests.exceptions.ConnectionError(ProtocolError("Connection aborted.")) from None
        self.log.append((*what, response.status_code))
        return response

    def count(self, method: str, status: int | None = None) -> int:
        """How many requests of a method there were; with a status: that were answered so."""
        return sum(m == method and status in (None, s) for m, _, s in self.log)


class Account:
    """A stand-in with a zone, and backends on it.

    Attributes:
        dns: the stand-in, for what others do there.
        zone: id of the zone.
        said: what backends have told while they waited.
    """

    def __init__(self, *, private: bool = False, domain: str = DOMAIN, **settings: Any) -> None:
        self.dns, self.private, self.domain = Dns(**settings), private, domain
        self.zone = self.dns.private_zone(domain) if private else self.dns.zone(domain)
        self.said = list[str]()
        self._opened = list[Zone]()

    @property
    def now(self) -> float:
        """Seconds, by the stand-in's clock."""
        return self.dns.clock.now()

    def store(self, **more: Any) -> AzureStore:
        """How the zone is reached."""
        given = {
            "subscription": self.dns.service.settings.subscription_id,
            "resource_group": "rg",
            "zone": self.domain,
            "private": self.private,
            "resource_manager": f"https://{HOST}",
        }
        return AzureStore(**{**given, **more})

    def patience(self, **more: Any) -> Patience:
        """With the stand-in's clock."""
        clock = self.dns.clock
        given = {"clock": clock.now, "sleep": clock.sleep, "say": self.said.append}
        return Patience(**{**given, **more})

    def opened(self, wire: Wire | None = None, store: AzureStore | None = None, **patience: Any) -> Zone:
        """The zone as one process sees it."""
        store = store or self.store()
        session = requests.Session()
        session.mount("https://", wire or Wire(self.dns))
        sets = sets_of(store, Token(), RequestsTransport(session=session, session_owner=True))
        zone = zone_of(store, sets, self.patience(**patience))
        self._opened.append(zone)
        return zone

    def backend(
        self, wire: Wire | None = None, *, store: AzureStore | None = None, workers: int = 1, **patience: Any
    ) -> AzureBackend:
        """A backend of its own, as another process has it."""
        store = store or self.store()
        zone = self.opened(wire, store, **patience)
        return AzureBackend(zone, self.domain, without=store.without, workers=workers)

    def close(self) -> None:
        """Give all connections back."""
        for zone in self._opened:
            zone.close()

    def sets(self) -> dict[tuple[str, str], dict[str, Any]]:
        """All record sets as they are in Azure but the zone's own: (relative name, type) → properties."""
        found = {}
        for entry in self.dns.store.under(resource(self.zone)):
            name = entry.id.rpartition("/")[2]
            if name != "@":
                found[name, entry.type.rpartition("/")[2]] = dict(entry.properties)
        return found

    def answers(self) -> dict[str, tuple[str, ...]]:
        """A sets: relative name → addresses."""
        key = "aRecords" if self.private else "ARecords"
        return {
            name: tuple(sorted(r["ipv4Address"] for r in found.get(key, ())))
            for (name, kind), found in self.sets().items()
            if kind == "A"
        }

    def put(self, name: str, body: dict[str, Any], kind: str = "A") -> None:
        """Somebody else writes a set."""
        version = PRIVATE if self.private else None
        answer = self.dns.put(f"{self.zone}/{kind}/{name}", body, version=version)
        assert answer.status in (200, 201), answer.json()

    def faults(self, *rules: dict[str, Any]) -> None:
        """A script of faults."""
        self.dns.service.faults.replace(json.dumps(rules).encode())


def create(*records: RecordSet) -> list[Change]:
    """Changes that make records."""
    return [Change("create", record) for record in records]


@pytest.fixture
def account() -> Iterator[Account]:
    """A new one."""
    made = Account()
    yield made
    made.close()
