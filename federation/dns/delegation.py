"""Whether the world finds a zone: the zone above must name its servers (RFC 1034 §4.2.1)."""

from __future__ import annotations

from collections.abc import Sequence

import dns.exception
import dns.resolver

SECONDS = 5.0


def delegated_to(
    zone: str, *, resolver: dns.resolver.Resolver | None = None, seconds: float = SECONDS
) -> tuple[str, ...] | None:
    """The servers that this machine's resolver knows for the zone, sorted; nobody: it is not delegated.

    Args:
        zone: with or without its trailing dot.
        resolver: to ask; the machine's own if left out.
        seconds: for all of it.

    Returns None where nobody answers: then nothing is known.
    """
    try:
        answer = (resolver or dns.resolver.Resolver()).resolve(
            zone.removesuffix(".") + ".", "NS", lifetime=seconds, search=False
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError):
        return None
    return tuple(sorted(_plain(record.to_text()) for record in answer))


def problem(zone: str, servers: Sequence[str], found: Sequence[str] | None) -> str | None:
    """What is wrong with the delegation, and what to do; None if nothing is, or nobody knows.

    Args:
        zone: its name.
        servers: that answer for it, with or without their trailing dots.
        found: as `delegated_to` gives it.
    """
    wanted = sorted(_plain(server) for server in servers)
    if found is None or sorted(found) == wanted:
        return None
    name = zone.removesuffix(".")
    has = f"leads to {', '.join(found)}" if found else "is not delegated: nobody in the world finds its names"
    return (
        f"zone {name}: it {has}. Next: let the owner of the zone above, or the registrar of the domain, set the NS "
        f"records of {name} to {', '.join(wanted)}, or name that zone as parent if it is in Azure, too"
    )


def _plain(server: str) -> str:
    return server.removesuffix(".").lower()
