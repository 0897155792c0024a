"""An API server that answers as a script says, over HTTP or HTTPS, and notes what it was asked."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: Any
    content_type: str | None
    authorization: str | None


@dataclass
class Script:
    """The server.

    Attributes:
        answers: status and object (or text) for each next request; the last one stays.
        asked: requests so far.
        delay: seconds before each answer.
    """

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=lambda: [(200, dict[str, Any]())])
    asked: list[Asked] = field(default_factory=list)
    delay: float = 0.0

    def says(self, *answers: tuple[int, Any]) -> None:
        self.answers[:] = answers

    def next(self, asked: Asked) -> tuple[int, bytes]:
        self.asked.append(asked)
        time.sleep(self.delay)
        status, found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return status, found.encode() if isinstance(found, str) else json.dumps(found).encode()


class _Handler(BaseHTTPRequestHandler):
    script: Script
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, who = self.headers.get("Content-Type"), self.headers.get("Authorization")
        asked = Asked(self.command, self.path, json.loads(body) if body else None, kind, who)
        status, data = self.script.next(asked)
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust us goes in the middle of a handshake."""


@dataclass(frozen=True)
class Pair:
    """A certificate that vouches for itself, and its key, as PEM."""

    certificate: str
    key: str


def pair(*, address: str = "127.0.0.1", days: int = 1) -> Pair:
    """For a server at that address; negative days make it expired."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Pair(made.public_bytes(serialization.Encoding.PEM).decode(), private.decode())


Serve = Callable[..., Script]


@pytest.fixture(name="serve")
def serve_fixture(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers: `serve()` without TLS, `serve(pair())` with it."""
    with ExitStack() as stack:

        def serve(tls: Pair | None = None, *, clients: Pair | None = None) -> Script:
            script = Script()
            http = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"script": script}))
            if tls:
                http.socket = _context(tmp_path, tls, clients).wrap_socket(
                    http.socket, server_side=True, do_handshake_on_connect=False
                )
            script.url = f"http{'s' if tls else ''}://127.0.0.1:{http.server_port}"
            thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(http.server_close)
            stack.callback(thread.join)
            stack.callback(http.shutdown)
            return script

        yield serve


def _context(folder: Path, tls: Pair, clients: Pair | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = folder / "server.pem"
    file.write_text(tls.certificate + tls.key)
    context.load_cert_chain(file)
    if clients:
        context.load_verify_locations(cadata=clients.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
