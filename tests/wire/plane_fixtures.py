"""The host cluster and the federation API of a control plane, as HTTPS servers with what providers of the plane ask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from federation.kube import Object
from tests.unit.member_fixtures import FakeApi, kube_system
from tests.wire.api_fixtures import ADMIN, ApiServer

NAMESPACE = "federation-system"
DONE = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}
Props = dict[str, Any]


class PlainServer(ApiServer):
    """Also tells its version and its health, and tries without keeping.

    Attributes:
        version: as `/version` tells it.
        refused: the answer to every try; None: it passes.
    """

    version = "v1.36.3"
    refused: str | None = None

    def answer(self, method: str, path: str, body: Object) -> tuple[int, Object]:
        if path == "/readyz":
            return 200, {"ok": True}
        if path == "/version":
            return 200, {"gitVersion": self.version}
        if "dryRun=All" in path:
            return (400, {"message": self.refused}) if self.refused else (201, body)
        return super().answer(method, path, body)


@dataclass
class Plane:
    """Both sides.

    Attributes:
        host: has a node, a StorageClass, and what tests put there.
        api: the federation API.
    """

    host: PlainServer
    api: PlainServer
    workloads: list[str] = field(default_factory=lambda: ["statefulsets/etcd"])

    def inputs(self, **changes: Any) -> Props:
        """Of `EtcdReady`, `ApiServerReady` and `Init`."""
        return {
            "cluster": "fc01",
            "kubeconfig": self.host.kubeconfig(),
            "federation": "fed",
            "federationKubeconfig": self.api.kubeconfig(),
            "namespace": NAMESPACE,
            "workloads": self.workloads,
            "revision": "r1",
            "kubernetesVersion": "1.36.3",
            "timeoutSeconds": 5,
            "force": False,
        } | changes


def workload(kind: str, name: str, **status: Any) -> Object:
    """A workload of the plane that runs, unless `status` says otherwise."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "generation": 1},
        "spec": {"replicas": 1},
        "status": {**DONE, **status},
    }


def aggregated(status: str = "True", message: str = "") -> Object:
    """The registration of Karmada's aggregated API server."""
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1alpha1.cluster.karmada.io"},
        "status": {"conditions": [{"type": "Available", "status": status, "message": message}]},
    }


def _node() -> Object:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "spec": {}}


def _storage_class() -> Object:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "local", "annotations": annotations},
    }


@pytest.fixture(name="plane")
def plane_fixture(tmp_path: Path) -> Iterator[Plane]:
    """A healthy plane with etcd only."""
    host = FakeApi(kube_system(), _node(), _storage_class(), workload("StatefulSet", "etcd"), name="host")
    api = FakeApi(aggregated(), name="federation")
    first, second = (PlainServer(one, {ADMIN}, tmp_path / one.name) for one in (host, api))
    with ExitStack() as stack:
        for server in (first, second):
            server.start()
            stack.callback(server.stop)
        yield Plane(first, second)
