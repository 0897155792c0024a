"""A backend in memory, for tests of what is built upon one and for plans without a server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import Lock

from federation.dns.backend import check, stale
from federation.dns.records import Change, Key, RecordSet, Stored
from federation.names import Level


class MemoryBackend:
    """Keeps the promises of `Backend` for the threads of one process.

    Args:
        records: what is there at first, with its owners.
        name: for messages.
        without: see `Backend`.
    """

    def __init__(
        self,
        records: Iterable[tuple[RecordSet, str | None]] = (),
        *,
        name: str = "memory",
        without: Collection[Level] = (),
    ) -> None:
        self.name, self.without = name, without
        self._lock, self._version = Lock(), 0
        self._stored: dict[Key, Stored] = {}
        for record, owner in records:
            self._put(record, owner)

    def read(self) -> Mapping[Key, Stored]:
        """A copy of all record sets."""
        with self._lock:
            return dict(self._stored)

    def write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], *, owner: str) -> None:
        """Make the changes, name after name. Raises as `Backend.write` does."""
        check(self.name, changes, seen, owner)
        for name in sorted({change.record.name for change in changes}):
            with self._lock:
                self._write_name([each for each in changes if each.record.name == name], seen, owner)

    def _write_name(self, changes: Sequence[Change], seen: Mapping[Key, Stored], owner: str) -> None:
        for change in changes:
            key = change.record.key
            if _version(self._stored, key) != _version(seen, key):
                raise stale(self.name, change.record.name)
        for change in changes:
            if change.action == "delete":
                del self._stored[change.record.key]
            else:
                self._put(change.record, owner)

    def _put(self, record: RecordSet, owner: str | None) -> None:
        self._version += 1
        self._stored[record.key] = Stored(record, owner, str(self._version))


def _version(stored: Mapping[Key, Stored], key: Key) -> str | None:
    return stored[key].version if key in stored else None
