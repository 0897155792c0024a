"""The zone of a CoreDNS with the plugin "etcd", as a backend: reads it at once, writes it by transactions.

Nothing is locked. A transaction says what each key was when it was read, and that nobody has written below the name
since; if that no longer holds, etcd does nothing at all (etcd API, "Transaction").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.dns import skydns
from federation.dns.backend import check, stale
from federation.dns.etcd_client import EtcdClient, EtcdTls, encode
from federation.dns.records import Change, Key, Stored
from federation.errors import RejectedError
from federation.names import Level

OPERATIONS = 128
"""A transaction's comparisons, and its writes (etcd's default of --max-txn-ops)."""


class Snapshot(dict[Key, Stored]):
    """Record sets, and the store's revision when they were read.

    Attributes:
        revision: of the whole store.
    """

    def __init__(self, records: Mapping[Key, Stored], revision: int) -> None:
        super().__init__(records)
        self.revision = revision


class EtcdBackend:
    """A zone below a prefix of etcd's keys.

    Args:
        endpoints: URLs of the members.
        zone: without trailing dot, lower case.
        tls: authority and client certificate.
        user, password: one of etcd's users; None: they are off.
        prefix: CoreDNS' option `path`.
        options: `timeout`, seconds for one request to one member.
    """

    name = "coredns"
    without: Collection[Level] = ()

    def __init__(
        self,
        endpoints: Sequence[str],
        zone: str,
        *,
        tls: EtcdTls | None = None,
        user: str | None = None,
        password: str | None = None,
        prefix: str = skydns.PREFIX,
        **options: float,
    ) -> None:
        self._zone, self._prefix = zone, prefix.rstrip("/")
        self._client = EtcdClient(endpoints, tls=tls, user=user, password=password, **options)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def read(self) -> Snapshot:
        """All record sets of the zone, as of one moment."""
        root = skydns.path(self._zone, self._prefix)
        # Below the zone only: a user who may read no more than that would be refused more.
        found = self._client.range(root + "/", end_below(root))
        entries = (skydns.Entry(*each) for each in found.entries)
        return Snapshot(skydns.record_sets(entries, self._zone, self._prefix), found.revision)

    def write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], *, owner: str) -> None:
        """Make the changes in as few transactions as etcd allows. Raises as `Backend.write` does.

        Give `seen` as it was read. Of a part, the moment of reading is not known: only that it was after the last
        change in it, so that a write below the same name, but outside the part, counts as one in between.
        """
        check(self.name, changes, seen, owner)
        moment = seen.revision if isinstance(seen, Snapshot) else _last(seen)
        for batch in batches([self._write(each, seen, owner) for each in _by_name(changes)]):
            compare = [_not_since(write.path, moment) for write in batch]
            compare += [_below_not_since(write.path, moment) for write in batch]
            compare += [_is(key, revision) for write in batch for key, revision in write.old.items()]
            compare += [_is(key, 0) for write in batch for key in write.new.keys() - write.old.keys()]
            success = [_put(key, text) for write in batch for key, text in write.new.items()]
            success += [_delete(key) for write in batch for key in write.old.keys() - write.new.keys()]
            if not self._client.txn(compare, success):
                raise stale(self.name, ", ".join(write.name for write in batch))

    def _write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], owner: str) -> Write:
        old, new, name = dict[str, int](), dict[str, str](), changes[0].record.name
        for change in changes:
            record = change.record
            if record.key in seen:
                old.update(skydns.revisions(seen[record.key]))
            if change.action != "delete":
                made = skydns.keys(record, owner, self._prefix)
                if len(made) < len(record.values):
                    raise RejectedError(
                        f"record {name}", "two addresses have one hash", "give the service another"
                    )
                new.update(made)
        write = Write(name, skydns.path(name, self._prefix), old, new)
        if write.operations > OPERATIONS:
            cause = f"its change takes {write.operations} operations; etcd takes {OPERATIONS} at once"
            raise RejectedError(f"record {name}", cause, "let fewer addresses stand at one name")
        return write


@dataclass(frozen=True)
class Write:
    """What happens to one name.

    Attributes:
        name: of the record sets.
        path: key of the name.
        old: keys of our record sets that change, with the revisions they must have.
        new: keys and values after it.
    """

    name: str
    path: str
    old: Mapping[str, int]
    new: Mapping[str, str]

    @property
    def operations(self) -> int:
        """Two comparisons for the name, one for each key; the writes are never more."""
        return 2 + len(self.old.keys() | self.new.keys())


def batches(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """As many names a transaction as it takes. A name is never split."""
    batch, size = list[Write](), 0
    for write in writes:
        if size + write.operations > OPERATIONS and batch:
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += write.operations
    if batch:
        yield batch


def end_below(key: str) -> str:
    """The end of the range of all keys below `key`: "0" is the character after "/"."""
    return key + "0"


def _by_name(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes of each name; names before those below them, so that no batch disturbs the next one's comparison."""
    names = defaultdict[str, list[Change]](list)
    for change in changes:
        names[change.record.name].append(change)
    return [names[name] for name in sorted(names, key=lambda name: (name.count("."), name))]


def _last(seen: Mapping[Key, Stored]) -> int:
    return max((rev for each in seen.values() for rev in skydns.revisions(each).values()), default=0)


def _not_since(key: str, revision: int) -> dict[str, Any]:
    return {"key": encode(key), "target": "MOD", "result": "LESS", "mod_revision": str(revision + 1)}


def _below_not_since(key: str, revision: int) -> dict[str, Any]:
    return _not_since(key + "/", revision) | {"range_end": encode(end_below(key))}


def _is(key: str, revision: int) -> dict[str, Any]:
    """A key that is not there has revision 0."""
    return {"key": encode(key), "target": "MOD", "result": "EQUAL", "mod_revision": str(revision)}


def _put(key: str, text: str) -> dict[str, Any]:
    return {"request_put": {"key": encode(key), "value": encode(text)}}


def _delete(key: str) -> dict[str, Any]:
    return {"request_delete_range": {"key": encode(key)}}
