"""A backup of a real etcd, put back into another one: the same keys at one revision, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from federation.backup import keys, plane, restore, store
from federation.backup.archive import Backup, pack, unpack
from federation.backup.errors import BackupError
from federation.backup.plan import Step, plan
from federation.backup.take import take
from federation.dns.etcd_client import EtcdClient
from federation.kube import Kube
from federation.kubeconfig import Access
from tests.unit.backup_fixtures import ENTRIES, ORIGIN, FakeHost, component, topology
from tests.wire.etcd_fixtures import client_tls, running

PREFIXES = ("/registry",)
LARGE = {f"/registry/configmaps/large/{number}": bytes([65 + number]) * 700_000 for number in range(9)}
MANY = {f"/registry/work.karmada.io/works/a/{number:03}": b"work %d" % number for number in range(500)}
EDGES = [key for number, key in enumerate(MANY) if number % 199 in (0, 1)]


@pytest.fixture(scope="module")
def member(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdClient]:
    """A client of a member, for all tests."""
    with running(tmp_path_factory.mktemp("etcd")) as etcd:
        client = etcd.client()
        yield client
        client.close()


@pytest.fixture
def client(member: EtcdClient) -> EtcdClient:
    """Of an etcd that holds nothing."""
    member.call("kv/deleterange", {"key": keys.encoded(b"\0"), "range_end": keys.encoded(b"\0")})
    return member


def put(client: EtcdClient, key: str, value: bytes, **more: Any) -> None:
    client.call("kv/put", {"key": keys.encoded(key.encode()), "value": keys.encoded(value), **more})


def write(client: EtcdClient, entries: dict[str, bytes]) -> None:
    there = store.snapshot(client, PREFIXES).found
    steps = [
        Step(key, value, there[key].revision if key in there else 0) for key, value in sorted(entries.items())
    ]
    store.write(client, steps, lambda _: None)


def lasting(client: EtcdClient) -> dict[str, bytes]:
    return store.snapshot(client, PREFIXES).lasting


def test_large_and_many_keys_are_read_as_they_were_written(client: EtcdClient) -> None:
    entries = {**ENTRIES, **LARGE, **MANY, "/registry/empty": b"", "/registry/ünïcode": bytes(range(256))}
    write(client, entries)
    put(client, "/registry0/not-below", b"x")
    put(client, "/other", b"x")
    assert lasting(client) == entries
    assert store.snapshot(client, PREFIXES, page=1).lasting == entries


def test_all_keys_are_of_one_moment(client: EtcdClient, monkeypatch: pytest.MonkeyPatch) -> None:
    write(client, MANY)
    call = EtcdClient.call
    pages: list[int] = []

    def busy(self: EtcdClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = call(self, path, body)
        if path == "kv/range":
            pages.append(len(answer["kvs"]))
            for key in EDGES:
                put(self, key, b"after page %d" % len(pages))
        return answer

    monkeypatch.setattr(EtcdClient, "call", busy)
    seen = store.snapshot(client, PREFIXES, page=200)
    monkeypatch.undo()
    assert pages == [200, 200, 100]
    assert seen.lasting == MANY
    assert {lasting(client)[key] for key in EDGES} == {b"after page 3"}


def test_a_revision_that_etcd_has_forgotten_is_told(
    client: EtcdClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(client, MANY)
    call = EtcdClient.call

    def forgetful(self: EtcdClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = call(self, path, body)
        if path == "kv/range":
            put(self, "/registry/a", b"x")
            now = int(call(self, "maintenance/status", {})["header"]["revision"])
            call(self, "kv/compaction", {"revision": now})
        return answer

    monkeypatch.setattr(EtcdClient, "call", forgetful)
    with pytest.raises(
        BackupError, match=r"^etcd of the federation: has forgotten revision \d+, which was being read"
    ):
        store.snapshot(client, PREFIXES, page=200)


def test_what_has_a_lease_is_seen_and_does_not_last(client: EtcdClient) -> None:
    lease = client.call("lease/grant", {"TTL": 600})["ID"]
    put(client, "/registry/things/leased", b"x", lease=lease)
    put(client, "/registry/things/plain", b"y")
    seen = store.snapshot(client, PREFIXES)
    assert {key: each.leased for key, each in seen.found.items()} == {
        "/registry/things/leased": True,
        "/registry/things/plain": False,
    }
    assert seen.lasting == {"/registry/things/plain": b"y"}


def backup_of(client: EtcdClient) -> Backup:
    seen = store.snapshot(client, PREFIXES)
    origin = ORIGIN.model_copy(update={"revision": seen.revision})
    return unpack(pack(Backup.of(origin, seen.lasting)), "b")


def test_a_backup_is_put_back_into_another_etcd(client: EtcdClient, tmp_path: Path) -> None:
    write(client, {**ENTRIES, **LARGE, **MANY})
    backup = backup_of(client)
    with running(tmp_path) as fresh:
        other = fresh.client()
        put(other, "/registry/cluster.karmada.io/clusters/fc01", b"of the fresh plane")
        put(other, "/registry/secrets/default/password", b"of the fresh plane")
        put(other, "/registry/configmaps/fresh/only", b"x")
        told: list[str] = []
        restore.replace(other, backup, told.append)
        assert lasting(other) == {
            **backup.entries,
            "/registry/cluster.karmada.io/clusters/fc01": b"of the fresh plane",
        }
        assert told[-1] == f"etcd: {len(backup.entries)} of {len(backup.entries)} keys are done"
        assert plan(backup, store.snapshot(other, PREFIXES).found).steps == ()
        other.close()


def test_a_restore_that_ends_anywhere_is_gone_on_with(
    client: EtcdClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(client, {**ENTRIES, **MANY})
    backup = backup_of(client)
    txn, allowed = EtcdClient.txn, [0]

    def dying(self: EtcdClient, compare: Sequence[Any], success: Sequence[Any]) -> bool:
        if not allowed[0]:
            raise KeyboardInterrupt
        allowed[0] -= 1
        return txn(self, compare, success)

    monkeypatch.setattr(EtcdClient, "txn", dying)
    for point in range(4):
        allowed[0] = 99
        write(client, dict.fromkeys(MANY, b"damaged"))
        allowed[0] = point
        with pytest.raises(KeyboardInterrupt):
            restore.replace(client, backup, lambda _: None)
        assert len([v for v in lasting(client).values() if v == b"damaged"]) == 500 - 128 * point
        allowed[0] = 99
        restore.replace(client, backup, lambda _: None)
        assert lasting(client) == backup.entries


def test_a_key_that_somebody_has_written_meanwhile_stays_theirs(client: EtcdClient) -> None:
    write(client, dict(ENTRIES))
    seen = store.snapshot(client, PREFIXES).found
    key = "/registry/deployments/default/web"
    put(client, key, b"by somebody else")
    with pytest.raises(BackupError, match="was written by somebody else"):
        store.write(client, [Step(key, b"ours", seen[key].revision)], lambda _: None)
    assert lasting(client)[key] == b"by somebody else"


def test_versions_and_alarms_are_asked(client: EtcdClient) -> None:
    assert store.version(client) == "3.6.14"
    store.refuse_alarms(client)
    client.call("maintenance/alarm", {"action": "ACTIVATE", "alarm": "NOSPACE"})
    with pytest.raises(BackupError, match="has the alarm NOSPACE, and takes no writes"):
        store.refuse_alarms(client)
    client.call("maintenance/alarm", {"action": "DEACTIVATE", "alarm": "NOSPACE"})
    store.refuse_alarms(client)


def test_an_etcd_that_was_there_before_the_plane_is_asked_directly(tmp_path: Path) -> None:
    tls = client_tls()
    files = {"etcd-ca.crt": tls.ca, "etcd-client.crt": tls.certificate, "etcd-client.key": tls.key}
    host = FakeHost()
    data = {name: keys.encoded(text.encode()) for name, text in files.items()}
    host.put(component("Secret", "karmada-apiserver", data=data) | {"apiVersion": "v1"})
    with running(tmp_path) as etcd:
        wanted = topology(
            etcd={"servers": [etcd.endpoint], "tls": {"ca": "ca", "certificate": "c", "key": "k"}},
            args={
                "karmada-apiserver": {"etcd-prefix": "/fed"},
                "karmada-aggregated-apiserver": {"etcd-prefix": "/fed"},
            },
        )
        there = plane.Host(Access(server="https://fc01:6443"), cast(Kube, host), wanted, print)
        with plane.etcd(there) as client:
            put(client, "/fed/namespaces/default", b"x")
            put(client, "/other/namespaces/default", b"of somebody else")
        made = take(there, now=datetime.now(UTC))
    assert made.entries == {"/fed/namespaces/default": b"x"}
    assert made.manifest.prefixes == ("/fed",)
