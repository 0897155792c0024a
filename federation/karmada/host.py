"""The cluster that a control plane is put in: whether it can be there, and whether it left nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from federation.deadline import Deadline
from federation.errors import FederationError
from federation.kube import Kube, Ref

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
OWNER = "app.kubernetes.io/instance"
OLDEST = (1, 30)
"""The first minor version in which pods can sleep before they end (KEP-3960)."""
SKEW_SECONDS = 1800.0
"""Certificates are valid from an hour before they are made: half of it is a clock that is about to be too wrong."""


@dataclass(frozen=True)
class Wish:
    """What a control plane wants of its host.

    Attributes:
        federation: its name.
        namespace: where it will be.
        storage: whether it needs volumes.
        storage_class: of these; the default one if None.
        node_port: of its API server; None for a load balancer.
        nodes: how many nodes its replicas need.
        etcd_members: of its own etcd.
    """

    federation: str
    namespace: str
    storage: bool
    storage_class: str | None
    node_port: int | None
    nodes: int
    etcd_members: int


@dataclass(frozen=True)
class Findings:
    """What the host has: plain objects of its API, its clock's distance to ours in seconds, and its version."""

    storage_classes: Sequence[Mapping[str, Any]]
    services: Sequence[Mapping[str, Any]]
    nodes: Sequence[Mapping[str, Any]]
    namespace: Mapping[str, Any] | None
    skew: float
    version: str


def look(kube: Kube, namespace: str) -> Findings:
    """Ask the host. Raises `UnreachableError`, `UnauthorizedError`, `ForbiddenError`."""
    date = kube.date()
    return Findings(
        storage_classes=kube.list(Ref("storage.k8s.io/v1", "storageclasses")),
        services=kube.list(Ref("v1", "services")),
        nodes=kube.list(Ref("v1", "nodes")),
        namespace=kube.get(Ref("v1", "namespaces", namespace)),
        version=kube.version(),
        skew=(datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() if date else 0.0,
    )


def problems(wish: Wish, found: Findings) -> list[str]:
    """Why the control plane cannot be there; each with what to do. Empty if it can."""
    return [
        reason
        for reason in (
            _storage(wish, found.storage_classes),
            _port(wish, found.services),
            _room(wish, found.nodes),
            _owner(wish, found.namespace),
            _clock(found.skew),
            _age(found.version),
        )
        if reason
    ]


def _storage(wish: Wish, classes: Sequence[Mapping[str, Any]]) -> str | None:
    if not wish.storage:
        return None
    names = sorted(c["metadata"]["name"] for c in classes)
    if wish.storage_class:
        if wish.storage_class in names:
            return None
        return f"no StorageClass {wish.storage_class!r}: choose control_plane.etcd.storage_class from {names}"
    if any((c["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true" for c in classes):
        return None
    if names:
        return f"no default StorageClass: set control_plane.etcd.storage_class to one of {names}"
    return (
        "no StorageClass: install a provisioner, or set control_plane.etcd.persistent to false "
        "if the federation may be lost with a pod"
    )


def _port(wish: Wish, services: Iterable[Mapping[str, Any]]) -> str | None:
    for service in services:
        metadata = service["metadata"]
        if metadata["namespace"] == wish.namespace:
            continue
        if wish.node_port in {port.get("nodePort") for port in service["spec"].get("ports") or ()} - {None}:
            return (
                f"node port {wish.node_port} is taken by Service {metadata['namespace']}/{metadata['name']}: "
                "set control_plane.api_server.port to a free one"
            )
    return None


def _room(wish: Wish, nodes: Sequence[Mapping[str, Any]]) -> str | None:
    usable = [n for n in nodes if not n["spec"].get("unschedulable") and not _repels(n)]
    if len(usable) >= wish.nodes:
        return None
    return (
        f"replicas are kept on different nodes, and only {len(usable)} of the {wish.nodes} needed take pods: "
        "add nodes, or lower control_plane.replicas and control_plane.etcd.members"
    )


def _repels(node: Mapping[str, Any]) -> bool:
    return any(taint["effect"] in {"NoSchedule", "NoExecute"} for taint in node["spec"].get("taints") or ())


def _owner(wish: Wish, namespace: Mapping[str, Any] | None) -> str | None:
    if namespace is None:
        return None
    if namespace.get("status", {}).get("phase") == "Terminating":
        return f"namespace {wish.namespace} is being removed: wait until it is gone"
    owner = (namespace["metadata"].get("labels") or {}).get(OWNER)
    if owner in {None, wish.federation}:
        return None
    return (
        f"namespace {wish.namespace} belongs to federation {owner!r}: "
        "set control_plane.namespace to one of its own"
    )


def _clock(skew: float) -> str | None:
    if abs(skew) < SKEW_SECONDS:
        return None
    return (
        f"its clock is {abs(skew):.0f} s {'behind' if skew > 0 else 'ahead of'} this machine's: "
        "set both by NTP, as certificates made here would not be valid there"
    )


def _age(version: str) -> str | None:
    found = tuple(int(part) for part in version.removeprefix("v").split(".")[:2])
    if found >= OLDEST:
        return None
    return (
        f"its Kubernetes is {version}, which cannot drain pods (preStop sleep): upgrade it to 1.30 or newer"
    )


def check(kube: Kube, wish: Wish) -> None:
    """Raises `FederationError` with all reasons why the control plane cannot be in this cluster."""
    if reasons := problems(wish, look(kube, wish.namespace)):
        raise FederationError(
            kube.name, "cannot host the federation: " + "; ".join(reasons), "run `pulumi up` again"
        )


def refuse_resize(before: int, after: int) -> None:
    """etcd members are added by hand: a changed start list would break the quorum. Raises `FederationError`."""
    if before != after:
        raise FederationError(
            "control plane",
            f"control_plane.etcd.members cannot change from {before} to {after} while the plane runs",
            f"set it back to {before}, or destroy the plane and make it anew",
        )


def wait_for_volumes(kube: Kube, namespace: str, deadline: Deadline) -> list[str]:
    """Until the volumes of a removed namespace are gone; the names of those that their class retains."""

    def of_namespace() -> list[Mapping[str, Any]]:
        volumes = kube.list(Ref("v1", "persistentvolumes"))
        return [v for v in volumes if (v["spec"].get("claimRef") or {}).get("namespace") == namespace]

    def going() -> str | None:
        left = [v["metadata"]["name"] for v in of_namespace() if not _retained(v)]
        return f"volumes {', '.join(sorted(left))} are still there" if left else None

    deadline.until(
        f"volumes of {namespace}",
        going,
        fix="see why with `kubectl describe pv`, then run `pulumi destroy` again",
    )
    return sorted(v["metadata"]["name"] for v in of_namespace())


def _retained(volume: Mapping[str, Any]) -> bool:
    return bool(volume["spec"].get("persistentVolumeReclaimPolicy") == "Retain")
