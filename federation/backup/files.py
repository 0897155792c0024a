"""A backup on disk: there as a whole or not at all, and for its owner's eyes only, as Secrets are in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from federation.backup.errors import BackupError
from federation.drafts import draft

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def refuse_taken(path: Path) -> None:
    """Raises `BackupError` where a file is already, or can never be."""
    if path.exists():
        raise BackupError(str(path), "is there already", "name a new file for each backup")
    if not path.parent.is_dir():
        raise BackupError(str(path), "has no folder to be in", "make the folder, readable by its owner only")


def write(path: Path, content: bytes) -> None:
    """A new file, readable by its owner only. Raises `BackupError`, also on a file system that knows no owners."""
    refuse_taken(path)
    try:
        with draft(path) as file:
            if others := opened_to(Path(file.name)):
                cause = f"would have the mode {others:04o} there: its file system keeps no secrets"
                raise BackupError(str(path), cause, "name a file on one that knows owners and modes")
            file.write(content)
        _sync(path.parent)
    except OSError as error:
        raise BackupError(str(path), f"cannot be written: {error.strerror}", "name another file") from None


def read(path: Path) -> bytes:
    """The file's content. Raises `BackupError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackupError(
            str(path), f"cannot be read: {error.strerror}", "name a file that is there"
        ) from None


def opened_to(path: Path) -> int:
    """The file's mode if others than its owner may do anything with it, else 0."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return mode if mode & _OTHERS else 0


def _sync(folder: Path) -> None:
    """So that the name survives a power cut as well."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
