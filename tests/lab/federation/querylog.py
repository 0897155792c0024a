"""Asks a nameserver for names ten times a second, and writes down every answer: what a client would have got, when.

    lab exec -- python -m tests.lab.federation.querylog NAMESERVER NAME[,NAME…] LOG STOP_FILE

Each line of LOG is a JSON object {"at": seconds of time.time(), "name", "rcode", "values": [], "took": seconds}, with
rcode "UNREACHABLE" where nobody has answered in time. Ends when STOP_FILE is there.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TextIO

from federation.dns.query import Answer, ask
from federation.errors import FederationError

INTERVAL_SECONDS = 0.1
QUERY_SECONDS = 2.0


def one(nameserver: str, name: str) -> Answer:
    """An answer; none in time is one, too."""
    try:
        return ask(nameserver, name, timeout=QUERY_SECONDS)
    except FederationError:
        return Answer("UNREACHABLE")


def follow(nameserver: str, name: str, log: TextIO, lock: Lock, stop: Path) -> None:
    """Ask for one name at fixed moments: a slow answer does not make the log thinner than it must be."""
    due = time.monotonic()
    while not stop.exists():
        began, at = time.monotonic(), time.time()
        answer = one(nameserver, name)
        line = {
            "at": at,
            "name": name,
            "rcode": answer.rcode,
            "values": answer.values,
            "took": time.monotonic() - began,
        }
        with lock:
            print(json.dumps(line), file=log, flush=True)
        due = max(due + INTERVAL_SECONDS, time.monotonic() - QUERY_SECONDS)
        time.sleep(max(0.0, due - time.monotonic()))


def main() -> None:
    """Follow all names side by side."""
    nameserver, names, file, stop = sys.argv[1], sys.argv[2].split(","), Path(sys.argv[3]), Path(sys.argv[4])
    lock = Lock()
    with file.open("w") as log, ThreadPoolExecutor(len(names)) as pool:
        for task in [pool.submit(follow, nameserver, name, log, lock, stop) for name in names]:
            task.result()


if __name__ == "__main__":
    main()
