"""What `kubefed join` makes in a member, in the host cluster and in the federation.

The walk-throughs show only that it worked; source: kubernetes/federation, `pkg/kubefed/join.go`.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_kubernetes as k8s
from kubefed import (  # type: ignore[import-not-found]  # beside it once it runs
    ANNOTATION,
    NAMESPACE,
    Federation,
    system_namespace,
)
from made_up import certificate, token  # type: ignore[import-not-found]

GROUP = "rbac.authorization.k8s.io"
CLUSTER_NAME = "federation.alpha.kubernetes.io/cluster-name"


def join(federation: Federation, cluster: str, member: k8s.Provider, server: str) -> None:
    """Make `cluster` a member.

    Args:
        federation: as `kubefed init` has made it.
        cluster: its name, which is that of its context, too.
        member: its context.
        server: URL of its API server.
    """
    opts = pulumi.ResourceOptions(provider=member)
    account = f"{cluster}-{federation.host}"
    if cluster != federation.host:  # there it is already
        system_namespace(federation, cluster, member, **{CLUSTER_NAME: cluster})
    role = _all_rights(federation, account, opts)
    secret = _token(federation, cluster)
    _cluster(federation, cluster, server, secret, account, role)
    _kube_dns(federation, cluster, opts)


def _all_rights(federation: Federation, account: str, opts: pulumi.ResourceOptions) -> str:
    """A service account that may do everything in the member."""
    k8s.core.v1.ServiceAccount(
        account,
        metadata={
            "name": account,
            "namespace": NAMESPACE,
            "annotations": {ANNOTATION: federation.name},
        },
        opts=opts,
    )
    name = f"federation-controller-manager:{federation.name}-{account}"
    k8s.rbac.v1beta1.ClusterRole(
        name,
        metadata={"name": name, "annotations": {ANNOTATION: federation.name}},
        rules=[
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
            {"nonResourceURLs": ["/healthz"], "verbs": ["get"]},
        ],
        opts=opts,
    )
    k8s.rbac.v1beta1.ClusterRoleBinding(
        name,
        metadata={"name": name, "annotations": {ANNOTATION: federation.name}},
        role_ref={"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
        subjects=[{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}],
        opts=opts,
    )
    return name


def _token(federation: Federation, cluster: str) -> str:
    """A copy of the account's token in the host cluster; it never expires."""
    name = f"{cluster}-{federation.name[:5]}"  # kubefed adds five random characters
    k8s.core.v1.Secret(
        f"{cluster}-token",
        metadata={
            "name": name,
            "namespace": NAMESPACE,
            "annotations": {ANNOTATION: federation.name, CLUSTER_NAME: cluster},
        },
        string_data={"token": token(), "ca.crt": certificate()},
        opts=pulumi.ResourceOptions(provider=federation.on_host),
    )
    return name


def _cluster(federation: Federation, cluster: str, server: str, secret: str, account: str, role: str) -> None:
    # `kubectl get clusters`: `NAME STATUS AGE ... Ready`
    k8s.apiextensions.CustomResource(
        cluster,
        api_version="federation/v1beta1",
        kind="Cluster",
        metadata={
            "name": cluster,
            "annotations": {
                "federation.kubernetes.io/servive-account-name": account,  # upstream spells it so
                "federation.kubernetes.io/cluster-role-name": role,
            },
        },
        spec={
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": server}],
            "secretRef": {"name": secret},
        },
        opts=pulumi.ResourceOptions(provider=federation.plane),
    )


def _kube_dns(federation: Federation, cluster: str, opts: pulumi.ResourceOptions) -> None:
    """The member's own DNS learns the federation's zone, and where it is if there is a server of our own."""
    stubs = json.dumps({federation.domain: [federation.nameserver]})
    k8s.core.v1.ConfigMap(
        f"{cluster}-kube-dns",
        metadata={"name": "kube-dns", "namespace": "kube-system"},
        data={
            "federations": f"{federation.name}={federation.domain}",
            **({"stubDomains": stubs} if federation.nameserver else {}),
        },
        opts=opts,
    )
