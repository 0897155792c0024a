"""What keeps a control plane safe from its neighbours: who may talk to it, and how many of it may go at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components import etcd, guards
from components.etcd import ETCD
from components.karmada.plane import (
    AGGREGATED_API_SERVER,
    API_PORT,
    API_SERVER,
    COMPONENTS,
    SERVING_PORT,
    WEBHOOK,
    Plane,
)


def disruption_budgets(plane: Plane) -> list[dict[str, Any]]:
    """Of all components."""
    return [guards.disruption_budget(plane, component) for component in _own(plane)]


def network_policies(plane: Plane) -> list[dict[str, Any]]:
    """Nothing comes in but what is named; the API server is for everybody, etcd and the others for the plane."""
    servers = [API_SERVER, AGGREGATED_API_SERVER]
    allowed = {
        API_SERVER: [guards.allow(plane, None, API_PORT)],
        AGGREGATED_API_SERVER: [guards.allow(plane, [API_SERVER], SERVING_PORT)],
        WEBHOOK: [guards.allow(plane, [API_SERVER], SERVING_PORT)],
        ETCD: etcd.ingress(plane, servers),
    }
    return [guards.network_policy(plane, name, allowed.get(name, [])) for name in _own(plane)]


def _own(plane: Plane) -> Sequence[str]:
    return [c for c in COMPONENTS if c != ETCD or not plane.spec.etcd.servers]
