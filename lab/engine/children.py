"""The processes a language host has started: none of them outlives it."""

from __future__ import annotations

import errno
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lab.deadline import Deadline

# The engine interrupts a host when it closes it and kills it 5 s later; a child must be gone before that.
GRACE = 2.0


class Children:
    """Starts processes and remembers those that still run.

    They stay in the process group of the host on purpose: the engine's last resort is a signal to that group.
    """

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._lock = threading.Lock()
        self._live: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def start(
        self, argv: Sequence[str], *, cwd: Path | None, env: Mapping[str, str], piped: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a process; `piped` gives it pipes for its output instead of the host's own.

        Raises `OSError` when the program cannot be started, and after `close`.
        """
        out = subprocess.PIPE if piped else None
        with self._lock:
            if self._closed:
                raise OSError(errno.ECANCELED, "the language host is ending")
            child = subprocess.Popen(
                argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
            self._live.add(child)
        return child

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Wait for a process to end by itself or by `end`; its exit code, negative for a signal."""
        code = child.wait()
        with self._lock:
            self._live.discard(child)
        return code

    def end(self, children: Iterable[subprocess.Popen[bytes]]) -> None:
        """Ask the processes to end, give them the grace period together, then kill what is left."""
        asked = [child for child in children if child.poll() is None]
        for child in asked:
            child.terminate()
        deadline = Deadline(self._grace)
        for child in asked:
            try:
                child.wait(deadline.left)
            except subprocess.TimeoutExpired:
                child.kill()

    def end_all(self) -> None:
        """End every process that runs now."""
        with self._lock:
            live = tuple(self._live)
        self.end(live)

    def close(self) -> None:
        """End every process that runs now, and start no other."""
        with self._lock:
            self._closed = True
        self.end_all()
