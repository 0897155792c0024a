"""DNS of the stand-in: Azure DNS, Azure Private DNS and Traffic Manager, with a real nameserver that answers."""

from __future__ import annotations

from lab.azure.dns import private, traffic, zones
from lab.azure.kinds import Kind

KINDS: tuple[Kind, ...] = (
    zones.ZONE,
    *zones.SETS.values(),
    private.PRIVATE_ZONE,
    private.LINK,
    *private.SETS.values(),
    traffic.PROFILE,
    traffic.ENDPOINT,
)
