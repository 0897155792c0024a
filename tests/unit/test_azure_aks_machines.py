"""The lab's clusters behind managed clusters: found in its record, asked by the fabric."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from lab import lifecycle, pki
from lab.api import Api, Unavailable
from lab.azure.aks.machines import LabMachines
from lab.errors import LabError
from lab.layout import ClusterLayout, Layout, Node
from lab.network import fabric
from lab.state import State
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    remembered,
)


def said(*words: str) -> None:
    """Nobody listens."""


def supplies() -> lifecycle.Supplies:
    return lifecycle.Supplies(program=Path, image=str, archives=lambda names: ())


@pytest.fixture
def state(machine: Path) -> State:
    """A lab of fc01 and fc02; only fc01 has its certificates."""
    found = State("lab")
    layout = found.layout(remembered(found))
    pki.ensure(found.cluster_directory(layout.clusters[0]) / "pki", layout.clusters[0])
    return found


@pytest.fixture
def machines(state: State) -> LabMachines:
    return LabMachines(state, supplies, said)


def test_a_cluster_is_found_once_it_has_its_certificates(machines: LabMachines, state: State) -> None:
    assert machines.names() == ["fc01", "fc02"]
    running = machines.find("fc01")
    assert running is not None
    assert (running.server, dict(running.nodes)) == (
        "https://10.99.1.10:6443",
        {"fc01-control-plane": "10.99.1.10"},
    )
    assert running.authority
    assert [machines.find(name) for name in ("fc02", "other")] == [None, None]
    assert [machines.asks(name) for name in ("fc02", "other")] == [None, None]
    assert isinstance(machines.asks("fc01"), Api)


def test_keys_are_those_of_the_cluster(machines: LabMachines, state: State) -> None:
    assert machines.keys("fc01") == pki.key_set(state.directory / "clusters" / "fc01" / "pki")
    for name in ("fc02", "other"):
        with pytest.raises(OSError, match="no"):
            machines.keys(name)


def test_a_cluster_that_is_not_there_has_no_version(machines: LabMachines) -> None:
    with pytest.raises(Unavailable, match="there is no cluster other"):
        machines.version("other")


def test_without_a_lab_there_is_nothing(machine: Path) -> None:
    machines = LabMachines(State("none"), supplies, said)
    assert machines.names() == []
    assert machines.find("fc01") is None
    machines.lead("fc01", "203.0.113.7", "fc01-control-plane")
    machines.unlead("203.0.113.7")


def test_an_address_leads_to_the_node_by_the_fabric(
    machines: LabMachines, monkeypatch: pytest.MonkeyPatch
) -> None:
    led: list[tuple[str, IPv4Address, str]] = []

    def lead(layout: Layout, address: IPv4Address, node: Node) -> None:
        led.append((layout.fabric, address, node.name))

    monkeypatch.setattr(fabric, "lead", lead)
    monkeypatch.setattr(fabric, "unlead", lambda layout, address: led.append((layout.fabric, address, "")))
    machines.lead("fc01", "203.0.113.7", "fc01-control-plane")
    machines.unlead("203.0.113.7")
    address = IPv4Address("203.0.113.7")
    assert led == [("lab-fabric", address, "fc01-control-plane"), ("lab-fabric", address, "")]


def test_a_boot_adds_a_cluster_to_the_lab_and_tools_are_looked_for_once(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted() -> lifecycle.Supplies:
        made.append(1)
        if len(made) == 1:
            raise LabError("tool kubelet", "it can't be built", "look at its log")
        return supplies()

    def add(state: State, cluster: Mapping[str, Any], given: Any, say: Any) -> ClusterLayout:
        given()
        return state.layout(state.require()).cluster(cluster["name"])

    monkeypatch.setattr(lifecycle, "add", add)
    machines = LabMachines(state, counted, said)
    with pytest.raises(LabError):
        machines.boot({"name": "fc01"})
    assert machines.boot({"name": "fc01"}).name == "fc01"
    machines.boot({"name": "fc01"})
    assert len(made) == 2, "an error is no answer to keep"
