"""The agent of a gateway node: keepalived follows `vip-configmap`, and is there again when it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import cast

import pytest

from federation.controllers.child import Child
from federation.controllers.keepalived import Agent, HealthFile, Settings, interface_of
from federation.errors import FederationError
from federation.vip.shared import Gateway, Shared
from tests.unit.controller_fixtures import Logged

GATEWAYS = (Gateway("n1", IPv4Address("10.99.0.11")), Gateway("n2", IPv4Address("10.99.0.12")))
PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGHUP, lambda *_: print("reloading", flush=True))
signal.signal(signal.SIGTERM, lambda *_: (print("bye", flush=True), sys.exit(0)))
print("running", flush=True)
while True:
    time.sleep(0.02)
"""


class Recorder:
    """In place of a child."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @property
    def child(self) -> Child:
        return cast(Child, self)

    def start(self) -> bool:
        self.told.append("start")
        return True

    def reload(self) -> None:
        self.told.append("reload")

    def stop(self) -> None:
        self.told.append("stop")


def settings(directory: Path) -> Settings:
    config = {
        "namespace": "ns",
        "routerId": 51,
        "interface": None,
        "healthz": "http://127.0.0.1:10256/healthz",
        "directory": str(directory),
    }
    return Settings.of(config, {"NODE_NAME": "n1", "NODE_ADDRESS": "10.99.0.11"})


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def agent(tmp_path: Path, recorder: Recorder) -> Agent:
    return Agent(settings(tmp_path), "eth0", recorder.child)


def test_keepalived_does_not_start_before_it_is_known_what_it_shall_do(
    agent: Agent, recorder: Recorder
) -> None:
    agent.resume()
    assert agent.turn(None) == "there is no ConfigMap ns/vip-configmap yet"
    assert recorder.told == []


def test_a_change_is_a_new_file_and_a_reload(agent: Agent, recorder: Recorder, tmp_path: Path) -> None:
    assert agent.turn(Shared({}, GATEWAYS)) is None
    assert agent.turn(Shared({}, GATEWAYS)) is None
    recorder.told.clear()
    assert agent.turn(Shared({"10.250.0.2": "default/web"}, GATEWAYS)) is None
    assert recorder.told == ["reload", "start"]
    assert "10.250.0.2/32 dev eth0" in (tmp_path / "keepalived.conf").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keepalived.conf"]


def test_while_nothing_is_known_all_stays_as_it_is(agent: Agent, recorder: Recorder, tmp_path: Path) -> None:
    agent.turn(Shared({"10.250.0.2": "default/web"}, GATEWAYS))
    before = (tmp_path / "keepalived.conf").read_text()
    recorder.told.clear()
    assert agent.turn(None) is None
    assert recorder.told == ["start"], "it is kept running"
    assert (tmp_path / "keepalived.conf").read_text() == before


def test_a_container_that_starts_anew_goes_on_at_once(
    agent: Agent, recorder: Recorder, tmp_path: Path
) -> None:
    agent.turn(Shared({"10.250.0.2": "default/web"}, GATEWAYS))
    recorder.told.clear()
    Agent(settings(tmp_path), "eth0", recorder.child).resume()
    assert recorder.told == ["start"]


def test_a_node_that_is_no_gateway_any_more_gives_its_addresses_away(
    agent: Agent, recorder: Recorder, tmp_path: Path
) -> None:
    agent.turn(Shared({"10.250.0.2": "default/web"}, GATEWAYS))
    recorder.told.clear()
    assert agent.turn(Shared({"10.250.0.2": "default/web"}, GATEWAYS[1:])) == "node n1 is no gateway"
    assert recorder.told == ["stop"]
    assert not (tmp_path / "keepalived.conf").exists()


def test_the_health_file_follows_the_answers_of_kube_proxy(tmp_path: Path) -> None:
    process, path = Logged.make(), tmp_path / "health"
    health = HealthFile(path, process)
    assert path.read_text() == "1\n"
    told = [health.problem]
    for _ in range(2):
        health.heard(well=True)
    assert path.read_text() == "0\n"
    told.append(health.problem)
    for _ in range(3):
        health.heard(well=False)
    assert path.read_text() == "1\n"
    assert told == ["kube-proxy on this node does not say that it is well", None]
    assert [e["healthy"] for e in process.events] == [True, False]


def test_a_configuration_without_a_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(FederationError) as error:
        Settings.of({"namespace": "ns"}, {})
    assert str(error.value) == (
        "configuration of the keepalived agent: has no 'routerId'. Next: run pulumi up again."
    )


def test_the_interface_is_that_of_the_nodes_address() -> None:
    assert interface_of("127.0.0.1") == "lo"
    with pytest.raises(FederationError) as error:
        interface_of("192.0.2.1")
    assert str(error.value) == (
        "node with 192.0.2.1: no network interface has this address first. Next: set vips.interface."
    )


def said(process: Logged) -> list[str]:
    return [e["line"] for e in process.events if e["event"] == "said"]


def eventually(probe: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not probe():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_child_is_started_reloaded_and_ended_and_its_output_is_logged() -> None:
    process = Logged.make()
    with Child([sys.executable, "-c", PROGRAM], process) as child:
        assert child.start()
        eventually(lambda: said(process) == ["running"])
        assert child.start(), "once"
        child.reload()
        eventually(lambda: said(process) == ["running", "reloading"])
    eventually(lambda: said(process) == ["running", "reloading", "bye"])
    child.stop()
    child.reload()


def test_a_child_that_ends_is_started_again_but_not_all_the_time() -> None:
    process, now = Logged.make(), [100.0]
    with Child(
        [sys.executable, "-c", "print(1, flush=True); exit(7)"], process, clock=lambda: now[0]
    ) as child:
        assert child.start()
        eventually(lambda: not child.start())
        assert [(e["event"], e["code"]) for e in process.events if e["event"] == "ended"] == [("ended", 7)]
        assert not child.start()
        now[0] += 1
        assert child.start()
        eventually(lambda: said(process) == ["1", "1"])


def test_a_child_that_ignores_the_wish_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.controllers.child.STOP_SECONDS", 0.2)
    process = Logged.make()
    stubborn = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    )
    child = Child([sys.executable, "-c", stubborn], process)
    child.start()
    eventually(lambda: said(process) == ["on"])
    begin = time.monotonic()
    child.stop()
    assert time.monotonic() - begin < 5
