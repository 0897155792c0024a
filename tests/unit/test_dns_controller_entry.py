"""The DNS controller's entry point and its configuration."""

from __future__ import annotations

import importlib
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from federation.azure.patience import Patience
from federation.controllers.__main__ import CONTROLLERS
from federation.controllers.dns import Settings, patience
from federation.controllers.http import Health
from federation.controllers.process import Process, logger
from federation.dns.azure_store import AzureStore
from federation.dns.live import BINDINGS, CLUSTERS, READERS, SERVICES, SLICES
from federation.dns.memory import MemoryBackend
from federation.dns.store import Store
from federation.errors import FederationError
from tests.unit.dns_live_fixtures import binding, cluster, endpoints, reader_secret, service
from tests.unit.live_api_fixtures import Start, start_fixture  # noqa: F401


def test_the_entry_point_opens_each_store_and_closes_it_at_the_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane, member, backend = start(), start(), MemoryBackend()
    plane.put(CLUSTERS, cluster("fc01"))
    plane.put(SERVICES, service())
    plane.put(BINDINGS, binding(members=("fc01",)))
    plane.put(READERS, reader_secret("fc01", member.url))
    member.put(SLICES, endpoints(True))
    opened: list[str] = []

    @contextmanager
    def open_backend(store: Store, domain: str, *, patience: Patience) -> Iterator[MemoryBackend]:
        assert patience.turn, "a turn of the loop is short"
        opened.append(f"{domain} {store.endpoints[0]}")
        yield backend
        opened.append("closed")

    controller = importlib.import_module(CONTROLLERS["dns"])
    monkeypatch.setattr(controller, "open_backend", open_backend)
    store = Store(endpoints=("https://etcd:2379",), ca="", certificate="", key="")
    config = {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30,
        "kubeconfig": plane.kubeconfig,
        "stores": [store.as_props()],
    }
    process = Process("dns", logger("dns", io.StringIO()))
    thread = threading.Thread(target=controller.main, args=(config, process))
    thread.start()
    end = time.monotonic() + 10
    while len(backend.read()) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    process.stop.set()
    thread.join(10)
    assert {stored.owner for stored in backend.read().values()} == {"fed"}
    assert opened == ["example.com https://etcd:2379", "closed"]


def test_a_configuration_is_read_and_what_it_lacks_is_told() -> None:
    config = {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30.0,
        "kubeconfig": "k",
        "stores": [],
        "leaseNamespace": "federation-dns",
    }
    settings = Settings.of(config)
    assert settings == replace(Settings("fed", "example.com", 30, "k", ()), lease_namespace="federation-dns")
    with pytest.raises(FederationError) as caught:
        Settings.of({**config, "stores": [{"provider": "coredns", "key": "secret"}]})
    assert str(caught.value) == (
        "configuration: lacks 'endpoints'. Next: run `pulumi up`, which writes it anew."
    )


def test_waiting_for_a_limit_is_alive_and_ends_with_the_process() -> None:
    moment = [100.0]
    process = Process("dns", logger("dns", io.StringIO()), health=Health(60, clock=lambda: moment[0]))
    given = patience(process)
    moment[0] = 161.0
    assert process.health.alive()
    given.sleep(0)
    assert process.health.alive() is None
    process.stop.set()
    with pytest.raises(FederationError, match="it is told to stop"):
        given.sleep(3600)
    assert given.turn == given.failing == 15, "seconds, of the sixty after which it counts as hanging"


def test_stores_of_both_kinds_are_read() -> None:
    azure = AzureStore(subscription="s", resource_group="rg", zone="example.com", client_id="c")
    coredns = Store(endpoints=("https://etcd:2379",), ca="", certificate="", key="")
    config = {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30,
        "kubeconfig": "k",
        "stores": [coredns.as_props(), azure.as_props()],
    }
    assert Settings.of(config).stores == (coredns, azure)
    with pytest.raises(FederationError, match="configuration: has a value of the wrong kind"):
        Settings.of(config | {"stores": [{"provider": "route53"}]})
    with pytest.raises(FederationError, match="configuration: lacks 'subscription'"):
        Settings.of(config | {"stores": [{"provider": "azure"}]})
