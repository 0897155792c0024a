"""Stores of records as plain data, and where the federation's own CoreDNS is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from federation import portforward
from federation.dns import store as store_module
from federation.dns.nameservers import addresses
from federation.dns.store import Store, Through, open_backend, reached
from federation.errors import UnreachableError
from federation.kube import Object
from federation.kubeconfig import Access
from tests.unit.kube_fixtures import instant

WAY = Through(kubeconfig="secret-k", namespace="federation-dns", labels={"app": "etcd"}, port=2379)
STORE = Store(
    endpoints=("https://etcd-0:2379",),
    ca="CA",
    certificate="CERT",
    key="secret-key",
    user="writer",
    password="secret-p",
    through=WAY,
)
OPEN = Store(endpoints=("http://127.0.0.1:1",), ca="", certificate="", key="")


@pytest.mark.parametrize("store", [STORE, OPEN, replace(STORE, through=None, prefix="/other")])
def test_a_store_survives_the_way_through_a_state(store: Store) -> None:
    assert Store.from_props(json.loads(json.dumps(store.as_props()))) == store


def test_what_is_none_may_be_left_out_and_numbers_may_be_floats() -> None:
    props = {"endpoints": ["https://etcd-0:2379"], "ca": "CA", "certificate": "CERT", "key": "KEY"}
    assert Store.from_props(props) == Store(
        endpoints=("https://etcd-0:2379",), ca="CA", certificate="CERT", key="KEY"
    )
    assert Through.from_props({**WAY.as_props(), "port": 2379.0}) == WAY


def test_a_store_shows_no_secret() -> None:
    assert "secret" not in repr(STORE)


def test_a_store_that_is_reached_directly_is_opened_without_asking_anybody() -> None:
    with open_backend(OPEN, "example.com") as backend:
        assert backend.name == "coredns"


@contextmanager
def forwarded(_access: object, _namespace: str, pod: str, port: int) -> Iterator[str]:
    if pod == "etcd-1":
        raise UnreachableError(f"port {port} of pod {pod}", "no answer", "wait")
    yield f"127.0.0.1:{pod[-1]}"


@pytest.fixture
def pods(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those that are ready."""
    names = list[str]()
    monkeypatch.setattr(portforward, "ready_pods", lambda *_: names)
    monkeypatch.setattr(portforward, "forward", forwarded)
    monkeypatch.setattr(store_module, "access", lambda _: Access(server="https://127.0.0.1:1"))
    return names


def test_a_store_in_a_cluster_is_reached_by_all_of_its_members_that_answer(pods: list[str]) -> None:
    pods[:] = ["etcd-0", "etcd-1", "etcd-2"]
    with reached(STORE, instant(9)) as endpoints:
        assert endpoints == ("https://127.0.0.1:0", "https://127.0.0.1:2")


def test_a_store_of_which_no_member_answers_says_why(pods: list[str]) -> None:
    pods[:] = ["etcd-1"]
    with pytest.raises(UnreachableError) as caught, reached(STORE, instant(9)):
        pass
    assert str(caught.value) == "port 2379 of pod etcd-1: no answer. Next: wait."


def service(kind: str = "NodePort", ports: tuple[int | None, ...] = (30053, 30053), **status: Any) -> Object:
    return {
        "spec": {"type": kind, "ports": [{"port": 53} | ({"nodePort": p} if p else {}) for p in ports]},
        "status": {"loadBalancer": status},
    }


def node(name: str, address: str | None, *, ready: bool = True) -> Object:
    given = [{"type": "Hostname", "address": name}]
    given += [{"type": "InternalIP", "address": address}] if address else []
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"name": name}, "status": {"conditions": conditions, "addresses": given}}


NODES = [node(f"n{i}", f"10.0.0.{i}") for i in (4, 3, 2, 1)]


@pytest.mark.parametrize(
    ("found", "nodes", "address", "expected"),
    [
        (service(), NODES, None, ("10.0.0.1:30053", "10.0.0.2:30053", "10.0.0.3:30053")),
        (service(), [node("n1", "10.0.0.1", ready=False), node("n2", "10.0.0.2")], None, ("10.0.0.2:30053",)),
        (service(), [node("n1", None)], None, ()),
        (service(), [node("n1", "fd00::1")], None, ("[fd00::1]:30053",)),
        (service(), NODES, "192.0.2.1", ("192.0.2.1:30053",)),
        (service(ports=(None, None)), NODES, None, ()),
        (service("LoadBalancer"), NODES, None, ()),
        (service("LoadBalancer"), NODES, "10.250.0.53", ()),
        (service("LoadBalancer", ingress=[{"ip": "10.250.0.53"}]), NODES, None, ("10.250.0.53:53",)),
        (service("LoadBalancer", ingress=[{"ip": "10.250.0.53"}]), NODES, "192.0.2.1", ("192.0.2.1:53",)),
        (service("LoadBalancer", ingress=[{"hostname": "x.example"}]), NODES, None, ()),
    ],
)
def test_where_coredns_is_asked(
    found: Object, nodes: list[Object], address: str | None, expected: tuple[str, ...]
) -> None:
    assert addresses(found, nodes, address) == expected
