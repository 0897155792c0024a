"""What keeps a control plane safe from its neighbours: who may talk to it, and how many of it may go at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.karmada.plane import (
    AGGREGATED_API_SERVER,
    API_PORT,
    API_SERVER,
    COMPONENTS,
    ETCD,
    ETCD_CLIENT_PORT,
    ETCD_PEER_PORT,
    SERVING_PORT,
    WEBHOOK,
    Plane,
)
from components.kubernetes import SKIP_AWAIT

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace: the API server refuses pods that ask for more (Pod Security Standards)."""


def namespace(plane: Plane) -> dict[str, Any]:
    """The plane's namespace in the host cluster; everything of the plane goes with it."""
    labels = {"app.kubernetes.io/part-of": "federation", "app.kubernetes.io/instance": plane.federation}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": plane.namespace, "labels": {**labels, **RESTRICTED}},
    }


def disruption_budgets(plane: Plane) -> list[dict[str, Any]]:
    """One pod of each component at a time may be evicted, so that a drained node waits for the one before."""
    return [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": plane.metadata(component, annotations=SKIP_AWAIT),
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": plane.selector(component)}},
        }
        for component in _own(plane)
    ]


def network_policies(plane: Plane) -> list[dict[str, Any]]:
    """Nothing comes in but what is named; the API server is for everybody, etcd and the others for the plane."""
    servers = [API_SERVER, AGGREGATED_API_SERVER]
    allowed = {
        API_SERVER: [_from(plane, None, API_PORT)],
        AGGREGATED_API_SERVER: [_from(plane, [API_SERVER], SERVING_PORT)],
        WEBHOOK: [_from(plane, [API_SERVER], SERVING_PORT)],
        ETCD: [_from(plane, servers, ETCD_CLIENT_PORT), _from(plane, [ETCD], ETCD_PEER_PORT)],
    }
    return [_policy(plane, name, allowed.get(name, [])) for name in _own(plane)]


def _own(plane: Plane) -> Sequence[str]:
    return [c for c in COMPONENTS if c != ETCD or not plane.spec.etcd.servers]


def _policy(plane: Plane, component: str, ingress: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": plane.metadata(component),
        "spec": {
            "podSelector": {"matchLabels": plane.selector(component)},
            "policyTypes": ["Ingress"],
            "ingress": ingress,
        },
    }


def _from(plane: Plane, components: Sequence[str] | None, port: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"ports": [{"port": port, "protocol": "TCP"}]}
    if components is not None:
        rule["from"] = [{"podSelector": {"matchLabels": plane.selector(c)}} for c in components]
    return rule
