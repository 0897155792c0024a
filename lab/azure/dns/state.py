"""What the DNS part remembers in memory: health of endpoints, who is an alias of what, whether answers are old."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from lab.azure.dns.health import Health
from lab.azure.kinds import Context

PART = "dns"


@dataclass
class DnsState:
    """One for each service.

    Attributes:
        health: of Traffic Manager's endpoints, as the probes see it.
        dirty: set when something that is answered may have changed.
        aliases: key of a target → keys of the alias sets that point to it; None until somebody asks.
    """

    health: Health = field(default_factory=Health)
    dirty: threading.Event = field(default_factory=threading.Event)
    aliases: dict[str, set[str]] | None = None


def of(context: Context) -> DnsState:
    """The state that belongs to a service's context."""
    found = context.parts.setdefault(PART, DnsState())
    assert isinstance(found, DnsState)  # noqa: S101 (nobody else writes this part)
    return found
