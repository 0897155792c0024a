"""Pods of this project's own programs: what they have in common, which is nearly everything. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.kubernetes import SKIP_AWAIT
from components.place import Place
from federation.offline import short_digest

DRAIN_SECONDS = 4
GRACE_SECONDS = 10
"""More than an API server takes to drain; what waits longer waits for a connection that will not end."""
USER = 65532  # "nonroot" of the distroless images
CONFIG = "/etc/federation"
"""Where a component's Secret is mounted."""
CERTIFICATES = "federation/certificates"
"""Annotation of pods with a hash of their certificates: a renewed certificate is a new pod."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """One program.

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
        capabilities: without which its file cannot be executed.
        together: where nodes are few, several replicas may be on one; else the last of them wait for a node.
        udp: ports that are UDP, name to number.
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
    capabilities: Sequence[str] = ()
    together: bool = False
    udp: Mapping[str, int] = field(default_factory=dict)


def https(path: str, port: int) -> dict[str, Any]:
    """An `httpGet` action over TLS."""
    return {"path": path, "port": port, "scheme": "HTTPS"}


def http(path: str, port: int) -> dict[str, Any]:
    """An `httpGet` action in clear text."""
    return {"path": path, "port": port, "scheme": "HTTP"}


def field_value(path: str) -> dict[str, Any]:
    """A variable that says something about its pod (downward API)."""
    return {"valueFrom": {"fieldRef": {"fieldPath": path}}}


def secret(place: Place, component: Component) -> dict[str, Any]:
    """The component's only Secret: rotation and access are a matter of one component."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": place.metadata(component.name),
        "type": "Opaque",
        "data": {name: _encoded(content) for name, content in sorted(component.files.items())},
    }


def _encoded(content: pulumi.Input[str]) -> Any:
    return pulumi.Output.from_input(content).apply(base64)


def deployment(place: Place, component: Component) -> dict[str, Any]:
    """Several replicas are on different nodes and are replaced one by one; a single one is replaced without a gap."""
    replicas = place.replicas
    several = replicas > 1
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": place.metadata(component.name, annotations=SKIP_AWAIT),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": place.selector(component.name)},
            "strategy": {
                "type": "RollingUpdate",
                # With a replica on every node there is no room for one more.
                "rollingUpdate": {"maxSurge": 0 if several else 1, "maxUnavailable": 1 if several else 0},
            },
            "template": template(place, component, replicas=replicas),
        },
    }


def template(
    place: Place,
    component: Component,
    *,
    replicas: int,
    mounts: Sequence[Mapping[str, Any]] = (),
    volumes: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A pod that meets the "restricted" Pod Security Standard of Kubernetes."""
    config = {"name": "config", "secret": {"secretName": component.name, "defaultMode": 0o440}}
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,  # none of them talks to the API server of the cluster it runs in
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
        "containers": [_container(place, component, mounts)],
        "volumes": [config, *volumes],
    }
    if replicas > 1:
        spec["affinity"] = _apart(place, component)
    if place.node_selector:
        spec["nodeSelector"] = place.node_selector
    if place.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in place.pull_secrets]
    annotations = {CERTIFICATES: digest(component.fingerprints)}
    return {"metadata": {"labels": place.labels(component.name), "annotations": annotations}, "spec": spec}


def _container(place: Place, component: Component, mounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    default = {"requests": {"cpu": component.cpu, "memory": component.memory}}
    container = {
        "name": component.name,
        "image": place.image(component.name),
        "imagePullPolicy": place.pull_policy,
        "command": list(component.command),
        "ports": _ports(component),
        "resources": place.resources.get(component.name, default),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": _capabilities(component),
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


def _ports(component: Component) -> list[dict[str, Any]]:
    return [
        *({"name": name, "containerPort": port} for name, port in component.ports.items()),
        *({"name": name, "containerPort": port, "protocol": "UDP"} for name, port in component.udp.items()),
    ]


def _capabilities(component: Component) -> dict[str, Any]:
    drop = {"drop": ["ALL"]}
    return drop | {"add": list(component.capabilities)} if component.capabilities else drop


def _apart(place: Place, component: Component) -> dict[str, Any]:
    term = {
        "labelSelector": {"matchLabels": place.selector(component.name)},
        "topologyKey": "kubernetes.io/hostname",
    }
    if component.together:
        wish = {"weight": 100, "podAffinityTerm": term}
        return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def digest(fingerprints: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """One hash over several certificates' fingerprints."""
    return pulumi.Output.all(*fingerprints).apply(_digest)


def base64(text: str) -> str:
    """As Secrets, CA bundles and kubeconfigs hold it."""
    return b64encode(text.encode()).decode()


def flags(defaults: Mapping[str, str | int | bool], overrides: Mapping[str, str] | None = None) -> list[str]:
    """A command line: the defaults, with the overrides in their place. Sorted, so that order is no diff."""
    values = {name: _text(value) for name, value in defaults.items()} | dict(overrides or {})
    return [f"--{name}={value}" for name, value in sorted(values.items())]


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _digest(parts: Sequence[str]) -> str:
    return short_digest("\n".join(parts))
