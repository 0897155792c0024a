"""What objects of live API servers say about services and their names; each function reads one kind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from federation.karmada import drain_mark
from federation.karmada.member import not_ready
from federation.names import Service

Object = Mapping[str, Any]
OPT_OUT = ("k8s-federation/dns", "disabled")
"""Label of a federated Service that shall have no names."""
SERVICE_NAME = "kubernetes.io/service-name"
"""Label of an EndpointSlice: the Service whose endpoints it holds (KEP-752)."""


@dataclass(frozen=True)
class Cluster:
    """A member, as Karmada sees it.

    Attributes:
        unready: why it is not ready; None if it is.
        drained: whether clients are to be served elsewhere, though it is ready.
    """

    name: str
    region: str | None
    zones: tuple[str, ...]
    unready: str | None
    drained: bool = False


@dataclass(frozen=True)
class Federated:
    """A Service that shall have names."""

    service: Service
    deleted: bool


@dataclass(frozen=True)
class Placed:
    """A Service on one member, as Karmada has heard of it.

    Attributes:
        member: its name.
        unapplied: why the Service has not reached the member; None if it has.
        addresses: of its load balancer.
        hostnames: of its load balancer, where it has those instead.
    """

    member: str
    unapplied: str | None
    addresses: tuple[str, ...] = ()
    hostnames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slice:
    """A part of a Service's endpoints on one member.

    Attributes:
        family: of their addresses, "IPv4", "IPv6" or "FQDN"; a dual-stack pod is in one slice of each.
        ready: how many take traffic.
    """

    service: Service
    family: str
    ready: int


def cluster(found: Object) -> Cluster:
    """A `Cluster` of cluster.karmada.io/v1alpha1. One that is leaving takes no more clients."""
    metadata, spec = found["metadata"], found["spec"]
    leaving = "it is leaving the federation" if metadata.get("deletionTimestamp") else None
    zones = spec.get("zones") or ([spec["zone"]] if spec.get("zone") else [])
    return Cluster(
        metadata["name"],
        spec.get("region") or None,
        tuple(zones),
        leaving or not_ready(dict(found)),
        drain_mark.state(found) == "drained",
    )


def federated(found: Object) -> Federated | None:
    """A `Service` of the federation API; None if it shall have no names: of another type, or opted out."""
    metadata, (key, value) = found["metadata"], OPT_OUT
    if found["spec"].get("type") != "LoadBalancer" or (metadata.get("labels") or {}).get(key) == value:
        return None
    service = Service(metadata["namespace"], metadata["name"])
    return Federated(service, deleted="deletionTimestamp" in metadata)


def binding_name(service: Service) -> str:
    """Of the Service's `ResourceBinding`, in its namespace (Karmada, names.GenerateBindingName)."""
    return f"{service.name}-service"


def placed(found: Object) -> tuple[Service, tuple[Placed, ...]] | None:
    """Where a `ResourceBinding` of work.karmada.io/v1alpha2 places a Service; None if it is another kind's.

    A member that no status has come from yet is one that the Service has not reached.
    """
    resource = found["spec"]["resource"]
    if (resource.get("apiVersion"), resource["kind"]) != ("v1", "Service"):
        return None
    told = {item["clusterName"]: item for item in found.get("status", {}).get("aggregatedStatus") or ()}
    members = [target["name"] for target in found["spec"].get("clusters") or ()]
    service = Service(resource["namespace"], resource["name"])
    return service, tuple(_placed(member, told.get(member, {})) for member in sorted(members))


def _placed(member: str, item: Object) -> Placed:
    if not item.get("applied"):
        return Placed(member, item.get("appliedMessage") or "Karmada has not heard of it from there yet")
    ingress = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    return Placed(
        member,
        None,
        tuple(entry["ip"] for entry in ingress if entry.get("ip")),
        tuple(entry["hostname"] for entry in ingress if entry.get("hostname") and not entry.get("ip")),
    )


def endpoints(found: Object) -> Slice | None:
    """An `EndpointSlice` of discovery.k8s.io/v1; None if it is no Service's.

    An endpoint takes traffic if it is ready; a condition that is not told counts as ready (API reference). One that
    terminates is not ready, though it may still serve.
    """
    metadata = found["metadata"]
    name = (metadata.get("labels") or {}).get(SERVICE_NAME)
    if not name:
        return None
    ready = sum(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for endpoint in found.get("endpoints") or ()
    )
    return Slice(Service(metadata["namespace"], name), found["addressType"], ready)


def ready_backends(slices: Iterable[Slice]) -> dict[Service, int]:
    """Ready endpoints by Service: those of the family that has most, as a dual-stack pod is in two."""
    families: dict[tuple[Service, str], int] = {}
    for each in slices:
        key = (each.service, each.family)
        families[key] = families.get(key, 0) + each.ready
    found: dict[Service, int] = {}
    for (service, _), ready in families.items():
        found[service] = max(found.get(service, 0), ready)
    return found
