"""The stand-in's nameserver, a real CoreDNS: what was written to the resource manager is answered, within seconds."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from lab.azure.clock import SystemClock
from lab.azure.dns.dataplane import DataPlane
from lab.azure.dns.publisher import DnsServer
from lab.errors import LabError
from lab.tools.toolbox import Toolbox
from tests.unit.azure_dns_fixtures import TRAFFIC, Dns, a, cname, endpoint, to

pytestmark = pytest.mark.lab
ADDRESS = "127.0.0.1"
PROMISED = 2.0
"""Seconds from the answer of the resource manager to that of the nameserver."""
PATIENCE = 10.0
"""A machine that does ten other things may take longer; `test_a_write_is_answered_within_two_seconds` looks closer."""


def free_port() -> int:
    """A port that neither UDP nor TCP uses."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind((ADDRESS, 0))
            port = int(udp.getsockname()[1])
            with contextlib.suppress(OSError):
                tcp.bind((ADDRESS, port))
                return port


def start(directory: Path, arm: Dns) -> DnsServer:
    arm.service.context.clock = SystemClock()
    plane = DataPlane(directory, Toolbox().path("coredns"), ADDRESS, free_port())
    server = DnsServer(arm.service.context, plane, probe_scale=0.01)
    server.start()
    return server


@pytest.fixture(scope="module")
def arm() -> Dns:
    return Dns()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, arm: Dns) -> Iterator[DnsServer]:
    found = start(tmp_path_factory.mktemp("dns"), arm)
    yield found
    pid = found.plane.pid
    found.stop()
    assert pid is None or not Path(f"/proc/{pid}").exists()


class Asker:
    """Asks the nameserver as `dig +norecurse` does."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    def __call__(self, name: str, kind: str = "A", *, tcp: bool = False) -> dns.message.Message:
        query = dns.message.make_query(name, kind, flags=0)
        ask = dns.query.tcp if tcp else dns.query.udp
        return ask(query, self._plane.address, 3, port=self._plane.port)

    def values(self, name: str, kind: str = "A") -> list[str]:
        """All the records of an answer, with what CNAMEs lead to."""
        return sorted(r.to_text() for rrset in self(name, kind).answer for r in rrset)

    def code(self, name: str, kind: str = "A") -> str:
        return dns.rcode.to_text(self(name, kind).rcode())


@pytest.fixture
def ask(server: DnsServer) -> Asker:
    return Asker(server.plane)


def becomes(look: Callable[[], Any], wanted: Any, within: float = PATIENCE) -> float:
    """Wait until what is seen is `wanted`; the seconds it took."""
    began = time.monotonic()
    while (seen := look()) != wanted:
        assert time.monotonic() < began + within, f"{seen!r} and not {wanted!r} after {within:g} s"
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_write_is_answered_within_two_seconds(arm: Dns, ask: Asker) -> None:
    zone = arm.zone("latency.example.com")
    becomes(lambda: ask.code("latency.example.com", "SOA"), "NOERROR")
    took = []
    for i in range(5):
        time.sleep(0.21 * i)  # not in step with CoreDNS, which looks once a second
        arm.put(f"{zone}/A/www", a(f"10.0.0.{i}"))
        took.append(becomes(lambda i=i: ask.values("www.latency.example.com"), [f"10.0.0.{i}"]))  # type: ignore[misc]
    assert sorted(took)[2] <= PROMISED, took  # the median: this machine may be busy once


def test_sets_are_answered_as_they_were_written(arm: Dns, ask: Asker) -> None:
    zone = arm.zone("sets.example.com")
    arm.put(f"{zone}/A/www", a("10.0.0.1", "10.0.0.2", ttl=17))
    arm.put(f"{zone}/A/*.any", a("10.0.0.3"))
    arm.put(f"{zone}/CNAME/alias", cname("www.sets.example.com"))
    text = 'v=1; "quoted" \\ ümlaut'
    arm.put(f"{zone}/TXT/www", {"properties": {"TTL": 5, "TXTRecords": [{"value": [text, "x" * 255]}]}})
    becomes(lambda: ask.code("www.sets.example.com", "TXT"), "NOERROR")
    becomes(lambda: ask.values("www.sets.example.com"), ["10.0.0.1", "10.0.0.2"])
    for tcp in (False, True):
        found = ask("www.sets.example.com", tcp=tcp)
        assert found.flags & dns.flags.AA
        assert found.answer[0].ttl == 17
    (strings,) = (r.strings for r in ask("www.sets.example.com", "TXT").answer[0])
    assert [s.decode() for s in strings] == [text, "x" * 255]
    assert ask.values("one.any.sets.example.com") == ["10.0.0.3"]
    assert ask.values("alias.sets.example.com") == ["10.0.0.1", "10.0.0.2", "www.sets.example.com."]
    servers = arm.get(zone).json()["properties"]["nameServers"]
    assert ask.values("sets.example.com", "NS") == sorted(servers)
    assert ask.values(servers[0]) == [ADDRESS], "the names of the nameservers lead here"
    assert ask.code("none.sets.example.com") == "NXDOMAIN"
    assert ask.code("any.sets.example.com") == "NOERROR", "a name with only names under it"
    arm.delete(f"{zone}/A/www")
    becomes(lambda: ask.values("www.sets.example.com"), [])
    assert ask.code("www.sets.example.com") == "NOERROR", "there is still a text"


def test_the_nameservers_serial_rises_and_that_of_azure_does_not(arm: Dns, ask: Asker) -> None:
    zone = arm.zone("serial.example.com")
    becomes(lambda: ask.code("serial.example.com", "SOA"), "NOERROR")

    def serial() -> int:
        return int(next(iter(ask("serial.example.com", "SOA").answer[0])).serial)

    before = serial()
    arm.put(f"{zone}/A/www", a("10.0.0.1"))
    becomes(lambda: ask.values("www.serial.example.com"), ["10.0.0.1"])
    assert serial() > before
    assert arm.get(f"{zone}/SOA/@").json()["properties"]["SOARecord"]["serialNumber"] == 1


def test_a_delegation_is_answered_as_a_referral_with_glue(arm: Dns, ask: Asker) -> None:
    zone = arm.zone("parent.example.com")
    names = ["ns.child.parent.example.com", "ns1-09.azure-dns.com."]
    arm.put(f"{zone}/NS/child", {"properties": {"TTL": 60, "NSRecords": [{"nsdname": n} for n in names]}})
    arm.put(f"{zone}/A/ns.child", a("10.0.0.53"))
    becomes(lambda: len(ask("www.child.parent.example.com").additional), 1)
    found = ask("www.child.parent.example.com")
    assert not found.flags & dns.flags.AA
    assert found.answer == []
    assert sorted(r.to_text() for r in found.authority[0]) == [
        "ns.child.parent.example.com.",
        "ns1-09.azure-dns.com.",
    ]
    assert found.additional[0].to_text() == "ns.child.parent.example.com. 30 IN A 10.0.0.53"


def test_a_child_that_is_here_too_answers_for_itself(arm: Dns, ask: Asker) -> None:
    parent, child = arm.zone("up.example.com"), arm.zone("west.up.example.com")
    servers = arm.get(child).json()["properties"]["nameServers"]
    body = {"properties": {"TTL": 60, "NSRecords": [{"nsdname": s} for s in servers]}}
    arm.put(f"{parent}/NS/west", body)
    arm.put(f"{child}/A/www", a("10.0.0.1"))
    becomes(lambda: ask.values("www.west.up.example.com"), ["10.0.0.1"])
    assert ask("www.west.up.example.com").flags & dns.flags.AA
    assert ask.values("west.up.example.com", "NS") == sorted(servers)


def test_zones_come_and_go_and_come_back(arm: Dns, ask: Asker) -> None:
    assert ask.code("gone.example.net") == "REFUSED"
    for address in ("10.0.0.1", "10.0.0.2"):
        zone = arm.zone("gone.example.net")
        arm.put(f"{zone}/A/www", a(address))
        becomes(lambda address=address: ask.values("www.gone.example.net"), [address])  # type: ignore[misc]
        arm.delete(zone)
        becomes(lambda: ask.code("www.gone.example.net"), "REFUSED")


def test_a_zone_that_is_deleted_and_made_anew_at_once_has_the_new_records(arm: Dns, ask: Asker) -> None:
    for i in range(1, 4):
        zone = arm.zone("again.example.net")
        arm.put(f"{zone}/A/www", a(f"10.0.0.{i}"))
        becomes(lambda i=i: ask.values("www.again.example.net"), [f"10.0.0.{i}"])  # type: ignore[misc]
        arm.delete(zone)


def test_private_zones_and_foreign_names_are_refused(arm: Dns, ask: Asker) -> None:
    arm.private_zone("secret.internal")
    zone = arm.zone("beacon.example.com")
    arm.put(f"{zone}/A/www", a("10.0.0.1"))
    becomes(lambda: ask.values("www.beacon.example.com"), ["10.0.0.1"])
    assert ask.code("secret.internal", "SOA") == "REFUSED"
    assert ask.code("www.secret.internal") == "REFUSED"
    assert ask.code("example.com") == "REFUSED", "a parent of our zones"


class Site:
    """Something that listens, until it is closed."""

    def __init__(self, address: str, port: int = 0) -> None:
        self._socket = socket.create_server((address, port))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                self._socket.accept()[0].close()
            except OSError:
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


def test_an_alias_of_a_profile_fails_over_and_back(arm: Dns, ask: Asker) -> None:
    """Real probes of real listeners; with intervals a hundred times shorter than Azure's."""
    west = Site("127.0.0.2")
    east = Site("127.0.0.3", west.port)
    monitor = {"protocol": "TCP", "port": west.port, "intervalInSeconds": 10, "toleratedNumberOfFailures": 1}
    both = ["127.0.0.2", "127.0.0.3"]
    arm.profile(
        "shop", endpoints=[endpoint("west", both[0]), endpoint("east", both[1])], monitorConfig=monitor
    )
    zone = arm.zone("shop.example.com")
    arm.put(f"{zone}/A/@", to(arm.profile_id("shop"), ttl=10))
    arm.put(f"{zone}/CNAME/www", to(arm.profile_id("shop"), ttl=10))

    def statuses() -> list[str]:
        found = arm.get(arm.profile_id("shop"), version=TRAFFIC).json()["properties"]["endpoints"]
        return [e["properties"]["endpointMonitorStatus"] for e in found]

    becomes(statuses, ["Online", "Online"])
    becomes(lambda: ask.values("shop.example.com"), both)
    east.close()
    becomes(statuses, ["Online", "Degraded"])
    becomes(lambda: ask.values("shop.example.com"), both[:1])
    becomes(lambda: ask.values("shop.trafficmanager.net"), both[:1])
    assert ask.values("www.shop.example.com") == ["127.0.0.2", "shop.trafficmanager.net."]
    west.close()
    becomes(statuses, ["Degraded", "Degraded"])
    becomes(lambda: ask.values("shop.example.com"), both)
    east = Site("127.0.0.3", east.port)
    becomes(lambda: ask.values("shop.example.com"), both[1:])
    east.close()
    arm.delete(arm.profile_id("shop"), version=TRAFFIC)
    becomes(lambda: ask.values("shop.example.com"), [])


def test_a_public_address_that_changes_or_goes_is_followed(arm: Dns, ask: Asker) -> None:
    zone, ip = arm.zone("ip.example.com"), arm.address("followed", "10.90.7.1")
    arm.put(f"{zone}/A/@", to(ip))
    becomes(lambda: ask.values("ip.example.com"), ["10.90.7.1"])
    arm.address("followed", "10.90.7.2")  # as another package writes it: the DNS part is not told
    becomes(lambda: ask.values("ip.example.com"), ["10.90.7.2"])
    arm.store.delete(ip)
    becomes(lambda: ask.values("ip.example.com"), [])
    becomes(lambda: arm.get(f"{zone}/A/@").json()["properties"]["targetResource"], {})


def test_a_nameserver_that_is_killed_is_back(tmp_path: Path) -> None:
    arm = Dns()
    zone = arm.zone()
    arm.put(f"{zone}/A/www", a("10.0.0.1"))
    server = start(tmp_path, arm)
    try:
        ask = Asker(server.plane)
        becomes(lambda: ask.values("www.example.com"), ["10.0.0.1"])
        first = server.plane.pid
        assert first
        os.kill(first, signal.SIGKILL)
        becomes(lambda: server.plane.pid not in (None, first), wanted=True)
        becomes(lambda: _try(lambda: ask.values("www.example.com")), ["10.0.0.1"])
    finally:
        server.stop()
    assert server.plane.pid is None


def _try(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except (OSError, dns.exception.Timeout) as error:
        return error


def test_a_restart_answers_what_there_was(tmp_path: Path) -> None:
    arm = Dns()
    zone = arm.zone()
    arm.put(f"{zone}/A/www", a("10.0.0.1"))
    for _ in range(2):
        server = start(tmp_path, arm)
        assert Asker(server.plane).values("www.example.com") == ["10.0.0.1"], (
            "at once: files come before the server"
        )
        server.stop()
        arm.service.context.parts.pop("dns")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_nameserver_does_not_outlive_its_server(tmp_path: Path, how: signal.Signals) -> None:
    program = f"""
        import sys, threading, time
        from pathlib import Path
        from lab.azure.dns.dataplane import DataPlane
        plane = DataPlane(Path({str(tmp_path)!r}), Path({str(Toolbox().path("coredns"))!r}), "{ADDRESS}", {free_port()})
        starter = threading.Thread(target=plane.start)  # a thread that ends is no reason for the nameserver to end
        starter.start()
        starter.join()
        time.sleep(0.3)
        print(plane.pid, flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout as output:
        pid = int(output.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.send_signal(how)
        parent.wait()
    becomes(lambda: _runs(pid), wanted=False)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_nameserver_that_can_not_listen_says_so(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((ADDRESS, 0))
        plane = DataPlane(tmp_path, Path("/bin/false"), ADDRESS, taken.getsockname()[1])
        plane.wait_seconds = 1.0
        with pytest.raises(LabError) as refused:
            plane.start()
    assert str(tmp_path / "coredns.log") in str(refused.value)
    assert plane.pid is None


def test_the_plugins_that_are_needed_are_built_in() -> None:
    listed = subprocess.run(
        [Toolbox().path("coredns"), "-plugins"], capture_output=True, text=True, check=True
    ).stdout
    assert {"auto", "errors", "forward", "loadbalance", "template"} <= set(listed.split())
