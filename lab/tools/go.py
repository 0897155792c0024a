"""Calling the Go tool chain so that the result depends on our inputs, not on the caller's settings.

The Go caches stay where the user has them (`go env GOCACHE GOMODCACHE`). Building every tool fills them with
about 20 GB; `go clean -cache -modcache` empties them, `GOCACHE=DIR lab tools install` keeps one apart.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.shell import run

OLDEST = (1, 21)  # the first Go that fetches the release a go.mod asks for
LIMIT = 2 * 3600.0  # seconds for one call; the largest tool takes eight minutes on two cores
_QUICK = 60.0
_TAIL = 15  # lines of a failed build's log worth printing


@dataclass(frozen=True)
class Go:
    """A usable Go tool chain.

    Attributes:
        program: path of `go`.
        arch: what to build for, in Go's words.
        caches: directories that a build fills.
    """

    program: str
    arch: str
    caches: tuple[Path, ...]


@dataclass(frozen=True, kw_only=True)
class GoModule:
    """Our wrapper module of one tool.

    Attributes:
        about: what errors are about, such as "tool etcd".
        folder: where its go.mod is.
        log: file that gets what `go` says.
        unlisted: modules that are not looked up in Go's checksum database.
    """

    go: Go
    about: str
    folder: Path
    log: Path
    unlisted: tuple[str, ...] = ()

    def call(self, *arguments: str) -> str:
        """Run `go` and return its output.

        Raises `LabError` with the last lines of the log; a full disk is named as such.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as file:
            file.write(f"$ go {' '.join(arguments)}\n")
            file.flush()
            start = self.log.stat().st_size
            done = self._run(arguments, file.fileno())
        if done.returncode != 0:
            raise self._failure(arguments[0], done.returncode, _tail(self.log, start))
        return done.stdout

    def _run(self, arguments: Sequence[str], log: int) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self.go.program, *arguments],
                cwd=self.folder,
                env=environment(self.go.arch, self.unlisted),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                check=False,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired:
            cause = f"`go {arguments[0]}` was not done within {LIMIT / 3600:g} h"
            fix = f"read {self.log}, then run the command again: what is compiled already is kept"
            raise LabError(self.about, cause, fix) from None

    def _failure(self, verb: str, status: int, said: str) -> LabError:
        if "no space left on device" in said:
            cause = f"the disk is full (`go {verb}`: no space left on device)"
            fix = "free some space (`go clean -cache` empties Go's build cache), then run the command again"
            return LabError(self.about, cause, fix)
        cause = f"`go {verb}` failed with exit status {status}; its last lines:\n{said}"
        return LabError(self.about, cause, f"read {self.log}, then run the command again")


def find_go(arch: str) -> Go:
    """The Go on PATH. Raises `LabError` when there is none, or it is too old."""
    install = "install Go 1.21 or newer (https://go.dev/dl), then run the command again"
    program = shutil.which("go")
    if program is None:
        raise LabError("go", "Go is not on PATH, and tools must be built from source", install)
    asked = [program, "env", "GOVERSION", "GOCACHE", "GOMODCACHE"]
    version, *caches = run(asked, timeout=_QUICK, env=environment(arch)).stdout.splitlines()
    if go_version(version) < OLDEST:
        raise LabError("go", f"{program} is {version}, too old to fetch the Go that the tools need", install)
    return Go(program, arch, tuple(Path(cache) for cache in caches))


def go_version(text: str) -> tuple[int, int]:
    """The release in what `go env GOVERSION` says; a development version without one counts as new."""
    found = re.search(r"go(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (999, 0)


def environment(arch: str, unlisted: Sequence[str] = ()) -> dict[str, str]:
    """The environment of every call: the user's, but for what would change the result."""
    own = {
        "CGO_ENABLED": "0",  # static binaries: they also run in the lab's images, which have no libc
        "GO111MODULE": "on",
        "GOARCH": arch,
        "GOFLAGS": "-buildvcs=false",  # not empty: Go would read the user's saved flags then
        "GOOS": "linux",
        "GOWORK": "off",
    }
    if unlisted:
        own["GONOSUMDB"] = ",".join(filter(None, [os.environ.get("GONOSUMDB"), *unlisted]))
    return {"GOTOOLCHAIN": "auto", **os.environ, **own}


def _tail(log: Path, start: int) -> str:
    with log.open(errors="replace") as file:
        file.seek(start)
        return "".join(deque(file, _TAIL)).strip() or "nothing"
