"""What every store of DNS records does: read all, and write under the condition that nobody else wrote meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from federation.dns.records import Change, Key, Stored
from federation.errors import ConflictError, FederationError
from federation.names import Level


class StaleError(ConflictError):
    """A record set is no longer as it was read. Who reads and plans anew may write."""


class ForeignError(ConflictError):
    """A record set belongs to somebody else. Writing again will not help."""


class MissingZoneError(FederationError):
    """There is no such zone, and so none of its record sets."""


class UnfinishedError(FederationError):
    """A store's own limit lets no more changes through for now. Nobody is in the way: who plans anew goes on.

    Attributes:
        made: the changes that are made.
        left: number of those that are not.
    """

    def __init__(self, backend: str, made: Sequence[Change], left: int) -> None:
        cause = f"{left} of {left + len(made)} changes are not made yet: it takes only so many in a time"
        super().__init__(f"records in {backend}", cause, "go on")
        self.made, self.left = tuple(made), left


class Backend(Protocol):
    """A zone in a store of DNS records."""

    @property
    def name(self) -> str:
        """For messages, such as "coredns"."""

    @property
    def without(self) -> Collection[Level]:
        """The levels at which names of services are somebody else's in this store."""

    def read(self) -> Mapping[Key, Stored]:
        """All record sets of the zone, whoever owns them. Raises `MissingZoneError`."""

    def write(self, changes: Sequence[Change], seen: Mapping[Key, Stored], *, owner: str) -> None:
        """Make the changes; all of one name together or none of them.

        Raises `StaleError` if a record set is no longer as in `seen`, `ForeignError` if one has another owner. Changes
        of other names may have been made by then. A store that knows no such thing as "together" says in its own
        words what it keeps instead.
        """


def check(backend: str, changes: Sequence[Change], seen: Mapping[Key, Stored], owner: str) -> None:
    """Refuse changes that do not fit what was seen, before anything is written.

    Raises `ForeignError` for a record set with another owner or none, `StaleError` for a "create" where something is
    and for an "update" or "delete" where nothing is.
    """
    for change in changes:
        found = seen.get(change.record.key)
        if found is not None and found.owner != owner:
            raise foreign(backend, found)
        if (change.action == "create") != (found is None):
            raise stale(backend, change.record.name)


def foreign(backend: str, found: Stored) -> ForeignError:
    """The refusal to write at a record set of somebody else."""
    record = found.record
    whose = f"belongs to {found.owner}" if found.owner else "bears nobody's mark"
    return ForeignError(
        f"record {record.name} {record.type} in {backend}",
        f"it {whose} ({', '.join(record.values)})",
        "remove it, or rename the service",
    )


def stale(backend: str, name: str) -> StaleError:
    """The refusal to write over what somebody else has just written."""
    return StaleError(f"records of {name} in {backend}", "somebody else has changed them", "try again")
