"""Kubernetes objects that the tests apply."""

from __future__ import annotations

from typing import Any

NGINX = "docker.io/library/nginx:stable"
DEBUG = "docker.io/k8s-federation/debug:1"


def deployment(name: str, namespace: str, *, replicas: int = 1) -> dict[str, Any]:
    pod = {"containers": [{"name": "nginx", "image": NGINX, "imagePullPolicy": "IfNotPresent"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
        },
    }


def node_port(name: str, namespace: str, port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "NodePort", "selector": {"app": name}, "ports": [{"port": 80, "nodePort": port}]},
    }


def toolbox(
    namespace: str, *, name: str = "client", claim: str | None = None, node: str | None = None
) -> dict[str, Any]:
    """A pod that waits to be asked (`kubectl exec`), with a claim mounted at /data if there is one."""
    container: dict[str, Any] = {
        "name": "debug",
        "image": DEBUG,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", "86400"],
    }
    spec: dict[str, Any] = {"containers": [container], "terminationGracePeriodSeconds": 0}
    if claim:
        container["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        spec["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    if node:
        spec["nodeName"] = node
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def claim(name: str, namespace: str) -> dict[str, Any]:
    """A claim without a class: the default StorageClass must serve it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}},
    }
