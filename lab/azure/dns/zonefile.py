"""A zone as the text of a zone file (RFC 1035 §5): pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lab.azure.dns.names import APEX, absolute

_SERIAL = re.compile(r"^\S+\s+\d+\s+IN\s+SOA\s+\S+\s+\S+\s+(\d+)\s", re.MULTILINE)


@dataclass(frozen=True, order=True)
class ServedSet:
    """A record set as it is answered: `name` is relative to the zone, `ttl` in seconds, `rdata` as a file has it."""

    name: str
    type: str
    ttl: int
    rdata: tuple[str, ...]


@dataclass(frozen=True)
class ServedZone:
    """A zone that is answered. The SOA set is among its sets."""

    name: str
    sets: tuple[ServedSet, ...]


def render(zone: ServedZone, serial: int) -> str:
    """The file, SOA first and the rest sorted, so that the same sets give the same text.

    Args:
        serial: of the SOA record instead of the one in Azure, which changes only when somebody writes it: a nameserver
            loads a file anew when its serial is another one.
    """
    soa = [_with_serial(s, serial) for s in zone.sets if s.type == "SOA"]
    rest = sorted(s for s in zone.sets if s.type != "SOA")
    lines = (line for s in (*soa, *rest) for line in _lines(s, zone.name))
    return "\n".join(lines) + "\n"


def serial_of(text: str) -> int:
    """The serial of a rendered file; 0 when it has none."""
    found = _SERIAL.search(text)
    return int(found.group(1)) if found else 0


def next_serial(last: int, now: float) -> int:
    """A serial above `last`. It follows the clock, so that a zone made anew begins above what it had before."""
    return max(last + 1, int(now)) % 2**32


def differ(one: str, other: str) -> bool:
    """Whether two files hold different sets: their serials don't count."""
    return _without_serial(one) != _without_serial(other)


def _without_serial(text: str) -> str:
    found = _SERIAL.search(text)
    return text if found is None else text[: found.start(1)] + text[found.end(1) :]


def _with_serial(soa: ServedSet, serial: int) -> ServedSet:
    host, email, _, *times = soa.rdata[0].split()
    return ServedSet(APEX, "SOA", soa.ttl, (" ".join((host, email, str(serial), *times)),))


def _lines(served: ServedSet, zone: str) -> Iterable[str]:
    owner = f"{absolute(served.name, zone).lower()}."
    return (f"{owner} {served.ttl} IN {served.type} {rdata}" for rdata in served.rdata)
