"""What a backend can hold and a name can be, checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from federation.dns.records import RecordSet
from federation.errors import FederationError
from federation.names import Scheme

LONGEST_NAME = 253
"""Characters without the trailing dot: 255 octets on the wire (RFC 1035 §2.3.4)."""
LONGEST_LABEL = 63
"""Characters between two dots (RFC 1035 §2.3.4)."""


class LimitError(FederationError):
    """Records that cannot be written; `cause` lists all reasons."""


@dataclass(frozen=True)
class Limits:
    """Of a backend.

    Attributes:
        backend: its name, for messages.
        values: at most so many in a record set; None if it does not say.
        sets: at most so many in a zone; None if it does not say.
    """

    backend: str
    values: int | None = None
    sets: int | None = None


COREDNS = Limits("coredns")
AZURE = Limits("azure", values=20, sets=10_000)
AZURE_PRIVATE = Limits("azure", values=20, sets=25_000)
"""Of a public and of a private zone (learn.microsoft.com: "Azure subscription and service limits", Azure DNS)."""


def check(records: Iterable[RecordSet], limits: Limits, scheme: Scheme, *, others: int = 0) -> None:
    """Pass if a backend can hold the records.

    Args:
        records: all of the federation's.
        limits: of the backend.
        scheme: of the federation's names, to tell whose a record is.
        others: number of record sets in the zone that are not the federation's, such as its SOA and NS.

    Raises:
        LimitError: it cannot; all reasons at once, each with its service.
    """
    sets = tuple(records)
    wrong = [text for record in sets for text in _wrong(record, limits, scheme)]
    if limits.sets is not None and len(sets) + others > limits.sets:
        total = len(sets) + others
        wrong.append(
            f"the zone would have {total} record sets, {limits.backend} takes {limits.sets}: federate fewer "
            "services, or give the federation a zone of its own"
        )
    if wrong:
        raise LimitError(
            f"records of {scheme.domain}", "; ".join(wrong), "correct it, then preview the stack again"
        )


def _wrong(record: RecordSet, limits: Limits, scheme: Scheme) -> Iterator[str]:
    whose = scheme.parse(record.name)
    subject = f"service {whose[0]}" if whose else f"record {record.name}"
    if len(record.name) > LONGEST_NAME:
        yield (
            f"{subject}: {record.name} has {len(record.name)} characters, a DNS name at most {LONGEST_NAME}: "
            "shorten the service, its namespace or the zone"
        )
    for label in record.name.split("."):
        if len(label) > LONGEST_LABEL:
            yield (
                f"{subject}: {label} has {len(label)} characters, a DNS label at most {LONGEST_LABEL}: shorten it"
            )
    if limits.values is not None and len(record.values) > limits.values:
        yield (
            f"{subject}: {record.name} would have {len(record.values)} {record.type} records, {limits.backend} "
            f"takes {limits.values}: place it on fewer members"
        )
