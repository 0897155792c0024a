"""The federation's identity on a member, with the rights to propagate what federations propagate, and no others.

`karmadactl join` grants everything (`*/*/*`). Karmada works with far less: it discovers what the member serves, asks
for its health, and gets, lists, watches, creates, updates and deletes what its Works hold (pkg/util/objectwatcher,
pkg/controllers/status). It never patches, and impersonates only where a `Cluster` names an impersonator.

Whoever may write Secrets and workloads everywhere can become any ServiceAccount of the cluster; this is what
federating them means. What the list does prevent is what no federation needs: changing roles, nodes, webhooks,
certificates or custom resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.errors import TopologyError
from federation.karmada.member import MEMBER_ANNOTATION, ON_LEAVE_ANNOTATION, MemberSpec
from federation.kube import Object, Ref

SERVICE_ACCOUNT = "federation"
TOKEN_SECRET = "federation-token"  # noqa: S105 - the name of an object
READER = "dns-reader"
READER_SECRET = "dns-reader-token"  # noqa: S105 - the name of an object
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

READER_RULES: tuple[Rule, ...] = (
    _rule("", "services", READ),
    _rule("discovery.k8s.io", "endpointslices", READ),
    {"nonResourceURLs": ["/readyz"], "verbs": ["get"]},
)
"""What decides about DNS names looks at members all the time: with these rights only, not with the federation's."""


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


@dataclass(frozen=True)
class Account:
    """An identity on the member.

    Attributes:
        service_account: its manifest.
        token: manifest of a Secret, which the cluster fills.
        readable: an object that it may read as soon as its rights have become known.
    """

    service_account: Object
    token: Object
    readable: Ref


def federation(spec: MemberSpec) -> Account:
    """With which the federation propagates."""
    return _account(spec, SERVICE_ACCOUNT, TOKEN_SECRET, Ref("v1", "namespaces", "kube-system"))


def reader(spec: MemberSpec) -> Account:
    """Which may see where Services lead and change nothing."""
    return _account(spec, READER, READER_SECRET, Ref("v1", "services", "kubernetes", "default"))


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


def rights(spec: MemberSpec) -> list[Object]:
    """ClusterRole and ClusterRoleBinding of the federation. Raises `TopologyError` as `rules` does."""
    return _grant(spec, spec.role, SERVICE_ACCOUNT, rules(spec))


def reader_rights(spec: MemberSpec) -> list[Object]:
    """ClusterRole and ClusterRoleBinding of the reader."""
    return _grant(spec, spec.reader_role, READER, READER_RULES)


def _account(spec: MemberSpec, name: str, secret: str, readable: Ref) -> Account:
    """No pod is meant to run as it. Its token does not expire: Karmada reads it only once (membercluster_client.go)."""
    account: Object = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _metadata(spec, name),
        "automountServiceAccountToken": False,
    }
    token: Object = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            **_metadata(spec, secret),
            "annotations": {"kubernetes.io/service-account.name": name},
        },
        "type": "kubernetes.io/service-account-token",
    }
    return Account(account, token, readable)


def _grant(spec: MemberSpec, name: str, account: str, granted: Sequence[Rule]) -> list[Object]:
    metadata = {"name": name, "labels": spec.object_labels}
    api, group = "rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io"
    return [
        {"apiVersion": api, "kind": "ClusterRole", "metadata": metadata, "rules": list(granted)},
        {
            "apiVersion": api,
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": spec.namespace}],
        },
    ]


def _metadata(spec: MemberSpec, name: str) -> Object:
    return {"name": name, "namespace": spec.namespace, "labels": spec.object_labels}
