"""API servers in memory behind HTTP, which list, watch, fall silent and come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from federation.kube import Object, Ref


class LiveApi:
    """One API server. Its collections are cluster-wide; whoever asks may do everything."""

    def __init__(self) -> None:
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        self._history: list[tuple[int, str, str, Object]] = []
        self._forgotten = 0
        self._news, self._closed = Condition(), False
        self.down = False
        self.refuses: dict[str, int] = {}
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

            def do_GET(self) -> None:
                api.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def kubeconfig(self) -> str:
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": self.url}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )

    def put(self, ref: Ref, *objects: Object) -> None:
        for each in objects:
            self._happen(ref, "MODIFIED", each)

    def remove(self, ref: Ref, each: Object) -> None:
        self._happen(ref, "DELETED", each)

    def cut(self) -> None:
        """Answer nobody from now on; connections that are open break."""
        self.down = True
        with self._news:
            self._news.notify_all()

    def restore(self) -> None:
        self.down = False

    def forget(self) -> None:
        """Know nothing of what has happened until now, as after a compaction of etcd."""
        with self._news:
            self._forgotten = len(self._history)
            self._news.notify_all()

    def close(self) -> None:
        self._closed = True
        self.cut()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _happen(self, ref: Ref, kind: str, found: Object) -> None:
        path = Ref(ref.api_version, ref.plural).path
        with self._news:
            version = len(self._history) + 1
            metadata = {**found["metadata"], "resourceVersion": str(version)}
            key = metadata.get("namespace", ""), metadata["name"]
            objects = self._objects.setdefault(path, {})
            if kind == "DELETED":
                objects.pop(key)
            else:
                objects[key] = {**found, "metadata": metadata}
            self._history.append((version, path, kind, {**found, "metadata": metadata}))
            self._news.notify_all()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        query = parse_qs(url.query)
        path = url.path.replace("/namespaces/karmada-system", "")
        if self.down:
            request.close_connection = True
        elif path == "/readyz":
            self._send(request, 200, b"ok")
        elif status := self.refuses.get(path):
            self._send(request, status, json.dumps({"message": "no"}).encode())
        elif "watch" in query:
            self._watch(request, path, int(query["resourceVersion"][0]))
        else:
            with self._news:
                items = [*self._objects.get(path, {}).values()]
                version = str(len(self._history))
            body = {"items": items, "metadata": {"resourceVersion": version}}
            self._send(request, 200, json.dumps(body).encode())

    def _watch(self, request: BaseHTTPRequestHandler, path: str, since: int) -> None:
        request.send_response(200)
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        request.close_connection = True
        while not (self.down or self._closed):
            with self._news:
                if since < self._forgotten:
                    self._chunk(request, "ERROR", {"code": 410, "message": "too old"})
                    break
                happened = [e for e in self._history[since:] if e[1] == path]
                since = len(self._history)
                if not happened:
                    self._news.wait(0.5)
            for _, _, kind, found in happened:
                self._chunk(request, kind, found)

    def _chunk(self, request: BaseHTTPRequestHandler, kind: str, found: Object) -> None:
        text = json.dumps({"type": kind, "object": found}).encode() + b"\n"
        request.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)


Start = Callable[[], LiveApi]


@pytest.fixture(name="start")
def start_fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts API servers."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:

        def start() -> LiveApi:
            api = LiveApi()
            stack.callback(api.close)
            return api

        yield start
