"""What the objects of a cluster's virtual IPs are made of, and what they have in common. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from components.place import Labelled
from federation.karmada.member import FEDERATION_LABEL, MANAGED_BY
from federation.topology.models import Controllers, VipPool
from federation.vip.shared import NAMESPACE

CONTROLLER, AGENT = "vip-controller", "keepalived"

Manifest = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Settings(Labelled):
    """What the objects are made of.

    Attributes:
        federation: its name.
        pool: the topology's.
        router_id: VRRP router id of the cluster.
        controllers: image and replicas.
    """

    federation: str
    pool: VipPool
    router_id: int
    controllers: Controllers

    @property
    def namespace(self) -> str:
        """Of all objects."""
        return NAMESPACE

    @property
    def owner(self) -> dict[str, str]:
        """Labels of everything that the federation makes in a cluster."""
        return {**MANAGED_BY, FEDERATION_LABEL: self.federation}
