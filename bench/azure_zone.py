"""How long a large zone of Azure DNS takes to build, beside the time that Azure's limit of writes allows.

    python -m bench.azure_zone              1,000 services by the stand-in's own clock: half a minute of real time
    python -m bench.azure_zone --real       over TLS, with threads and real time, at limits that are 20 times as wide

The goal is a ratio of at most 1.1. A goal that is missed is no failure of this program: it ends with 0.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from federation.azure.calls import Calls
from federation.azure.credentials import Identity, credential
from federation.azure.patience import Patience
from federation.azure.quota import Quota, Rate
from federation.dns.azure import AzureBackend
from federation.dns.azure_sets import RATES, Sets, sets_of
from federation.dns.azure_store import AzureStore
from federation.dns.azure_zone import Zone
from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.reconcile import FactsOf, reconcile
from lab.azure import dns, resources
from lab.azure.clock import ManualClock
from lab.azure.files import Files
from lab.azure.http import Request
from lab.azure.server import Server
from lab.azure.service import Service
from lab.azure.settings import Rate as Limit
from lab.azure.settings import Settings

DOMAIN, FEDERATION, GOAL = "example.com", "fed", 1.1
MEMBERS = (
    Member(name="west", region="westus", zones=("1",), ready=True),
    Member(name="east", region="eastus", zones=("1",), ready=True),
)
NAMES = 5
"""Of each service: the global one, two regions, and a zone in each."""
KINDS = (*resources.KINDS, *dns.KINDS)
PLENTY = Limit(calls=1_000_000)
HOST = "management.example"


@dataclass(frozen=True)
class Outcome:
    """What was measured.

    Attributes:
        sets: record sets that were made.
        seconds: that it took.
        allowed: seconds that the limit of writes takes for them.
        refused: requests that Azure refused as too many.
    """

    sets: int
    seconds: float
    allowed: float
    refused: int

    @property
    def ratio(self) -> float:
        """1 is as fast as the limit allows."""
        return self.seconds / self.allowed

    def __str__(self) -> str:
        verdict = "met" if self.ratio <= GOAL else "MISSED"
        return (
            f"{self.sets} record sets in {self.seconds:.0f} s; the limit allows {self.allowed:.0f} s: "
            f"ratio {self.ratio:.2f} (goal {GOAL}: {verdict}), {self.refused} requests refused"
        )


def world(services: int) -> FactsOf:
    """Facts of services that are on both members, each with five names."""
    placed = tuple(
        Placement(member=member.name, applied=True, addresses=(f"10.0.{place}.2",), ready_backends=1)
        for place, member in enumerate(MEMBERS)
    )
    found = tuple(ServiceFacts(namespace="default", name=f"s{n}", placements=placed) for n in range(services))

    def known(current: tuple[Current, ...]) -> Facts:
        return Facts(federation=FEDERATION, domain=DOMAIN, members=MEMBERS, services=found, current=current)

    return known


class InProcess(BaseAdapter):
    """Sends to a stand-in without sockets, as its operator."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """One request."""
        url, body = urlsplit(str(request.url)), request.body or b""
        asked = Request(
            method=str(request.method),
            path=unquote(url.path),
            query={key.lower(): value for key, value in parse_qsl(url.query, keep_blank_values=True)},
            headers={key.lower(): value for key, value in request.headers.items()},
            body=body if isinstance(body, bytes) else body.encode(),
            host=HOST,
        )
        answer = self._service.handle(asked, caller=self._service.operator)
        made = requests.Response()
        made.status_code, made.url, made.request = answer.status, str(request.url), request
        made.headers = requests.structures.CaseInsensitiveDict(answer.headers)
        made.raw = HTTPResponse(io.BytesIO(answer.body), answer.headers, answer.status, preload_content=False)
        return made

    def close(self) -> None:
        """Nothing to close."""


class Token:
    """A credential that needs nobody."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Always the same."""
        return AccessToken("in-process", int(time.time()) + 86_400)


def measure(
    sets: Sets, services: int, patience: Patience, *, scale: float = 1.0, workers: int = 8
) -> Outcome:
    """Build a zone that is empty, and time it by the clock of `patience`. `scale`: how much wider limits are."""
    refused = 0

    class Counting(Quota):
        def refused(self, seconds: float) -> None:
            nonlocal refused
            refused += 1
            super().refused(seconds)

    rates = {kind: Rate(rate.calls, rate.seconds / scale) for kind, rate in RATES.items()}
    quotas = {kind: Counting(rate, clock=patience.clock) for kind, rate in rates.items()}
    zone = Zone(DOMAIN, sets, Calls(f"zone {DOMAIN}", quotas, patience))
    backend, began = AzureBackend(zone, DOMAIN, workers=workers), patience.clock()
    made = reconcile(backend, world(services), owner=FEDERATION).made
    seconds = patience.clock() - began
    left = reconcile(backend, world(services), owner=FEDERATION, dry_run=True).plan.changes
    assert not left, f"{len(left)} changes are left"  # noqa: S101
    return Outcome(len(made), seconds, len(made) * rates["write"].spacing, refused)


def simulated(services: int, say: Callable[[str], None] = print) -> Outcome:
    """By the stand-in's own clock, with Azure's limits, one request after the other and each without a delay."""
    clock = ManualClock()
    service = Service(_settings(1.0), clock=clock, kinds=KINDS)
    _zone(service)
    session = requests.Session()
    session.mount("https://", InProcess(service))
    store = _store(service, resource_manager=f"https://{HOST}")
    sets = sets_of(store, Token(), RequestsTransport(session=session))
    try:
        return measure(sets, services, Patience(clock=clock.now, sleep=clock.sleep, say=say), workers=1)
    finally:
        sets.close()


def real(services: int, scale: float, say: Callable[[str], None] = print) -> Outcome:
    """In real time: a server with TLS, azure-identity, the SDK's clients and threads."""
    with tempfile.TemporaryDirectory() as directory, _serving(Path(directory), scale) as (store, secret):
        settings = Identity(kind="secret", tenant=store.tenant, client_id=store.client_id, secret=secret)
        sets = sets_of(store, credential(settings, store.cloud))
        try:
            return measure(sets, services, Patience(say=say), scale=scale)
        finally:
            sets.close()


@contextmanager
def _serving(directory: Path, scale: float) -> Iterator[tuple[AzureStore, str]]:
    files = Files(directory)
    files.make()
    files.ensure_certificates("127.0.0.1")
    service = Service(_settings(scale), kinds=KINDS, directory=directory)
    _zone(service)
    server = Server(service, certificate=files.certificate, key=files.key)
    server.start()
    try:
        url = f"https://{server.host}"
        ca = Path(files.authority).read_text()
        tenant, client = service.settings.tenant_id, service.settings.client_id
        store = _store(service, resource_manager=url, authority=url, ca=ca, tenant=tenant, client_id=client)
        yield store, service.settings.client_secret
    finally:
        server.stop()


def _settings(scale: float) -> Settings:
    """Limits of record sets as published, but for the scale; those of the whole resource manager are out of the way."""
    limits = {
        f"dns-record-set-{name}": Limit(calls=calls, seconds=60 / scale)
        for name, calls in (("writes", 200), ("deletes", 200), ("reads", 2_000), ("lists", 60))
    }
    return Settings(rates={**limits, **dict.fromkeys(("arm-reads", "arm-writes", "arm-deletes"), PLENTY)})


def _zone(service: Service) -> None:
    group = f"/subscriptions/{service.settings.subscription_id}/resourceGroups/rg"
    for path, version, body in (
        (group, "2024-03-01", b'{"location": "westus"}'),
        (f"{group}/providers/Microsoft.Network/dnszones/{DOMAIN}", "2018-05-01", b'{"location": "global"}'),
    ):
        request = Request(method="PUT", path=path, query={"api-version": version}, body=body)
        answer = service.handle(request, caller=service.operator)
        assert answer.status in (200, 201), answer.body  # noqa: S101


def _store(service: Service, **more: Any) -> AzureStore:
    return AzureStore(subscription=service.settings.subscription_id, resource_group="rg", zone=DOMAIN, **more)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(prog="python -m bench.azure_zone", description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=1_000, help="each has five names")
    parser.add_argument("--real", action="store_true", help="in real time, over TLS, with threads")
    parser.add_argument("--scale", type=float, default=20.0, help="with --real: how much wider limits are")
    given = parser.parse_args(argv)

    def say(text: str) -> None:
        print(text, file=sys.stderr)

    print(real(given.services, given.scale, say) if given.real else simulated(given.services, say))
    return 0


if __name__ == "__main__":
    sys.exit(main())
