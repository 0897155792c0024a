"""The pods of a control plane: what they have in common, which is nearly everything. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pulumi

from components.karmada.plane import Plane, base64
from components.kubernetes import SKIP_AWAIT

DRAIN_SECONDS = 4
GRACE_SECONDS = 10
"""More than an API server takes to drain; what waits longer waits for a connection that will not end."""
USER = 65532  # "nonroot" of the distroless images
CONFIG = "/etc/federation"
"""Where a component's Secret is mounted."""
KUBECONFIG = f"{CONFIG}/kubeconfig"
DELEGATED = {
    "kubeconfig": KUBECONFIG,
    "authentication-kubeconfig": KUBECONFIG,
    "authorization-kubeconfig": KUBECONFIG,
}
"""Flags of a server that asks the federation API who its callers are, and what they may do."""
CERTIFICATES = "federation/certificates"
"""Annotation of pods with a hash of their certificates: a renewed certificate is a new pod."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """One program of the plane.

    Attributes:
        name: of its Deployment, Service, Secret and container.
        command: with all flags.
        ports: name to number.
        readiness: an `httpGet` action.
        liveness: an `httpGet` action.
        cpu: request.
        memory: request.
        files: what its Secret holds, file name to content.
        fingerprints: of the certificates among them.
        environment: variables of the container, name to its source or value.
        behind_service: it goes on answering until kube-proxy everywhere has forgotten it.
    """

    name: str
    command: Sequence[str]
    ports: Mapping[str, int]
    readiness: Mapping[str, Any]
    liveness: Mapping[str, Any]
    cpu: str
    memory: str
    files: Mapping[str, pulumi.Input[str]]
    fingerprints: Sequence[pulumi.Input[str]]
    environment: Mapping[str, Any] = field(default_factory=dict)
    behind_service: bool = False


def https(path: str, port: int) -> dict[str, Any]:
    """An `httpGet` action over TLS."""
    return {"path": path, "port": port, "scheme": "HTTPS"}


def http(path: str, port: int) -> dict[str, Any]:
    """An `httpGet` action in clear text."""
    return {"path": path, "port": port, "scheme": "HTTP"}


def field_value(path: str) -> dict[str, Any]:
    """A variable that says something about its pod (downward API)."""
    return {"valueFrom": {"fieldRef": {"fieldPath": path}}}


def secret(plane: Plane, component: Component) -> dict[str, Any]:
    """The component's only Secret: rotation and access are a matter of one component."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": plane.metadata(component.name),
        "type": "Opaque",
        "data": {name: _encoded(content) for name, content in sorted(component.files.items())},
    }


def _encoded(content: pulumi.Input[str]) -> Any:
    return pulumi.Output.from_input(content).apply(base64)


def deployment(plane: Plane, component: Component) -> dict[str, Any]:
    """Several replicas are on different nodes and are replaced one by one; a single one is replaced without a gap."""
    replicas = plane.spec.replicas
    several = replicas > 1
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": plane.metadata(component.name, annotations=SKIP_AWAIT),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": plane.selector(component.name)},
            "strategy": {
                "type": "RollingUpdate",
                # With a replica on every node there is no room for one more.
                "rollingUpdate": {"maxSurge": 0 if several else 1, "maxUnavailable": 1 if several else 0},
            },
            "template": template(plane, component, replicas=replicas),
        },
    }


def template(
    plane: Plane,
    component: Component,
    *,
    replicas: int,
    mounts: Sequence[Mapping[str, Any]] = (),
    volumes: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A pod that meets the "restricted" Pod Security Standard of Kubernetes."""
    config = {"name": "config", "secret": {"secretName": component.name, "defaultMode": 0o440}}
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,  # no part of the plane talks to its host's API server
        "enableServiceLinks": False,
        "priorityClassName": "system-cluster-critical",
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(plane, component, mounts)],
        "volumes": [config, *volumes],
    }
    if replicas > 1:
        spec["affinity"] = _apart(plane, component.name)
    if plane.spec.node_selector:
        spec["nodeSelector"] = plane.spec.node_selector
    if plane.spec.images.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in plane.spec.images.pull_secrets]
    annotations = {CERTIFICATES: digest(component.fingerprints)}
    return {"metadata": {"labels": plane.labels(component.name), "annotations": annotations}, "spec": spec}


def _container(plane: Plane, component: Component, mounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    default = {"requests": {"cpu": component.cpu, "memory": component.memory}}
    container = {
        "name": component.name,
        "image": plane.image(component.name),
        "imagePullPolicy": plane.spec.images.pull_policy,
        "command": list(component.command),
        "ports": [{"name": name, "containerPort": port} for name, port in component.ports.items()],
        "resources": plane.spec.resources.get(component.name, default),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        # Every second: a start is a chain of parts that wait for each other.
        "readinessProbe": {"httpGet": component.readiness, "periodSeconds": 1, "timeoutSeconds": 5},
        "livenessProbe": {
            "httpGet": component.liveness,
            "initialDelaySeconds": 15,
            "periodSeconds": 10,
            "timeoutSeconds": 15,
            "failureThreshold": 8,
        },
        "volumeMounts": [{"name": "config", "mountPath": CONFIG, "readOnly": True}, *mounts],
    }
    if component.behind_service:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}}
    if component.environment:
        container["env"] = [{"name": name, **value} for name, value in component.environment.items()]
    return container


def _apart(plane: Plane, component: str) -> dict[str, Any]:
    term = {
        "labelSelector": {"matchLabels": plane.selector(component)},
        "topologyKey": "kubernetes.io/hostname",
    }
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def digest(fingerprints: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """One hash over several certificates' fingerprints."""
    return pulumi.Output.all(*fingerprints).apply(_digest)


def _digest(parts: Sequence[str]) -> str:
    return sha256("\n".join(parts).encode()).hexdigest()[:16]
