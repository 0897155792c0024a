"""Probes of the stand-in's Traffic Manager, against servers that are there, broken, or not there."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.azure.clock import SystemClock
from lab.azure.dns.health import Check
from lab.azure.dns.prober import Prober
from lab.azure.dns.probes import probe
from lab.azure.dns.state import of
from tests.unit.azure_dns_fixtures import Dns, dns_arm, endpoint

__all__ = ["dns_arm"]


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(0.5)
        status = 200
        if self.path.startswith("/status/"):
            status = int(self.path.rpartition("/")[2])
        if self.path == "/host" and self.headers["Host"] != "shop.example.com":
            status = 404
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def http(port: int, path: str = "/", **more: object) -> Check:
    return Check(target="127.0.0.1", protocol="HTTP", port=port, path=path, **more)  # type: ignore[arg-type]


def test_tcp_needs_a_connection_only(port: int, closed: int) -> None:
    assert probe(Check(target="127.0.0.1", protocol="TCP", port=port), 1) is None
    assert probe(Check(target="127.0.0.1", protocol="TCP", port=closed), 1) is not None


@pytest.mark.parametrize(
    ("status", "healthy"), [(200, True), (201, False), (301, False), (404, False), (500, False)]
)
def test_http_needs_200_and_no_other_status(port: int, status: int, healthy: bool) -> None:
    reason = probe(http(port, f"/status/{status}"), 1)
    assert reason == (None if healthy else f"the status is {status}")


def test_ranges_of_expected_statuses_take_the_place_of_200(port: int) -> None:
    ranges = ((204, 299), (301, 301))
    assert probe(http(port, "/status/204", expected=ranges), 1) is None
    assert probe(http(port, "/status/301", expected=ranges), 1) is None
    assert probe(http(port, "/status/200", expected=ranges), 1) == "the status is 200"


def test_a_late_answer_is_none(port: int) -> None:
    assert probe(http(port, "/slow"), 0.1) == "no answer within 0.1 s"


def test_a_host_header_can_be_given(port: int) -> None:
    assert probe(http(port, "/host"), 1) == "the status is 404"
    assert probe(http(port, "/host", headers=(("Host", "shop.example.com"),)), 1) is None


def test_what_speaks_no_http_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=_babble, args=(server,))
        answer.start()
        assert probe(http(server.getsockname()[1]), 1) is not None
        answer.join()


def _babble(server: socket.socket) -> None:
    with server.accept()[0] as connection:
        connection.recv(4096)
        connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def test_https_minds_no_certificate_but_needs_one(port: int, tmp_path: Path) -> None:
    assert probe(Check(target="127.0.0.1", protocol="HTTPS", port=port), 1) is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    server = HTTPServer(("127.0.0.1", 0), Site)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    assert probe(Check(target="127.0.0.1", protocol="HTTPS", port=server.server_port), 2) is None
    thread.join()
    server.server_close()


def self_signed(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "someone else")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = directory / "both.pem"
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(plain + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def test_the_prober_probes_again_and_again(dns_arm: Dns, port: int, closed: int) -> None:
    """With the real clock, a hundred times faster than in Azure."""
    dns_arm.service.context.clock = SystemClock()
    monitor = {"protocol": "TCP", "port": port, "intervalInSeconds": 10, "toleratedNumberOfFailures": 1}
    dns_arm.profile(
        endpoints=[endpoint("up", "127.0.0.1"), endpoint("down", "203.0.113.1")], monitorConfig=monitor
    )
    health = of(dns_arm.service.context).health
    prober = Prober(
        dns_arm.service.context, scale=0.01, probe=lambda c, t: probe(c, t) if c.target[0] == "1" else "no"
    )
    prober.start()
    wanted = {"up": "Online", "down": "Degraded"}
    ids = {name: f"{dns_arm.profile_id()}/externalEndpoints/{name}" for name in wanted}
    end = time.monotonic() + 10
    while {name: health.status(id_) for name, id_ in ids.items()} != wanted:
        assert time.monotonic() < end
        time.sleep(0.02)
    prober.stop()
    assert health.reason(ids["down"]) == "no"
