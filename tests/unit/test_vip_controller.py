"""The vip controller against an API server in memory: what it writes, in which order, and what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from federation.controllers.vip import Controller, Settings
from federation.errors import FederationError
from federation.kube import Object
from tests.unit.controller_fixtures import Cluster, Logged

CONFIG: dict[str, Any] = {
    "namespace": "federation-vips",
    "cidr": "10.250.0.0/29",
    "defaultClass": True,
    "nodes": {},
    "labels": {"a": "b"},
}


def service(name: str, created: str = "2026-01-01T00:00:00Z", **metadata: Any) -> Object:
    found = {"namespace": "default", "name": name, "uid": f"uid-{name}", "creationTimestamp": created}
    spec = {"type": "LoadBalancer"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {**found, **metadata}, "spec": spec}


def node(name: str, address: str) -> Object:
    status = {"addresses": [{"type": "InternalIP", "address": address}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {}, "status": status}


class Running:
    """A controller in its term."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.process, self.over = cluster, Logged.make(), threading.Event()
        self.controller = Controller(Settings.of(CONFIG), cluster.connect, self.process)
        self._thread = threading.Thread(target=self.controller.serve, args=(self.over,))
        self._thread.start()

    def stop(self) -> None:
        self.process.stop.set()
        self.over.set()
        self.cluster.end_watches()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def becomes(self, probe: Callable[[], object], wanted: object) -> None:
        for _ in range(400):
            if probe() == wanted:
                return
            self.over.wait(0.02)
        assert probe() == wanted

    def addresses(self) -> dict[str, list[str]]:
        return {
            key[2]: [e["ip"] for e in found.get("status", {}).get("loadBalancer", {}).get("ingress", [])]
            for key, found in self.cluster.objects.items()
            if key[0] == "services"
        }

    def shared(self) -> Object | None:
        found = self.cluster.objects.get(("configmaps", "federation-vips", "vip-configmap"))
        return found["data"] if found else None

    def events(self) -> list[tuple[str, str, str]]:
        found = [o for key, o in self.cluster.objects.items() if key[0] == "events"]
        return [(o["type"], o["reason"], o["message"]) for o in found]


@pytest.fixture
def cluster() -> Cluster:
    cluster = Cluster()
    cluster.put(node("n1", "10.99.0.11"))
    return cluster


@pytest.fixture
def running(cluster: Cluster) -> Iterator[Running]:
    running = Running(cluster)
    yield running
    running.stop()


def test_a_service_gets_its_address_after_the_gateway_nodes_know_it(
    cluster: Cluster, running: Running
) -> None:
    running.becomes(running.shared, {"gateways": '[{"name": "n1", "address": "10.99.0.11"}]'})
    cluster.writes.clear()
    cluster.put(service("web"))
    running.becomes(running.addresses, {"web": ["10.250.0.2"]})
    running.becomes(running.events, [("Normal", "AddressAssigned", "virtual IP 10.250.0.2")])
    assert cluster.writes[:2] == ["apply vip-configmap", "merge web/status"]
    assert (running.shared() or {})["10.250.0.2"] == "default/web"
    (event,) = (o for key, o in cluster.objects.items() if key[0] == "events")
    assert event["involvedObject"]["uid"] == "uid-web"


def test_what_is_so_already_is_not_written_again(cluster: Cluster, running: Running) -> None:
    cluster.put(service("web"))
    running.becomes(lambda: len(running.events()), 1)
    cluster.writes.clear()
    cluster.put({**service("other"), "spec": {"type": "ClusterIP"}})
    cluster.put(node("n1", "10.99.0.11"))
    running.over.wait(0.5)
    assert cluster.writes == []


def test_a_service_that_is_deleted_frees_its_address(cluster: Cluster, running: Running) -> None:
    cluster.put(service("web"))
    running.becomes(running.addresses, {"web": ["10.250.0.2"]})
    cluster.remove("services", "web", "default")
    running.becomes(lambda: set(running.shared() or {}), {"gateways"})


def test_a_refusal_is_an_event_and_a_condition_once(cluster: Cluster, running: Running) -> None:
    cluster.put(service("web", annotations={"k8s-federation/load-balancer-ip": "10.9.9.9"}))
    told = (
        "Warning",
        "AddressNotInPool",
        "10.9.9.9 is not one of 10.250.0.2 to 10.250.0.6; ask for one of these",
    )
    running.becomes(running.events, [told])
    running.over.wait(0.3)
    assert running.events() == [told]
    (condition,) = cluster.objects["services", "default", "web"]["status"]["conditions"]
    assert (condition["status"], condition["reason"], condition["message"]) == ("False", *told[1:])


def test_a_service_whose_type_changes_loses_its_address(cluster: Cluster, running: Running) -> None:
    cluster.put(service("web"))
    running.becomes(running.addresses, {"web": ["10.250.0.2"]})
    found = cluster.objects["services", "default", "web"]
    cluster.put({**found, "spec": {"type": "ClusterIP"}})
    running.becomes(running.addresses, {"web": []})
    running.becomes(lambda: running.events()[-1][1], "AddressReleased")
    assert cluster.objects["services", "default", "web"]["status"]["conditions"] == []


def test_a_view_that_is_behind_our_own_writes_gives_no_address_twice(cluster: Cluster) -> None:
    """The mirror still shows "b" without its address when "a", which sorts before it, comes."""
    controller = Controller(Settings.of(CONFIG), cluster.connect, Logged.make())
    behind = cluster.put(service("b"))
    controller._services._apply("ADDED", behind)
    assert controller._turn() is None
    controller._services._apply("ADDED", cluster.put(service("a")))
    assert controller._turn() is None
    addresses = Running.addresses(type("Seen", (), {"cluster": cluster})())
    assert addresses == {"b": ["10.250.0.2"], "a": ["10.250.0.3"]}


def test_somebody_elses_newer_version_is_not_overwritten(cluster: Cluster) -> None:
    controller = Controller(Settings.of(CONFIG), cluster.connect, Logged.make())
    controller._services._apply("ADDED", cluster.put(service("web")))
    cluster.put(service("web", labels={"new": "er"}))
    assert controller._turn() is None
    assert "status" not in cluster.objects["services", "default", "web"]


def test_an_api_server_that_does_not_answer_makes_it_unready(cluster: Cluster, running: Running) -> None:
    running.becomes(running.process.health.unready, None)
    cluster.down = True
    cluster.put(service("web"))
    running.becomes(running.process.health.unready, "cluster: it does not answer. Next: see whether it runs.")
    cluster.down = False
    running.becomes(running.addresses, {"web": ["10.250.0.2"]})
    running.becomes(running.process.health.unready, None)


def test_a_configuration_that_is_not_right_is_told() -> None:
    with pytest.raises(FederationError) as error:
        Settings.of({**CONFIG, "cidr": "10.250.0.1/29"})
    assert str(error.value) == (
        "configuration of the vip controller: is not right: ValueError('10.250.0.1/29 has host bits set'). "
        "Next: run pulumi up again."
    )
