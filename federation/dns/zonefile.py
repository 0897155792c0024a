"""Record sets as the lines of a zone file (RFC 1035 §5), whole or as the difference between two states.

The text is a part of a zone: it has neither SOA nor NS, which are not the federation's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from federation.dns.records import RecordSet


def render(records: Iterable[RecordSet], domain: str, ttl: int) -> str:
    """The records in the order of their names, with $ORIGIN and $TTL before them.

    Args:
        records: of names in the domain.
        domain: the zone, without its trailing dot.
        ttl: seconds of records without one of their own; each of ours has one, as sets may differ.
    """
    lines = [line for record in sorted(records) for line in _lines(record, domain)]
    return "\n".join([f"$ORIGIN {domain}.", f"$TTL {ttl}", *lines]) + "\n"


def diff(before: Iterable[RecordSet], after: Iterable[RecordSet], domain: str) -> str:
    """The lines that go, after a "-", and those that come, after a "+", by name; empty if nothing differs."""
    old = {(r.key, line) for r in before for line in _lines(r, domain)}
    new = {(r.key, line) for r in after for line in _lines(r, domain)}
    marked = [(key, "-", line) for key, line in old - new] + [(key, "+", line) for key, line in new - old]
    # "-" before "+" at one name, as the change is made
    marked.sort(key=lambda entry: (entry[0], entry[1] == "+", entry[2]))
    return "".join(f"{sign} {line}\n" for _, sign, line in marked)


def _lines(record: RecordSet, domain: str) -> Iterator[str]:
    owner = "@" if record.name == domain else record.name.removesuffix("." + domain)
    return (f"{owner} {record.ttl} IN {record.type} {value}" for value in record.values)
