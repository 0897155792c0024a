"""A registry on loopback that takes images, as a push needs it: OCI distribution specification 1.1, "Push"."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest


@dataclass
class Registry:
    """What has been pushed.

    Attributes:
        host: and port, on loopback.
        blobs: by digest.
        manifests: by "repository:tag".
    """

    host: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture(name="registry")
def registry_fixture() -> Iterator[Registry]:
    found = Registry()

    class Handler(_Handler):
        registry = found
        upload = b""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.host = f"127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection. A blob comes in one piece, in the PATCH between POST and PUT, as skopeo sends it."""

    registry: Registry
    upload: bytes
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200)

    def do_HEAD(self) -> None:
        digest = self.path.rpartition("/")[2]
        self._answer(200 if digest in self.registry.blobs else 404)

    def do_POST(self) -> None:
        self._body()
        self._answer(202, Location=f"{self.path}1")

    def do_PATCH(self) -> None:
        type(self).upload = self._body()
        self._answer(202, Location=self.path)

    def do_PUT(self) -> None:
        body, address = self._body(), urlsplit(self.path)
        repository, _, rest = address.path.removeprefix("/v2/").partition("/manifests/")
        if rest:
            self.registry.manifests[f"{repository}:{rest}"] = body
            self._answer(201)
            return
        (digest,) = parse_qs(address.query)["digest"]
        content = body or self.upload
        right = f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
        if right:
            self.registry.blobs[digest] = content
        self._answer(201 if right else 400)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass
