"""Who the DNS controller is in the federation API: a user that may look at members, Services and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.federation import FederationControlPlane
from components.kubernetes import KubernetesObject
from federation.karmada.member import READERS_NAMESPACE

USER = "federation:dns-controller"
_API = "rbac.authorization.k8s.io/v1"
_READ = ("get", "list", "watch")


@dataclass(frozen=True, kw_only=True)
class DnsIdentityArgs:
    """Inputs of `DnsIdentity`.

    Attributes:
        plane: the control plane; members have joined it before, as their readers' namespace must be there.
    """

    plane: FederationControlPlane


class DnsIdentity(pulumi.ComponentResource):
    """A user of the federation API, and its rights there.

    Attributes:
        kubeconfig: of that user; secret.
        rights: what must be there before it is used.
    """

    kubeconfig: pulumi.Output[str]
    rights: list[pulumi.Resource]

    def __init__(self, name: str, args: DnsIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:dns:Identity", name, {}, opts)
        child = pulumi.ResourceOptions(
            parent=self, provider=args.plane.provider, deleted_with=args.plane.namespace
        )
        self.kubeconfig = args.plane.user("dns-controller", USER)
        self.rights = [
            KubernetesObject(f"{name}-{manifest['kind']}".lower(), manifest, child) for manifest in rights()
        ]
        self.register_outputs({})


def rights() -> list[dict[str, Any]]:
    """Roles and their bindings. Secrets may be read where only the members' readers are."""
    everywhere = [
        _rule("cluster.karmada.io", "clusters"),
        _rule("work.karmada.io", "resourcebindings"),
        _rule("", "services"),
    ]
    return [
        *_granted("ClusterRole", {"name": USER}, everywhere),
        *_granted("Role", {"name": USER, "namespace": READERS_NAMESPACE}, [_rule("", "secrets")]),
    ]


def _rule(group: str, resource: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(_READ)}


def _granted(kind: str, metadata: dict[str, str], rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    group = "rbac.authorization.k8s.io"
    return [
        {"apiVersion": _API, "kind": kind, "metadata": metadata, "rules": rules},
        {
            "apiVersion": _API,
            "kind": f"{kind}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": kind, "name": USER},
            "subjects": [{"apiGroup": group, "kind": "User", "name": USER}],
        },
    ]
