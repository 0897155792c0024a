"""The lab's cluster for a managed cluster: its nodes, their labels, and whose tokens its API server takes."""

from __future__ import annotations

from typing import Any

from lab.azure.aks import names
from lab.azure.http import Document
from lab.azure.kinds import Call


def wanted(call: Call, document: Document, system: Document) -> dict[str, Any]:
    """What `lab.lifecycle.add` is asked for.

    Args:
        document: the managed cluster's.
        system: its system pool, whose labels the nodes have.
    """
    properties, location = document["properties"], document["location"]
    workers = call.context.settings.aks_workers
    zones = [f"{location}-{zone}" for zone in system.get("availabilityZones") or []]
    found: dict[str, Any] = {
        "name": call.private["lab"],
        "workers": workers,
        "region": location,
        "labels": [_labels(document, system, _zone(zones, node)) for node in range(workers + 1)],
    }
    if issuer := (properties.get("oidcIssuerProfile") or {}).get("issuerURL"):
        found["issuer"] = issuer
    if (properties.get("aadProfile") or {}).get("managed"):
        tenant, directory = call.context.settings.tenant_id, call.context.directory
        found["oidc"] = {"issuer": f"https://{call.request.host}/{tenant}/v2.0", "audience": names.SERVER_APP}
        if directory is not None:
            found["oidc"]["ca"] = str(directory / "ca.crt")
    return found


def _zone(zones: list[str], node: int) -> str:
    """Nodes of a zonal pool take its zones by turns; those of a regional pool are in the fault domain `0`."""
    return zones[node % len(zones)] if zones else "0"


def _labels(document: Document, system: Document, zone: str) -> dict[str, str]:
    """Those that AKS gives, as far as a kubelet may give them to itself (NodeRestriction)."""
    name = system["name"]
    return {
        **(system.get("nodeLabels") or {}),
        "agentpool": name,
        "kubernetes.azure.com/agentpool": name,
        "kubernetes.azure.com/cluster": document["properties"]["nodeResourceGroup"][:63].strip("-_."),
        "kubernetes.azure.com/mode": "system",
        "kubernetes.azure.com/os-sku": system["osSKU"],
        "kubernetes.azure.com/role": "agent",
        "node.kubernetes.io/instance-type": system["vmSize"],
        "topology.kubernetes.io/zone": zone,
    }
