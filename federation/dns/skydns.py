"""Record sets as the keys and values of CoreDNS' plugin "etcd", in both directions; the format began as SkyDNS'.

One record is one key: the name's labels reversed below a prefix, then a label of its own (kubefed v1: the 32-bit FNV-1a
hash of the data), with a JSON object as value:

    /skydns/com/example/svc/fed/default/nginx/9e7a52f3   {"host":"10.250.0.2","owner":"fed","ttl":30}

CoreDNS (plugin/etcd, msg/service.go) ignores fields that it does not know, so "owner" costs nothing.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from federation.dns.records import UNREADABLE, Key, RecordSet, Stored, sorted_values

PREFIX = "/skydns"
DEFAULT_TTL = 300  # of CoreDNS, for a value without one (plugin/etcd/etcd.go)
HIGHEST_TTL = 2**31 - 1  # RFC 2181 §8
_FNV_OFFSET, _FNV_PRIME = 0x811C9DC5, 0x01000193
# What other programs end a key with: external-dns eight hexadecimal digits, SkyDNS' manual x1, x2, ….
_LABEL = re.compile(r"[0-9a-f]{1,8}|x\d+")


@dataclass(frozen=True)
class Entry:
    """A key of etcd.

    Attributes:
        key: such as "/skydns/com/example/www".
        value: its bytes.
        revision: of the store when it was last written (mod_revision).
    """

    key: str
    value: bytes
    revision: int


def label(value: str) -> str:
    """The last part of a record's key: FNV-1a of 32 bits (RFC 9923), hexadecimal, not padded."""
    digest = _FNV_OFFSET
    for byte in value.encode():
        digest = (digest ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return f"{digest:x}"


def path(name: str, prefix: str = PREFIX) -> str:
    """The key of a name, below which are those of its records."""
    return "/".join([prefix, *reversed(name.split("."))])


def keys(record: RecordSet, owner: str, prefix: str = PREFIX) -> dict[str, str]:
    """Keys and values of a record set."""
    texts = {
        value: json.dumps(
            {"host": value, "owner": owner, "ttl": record.ttl}, sort_keys=True, separators=(",", ":")
        )
        for value in record.values
    }
    return {f"{path(record.name, prefix)}/{label(value)}": text for value, text in texts.items()}


def revisions(stored: Stored) -> Mapping[str, int]:
    """The keys of a record set that `record_sets` has made, with the revision of each."""
    return dict(json.loads(stored.version))


def record_sets(entries: Iterable[Entry], zone: str, prefix: str = PREFIX) -> dict[Key, Stored]:
    """The record sets of a zone, whoever wrote them; keys that are not below it are left out.

    A set whose values bear different marks has no owner: it would be wrong to overwrite the part of the others. A set
    with different TTLs has TTL 0, which nobody wants, so that a plan makes them one again.
    """
    root, found = path(zone, prefix) + "/", defaultdict[Key, list[tuple[Entry, _Value]]](list)
    for entry in entries:
        if entry.key.startswith(root):
            value = _Value.of(entry.value)
            for name in _names(entry.key.removeprefix(prefix + "/"), value):
                found[name, value.type].append((entry, value))
    return {key: _stored(key, found[key]) for key in sorted(found)}


@dataclass(frozen=True)
class _Value:
    """What the value of a key says."""

    type: str
    data: str
    ttl: int
    owner: str | None

    @classmethod
    def of(cls, text: bytes) -> _Value:
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            return cls(UNREADABLE, text[:80].decode(errors="replace"), 0, None)
        ttl, owner = fields.get("ttl"), fields.get("owner")
        seconds = min(ttl, HIGHEST_TTL) if isinstance(ttl, int) and ttl > 0 else DEFAULT_TTL
        return cls(*_data(fields), seconds, owner if owner and isinstance(owner, str) else None)


def _data(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Type and data. An address is one whatever else is said: CoreDNS answers it to a question for A too."""
    host, text = str(fields.get("host") or ""), fields.get("text")
    try:
        return ("A" if ip_address(host).version == 4 else "AAAA"), host
    except ValueError:  # the name of a host, or nothing
        pass
    if text and not host:
        return "TXT", str(text)
    if fields.get("mail"):
        return "MX", host
    return ("SRV" if fields.get("port") else "CNAME"), host


def _names(place: str, value: _Value) -> list[str]:
    """The names that a key stands for.

    `keys` ends in the hash of the data. Without it, a last part that looks like somebody else's label may as well be
    the last label of a name, so that the key counts for both: it is in the way at either.
    """
    labels = place.lower().split("/")
    own, above = ".".join(reversed(labels)), ".".join(reversed(labels[:-1]))
    if labels[-1] == label(value.data):
        return [above]
    return [above, own] if value.owner is None and _LABEL.fullmatch(labels[-1]) else [own]


def _stored(key: Key, parts: list[tuple[Entry, _Value]]) -> Stored:
    owners, ttls = {value.owner for _, value in parts}, {value.ttl for _, value in parts}
    record = RecordSet(
        *key,
        ttl=ttls.pop() if len(ttls) == 1 else 0,
        values=sorted_values(value.data for _, value in parts),
    )
    version = json.dumps(sorted((entry.key, entry.revision) for entry, _ in parts))
    return Stored(record, owners.pop() if len(owners) == 1 else None, version)
