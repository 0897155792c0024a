"""The names of a federated service: those that kubefed v1 gave, at three levels (docs/names.md).

    zone    <service>.<namespace>.<federation>.svc.<zone>.<region>.<domain>
    region  <service>.<namespace>.<federation>.svc.<region>.<domain>
    global  <service>.<namespace>.<federation>.svc.<domain>

All names here are absolute, in lower case and without the trailing dot. Lengths are checked in `federation.dns.limits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Service(NamedTuple):
    """A service of a federation. Both parts are single DNS labels, which makes its names unambiguous."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Level(NamedTuple):
    """Where a name looks: in a zone of a region, in a region, or everywhere if both are empty.

    A zone is one of its region: `east` in `us` and `east` in `eu` have nothing in common.
    """

    region: str = ""
    zone: str = ""

    @property
    def wider(self) -> Level:
        """The level whose addresses stand in: zone → region → global, which is its own."""
        return Level(self.region) if self.zone else Level()


GLOBAL = Level()


@dataclass(frozen=True)
class Scheme:
    """How a federation names its services.

    Attributes:
        federation: its name, one label.
        domain: its DNS zone, without the trailing dot.
    """

    federation: str
    domain: str

    def name(self, service: Service, level: Level = GLOBAL) -> str:
        """The service's name at a level."""
        labels = (
            service.name,
            service.namespace,
            self.federation,
            "svc",
            level.zone,
            level.region,
            self.domain,
        )
        return ".".join(filter(None, labels))

    def parse(self, name: str) -> tuple[Service, Level] | None:
        """Whose name it is, and at which level; None if no service of this federation can have it."""
        head = name.removesuffix("." + self.domain)
        labels = head.split(".")
        if head == name or not 4 <= len(labels) <= 6 or not all(labels):
            return None
        service, namespace, federation, svc, *place = labels
        if (federation, svc) != (self.federation, "svc"):
            return None
        return Service(namespace, service), Level(*reversed(place))
