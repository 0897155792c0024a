"""What a kubelet and Prometheus ask a controller: /healthz, /readyz, /metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

PATIENCE_SECONDS = 60.0  # a loop that has not turned for so long hangs


class Health:
    """Whether a controller is alive, and whether it can do its work. Safe to use from several threads.

    Args:
        patience: seconds without a `beat` after which it counts as hanging.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(
        self, patience: float = PATIENCE_SECONDS, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience, self._clock = patience, clock
        self._beat = clock()
        self._reason: str | None = "it has not looked at anything yet"

    def beat(self) -> None:
        """The loop turns; to be told in each turn, also while there is nothing to do."""
        self._beat = self._clock()

    def ready(self, reason: str | None = None) -> None:
        """It can do its work (the default), or cannot for this reason."""
        self._reason = reason

    def alive(self) -> str | None:
        """None, or why the process should be started anew."""
        silent = self._clock() - self._beat
        return f"no turn of its loop for {silent:.0f} s" if silent > self._patience else None

    def unready(self) -> str | None:
        """None, or why it cannot do its work."""
        return self.alive() or self._reason


@contextmanager
def serve(address: str, port: int, health: Health, metrics: CollectorRegistry) -> Iterator[int]:
    """Answer on a port (0: any free one) until the block ends; the value is the port.

    /healthz and /readyz answer 200 "ok", or 503 with the reason; /metrics is Prometheus' text format.
    """
    answers: dict[str, Callable[[], tuple[int, str, bytes]]] = {
        "/healthz": lambda: _verdict(health.alive()),
        "/readyz": lambda: _verdict(health.unready()),
        "/metrics": lambda: (200, CONTENT_TYPE_LATEST, generate_latest(metrics)),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path.partition("?")[0], lambda: (404, _TEXT, b"not found\n"))
            code, kind, body = answer()
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A probe every few seconds is no news."""

    server = ThreadingHTTPServer((address, port), Handler)
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_TEXT = "text/plain; charset=utf-8"


def _verdict(reason: str | None) -> tuple[int, str, bytes]:
    return (200, _TEXT, b"ok\n") if reason is None else (503, _TEXT, f"{reason}\n".encode())
