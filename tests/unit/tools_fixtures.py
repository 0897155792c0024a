"""What the tests of the tools share: a release server that misbehaves on demand, and a `go` that only pretends."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from lab.tools.fetch import Limits
from lab.tools.progress import Progress

# For servers that are slow on purpose only: a busy machine is as slow as they are.
BRISK = Limits(grace=0.2)


@dataclass
class Releases:
    """Files by path ("/host/…"), and the ways to send them wrongly."""

    base: str
    files: dict[str, bytes] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)  # closes the connection after half of it
    dripping: set[str] = field(default_factory=set)  # a byte each 20 ms
    stalling: set[str] = field(default_factory=set)  # sends half of it, then nothing more
    over: threading.Event = field(default_factory=threading.Event)  # the test is
    asked: list[str] = field(default_factory=list)

    def publish(self, url: str, content: bytes, sums: str, *, digest: str | None = None) -> None:
        """Put a file there, and its line into the list of checksums, which is at `sums`."""
        path, listed = _path(url), _path(sums)
        name = path.rpartition("/")[2]
        line = f"{digest or hashlib.sha256(content).hexdigest()}  {name}\n"
        self.files[path] = content
        self.files[listed] = self.files.get(listed, b"") + line.encode()


def _path(url: str) -> str:
    return url.removeprefix("https:/")


def tarball(**members: bytes) -> bytes:
    """A .tar.gz with these files in a folder; `__` in a name is a dash."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"release/{name.replace('__', '-')}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(name="releases")
def release_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Releases]:
    """A server on this machine that stands for every release site."""
    known = Releases("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            content = known.files.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self._send(content or b"")

        def _send(self, content: bytes) -> None:
            if self.path in known.cut | known.stalling:
                content = content[: len(content) // 2]
            if self.path not in known.dripping:
                self.wfile.write(content)
                self.wfile.flush()
                if self.path in known.stalling:
                    known.over.wait(5)
                return
            for byte in content:
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return  # the client has had enough, which is what the test wants
                time.sleep(0.02)

        def log_message(self, *arguments: object) -> None:
            """Tests print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        known.base = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("FEDERATION_DOWNLOAD_MIRROR", known.base)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield known
        known.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture(name="nobody")
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address where nothing answers: the discard port, which nobody listens on."""
    monkeypatch.setenv("FEDERATION_DOWNLOAD_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return "http://127.0.0.1:9"


_FAKE_GO = """#!/bin/sh
# Says what the real one would, and writes the file named after -o.
echo "$*" >> "$FAKE_GO_CALLS"
env >> "$FAKE_GO_CALLS.env"
case "$1" in
env) echo "${FAKE_GO_VERSION:-go1.26.8}"; echo "$HOME/go-build"; echo "$HOME/go-mod"; exit 0 ;;
list) exit 0 ;;
mod) echo "{\\"Dir\\": \\"$FAKE_GO_MODULE\\"}"; exit 0 ;;
esac
if [ -n "$FAKE_GO_SAYS" ]; then echo "$FAKE_GO_SAYS" >&2; exit 1; fi
while [ "$1" != -o ]; do shift; done
echo "built" > "$2"
"""


@dataclass(frozen=True)
class FakeGo:
    """The pretended `go`: what it was called with."""

    log: Path

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def environment(self) -> set[str]:
        return set(self.log.with_name(self.log.name + ".env").read_text().splitlines())


@pytest.fixture(name="fake_go")
def pretended_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    """A `go` that is the only program on PATH beside the system's shell tools."""
    folder = tmp_path / "fake-go"
    folder.mkdir()
    (folder / "go").write_text(_FAKE_GO)
    (folder / "go").chmod(0o755)
    module = folder / "module"
    for name in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        (module / name).parent.mkdir(parents=True)
        (module / name).write_text("script")
    (module / "charts/karmada/_crds/bases").mkdir(parents=True)
    (module / "charts/karmada/_crds/bases/a.yaml").write_text("crd")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("FAKE_GO_CALLS", str(folder / "calls"))
    monkeypatch.setenv("FAKE_GO_MODULE", str(module))
    monkeypatch.setenv("FEDERATION_SKIP_DISK_CHECK", "1")
    return FakeGo(folder / "calls")


@dataclass(frozen=True)
class Told:
    """A Progress, and what it has printed."""

    progress: Progress
    stream: io.StringIO

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.stream.getvalue().splitlines()]


@pytest.fixture(name="told")
def told_progress() -> Told:
    """A Progress into a log whose clock stands still."""
    stream = io.StringIO()
    console = Console(file=stream, width=500, force_terminal=False)
    return Told(Progress(console, clock=lambda: 0.0), stream)
