"""OCI image archives without a container engine: a tar of an image layout, equal bytes for equal images.

Sources of the rules: the OCI image specification 1.0 (layout, manifest, config), and containerd's importer,
which takes the name of an image from the annotation `io.containerd.image.name` of its index entry.
Layers are not compressed: nodes import them from the same disk, and inflating would be most of the time.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from lab.errors import LabError
from lab.images.layer import END, Entry, Layer, directory, file, header, padding, tar_stream

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
INDEX = "application/vnd.oci.image.index.v1+json"
NAME_ANNOTATION = "io.containerd.image.name"
REF_ANNOTATION = "org.opencontainers.image.ref.name"
LAYOUT = "oci-layout"
INDEX_FILE = "index.json"
BLOBS = "blobs/sha256"

EPOCH = "1970-01-01T00:00:00Z"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

Json = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Config:
    """How a container of the image starts; the names are those of the image specification."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    user: str = ""
    workdir: str = "/"
    ports: tuple[str, ...] = ()
    stop_signal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> Json:
        """The `config` object of the image configuration; what is empty is left out."""
        content: dict[str, object] = {
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "Env": [PATH, *self.env],
            "User": self.user,
            "WorkingDir": self.workdir,
            "ExposedPorts": {port: {} for port in self.ports},
            "StopSignal": self.stop_signal,
            "Labels": dict(self.labels),
        }
        return {key: value for key, value in content.items() if value}


@dataclass(frozen=True, kw_only=True)
class Image:
    """Layers from bottom to top, and the full references the image is known under."""

    references: tuple[str, ...]
    layers: tuple[Layer, ...]
    config: Config = Config()


def architecture(machine: str | None = None) -> str:
    """This machine's name in an image configuration. Raises `LabError` for machines no image is made for."""
    found = machine or platform.machine()
    if found not in ARCHITECTURES:
        raise LabError(
            f"machine {found}", "images are made for x86_64 and aarch64 only", "use such a machine"
        )
    return ARCHITECTURES[found]


def write(images: Sequence[Image], out: BinaryIO, *, arch: str) -> None:
    """Write one archive with all images. Equal layers are stored once; `out` must be seekable.

    Raises `OSError` if a file of a layer cannot be read.
    """
    writer = _Writer(out)
    stored: dict[Layer, Json] = {}
    entries: list[Json] = []
    for image in images:
        for each in image.layers:
            if each not in stored:
                stored[each] = writer.stream(tar_stream(each), LAYER)
        manifest = _manifest(writer, image, [stored[each] for each in image.layers], arch)
        entries += named(manifest | {"platform": {"architecture": arch, "os": "linux"}}, image.references)
    writer.finish(entries)


def write_blobs(blobs: Iterable[tuple[str, Iterator[bytes]]], entries: Sequence[Json], out: BinaryIO) -> None:
    """Write an archive of blobs that exist already, each with its digest, under the index `entries` given.

    Raises `LabError` for a blob whose content is not what its digest says.
    """
    writer = _Writer(out)
    for digest, chunks in blobs:
        if (found := writer.stream(chunks, "")["digest"]) != digest:
            raise LabError(f"blob {digest}", f"its content is {found}", "pull the image again")
    writer.finish(entries)


def named(descriptor: Json, references: Iterable[str]) -> list[Json]:
    """One index entry for each name; containerd then makes one image for each."""
    return [{**descriptor, "annotations": {NAME_ANNOTATION: r, REF_ANNOTATION: r}} for r in references]


def _manifest(writer: _Writer, image: Image, layers: Sequence[Json], arch: str) -> dict[str, object]:
    config = writer.document(
        {
            "created": EPOCH,
            "architecture": arch,
            "os": "linux",
            "config": image.config.document(),
            # The layers are not compressed, so their digests are the diff ids too.
            "rootfs": {"type": "layers", "diff_ids": [each["digest"] for each in layers]},
        },
        CONFIG,
    )
    content = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": list(layers)}
    return dict(writer.document(content, MANIFEST))


class _Writer:
    """The archive while it grows. Blobs are hashed on the way in; one that is there already is taken back."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._digests: set[str] = set()
        self._add(file(LAYOUT, _json({"imageLayoutVersion": "1.0.0"})))
        self._add(directory("blobs"))
        self._add(directory(BLOBS))

    def document(self, content: Json, media_type: str) -> Json:
        """Store JSON; the answer is its descriptor."""
        return self.stream(iter([_json(content)]), media_type)

    def stream(self, chunks: Iterator[bytes], media_type: str) -> Json:
        """Store content of unknown size: its header names its digest, so that is written last."""
        start = self._out.tell()
        self._out.write(bytes(tarfile.BLOCKSIZE))
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            size += self._out.write(chunk)
        self._out.write(padding(size))
        name = digest.hexdigest()
        self._settle(start, Entry(path=f"{BLOBS}/{name}"), size)
        return {"mediaType": media_type, "digest": f"sha256:{name}", "size": size}

    def finish(self, entries: Sequence[Json]) -> None:
        """The index, and the end of the archive."""
        self._add(
            file(INDEX_FILE, _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)}))
        )
        self._out.write(END)

    def _settle(self, start: int, entry: Entry, size: int) -> None:
        if entry.path in self._digests:
            self._out.seek(start)
            self._out.truncate()
            return
        self._digests.add(entry.path)
        end = self._out.tell()
        self._out.seek(start)
        info = tarfile.TarInfo(entry.path)
        info.size, info.mode = size, entry.mode
        self._out.write(info.tobuf(tarfile.USTAR_FORMAT))
        self._out.seek(end)

    def _add(self, entry: Entry) -> None:
        self._out.write(header(entry))
        if isinstance(entry.content, bytes):
            self._out.write(entry.content)
        self._out.write(padding(entry.size))


def _json(content: Json) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
