"""The form of a backup: a tar archive, compressed by gzip, that the usual tools open. Pure.

    manifest.json    of what, when, which versions, how much, and the SHA-256 of the other file
    keys.jsonl       a line for each key, sorted: ["/registry/…", "the value in base64"]

The hash finds damage, not malice: whoever can change the keys can change the manifest. The values are those of etcd,
and Secrets are among them.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from federation.backup import keys
from federation.backup.errors import BackupError

FORMAT = 1
MANIFEST, KEYS = "manifest.json", "keys.jsonl"
_ANOTHER = "use another backup, or another copy of this one"


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )


class Versions(_Model):
    """Of the programs that have written the keys; the first two as the topology declares them."""

    karmada: str
    kubernetes: str
    etcd: str


class Origin(_Model):
    """Where a backup comes from.

    Attributes:
        format: of the file.
        federation: its name.
        namespace: of its control plane in the host cluster.
        taken: when, UTC.
        revision: of etcd, at which all keys are.
        prefixes: below which the keys are.
        versions: of the plane.
        service_cidr: of the federation API: addresses of its Services are out of this network.
    """

    format: int = FORMAT
    federation: str
    namespace: str
    taken: datetime
    revision: int
    prefixes: tuple[str, ...]
    versions: Versions
    service_cidr: str


class Manifest(Origin):
    """What a backup is of. There is no secret in it.

    Attributes:
        members: their names.
        encrypted: with which providers and keys values are encrypted, such as "k8s:enc:aescbc:v1:key1".
        counts: resource to number of objects.
        keys: their number.
        bytes: of all values.
        sha256: of keys.jsonl.
    """

    members: tuple[str, ...]
    encrypted: tuple[str, ...]
    counts: dict[str, int]
    keys: int
    bytes: int
    sha256: str

    def as_document(self) -> dict[str, Any]:
        """As the file has it."""
        return self.model_dump(mode="json", by_alias=True)


@dataclass(frozen=True)
class Backup:
    """A backup; its repr shows no value."""

    manifest: Manifest
    entries: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, origin: Origin, entries: Mapping[str, bytes]) -> Self:
        """With all that the keys say of themselves."""
        paths = [keys.path_of(key, origin.prefixes) for key in entries]
        manifest = Manifest(
            **origin.model_dump(),
            members=keys.members(paths),
            encrypted=keys.encryption(entries.values()),
            counts=keys.counted(paths),
            keys=len(entries),
            bytes=sum(map(len, entries.values())),
            sha256=sha256(_lines(entries)).hexdigest(),
        )
        return cls(manifest, entries)


def pack(backup: Backup) -> bytes:
    """The file's content; the same backup always gives the same bytes."""
    manifest = json.dumps(backup.manifest.as_document(), indent=2).encode() + b"\n"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in ((MANIFEST, manifest), (KEYS, _lines(backup.entries))):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o600, int(backup.manifest.taken.timestamp())
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


def unpack(content: bytes, name: str) -> Backup:
    """The reverse of `pack`, checked. `name`: of the file, for messages.

    Raises `BackupError` for what is no backup, is of another format, or is damaged; nothing of the content is shown.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content))) as tar:
            head, lines = _member(tar, MANIFEST), _member(tar, KEYS)
        document = json.loads(head)
        found = document.get("format")
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, ValueError, AttributeError):
        raise BackupError(name, "is no backup of a federation, or not all of one", _ANOTHER) from None
    if found != FORMAT:
        cause = f"has the format {found}, and this fedctl reads {FORMAT}"
        raise BackupError(name, cause, "use the fedctl that has made it")
    try:
        manifest = Manifest.model_validate(document)
        entries = {key: b64decode(value, validate=True) for key, value in map(json.loads, lines.splitlines())}
    except (ValidationError, ValueError, TypeError):
        raise BackupError(name, "is damaged: its files have not the form of a backup", _ANOTHER) from None
    if sha256(lines).hexdigest() != manifest.sha256 or len(entries) != manifest.keys:
        raise BackupError(name, "is damaged: its keys are not those that its manifest tells of", _ANOTHER)
    return Backup(manifest, entries)


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _lines(entries: Mapping[str, bytes]) -> bytes:
    return b"".join(
        json.dumps([key, b64encode(value).decode()]).encode() + b"\n"
        for key, value in sorted(entries.items())
    )
