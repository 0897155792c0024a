"""What a process says, as it says it."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import IO

BLOCK = 65536


def lines_of(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """Pairs of "stdout" or "stderr" and some bytes, in order of arrival, until both pipes are closed.

    Not cut at line ends: the engine reads a plugin's port byte by byte and must have it without delay.
    """
    heard: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    pipes = {"stdout": child.stdout, "stderr": child.stderr}
    for name, pipe in pipes.items():
        threading.Thread(target=_listen, args=(name, pipe, heard), daemon=True).start()
    open_pipes = len(pipes)
    while open_pipes:
        name, block = heard.get()
        if block:
            yield name, block
        else:
            open_pipes -= 1


def _listen(name: str, pipe: IO[bytes], heard: SimpleQueue[tuple[str, bytes]]) -> None:
    with pipe:
        while block := os.read(pipe.fileno(), BLOCK):
            heard.put((name, block))
    heard.put((name, b""))
