"""A federation's etcd and control plane in memory, and a backup of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from federation.backup import keys, plane
from federation.backup.archive import Backup, Origin, Versions
from federation.backup.plane import STAGES, Host
from federation.deadline import Deadline
from federation.dns.etcd_client import EtcdClient
from federation.kube import Kube, Object
from federation.kubeconfig import Access
from federation.topology import Topology, load
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import FakeApi, cluster

NAMESPACE = "federation-system"
SECRET = b"hunter2"
ORIGIN = Origin(
    federation="fed",
    namespace=NAMESPACE,
    taken=datetime(2026, 11, 29, 12, 0, 0, tzinfo=UTC),
    revision=4711,
    prefixes=("/registry",),
    versions=Versions(karmada="1.18.2", kubernetes="1.36.3", etcd="3.6.14"),
    service_cidr="10.96.0.0/12",
)
ENTRIES: dict[str, bytes] = {
    "/registry/apiextensions.k8s.io/customresourcedefinitions/works.work.karmada.io": b"then",
    "/registry/cluster.karmada.io/clusters/fc01": b"then",
    "/registry/clusterroles/view": b"rules",
    "/registry/deployments/default/web": b"web",
    "/registry/namespaces/default": b"default",
    "/registry/namespaces/kube-system": b"kube-system",
    "/registry/secrets/default/password": SECRET,
    "/registry/secrets/karmada-cluster/fc01": b"token of then",
    "/registry/services/specs/default/web": b"service",
    "/registry/work.karmada.io/works/karmada-es-fc01/web": b"work",
}
BACKUP = Backup.of(ORIGIN, ENTRIES)


def topology(**control_plane: Any) -> Topology:
    return load(
        {
            "name": "fed",
            "domain": "example.com",
            "clusters": [{"name": "fc01", "kubeconfig": {"path": "~/.kube/config"}}],
            "control_plane": control_plane,
        }
    )


class FakeEtcd:
    """One member's gateway: ranges at the revision of now, and transactions.

    Attributes:
        keys: key to value, mod_revision, and whether it has a lease.
        fails_after: so many transactions are done, and then no more.
        alarms: as etcd tells them.
    """

    where = "etcd fake"

    def __init__(self, entries: Mapping[str, bytes] = {}) -> None:
        self.keys = {key: (value, 2, False) for key, value in entries.items()}
        self.revision = 2
        self.fails_after = 10**9
        self.alarms: list[dict[str, str]] = []
        self.batches: list[int] = []

    @property
    def client(self) -> EtcdClient:
        return cast(EtcdClient, self)

    @property
    def values(self) -> dict[str, bytes]:
        return {key: value for key, (value, _, _) in self.keys.items()}

    def put(self, key: str, value: bytes, *, leased: bool = False) -> None:
        self.revision += 1
        self.keys[key] = (value, self.revision, leased)

    def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if path == "maintenance/status":
            return {"version": "3.6.14"}
        if path == "maintenance/alarm":
            return {"alarms": self.alarms}
        assert path == "kv/range"
        start, end = keys.decoded(body["key"]), keys.decoded(body["range_end"])
        found = sorted(key for key in self.keys if start <= key.encode() < end)
        page = [self._entry(key) for key in found[: body["limit"]]]
        return {"header": {"revision": str(self.revision)}, "kvs": page, "more": len(found) > len(page)}

    def _entry(self, key: str) -> dict[str, str]:
        value, revision, leased = self.keys[key]
        entry = {"key": keys.encoded(key.encode()), "mod_revision": str(revision)}
        return entry | ({"value": keys.encoded(value)} if value else {}) | ({"lease": "7"} if leased else {})

    def txn(self, compare: Sequence[dict[str, Any]], success: Sequence[dict[str, Any]]) -> bool:
        if len(self.batches) >= self.fails_after:
            raise KeyboardInterrupt
        self.batches.append(len(success))
        for each in compare:
            found = self.keys.get(keys.decoded(each["key"]).decode())
            if (found[1] if found else 0) != each["mod_revision"]:
                return False
        self.revision += 1
        for each in success:
            if put := each.get("request_put"):
                self.keys[keys.decoded(put["key"]).decode()] = (
                    keys.decoded(put["value"]),
                    self.revision,
                    False,
                )
            else:
                del self.keys[keys.decoded(each["request_delete_range"]["key"]).decode()]
        return True


def component(kind: str, name: str, **more: Any) -> Object:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": "fed"}
    return {
        "apiVersion": "v1" if kind == "Pod" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels, "generation": 1},
        **more,
    }


def _running(replicas: int) -> dict[str, Any]:
    counts = ("replicas", "updatedReplicas", "readyReplicas")
    return {"observedGeneration": 1, **dict.fromkeys(counts, replicas)}


class FakeHost(FakeApi):
    """A host cluster whose Deployments have their pods at once.

    Attributes:
        scaled: "NAME REPLICAS", as it happened.
    """

    def __init__(self) -> None:
        super().__init__(name="host cluster fc01")
        self.scaled: list[str] = []
        labels = {"app.kubernetes.io/instance": "fed"}
        self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}})
        for stage in STAGES:
            for name in stage:
                self.put(component("Deployment", name, spec={"replicas": 1}, status=_running(1)))
                self.put(component("Pod", name))
        self.put(component("Pod", "etcd"))
        self.reactions.append(self._scale)

    def _scale(self, found: Object) -> None:
        if found["kind"] != "Deployment":
            return
        name, replicas = found["metadata"]["name"], found["spec"]["replicas"]
        self.scaled.append(f"{name} {replicas}")
        found["status"] = _running(replicas)
        if replicas:
            self.put(component("Pod", name))
        elif ("pods", NAMESPACE, name) in self.objects:
            self.remove("pods", name, NAMESPACE)


class FakeFederation(FakeApi):
    """A federation API that is well."""

    def __init__(self, *members: Object) -> None:
        served = {"type": "Available", "status": "True"}
        service = {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1alpha1.cluster.karmada.io"},
            "status": {"conditions": [served]},
        }
        super().__init__(service, *members, name="federation fed")
        self.server = "https://fed:5443"

    def pages(self, *_: Any, **__: Any) -> Iterator[None]:
        self._tick()
        yield None


@dataclass
class World:
    """Both sides of a plane."""

    etcd: FakeEtcd
    host: FakeHost = field(default_factory=FakeHost)
    api: FakeFederation = field(default_factory=lambda: FakeFederation(cluster("fc01")))
    topology: Topology = field(default_factory=topology)
    told: list[str] = field(default_factory=list)

    @property
    def plane(self) -> Host:
        return Host(
            Access(server="https://fc01:6443"), cast(Kube, self.host), self.topology, self.told.append
        )

    def deadline(self) -> Deadline:
        return instant(60)


@pytest.fixture(name="world")
def world_fixture(monkeypatch: pytest.MonkeyPatch) -> World:
    """A plane whose etcd has what the backup has, and a change since."""
    made = World(FakeEtcd(ENTRIES | {"/registry/deployments/default/web": b"changed"}))

    @contextmanager
    def etcd(_: Host) -> Iterator[EtcdClient]:
        yield made.etcd.client

    @contextmanager
    def api(_: Host) -> Iterator[Kube]:
        yield made.api.kube

    monkeypatch.setattr(plane, "etcd", etcd)
    monkeypatch.setattr(plane, "federation_api", api)
    return made


def shown(*texts: object) -> str:
    """All that a user could see, as one text."""
    return json.dumps([str(text) for text in texts])
