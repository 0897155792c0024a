"""A program that a controller runs: started anew when it ends, its output in the log, ended with the controller."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import IO

from federation.controllers.process import Process

STOP_SECONDS = 5.0
AGAIN_SECONDS = 1.0
"""A program that ends at once is not started more often than this."""


class Child:
    """One program, with its own standard output and error as log lines.

    Args:
        command: program and arguments.
        process: of the controller.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(
        self, command: Sequence[str], process: Process, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._command, self._process, self._clock = list(command), process, clock
        self._running: subprocess.Popen[str] | None = None
        self._since = float("-inf")

    def start(self) -> bool:
        """Start it if it does not run; whether it runs now. To be called in each turn of the loop."""
        if self._running is not None and self._running.poll() is None:
            return True
        if self._running is not None:
            self._process.log.warning("ended", program=self._command[0], code=self._running.returncode)
            self._running = None
        if self._clock() - self._since < AGAIN_SECONDS:
            return False
        self._since = self._clock()
        self._running = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._running.stdout is not None  # noqa: S101 - a pipe was asked for
        threading.Thread(target=self._relay, args=(self._running.stdout,), name="output", daemon=True).start()
        return True

    def reload(self) -> None:
        """SIGHUP, if it runs."""
        if self._running is not None:
            self._running.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough; nothing if it does not run."""
        running, self._running = self._running, None
        if running is None:
            return
        running.terminate()
        try:
            running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _relay(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._process.log.info("said", program=self._command[0], line=line.rstrip())
