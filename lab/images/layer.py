"""One layer of an image as a list of entries, and the tar stream made of it: the same bytes each time."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

CHUNK = 1 << 20
BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
"""Two empty blocks end a tar archive (POSIX pax)."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that stay in a file on disk until they are written: a program of 140 MB is never in memory."""

    path: Path
    offset: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Part:
        """The whole of a file. Raises `OSError` when there is none."""
        return cls(path, 0, path.stat().st_size)


Content = bytes | Part


class Kind(Enum):
    """What an entry is; the value is the type flag of tar."""

    FILE = tarfile.REGTYPE
    DIRECTORY = tarfile.DIRTYPE
    SYMLINK = tarfile.SYMTYPE


class Capability(Enum):
    """File capabilities by their bit (linux/capability.h)."""

    NET_BIND_SERVICE = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file, directory or symbolic link; `path` has no leading slash."""

    path: str
    kind: Kind = Kind.FILE
    content: Content = b""
    target: str = ""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    capability: Capability | None = None

    @property
    def size(self) -> int:
        """Bytes of content."""
        return self.content.size if isinstance(self.content, Part) else len(self.content)


Layer = tuple[Entry, ...]


def file(path: str, content: Content, mode: int = 0o644, *, capability: Capability | None = None) -> Entry:
    """A regular file that root owns."""
    return Entry(path=path, content=content, mode=mode, capability=capability)


def directory(path: str, mode: int = 0o755, *, uid: int = 0, gid: int = 0) -> Entry:
    """A directory; only those need one that are empty or not plain (`layer` adds the others)."""
    return Entry(path=path, kind=Kind.DIRECTORY, mode=mode, uid=uid, gid=gid)


def symlink(path: str, target: str) -> Entry:
    """A symbolic link."""
    return Entry(path=path, kind=Kind.SYMLINK, target=target, mode=0o777)


def layer(entries: Iterable[Entry]) -> Layer:
    """Put entries in order, parents first, and add the directories nobody named. A later entry wins.

    Raises `ValueError` for a path that lies below a file or a link: unpacking would write somewhere else.
    """
    by_path = {entry.path: entry for entry in entries}
    for path in list(by_path):
        for parent in PurePosixPath(path).parents:
            if str(parent) == ".":
                continue
            if by_path.setdefault(str(parent), directory(str(parent))).kind is not Kind.DIRECTORY:
                raise ValueError(f"{path} lies below {parent}, which is no directory")
    return tuple(by_path[path] for path in sorted(by_path, key=lambda p: p.split("/")))


def tar_stream(entries: Layer) -> Iterator[bytes]:
    """The layer as an uncompressed tar stream, in pieces. Raises `OSError` if a file shrank meanwhile."""
    for entry in entries:
        yield header(entry)
        yield from chunks(entry.content)
        yield padding(entry.size)
    yield END


def header(entry: Entry) -> bytes:
    """The tar header of an entry: no time, no user names, so that equal entries give equal bytes."""
    info = tarfile.TarInfo(entry.path)
    info.type, info.linkname, info.size = entry.kind.value, entry.target, entry.size
    info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, 0
    if entry.capability:
        info.pax_headers = {"SCHILY.xattr.security.capability": _xattr(entry.capability)}
    return info.tobuf(tarfile.PAX_FORMAT)


def padding(size: int) -> bytes:
    """What fills the last block of content."""
    return bytes(-size % BLOCK)


def chunks(content: Content) -> Iterator[bytes]:
    """Content in pieces. Raises `OSError` if a file shrank meanwhile."""
    if isinstance(content, bytes):
        yield content
        return
    left = content.size
    with content.path.open("rb") as source:
        source.seek(content.offset)
        while left:
            piece = source.read(min(CHUNK, left))
            if not piece:
                raise OSError(f"{content.path} became shorter while it was read")
            left -= len(piece)
            yield piece


def _xattr(capability: Capability) -> str:
    """`setcap cap_…=+ep` as the kernel stores it: struct vfs_cap_data, revision 2 (linux/capability.h).

    A program that is not root only keeps a capability of its container over execve if its file has it too.
    """
    revision_2, effective = 0x0200_0000, 1
    bits = 1 << capability.value
    return struct.pack("<5I", revision_2 | effective, bits, 0, 0, 0).decode("ascii")
