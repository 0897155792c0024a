"""The inventory: every resource's document, kept over a restart.

The file is a snapshot (`inventory.json`) and a journal beside it (`inventory.journal`, a line for each change), both
mode 0600: a zone of 5,000 record sets would take a tenth of a second to write whole at each change.
"""

from __future__ import annotations

import copy
import json
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.azure.http import Document
from lab.azure.ids import ResourceId, covers, resource

_JOURNAL_LINES = 20_000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One resource.

    Attributes:
        id: spelled as it was first written.
        type: the kind's own spelling.
        document: what clients see, without what `Kind.render` adds. Not to be changed: `Store.put` a new one.
        etag: a new one for each change.
        private: what the kind remembers and nobody is shown.
    """

    id: str
    type: str
    document: Document
    etag: str
    private: Document = field(default_factory=dict)

    @property
    def resource_id(self) -> ResourceId:
        """The id, taken apart."""
        return resource(self.id)

    @property
    def properties(self) -> Document:
        """The document's `properties`."""
        found: Document = self.document.get("properties") or {}
        return found


class Store:
    """Entries by id. Every method may be called from any thread.

    Args:
        file: where the snapshot is; None keeps all in memory.
        writes: whether the files are written; False only looks, while a server may be at work.
    """

    def __init__(self, file: Path | None = None, *, writes: bool = True) -> None:
        self._file = file if writes else None
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._types: dict[str, dict[str, Entry]] = {}
        self._lines = 0
        if file is not None:
            self._load(file)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile. Nests. It is a lock and undoes nothing."""
        with self._lock:
            yield

    def get(self, id_: str | ResourceId) -> Entry | None:
        """The resource of that id, in whatever case; None when there is none."""
        key = id_.key if isinstance(id_, ResourceId) else id_.lower().rstrip("/")
        with self._lock:
            return self._entries.get(key)

    def put(self, id_: ResourceId, type_: str, document: Document, private: Document | None = None) -> Entry:
        """Add or replace a resource. Its `id`, `name` and `type` are set here; its etag is new.

        Args:
            type_: spelled as answers shall spell it.
            document: is copied.
            private: None keeps what was remembered.
        """
        with self._lock:
            old = self._entries.get(id_.key)
            text = old.id if old else id_.text
            name = resource(text).name
            entry = Entry(
                id=text,
                type=type_,
                document={**copy.deepcopy(document), "id": text, "name": name, "type": type_},
                etag=str(uuid.uuid4()),
                private=copy.deepcopy(private) if private is not None else (old.private if old else {}),
            )
            self._set(id_.key, entry)
            self._note(id_.key, entry)
            return entry

    def delete(self, id_: str | ResourceId) -> Entry | None:
        """Remove one resource, and nothing under it. Returns what it was."""
        key = id_.key if isinstance(id_, ResourceId) else id_.lower()
        with self._lock:
            old = self._entries.get(key)
            if old is not None:
                self._set(key, None)
                self._note(key, None)
            return old

    def _set(self, key: str, entry: Entry | None) -> None:
        """The one place where entries come and go. An entry's type never changes, as it is part of its id."""
        if entry is None:
            old = self._entries.pop(key)
            del self._types[old.type.lower()][key]
        else:
            self._entries[key] = entry
            self._types.setdefault(entry.type.lower(), {})[key] = entry

    def all(self) -> list[Entry]:
        """Every resource, oldest first."""
        with self._lock:
            return list(self._entries.values())

    def under(self, scope: str | ResourceId) -> list[Entry]:
        """Every resource under `scope` and not itself: nested ones and extensions too, oldest first."""
        text = scope.text if isinstance(scope, ResourceId) else scope
        own = text.lower().rstrip("/")
        with self._lock:
            return [e for key, e in self._entries.items() if key != own and covers(own, key)]

    def of_type(self, type_: str, scope: str = "") -> list[Entry]:
        """Every resource of a type under `scope` (default: all), oldest first."""
        wanted = type_.lower()
        with self._lock:
            return [e for key, e in self._entries.items() if e.type.lower() == wanted and covers(scope, key)]

    def children(self, parent: ResourceId, type_: str) -> list[Entry]:
        """Resources nested directly in `parent`: `children(network, "subnets")`."""
        return self.of_type(f"{parent.type}/{type_}", parent.text)

    # The files

    def _load(self, file: Path) -> None:
        if file.exists():
            for key, data in json.loads(file.read_text())["entries"].items():
                self._set(key, Entry(**data))
        for line in _lines(self._journal(file)):
            try:
                change = json.loads(line)
            except ValueError:  # the last line of a server that was killed
                break
            if change["entry"] is not None:
                self._set(change["key"], Entry(**change["entry"]))
            elif change["key"] in self._entries:
                self._set(change["key"], None)
        if self._file is not None:
            self._snapshot(file)

    @staticmethod
    def _journal(file: Path) -> Path:
        return file.with_suffix(".journal")

    def _note(self, key: str, entry: Entry | None) -> None:
        if self._file is None:
            return
        if self._lines >= _JOURNAL_LINES:
            self._snapshot(self._file)
            return
        line = json.dumps({"key": key, "entry": _plain(entry) if entry else None})
        with _private(self._journal(self._file), os.O_APPEND) as stream:
            stream.write(line + "\n")
        self._lines += 1

    def _snapshot(self, file: Path) -> None:
        """Write all anew, whole or not at all; then the journal can go."""
        draft = file.with_suffix(".draft")
        with _private(draft, os.O_TRUNC) as stream:
            json.dump({"entries": {k: _plain(e) for k, e in self._entries.items()}}, stream, indent=1)
        draft.rename(file)
        self._journal(file).unlink(missing_ok=True)
        self._lines = 0


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "type": entry.type,
        "document": entry.document,
        "etag": entry.etag,
        "private": entry.private,
    }


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


@contextmanager
def _private(file: Path, flags: int) -> Iterator[Any]:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600), "w") as stream:
        yield stream
