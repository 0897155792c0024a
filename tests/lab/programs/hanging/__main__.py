"""Tells that it runs, then waits for ever."""

import signal
from pathlib import Path

Path("started").touch()
signal.pause()
