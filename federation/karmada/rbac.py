"""The federation's identity on a member, with the rights to propagate what federations propagate, and no others.

`karmadactl join` grants everything (`*/*/*`). Karmada works with far less: it discovers what the member serves, asks
for its health, and gets, lists, watches, creates, updates and deletes what its Works hold (pkg/util/objectwatcher,
pkg/controllers/status). It never patches, and impersonates only where a `Cluster` names an impersonator.

Whoever may write Secrets and workloads everywhere can become any ServiceAccount of the cluster; this is what
federating them means. What the list does prevent is what no federation needs: changing roles, nodes, webhooks,
certificates or custom resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from federation.errors import TopologyError
from federation.karmada.member import MEMBER_ANNOTATION, ON_LEAVE_ANNOTATION, MemberSpec
from federation.kube import Object

SERVICE_ACCOUNT = "federation"
TOKEN_SECRET = "federation-token"  # noqa: S105 - the name of an object
READ = ("get", "list", "watch")
WRITE = (*READ, "create", "update", "delete")

Rule = Mapping[str, Any]


def _rule(group: str, resources: str, verbs: tuple[str, ...] = WRITE) -> Rule:
    return {"apiGroups": [group], "resources": resources.split(), "verbs": list(verbs)}


DEFAULT_GRANTS: tuple[Rule, ...] = (
    _rule("", "configmaps namespaces persistentvolumeclaims secrets serviceaccounts services"),
    _rule("apps", "daemonsets deployments replicasets statefulsets"),
    _rule("batch", "cronjobs jobs"),
    _rule("networking.k8s.io", "ingresses networkpolicies"),
    _rule("autoscaling", "horizontalpodautoscalers"),
    _rule("policy", "poddisruptionbudgets"),
    # The summary of free resources, which placements by capacity need (cluster_status_controller.go).
    _rule("", "nodes pods", READ),
    # Whether a Service has a backend that is ready: a DNS name leads to no other.
    _rule("discovery.k8s.io", "endpointslices", READ),
    # Granted to everybody by default (system:discovery); clusters that were hardened lack it.
    {"nonResourceURLs": ["/api", "/apis", "/healthz", "/readyz", "/version"], "verbs": ["get"]},
)
"""Rules of a ClusterRole (RBAC API, PolicyRule)."""


def rules(spec: MemberSpec) -> list[Rule]:
    """All rights of the federation on the member.

    Raises `TopologyError` if a grant holds the wildcard `*`.
    """
    for grant in spec.grants:
        if any("*" in grant.get(key, ()) for key in ("apiGroups", "resources", "verbs")):
            raise TopologyError(
                spec.subject,
                f"grant {dict(grant)} holds '*', which is every right of its kind",
                "list API groups, resources and verbs in `grants`",
            )
    return [*DEFAULT_GRANTS, *({"verbs": list(WRITE), **grant} for grant in spec.grants)]


def account(spec: MemberSpec) -> list[Object]:
    """Namespace, ServiceAccount and token, in the order in which they are made."""
    return [namespace(spec), service_account(spec), token(spec)]


def namespace(spec: MemberSpec) -> Object:
    """The namespace of the identity. It also records what a clean-up without the federation has to know."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": spec.namespace,
            "labels": spec.object_labels,
            "annotations": {MEMBER_ANNOTATION: spec.name, ON_LEAVE_ANNOTATION: spec.on_leave},
        },
    }


def service_account(spec: MemberSpec) -> Object:
    """The identity; no pod is meant to run as it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(spec, SERVICE_ACCOUNT),
        "automountServiceAccountToken": False,
    }


def token(spec: MemberSpec) -> Object:
    """A token that does not expire: Karmada 1.18 reads a member's token only once (membercluster_client.go)."""
    metadata = _metadata(spec, TOKEN_SECRET)
    metadata["annotations"] = {"kubernetes.io/service-account.name": SERVICE_ACCOUNT}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "kubernetes.io/service-account-token",
    }


def rights(spec: MemberSpec) -> list[Object]:
    """ClusterRole and ClusterRoleBinding. Raises `TopologyError` as `rules` does."""
    metadata = {"name": spec.role, "labels": spec.object_labels}
    api, group = "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"
    return [
        {"apiVersion": api, "kind": "ClusterRole", "metadata": metadata, "rules": rules(spec)},
        {
            "apiVersion": api,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": spec.role},
            "subjects": [{"kind": "ServiceAccount", "name": SERVICE_ACCOUNT, "namespace": spec.namespace}],
        },
    ]


def _metadata(spec: MemberSpec, name: str) -> Object:
    return {"name": name, "namespace": spec.namespace, "labels": spec.object_labels}
