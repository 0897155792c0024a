"""The ways into a plane: through one of its pods, with the credentials that its own programs have."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from federation import portforward
from federation.backup import plane
from federation.errors import FederationError, UnreachableError
from tests.unit.api_server_fixtures import pair
from tests.unit.backup_fixtures import FakeEtcd, World, component

DEAD = UnreachableError("port 2379 of pod federation-system/etcd-0", "cannot be forwarded", "see")


@pytest.fixture(name="world")
def world_fixture() -> World:
    """A plane with three members of etcd."""
    made = World(FakeEtcd())
    for number in range(3):
        pod = component("Pod", "etcd", status={"conditions": [{"type": "Ready", "status": "True"}]})
        made.host.put(pod | {"metadata": {**pod["metadata"], "name": f"etcd-{number}"}})
    return made


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Pods that cannot be reached; all others are at an address that has their name."""
    found: set[str] = set()

    @contextmanager
    def forward(_: object, namespace: str, pod: str, port: int) -> Iterator[str]:
        if pod in found:
            raise DEAD
        yield f"{namespace}-{pod}:{port}"

    monkeypatch.setattr(portforward, "forward", forward)
    return found


def secret(world: World, name: str, **files: str) -> None:
    data = {key: b64encode(text.encode()).decode() for key, text in files.items()}
    world.host.put(component("Secret", name, data=data) | {"apiVersion": "v1"})


def etcd_files(world: World) -> None:
    own = pair()
    files = {"etcd-ca.crt": own.certificate, "etcd-client.crt": own.certificate, "etcd-client.key": own.key}
    secret(world, "karmada-apiserver", **files)


def test_a_pod_on_a_dead_node_is_passed_over(world: World, dead: set[str]) -> None:
    etcd_files(world)
    dead |= {"etcd-0", "etcd-1"}
    with plane.etcd(world.plane) as client:
        assert client.where == "etcd https://federation-system-etcd-2:2379"


def test_if_no_pod_can_be_reached_it_is_told_why(world: World, dead: set[str]) -> None:
    etcd_files(world)
    dead |= {"etcd-0", "etcd-1", "etcd-2"}
    with pytest.raises(UnreachableError) as caught, plane.etcd(world.plane):
        pass
    assert caught.value is DEAD


@pytest.mark.usefixtures("dead")
def test_the_federation_api_is_asked_as_karmada_asks_it(world: World) -> None:
    own = pair()
    authority, certificate, key = (
        b64encode(text.encode()).decode() for text in (own.certificate, own.certificate, own.key)
    )
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "f", "cluster": {"server": "https://a:5443", "certificate-authority-data": authority}}
        ],
        "users": [{"name": "f", "user": {"client-certificate-data": certificate, "client-key-data": key}}],
        "contexts": [{"name": "f", "context": {"cluster": "f", "user": "f"}}],
        "current-context": "f",
    }
    secret(world, "karmada-controller-manager", kubeconfig=json.dumps(kubeconfig))
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    world.host.put(component("Pod", "karmada-apiserver", status=ready))
    with plane.federation_api(world.plane) as api:
        assert (api.name, api.server) == (
            "federation fed",
            "https://federation-system-karmada-apiserver:5443",
        )


def test_a_plane_without_its_secrets_is_to_be_made_first(world: World) -> None:
    with pytest.raises(FederationError) as caught, plane.etcd(world.plane):
        pass
    assert str(caught.value) == (
        "control plane of federation fed: has no Secret karmada-apiserver. "
        "Next: run `pulumi up`, and the same command again."
    )
