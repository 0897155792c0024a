"""A member and a federation API as HTTPS servers, with what the unit tests' in-memory ones hold.

They speak just what the product's client says: get, list, apply, create, merge and delete of single objects.
"""

from __future__ import annotations

import base64
import datetime
import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from federation.karmada.leave import CLUSTER_FINALIZER
from federation.kube import Object, Ref
from tests.unit.member_fixtures import READER, FakeApi, World

ADMIN = "admin"


class ApiServer:
    """One API server.

    Args:
        api: what it holds.
        tokens: those it takes, looked up at each request.
        folder: for its certificate and key.
        days: for which the certificate is valid; negative if it has expired.
    """

    def __init__(self, api: FakeApi, tokens: set[str], folder: Path, *, days: int = 1) -> None:
        self.api, self.tokens, self.lock = api, tokens, RLock()
        self.ca = _certificate(folder, days)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"server_": self}))
        self._http.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self._http.server_port}"
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """From now on, connections are refused."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()

    def kubeconfig(self, token: str = ADMIN) -> str:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            "clusters": [
                {"name": "x", "cluster": {"server": self.url, "certificate-authority-data": self.ca}}
            ],
            "users": [{"name": "x", "user": {"token": token}}],
        }
        return str(yaml.safe_dump(config))

    def answer(self, method: str, path: str, body: Object) -> tuple[int, Object]:
        """Status and object; the API's conventions, as far as the client relies on them."""
        parts = urlsplit(path)
        ref = _ref(parts.path)
        labels = parse_qs(parts.query).get("labelSelector", [None])[0]
        if parts.path == "/apis":
            return 200, json.loads(self.api.text(path))
        if method == "GET" and not ref.name:
            return 200, {"metadata": {}, "items": self.api.list(ref, labels=labels)}
        if method == "POST":
            return 201, self.api.create(body)
        if method == "PATCH" and "fieldManager" in parts.query:
            return 200, self.api.apply(body, manager="x")
        if method == "PATCH":
            found = self.api.merge(ref, body)
        elif method == "DELETE":
            uid = body.get("preconditions", {}).get("uid")
            found = {} if self.api.delete(ref, uid=uid) else None
        else:
            found = self.api.get(ref)
        return (404, {"message": "not found"}) if found is None else (200, found)


class _Handler(BaseHTTPRequestHandler):
    server_: ApiServer
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        with self.server_.lock:
            if token not in self.server_.tokens:
                status, found = 401, {"message": "Unauthorized"}
            else:
                status, found = self.server_.answer(self.command, self.path, json.loads(body or b"{}"))
            data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


def _ref(path: str) -> Ref:
    words = [unquote(word) for word in path.strip("/").split("/")]
    version = words[1] if words[0] == "api" else "/".join(words[1:3])
    rest = words[2:] if words[0] == "api" else words[3:]
    namespace = None
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    return Ref(version, rest[0] if rest else "", rest[1] if len(rest) > 1 else "", namespace)


def _certificate(folder: Path, days: int) -> str:
    """Makes tls.crt and tls.key; returns the certificate, which vouches for itself, as base64 of PEM."""
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=9))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "tls.crt").write_bytes(pem)
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return base64.b64encode(pem).decode()


@dataclass
class Servers:
    """Both sides, and a cluster that is neither."""

    world: World
    member: ApiServer
    plane: ApiServer
    stranger: ApiServer

    def inputs(self, **changes: Any) -> dict[str, Any]:
        """Of a `Join`."""
        return {
            "member": "fc01",
            "federation": "fed",
            "kubeconfig": self.member.kubeconfig(),
            "federationKubeconfig": self.plane.kubeconfig(),
            "region": "us",
            "zones": ["east"],
            "labels": {"tier": "gold"},
            "grants": [],
            "onLeave": "keep",
            "timeoutSeconds": 10,
        } | changes


def _karmada(api: FakeApi, found: Object) -> None:
    """A `Cluster` gets its finalizer."""
    metadata = found["metadata"]
    if found["kind"] == "Cluster" and not metadata.get("deletionTimestamp"):
        metadata["finalizers"] = [CLUSTER_FINALIZER]


@pytest.fixture(name="servers")
def servers_fixture(tmp_path: Path) -> Iterator[Servers]:
    world = World()
    world.plane.reactions.append(lambda found: _karmada(world.plane, found))
    stranger = FakeApi(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": "0000"}}
    )
    stranger.reactions.append(world.issue)
    tokens = {ADMIN, READER} | world.valid
    apis = {"member": world.member, "plane": world.plane, "stranger": stranger}
    made = {name: ApiServer(api, tokens, tmp_path / name) for name, api in apis.items()}
    with ExitStack() as stack:
        for one in made.values():
            one.start()
            stack.callback(one.stop)
        yield Servers(world, **made)
