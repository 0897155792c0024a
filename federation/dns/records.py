"""Record sets as they are planned, stored, changed and refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

RecordType = Literal["A", "AAAA"]
"""What is planned. Backends hold others too (CNAME, TXT, …), of other people."""
RECORD_TYPES: tuple[RecordType, ...] = ("A", "AAAA")
UNREADABLE = "UNKNOWN"
"""The type of a stored value that a DNS server cannot read: it fails to answer any question at its name."""
Action = Literal["create", "update", "delete"]
Key = tuple[str, str]
"""(name, type) of a record set: what a zone has once (RFC 2181 §5)."""


@dataclass(frozen=True, order=True)
class RecordSet:
    """All records of one name and type (RFC 2181 §5).

    Attributes:
        name: absolute, without its trailing dot, lower case.
        type: such as "A".
        ttl: seconds, one for the whole set.
        values: the records' data, sorted and without duplicates, such as ("10.250.0.2", "10.250.1.2").
    """

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]

    @property
    def key(self) -> Key:
        """Name and type."""
        return self.name, self.type


@dataclass(frozen=True)
class Stored:
    """A record set as a backend has it.

    Attributes:
        record: what it says.
        owner: the federation it belongs to; None if it bears nobody's mark.
        version: the backend's own word for its state, the precondition of a write. Nobody else reads it.
    """

    record: RecordSet
    owner: str | None
    version: str


@dataclass(frozen=True)
class Change:
    """One write.

    Attributes:
        action: "create" where nothing is, "update" and "delete" of a record set of our own.
        record: as it shall be; with "delete" as it was.
    """

    action: Action
    record: RecordSet


@dataclass(frozen=True)
class Conflict:
    """Somebody else's record set at a name that a service needs.

    Attributes:
        name: of the record set.
        type: of the record set, "A", "AAAA", "CNAME" or "UNKNOWN".
        owner: its mark; None if it has none.
    """

    name: str
    type: str
    owner: str | None


def type_of(address: str) -> RecordType:
    """The type of record that holds a valid address: IPv4 in A (RFC 1035 §3.4.1), IPv6 in AAAA (RFC 3596 §2.1)."""
    return "AAAA" if ":" in address else "A"


def sorted_values(values: Iterable[str]) -> tuple[str, ...]:
    """Values in the order of every set: that of their texts, so that it never depends on who wrote them."""
    return tuple(sorted(set(values)))
