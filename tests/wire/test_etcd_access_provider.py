"""`EtcdAccess` on a real etcd, reached without the cluster in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import DiffResult

from components.dynamic import etcd_access
from components.dynamic.etcd_access import EtcdAccessProvider
from federation.deadline import Deadline
from federation.dns.store import Store
from federation.errors import UnreachableError
from tests.unit import kubeconfig_fixtures
from tests.wire.etcd_fixtures import Etcd, client_tls, running

PROVIDER = EtcdAccessProvider()
REACHED = "reached"


@pytest.fixture
def etcd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Etcd]:
    with running(tmp_path) as etcd:

        @contextmanager
        def directly(store: Store, _: Deadline) -> Iterator[tuple[str, ...]]:
            assert store.through is not None
            yield (etcd.endpoint,)

        monkeypatch.setattr(etcd_access, REACHED, directly)
        yield etcd


def inputs(**changes: Any) -> dict[str, Any]:
    tls = client_tls()
    return {
        "cluster": "fc01",
        "kubeconfig": kubeconfig_fixtures.text(),
        "namespace": "federation-dns",
        "labels": {"app": "etcd"},
        "port": 2379.0,
        "endpoints": ["https://etcd-0:2379"],
        "ca": tls.ca,
        "certificate": tls.certificate,
        "key": tls.key,
        "domain": "example.com",
        "prefix": "/skydns",
        "rootPassword": "r1",
        "writerPassword": "w1",
        "timeoutSeconds": 30.0,
        **changes,
    }


def told(found: DiffResult) -> tuple[bool, list[str]]:
    return bool(found.changes), found.replaces


def test_it_is_made_adopted_and_found_complete(etcd: Etcd) -> None:
    made = PROVIDER.create(inputs())
    assert made.id == "federation-dns/etcd-users"
    assert made.outs == inputs(complete=True)
    assert PROVIDER.create(inputs()).outs == made.outs
    assert PROVIDER.read(made.id, made.outs).outs == made.outs
    assert told(PROVIDER.diff(made.id, made.outs, inputs())) == (False, [])
    PROVIDER.delete(made.id, made.outs)
    assert PROVIDER.read(made.id, made.outs).outs == made.outs


def test_what_is_missing_is_drift_and_made_again(etcd: Etcd) -> None:
    made = PROVIDER.create(inputs())
    etcd.client("root", "r1").call("auth/user/delete", {"name": "coredns"})
    read = PROVIDER.read(made.id, made.outs)
    assert read.outs == inputs(complete=False)
    assert told(PROVIDER.diff(made.id, read.outs, inputs())) == (True, [])
    assert PROVIDER.update(made.id, read.outs, inputs()).outs == made.outs
    assert PROVIDER.read(made.id, made.outs).outs == made.outs


def test_another_password_of_root_is_set_with_the_one_before(etcd: Etcd) -> None:
    made = PROVIDER.create(inputs())
    news = inputs(rootPassword="r2")
    assert told(PROVIDER.diff(made.id, made.outs, news)) == (True, [])
    outs = PROVIDER.update(made.id, made.outs, news).outs
    assert PROVIDER.read(made.id, outs).outs == outs


def test_renewed_credentials_are_kept_and_another_namespace_is_another_etcd(etcd: Etcd) -> None:
    made = PROVIDER.create(inputs())
    assert told(PROVIDER.diff(made.id, made.outs, inputs(kubeconfig="renewed"))) == (True, [])
    assert told(PROVIDER.diff(made.id, made.outs, inputs(key="renewed"))) == (True, [])
    changes, replaces = told(PROVIDER.diff(made.id, made.outs, inputs(namespace="other")))
    assert (changes, replaces) == (True, ["namespace"])


def test_an_etcd_that_does_not_answer_is_not_gone(
    etcd: Etcd, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = PROVIDER.create(inputs())

    def unreachable(*_: object) -> None:
        raise UnreachableError("etcd", "no answer", "wait")

    monkeypatch.setattr(etcd_access, REACHED, unreachable)
    assert PROVIDER.read(made.id, made.outs).outs == made.outs
    assert capsys.readouterr().out == "warning: etcd: no answer. Next: wait.\n"
