"""Read an archive back the way a runtime does, by nothing but its JSON and its digests."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class Layout:
    """An OCI archive, its blobs checked against their names."""

    def __init__(self, data: bytes) -> None:
        self.names: list[str] = []
        self.files: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                self.names.append(member.name)
                if (source := tar.extractfile(member)) is not None:
                    self.files[member.name] = source.read()
        assert json.loads(self.files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
        self.index: dict[str, Any] = json.loads(self.files["index.json"])

    def blob(self, descriptor: dict[str, Any]) -> bytes:
        data = self.files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")]
        assert "sha256:" + hashlib.sha256(data).hexdigest() == descriptor["digest"]
        assert len(data) == descriptor["size"]
        return data

    def references(self) -> list[str]:
        return [entry["annotations"]["io.containerd.image.name"] for entry in self.index["manifests"]]

    def manifest(self, reference: str) -> dict[str, Any]:
        (entry,) = (e for e in self.index["manifests"] if reference in e["annotations"].values())
        found: dict[str, Any] = json.loads(self.blob(entry))
        return found

    def config(self, reference: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.blob(self.manifest(reference)["config"]))
        return found

    def layers(self, reference: str) -> list[tarfile.TarFile]:
        blobs = [self.blob(layer) for layer in self.manifest(reference)["layers"]]
        return [tarfile.open(fileobj=io.BytesIO(blob)) for blob in blobs]

    def unpack(self, reference: str, root: Path) -> None:
        """Layer over layer, as root would: owners and modes too."""
        root.mkdir()
        for layer in self.layers(reference):
            for member in layer:
                (root / member.name).unlink(missing_ok=True) if not member.isdir() else None
                layer.extract(member, root)


def layout_of(path: Path) -> Layout:
    return Layout(path.read_bytes())


@contextmanager
def registry(images: dict[str, Layout]) -> Iterator[str]:
    """A registry on loopback that serves images by `repository:tag`; the value is its host and port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = self._answer()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if self.command == "GET" else b"")

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self) -> tuple[int, str, bytes]:
            if self.path == "/v2/":
                return 200, "application/json", b"{}"
            repository, _, rest = self.path.removeprefix("/v2/").rpartition("/")
            repository, _, kind = repository.rpartition("/")
            if kind == "manifests" and (layout := images.get(f"{repository}:{rest}")):
                entry = layout.index["manifests"][0]
                return 200, entry["mediaType"], layout.blob(entry)
            for layout in images.values():
                if kind == "blobs" and (body := layout.files.get("blobs/" + rest.replace(":", "/"))):
                    return 200, "application/octet-stream", body
            return 404, "application/json", b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"unknown"}]}'

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
