"""A second identity on each member, which may see where Services lead and nothing else: for the names of services.

Its rights are in rbac.py. Its token is kept in the federation API, apart from Karmada's: a right to read that
namespace's Secrets is not one to become the federation. It must be a namespace that Karmada never propagates: the
default policies would give each member the tokens of all.
"""

from __future__ import annotations

import base64
import binascii

from federation.errors import KubeconfigError
from federation.karmada.member import READERS_NAMESPACE, MemberSpec
from federation.kube import Object
from federation.kubeconfig import Access


def plane_secret(spec: MemberSpec, reach: Access, token: str) -> Object:
    """How to reach the member as its reader. An empty bundle stands for the system's authorities."""
    data = {"server": reach.server.rstrip("/"), "caBundle": reach.ca or "", "token": token}
    if reach.proxy_url:
        data["proxyURL"] = reach.proxy_url
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": spec.name, "namespace": READERS_NAMESPACE, "labels": spec.object_labels},
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
    }


def access(secret: Object) -> Access:
    """The way to a member, out of a Secret as `plane_secret` makes it.

    Raises `KubeconfigError` if it is not one.
    """
    try:
        data = {key: base64.b64decode(text).decode() for key, text in secret["data"].items()}
        return Access(
            server=data["server"],
            ca=data["caBundle"] or None,
            proxy_url=data.get("proxyURL"),
            token=data["token"],
        )
    except (KeyError, ValueError, AttributeError, binascii.Error):
        name = secret["metadata"]["name"]
        raise KubeconfigError(
            f"member {name}",
            f"Secret {READERS_NAMESPACE}/{name} of the federation API does not tell how to read it",
            "run `pulumi up --refresh`, which writes it anew",
        ) from None
