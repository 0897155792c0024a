"""The objects of a cluster's virtual IPs, as plain manifests. Pure: the same settings give the same objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from components.keepalived.rights import rights
from components.keepalived.settings import AGENT, CONTROLLER, Manifest, Settings
from federation.vip.shared import EXCLUDED, NAMESPACE

CONFIG = "/etc/federation"
RUN = "/run/keepalived"
CONTROLLER_PORT = 8080
AGENT_PORT = 10280
"""On the loopback interface of the gateway nodes, beside the ports of the kubelet and kube-proxy."""
KUBE_PROXY_HEALTH = "http://127.0.0.1:10256/healthz"
USER = 65532
HASH = "federation/config"
"""Annotation of pods with a hash of their configuration: another one is a new pod."""


def manifests(settings: Settings) -> list[Manifest]:
    """All objects in the order in which they are made."""
    return [
        namespace(settings),
        *(_account(settings, component) for component in (CONTROLLER, AGENT)),
        *rights(settings),
        *(_config(settings, component) for component in (CONTROLLER, AGENT)),
        *([_budget(settings)] if settings.controllers.replicas > 1 else []),
        controller(settings),
        agent(settings),
    ]


def namespace(settings: Settings) -> Manifest:
    """Pods here use the nodes' network, which no Pod Security Standard but "privileged" allows."""
    modes = {f"pod-security.kubernetes.io/{mode}": "privileged" for mode in ("enforce", "audit", "warn")}
    labels = {"app.kubernetes.io/part-of": "federation", **settings.owner, **modes}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}


def _account(settings: Settings, component: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": settings.metadata(component),
        "automountServiceAccountToken": False,  # the pods say that they want it
    }


def config(settings: Settings, component: str) -> dict[str, Any]:
    """The configuration file of a component; see `Settings` of its module in `federation.controllers`."""
    if component == CONTROLLER:
        return {
            "namespace": NAMESPACE,
            "port": CONTROLLER_PORT,
            "cidr": str(settings.pool.cidr),
            "defaultClass": settings.pool.default_class,
            "nodes": dict(settings.pool.nodes),
            "labels": settings.labels(CONTROLLER),
        }
    return {
        "namespace": NAMESPACE,
        "address": "127.0.0.1",
        "port": AGENT_PORT,
        "routerId": settings.router_id,
        "interface": settings.pool.interface,
        "healthz": KUBE_PROXY_HEALTH,
        "directory": RUN,
    }


def _config(settings: Settings, component: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": settings.metadata(component),
        "data": {"config.json": _text(settings, component)},
    }


def _text(settings: Settings, component: str) -> str:
    return json.dumps(config(settings, component), indent=2, sort_keys=True) + "\n"


def controller(settings: Settings) -> Manifest:
    """Replicas on different nodes where there are several; one of them works (a Lease)."""
    term = {
        "labelSelector": {"matchLabels": settings.selector(CONTROLLER)},
        "topologyKey": "kubernetes.io/hostname",
    }
    prefer = [{"weight": 100, "podAffinityTerm": term}]
    spec = {
        **_pod(settings, CONTROLLER, name="vip", health={"port": CONTROLLER_PORT}),
        "priorityClassName": "system-cluster-critical",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": prefer}},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": settings.metadata(CONTROLLER),
        "spec": {
            "replicas": settings.controllers.replicas,
            "selector": {"matchLabels": settings.selector(CONTROLLER)},
            "template": _template(settings, CONTROLLER, spec),
        },
    }


def agent(settings: Settings) -> Manifest:
    """One pod on each gateway node, in the node's network: root, but with two capabilities only.

    Nodes that load balancers must not use are left out. Gateway nodes that are named by labels may have taints of any
    kind; else a taint keeps the pod away, as it does others.
    """
    absent = {"key": EXCLUDED, "operator": "DoesNotExist"}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [absent]}]}
    spec: Manifest = {
        **_pod(settings, AGENT, name="keepalived", health={"host": "127.0.0.1", "port": AGENT_PORT}),
        "priorityClassName": "system-node-critical",
        "hostNetwork": True,
        "dnsPolicy": "ClusterFirstWithHostNet",
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
        "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    container = spec["containers"][0]
    container["securityContext"]["capabilities"]["add"] = ["NET_ADMIN", "NET_RAW"]
    container["env"] = [_variable("NODE_NAME", "spec.nodeName"), _variable("NODE_ADDRESS", "status.hostIP")]
    container["volumeMounts"].append({"name": "run", "mountPath": RUN})
    spec["volumes"].append({"name": "run", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}})
    if settings.pool.nodes:
        spec["nodeSelector"] = dict(settings.pool.nodes)
        spec["tolerations"] = [{"operator": "Exists"}]
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": settings.metadata(AGENT),
        "spec": {
            "selector": {"matchLabels": settings.selector(AGENT)},
            # One node after the other; each hands its addresses over before it goes.
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "minReadySeconds": 3,
            "template": _template(settings, AGENT, spec),
        },
    }


def _pod(settings: Settings, component: str, *, name: str, health: Mapping[str, Any]) -> Manifest:
    """What both kinds of pods have."""
    container = {
        "name": component,
        "image": settings.controllers.image,
        "imagePullPolicy": settings.controllers.pull_policy,
        "args": [name, f"--config={CONFIG}/config.json"],
        "env": [_variable("POD_NAME", "metadata.name")],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "readinessProbe": {"httpGet": {"path": "/readyz", **health}, "periodSeconds": 1, "timeoutSeconds": 3},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", **health},
            "initialDelaySeconds": 10,
            "periodSeconds": 10,
            "timeoutSeconds": 10,
            "failureThreshold": 6,
        },
        "volumeMounts": [{"name": "config", "mountPath": CONFIG, "readOnly": True}],
    }
    pod: Manifest = {
        "serviceAccountName": component,
        "automountServiceAccountToken": True,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 15,
        "containers": [container],
        "volumes": [{"name": "config", "configMap": {"name": component}}],
    }
    if settings.controllers.pull_secrets:
        pod["imagePullSecrets"] = [{"name": secret} for secret in settings.controllers.pull_secrets]
    return pod


def _template(settings: Settings, component: str, spec: Manifest) -> Manifest:
    digest = sha256(_text(settings, component).encode()).hexdigest()[:16]
    return {
        "metadata": {"labels": settings.labels(component), "annotations": {HASH: digest}},
        "spec": spec,
    }


def _variable(name: str, path: str) -> Manifest:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _budget(settings: Settings) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": settings.metadata(CONTROLLER),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": settings.selector(CONTROLLER)}},
    }
