"""The file of a bundle: what goes in is redacted on the way, is limited in size, and has the same name each time."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from federation.drafts import draft
from federation.errors import FederationError
from federation.gather import redact
from federation.kubeconfig.document import Dumper

FILE_BYTES = 2 << 20
"""Of one file; of a longer log the end is kept, of a longer document the beginning."""
WHOLE_BYTES = 64 << 20
FOLDER = "bundle"
_UNSAFE = re.compile(r"[^\w./-]|\.\.+|^/")
"""What no path in a bundle has, whatever objects are called."""


@dataclass
class Bundle:
    """Files that are collected.

    Attributes:
        files: path in the bundle → content, redacted but for `known`.
        known: values of Secrets, which `write` takes out of all files.
        left_out: paths that found no room, as of the last `write`.
    """

    files: dict[str, Any] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)

    def add(self, path: str, content: Any) -> None:
        """One file: of a path that ends with .json or .yaml a plain value (a list is many documents), else a text.

        Only here does anything get into a bundle.
        """
        self.files[_UNSAFE.sub("_", path)] = redact.clean(content)

    def learn(self, secrets: Iterable[Mapping[str, Any]]) -> None:
        """Secrets whose values must be nowhere."""
        self.known |= redact.known(secrets)

    def learn_text(self, text: str) -> None:
        """A kubeconfig, whose credentials must be nowhere."""
        self.known |= {value for value in redact.in_document(text) if len(value) >= redact.SHORTEST}

    def write(self, target: Path) -> int:
        """The archive, readable for its owner alone, there whole or not at all; its size in bytes.

        Equal files make equal bytes. Raises `FederationError` if it cannot be written.
        """
        content = self._archive()
        try:
            with draft(target) as file:
                file.write(content)
        except OSError as error:
            cause = f"cannot be written: {error.strerror}"
            raise FederationError(f"bundle {target}", cause, "name another file with --output") from None
        return len(content)

    def _archive(self) -> bytes:
        packed = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w") as archive,
        ):
            for path, data in self._rendered():
                entry = tarfile.TarInfo(f"{FOLDER}/{path}")
                entry.size, entry.mode = len(data), 0o600
                archive.addfile(entry, io.BytesIO(data))
        return packed.getvalue()

    def _rendered(self) -> Iterator[tuple[str, bytes]]:
        """Path and content of each file; when all are too long, the last ones are named only."""
        values = sorted(self.known, key=lambda value: (-len(value), value))
        room, self.left_out = WHOLE_BYTES, []
        for path, content in sorted(self.files.items()):
            text = rendered(path, redact.scrub(content, values))
            data = cut(text, from_end=path.endswith(".log")).encode(errors="replace")
            if len(data) > room:
                self.left_out.append(path)
                continue
            room -= len(data)
            yield path, data
        if self.left_out:
            yield "left-out.txt", "".join(f"{path}\n" for path in self.left_out).encode()


def rendered(path: str, content: Any) -> str:
    """The text of a file, in the format that its name tells."""
    if path.endswith(".json"):
        return json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if path.endswith(".yaml"):
        documents = content if isinstance(content, list) else [content]
        return str(yaml.dump_all(documents, Dumper=Dumper, sort_keys=True, allow_unicode=True))
    return str(content)


def cut(text: str, *, from_end: bool) -> str:
    """A text that is not too long: the end of a log, the beginning of all else, and a note of what is missing."""
    if len(text) <= FILE_BYTES:
        return text
    note = f"[{len(text) - FILE_BYTES} characters are left out here]\n"
    return note + text[-FILE_BYTES:] if from_end else f"{text[:FILE_BYTES]}\n{note}"
