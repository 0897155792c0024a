"""What a new federation API is given: Karmada's kinds, its aggregated API, and rights for its users. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from components.guards import RESTRICTED
from components.karmada.plane import AGGREGATED_API_SERVER, FEDERATION_NAMESPACE, Plane

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")
# What belongs to a namespace, and so to its users; what belongs to the federation is for its administrators.
FOR_USERS: Mapping[str, Sequence[str]] = {
    "autoscaling.karmada.io": ("cronfederatedhpas", "federatedhpas"),
    "multicluster.x-k8s.io": ("serviceexports", "serviceimports"),
    "networking.karmada.io": ("multiclusteringresses", "multiclusterservices"),
    "policy.karmada.io": ("overridepolicies", "propagationpolicies"),
    "work.karmada.io": ("resourcebindings", "works"),
}
WITHOUT_STATUS = {"policy.karmada.io"}


def namespace() -> dict[str, Any]:
    """Karmada's own; nothing of it is propagated, and no pod runs in it."""
    metadata = {"name": FEDERATION_NAMESPACE, "labels": RESTRICTED}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def cluster_api(plane: Plane, ca_bundle: pulumi.Input[str]) -> list[dict[str, Any]]:
    """The kind `Cluster`: served by the aggregated API server in the host, which this Service names.

    Args:
        plane: the control plane.
        ca_bundle: PEM in base64.
    """
    name = {"name": AGGREGATED_API_SERVER, "namespace": FEDERATION_NAMESPACE}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": name,
        "spec": {"type": "ExternalName", "externalName": plane.host_name(AGGREGATED_API_SERVER)},
    }
    api_service = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1alpha1.cluster.karmada.io"},
        "spec": {
            "group": "cluster.karmada.io",
            "version": "v1alpha1",
            "groupPriorityMinimum": 2000,
            "versionPriority": 10,
            "service": name,
            "caBundle": ca_bundle,
        },
    }
    return [service, api_service]


def roles() -> list[dict[str, Any]]:
    """Karmada's namespaced kinds become part of the roles `view`, `edit` and `admin` that every API server has."""
    return [
        _role("view", READ, _resources()),
        _role("edit", WRITE, _resources()),
    ]


def _resources() -> Iterable[tuple[str, list[str]]]:
    for group, names in sorted(FOR_USERS.items()):
        status = [] if group in WITHOUT_STATUS else [f"{name}/status" for name in names]
        yield group, sorted([*names, *status])


def _role(level: str, verbs: Sequence[str], resources: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {
            "name": f"karmada-{level}",
            "labels": {f"rbac.authorization.k8s.io/aggregate-to-{level}": "true"},
        },
        "rules": [
            {"apiGroups": [group], "resources": names, "verbs": list(verbs)} for group, names in resources
        ],
    }
