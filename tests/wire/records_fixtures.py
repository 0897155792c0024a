"""A federation API and two members over HTTPS that know one service, for what asks `federation.dns.live`."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from federation.dns.store import Store
from federation.kube import Object
from tests.unit.member_fixtures import FakeApi
from tests.wire.api_fixtures import ADMIN, ApiServer
from tests.wire.etcd_fixtures import client_tls

READER = "reader"
EAST, WEST, US, GLOBAL = (
    f"nginx.default.fed.svc.{place}example.com" for place in ("east.us.", "west.us.", "us.", "")
)
PLACES = {"fc01": ("us", "east", "10.0.0.2"), "fc02": ("us", "west", "10.0.1.2")}


@dataclass
class Federated:
    """All servers; `plane` is the federation API."""

    plane: ApiServer
    members: dict[str, ApiServer]

    @property
    def kubeconfig(self) -> str:
        return self.plane.kubeconfig()

    def ready(self, member: str, *, ready: bool) -> None:
        """What Karmada finds of a member."""
        found = self.plane.api.objects["clusters", None, member]
        found["status"]["conditions"][0]["status"] = str(ready)

    def addresses(self, **addresses: str | None) -> None:
        """Those of the service on each member; None: none yet."""
        found = self.plane.api.objects["resourcebindings", "default", "nginx-service"]
        found["status"] = {"aggregatedStatus": [_item(member, ip) for member, ip in addresses.items()]}


def store(endpoint: str, prefix: str = "/skydns", **changes: Any) -> dict[str, Any]:
    """As the resource is given it; None is left out, as the protocol does."""
    tls = client_tls()
    found = Store(
        endpoints=(endpoint,),
        ca=tls.ca,
        certificate=tls.certificate,
        key=tls.key,
        prefix=prefix,
        **changes,
    )
    return {key: value for key, value in found.as_props().items() if value is not None}


def inputs_of(federated: Federated, store: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """Of the service's `DnsRecords`; `seconds` for its addresses."""
    return {
        "federation": "fed",
        "domain": "example.com",
        "ttl": 30,
        "namespace": "default",
        "service": "nginx",
        "members": [
            {"name": name, "region": region, "zones": [zone]} for name, (region, zone, _) in PLACES.items()
        ],
        "federationKubeconfig": federated.kubeconfig,
        "stores": [store],
        "timeoutSeconds": seconds,
    }


@pytest.fixture(name="federated")
def federated_fixture(tmp_path: Path) -> Iterator[Federated]:
    with ExitStack() as stack:

        def start(name: str, api: FakeApi, token: str) -> ApiServer:
            server = ApiServer(api, {token}, tmp_path / f"server-{name}")
            server.start()
            stack.callback(server.stop)
            return server

        members = {name: start(name, FakeApi(_slice(), name=name), READER) for name in PLACES}
        plane = FakeApi(_service(), _binding(), *map(_cluster, PLACES))
        for name, server in members.items():
            plane.put(_secret(name, server))
        found = Federated(start("plane", plane, ADMIN), members)
        found.addresses(**{name: place[2] for name, place in PLACES.items()})
        yield found


def _service() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "nginx", "namespace": "default"},
        "spec": {"type": "LoadBalancer"},
    }


def _binding() -> Object:
    resource = {"apiVersion": "v1", "kind": "Service", "namespace": "default", "name": "nginx"}
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": "nginx-service", "namespace": "default"},
        "spec": {"resource": resource, "clusters": [{"name": name} for name in PLACES]},
    }


def _item(member: str, address: str | None) -> dict[str, Any]:
    ingress = [{"ip": address}] if address else []
    return {"clusterName": member, "applied": True, "status": {"loadBalancer": {"ingress": ingress}}}


def _cluster(name: str) -> Object:
    region, zone, _ = PLACES[name]
    return {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name},
        "spec": {"region": region, "zones": [zone]},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }


def _slice() -> Object:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "nginx-x",
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": "nginx"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": True}}],
    }


def _secret(name: str, server: ApiServer) -> Object:
    bundle = base64.b64decode(server.ca).decode()
    data = {"server": server.url, "caBundle": bundle, "token": READER}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "karmada-system"},
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
    }
