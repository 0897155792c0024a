"""What the DNS part remembers in memory: health of endpoints, who is an alias of what, whether answers are old."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

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
        sets: key of a zone → keys of its sets, oldest first; None until somebody asks.
        versions: key of a zone → a number that is another one after each change of its sets.
        served: what `lab.azure.dns.served` has made of zones that have not changed since.
    """

    health: Health = field(default_factory=Health)
    dirty: threading.Event = field(default_factory=threading.Event)
    aliases: dict[str, set[str]] | None = None
    sets: dict[str, dict[str, None]] | None = None
    versions: dict[str, int] = field(default_factory=dict)
    served: dict[str, Any] = field(default_factory=dict)


def of(context: Context) -> DnsState:
    """The state that belongs to a service's context."""
    found = context.parts.setdefault(PART, DnsState())
    assert isinstance(found, DnsState)  # noqa: S101 (nobody else writes this part)
    return found
