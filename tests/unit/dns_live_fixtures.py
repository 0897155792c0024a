"""Objects of a federation API and of its members, as names are made of them."""

from __future__ import annotations

import base64
from typing import Any

from federation.kube import Object

ADDRESSES = {"fc01": "10.250.0.2", "fc02": "10.250.1.2"}


def cluster(
    name: str, *, ready: str | None = "True", zones: tuple[str, ...] = ("east",), **more: Any
) -> Object:
    conditions = [{"type": "Ready", "status": ready, "message": "because"}] if ready else []
    spec = {"region": "us", "zones": list(zones), **more.pop("spec", {})}
    return {
        "kind": "Cluster",
        "metadata": {"name": name, **more},
        "spec": spec,
        "status": {"conditions": conditions},
    }


def service(name: str = "nginx", *, kind: str = "LoadBalancer", **metadata: Any) -> Object:
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", **metadata},
        "spec": {"type": kind},
    }


def status(member: str, *ingress: dict[str, str]) -> dict[str, Any]:
    """An item of `aggregatedStatus` for a Service that has arrived."""
    return {
        "clusterName": member,
        "applied": True,
        "status": {"loadBalancer": {"ingress": list(ingress)}},
    }


def binding(
    name: str = "nginx",
    *,
    members: tuple[str, ...] = ("fc01", "fc02"),
    statuses: list[dict[str, Any]] | None = None,
) -> Object:
    told = [status(m, {"ip": ADDRESSES[m]}) for m in members] if statuses is None else statuses
    return {
        "kind": "ResourceBinding",
        "metadata": {"name": f"{name}-service", "namespace": "default"},
        "spec": {
            "resource": {"apiVersion": "v1", "kind": "Service", "namespace": "default", "name": name},
            "clusters": [{"name": member} for member in members],
        },
        "status": {"aggregatedStatus": told},
    }


def endpoints(*ready: bool | None, of: str = "nginx", name: str = "nginx-1", family: str = "IPv4") -> Object:
    return {
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": of},
        },
        "addressType": family,
        "endpoints": [{"conditions": {} if each is None else {"ready": each}} for each in ready],
    }


def reader_secret(member: str, server: str = "") -> Object:
    data = {"server": server or f"https://{member}:6443", "caBundle": "", "token": f"token-of-{member}"}
    return {
        "kind": "Secret",
        "metadata": {"name": member, "namespace": "karmada-system"},
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
    }
