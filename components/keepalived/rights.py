"""What the vip controller and the gateway nodes' agents may do. Pure."""

from __future__ import annotations

from components.keepalived.settings import AGENT, CONTROLLER, Manifest, Settings
from federation.vip.shared import CLUSTER_ROLE, NAME, NAMESPACE

_RBAC = "rbac.authorization.k8s.io/v1"


def rights(settings: Settings) -> list[Manifest]:
    """The least that works: neither `create` nor a list can be restricted to names (Kubernetes, "Using RBAC")."""
    read = ["get", "list", "watch"]
    whole = [
        _rule("", "services", read),
        _rule("", "services/status", ["patch"]),
        _rule("", "nodes", read),
        _rule("", "events", ["create"]),
    ]
    own = [
        _rule("", "configmaps", ["create"]),
        _rule("", "configmaps", ["get", "patch"], NAME),
        _rule("coordination.k8s.io", "leases", ["create"]),
        _rule("coordination.k8s.io", "leases", ["get", "patch"], CONTROLLER),
    ]
    metadata = {"name": CLUSTER_ROLE, "labels": settings.labels(CONTROLLER)}
    return [
        {"apiVersion": _RBAC, "kind": "ClusterRole", "metadata": metadata, "rules": whole},
        {
            "apiVersion": _RBAC,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            **_binds("ClusterRole", CLUSTER_ROLE, CONTROLLER),
        },
        *_namespaced(settings, CONTROLLER, own),
        *_namespaced(settings, AGENT, [_rule("", "configmaps", read)]),
    ]


def _rule(group: str, resource: str, verbs: list[str], *names: str) -> Manifest:
    rule: Manifest = {"apiGroups": [group], "resources": [resource], "verbs": verbs}
    return {**rule, "resourceNames": list(names)} if names else rule


def _namespaced(settings: Settings, component: str, rules: list[Manifest]) -> list[Manifest]:
    metadata = settings.metadata(component)
    return [
        {"apiVersion": _RBAC, "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": _RBAC,
            "kind": "RoleBinding",
            "metadata": metadata,
            **_binds("Role", component, component),
        },
    ]


def _binds(kind: str, role: str, account: str) -> Manifest:
    return {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
    }
