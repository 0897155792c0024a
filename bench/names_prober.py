"""Asks a web server again and again, each time over a new connection, and measures the longest silence.

    lab exec -- python -m bench.names_prober ADDRESS STOP_FILE

Prints a JSON object when STOP_FILE is there: {"asked": n, "failed": n, "silence": seconds}.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path

EVERY_SECONDS = 0.02
PATIENCE_SECONDS = 0.1
REQUEST = b"GET / HTTP/1.0\r\nHost: vip\r\n\r\n"


def ask(address: str) -> bool:
    """Whether the server answers with a page."""
    try:
        with socket.create_connection((address, 80), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(REQUEST)
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def probe(address: str, stop: Path) -> dict[str, float]:
    """Ask until the file is there."""
    asked = failed = 0
    silence, last = 0.0, time.monotonic()
    while not stop.exists():
        begin = time.monotonic()
        asked += 1
        if ask(address):
            now = time.monotonic()
            silence, last = max(silence, now - last), now
        else:
            failed += 1
        time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - begin)))
    return {"asked": asked, "failed": failed, "silence": round(max(silence, time.monotonic() - last), 3)}


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1], Path(sys.argv[2]))))
