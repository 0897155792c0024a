"""Where installed tools lie on disk, and how they get there whole or not at all.

    <cache>/tools/<tool>/<key>/bin, share, receipt.json
    <cache>/tools/<tool>/.making-<key>-<x>    a half-made one; nothing ever reads it
    <cache>/tools/<tool>/.lock                held by the one process that makes it

The key is a digest of everything the result depends on, so a changed go.mod or version is another directory,
and an old one is never mistaken for it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lab.deadline import Deadline
from lab.errors import LabError
from lab.tools.tool import Origin, Tool, located, machine

SCHEMA = 1  # raise it when the builder itself changes what it makes
MODULES = Path(__file__).parent  # each built tool's Go module is the folder of its name
_OTHER_BUILDER = 2 * 3600  # seconds to wait for another process that makes the same tool
_PREFIX = ".making-"
_MORE_SPACE = "free some space (`lab tools clean` removes old tools), then run the command again"


class Receipt(BaseModel):
    """What an installed tool's directory says about itself.

    Attributes:
        programs: absolute path of each executable, by its name.
        seconds: what it took to get it.
    """

    model_config = ConfigDict(frozen=True)

    tool: str
    version: str
    origin: Origin
    programs: dict[str, Path]
    seconds: float


class Store:
    """The tools below one cache directory.

    Args:
        cache: the lab's cache directory.
        modules: where the tools' Go modules are.
        arch: Go's name of the processor.
    """

    def __init__(self, cache: Path, *, modules: Path = MODULES, arch: str | None = None) -> None:
        self.cache, self.modules, self.arch = cache, modules, arch or machine()
        self.tools, self.downloads, self.logs = cache / "tools", cache / "downloads", cache / "logs"

    def key(self, tool: Tool, origin: Origin) -> str:
        """The name of the directory of a tool from there."""
        inputs: list[bytes] = []
        if origin is Origin.BUILD:
            inputs = _build_inputs(tool, self.modules / tool.name)
        elif origin is Origin.DOWNLOAD:
            inputs = _download_inputs(tool, self.arch)
        digest = hashlib.sha256(b"\0".join([str(SCHEMA).encode(), self.arch.encode(), *inputs]))
        return f"{origin}-{digest.hexdigest()[:12]}"

    def entry(self, tool: Tool, origin: Origin) -> Path:
        """The directory of a tool from there, which need not exist."""
        return self.tools / tool.name / self.key(tool, origin)

    def receipt(self, tool: Tool, *origins: Origin) -> Receipt | None:
        """The newest usable installation from these origins (all, if none is named).

        One that lost a program is none: an existing installation may be removed at any time.
        """
        entries = [self.entry(tool, origin) for origin in origins or tuple(Origin)]
        found = [(path.stat().st_mtime_ns, path) for e in entries if (path := e / "receipt.json").is_file()]
        for _, path in sorted(found, reverse=True):
            if (receipt := _read(path)) is not None:
                return receipt
        return None

    def prefer(self, tool: Tool, origin: Origin) -> None:
        """Make an installation the newest, so that it is the one in use."""
        _renew(self.entry(tool, origin) / "receipt.json")

    @contextmanager
    def locked(self, tool: Tool, waiting: Callable[[], None]) -> Iterator[None]:
        """Be the only one who makes this tool; `waiting` is called once when another does already.

        Also removes what killed makers left behind: under the lock nothing half-made has an owner.
        """
        folder = self.tools / tool.name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as file:
            if not _lock(file.fileno()):
                waiting()
                Deadline(_OTHER_BUILDER).until(
                    f"tool {tool.name}",
                    lambda: None if _lock(file.fileno()) else "another process is making it",
                    fix="end that process, then run the command again",
                )
            for stale in folder.glob(f"{_PREFIX}*"):
                shutil.rmtree(stale)
            yield

    def busy(self, tool: Tool) -> bool:
        """Whether somebody makes this tool now."""
        lock = self.tools / tool.name / ".lock"
        if not lock.exists():
            return False
        with lock.open("w") as file:
            return not _lock(file.fileno())

    @contextmanager
    def making(self, tool: Tool, origin: Origin) -> Iterator[Path]:
        """A directory to fill (it has a bin), which becomes the tool's on success and vanishes on failure.

        Only under `locked`. The receipt is the caller's to write, with `write_receipt`.
        """
        entry = self.entry(tool, origin)
        # A name of its own: the compiler of a killed process may live on, and write where it was told to.
        stage = entry.with_name(f"{_PREFIX}{entry.name}-{secrets.token_hex(4)}")
        (stage / "bin").mkdir(parents=True)
        try:
            yield stage
            shutil.rmtree(entry, ignore_errors=True)
            stage.rename(entry)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise LabError(f"tool {tool.name}", "the disk is full", _MORE_SPACE) from None
            raise
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def write_receipt(self, stage: Path, receipt: Receipt) -> None:
        """The last file of an installation."""
        path = stage / "receipt.json"
        path.write_text(receipt.model_dump_json(indent=2) + "\n")
        _renew(path)

    def programs(self, tool: Tool, origin: Origin, stage: Path) -> dict[str, Path]:
        """Where the programs in a stage will be. Raises `LabError` when one that was promised is missing."""
        made = {path.name for path in (stage / "bin").iterdir()}
        if missing := [name for name in tool.programs if name not in made]:
            raise LabError(f"tool {tool.name}", f"made without {', '.join(missing)}", "report this bug")
        final = self.entry(tool, origin) / "bin"
        return {name: final / name for name in tool.programs + tool.extras if name in made}


def _build_inputs(tool: Tool, module: Path) -> list[bytes]:
    parts = [part.encode() for part in (tool.version, repr(tool.compiles), repr(tool.copies))]
    for path in sorted(module.glob("*")):
        parts += [path.name.encode(), path.read_bytes()]
    return parts


def _download_inputs(tool: Tool, arch: str) -> list[bytes]:
    return [tool.version.encode(), *(located(release.url, arch).encode() for release in tool.releases)]


def _read(path: Path) -> Receipt | None:
    try:
        receipt = Receipt.model_validate_json(path.read_text())
    except (OSError, ValidationError):
        return None
    return receipt if all(program.is_file() for program in receipt.programs.values()) else None


def _renew(path: Path) -> None:
    """By our clock: the kernel's own stamps are milliseconds behind, so two in a row may be equal."""
    now = time.time_ns()
    os.utime(path, ns=(now, now))


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def disk_usage(path: Path) -> int:
    """Bytes below a path; links count as nothing."""
    if not path.is_dir():
        return path.stat().st_size if path.is_file() else 0
    return sum(f.stat().st_size for f in path.rglob("*") if f.is_file() and not f.is_symlink())
