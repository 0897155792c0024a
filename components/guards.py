"""What keeps programs safe from their neighbours: who may talk to them, and how many may go at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from components.kubernetes import SKIP_AWAIT
from components.place import Place

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
"""Labels of a namespace: the API server refuses pods that ask for more (Pod Security Standards)."""


def namespace(place: Place) -> dict[str, Any]:
    """The namespace; everything in it goes with it."""
    labels = {"app.kubernetes.io/part-of": "federation", "app.kubernetes.io/instance": place.federation}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": place.namespace, "labels": {**labels, **RESTRICTED}},
    }


def disruption_budget(place: Place, component: str) -> dict[str, Any]:
    """One pod of the component at a time may be evicted, so that a drained node waits for the one before."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": place.metadata(component, annotations=SKIP_AWAIT),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": place.selector(component)}},
    }


def network_policy(place: Place, component: str, ingress: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Nothing comes in but what these rules name; see `allow`."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": place.metadata(component),
        "spec": {
            "podSelector": {"matchLabels": place.selector(component)},
            "policyTypes": ["Ingress"],
            "ingress": list(ingress),
        },
    }


def allow(
    place: Place, components: Sequence[str] | None, port: int, *, protocol: Literal["TCP", "UDP"] = "TCP"
) -> dict[str, Any]:
    """A rule: these components, or everybody (None), may reach the port."""
    rule: dict[str, Any] = {"ports": [{"port": port, "protocol": protocol}]}
    if components is not None:
        rule["from"] = [{"podSelector": {"matchLabels": place.selector(c)}} for c in components]
    return rule
