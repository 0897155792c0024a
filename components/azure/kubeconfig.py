"""The kubeconfig of an AKS cluster, as its users of Entra ID need it."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from federation.errors import KubeconfigError
from federation.kubeconfig.document import Section, dump, pick

LOGIN = "azurecli"
"""How kubelogin gets a token: by what `az login` has. In CI, AAD_LOGIN_METHOD in its environment wins."""
_DROPPED = ("--client-id",)  # of the device code flow; it is of no use to others


def kubeconfig_of(text: str, name: str) -> str:
    """One context, named after the cluster, whose tokens come from `kubelogin --login azurecli`.

    Args:
        text: what `listClusterUserCredential` answers with `format=exec`, decoded.
        name: of the cluster.

    Raises `KubeconfigError` if it holds credentials: the cluster has local accounts then.
    """
    picked = pick(text)
    user = picked.user.get("exec")
    if not isinstance(user, dict) or not isinstance(user.get("args"), list):
        cause = "it holds credentials of its own, and no program that asks Entra ID for them"
        raise KubeconfigError(f"kubeconfig of {name}", cause, "see whether its local accounts are disabled")
    config: Section = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": picked.cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [{"name": name, "user": {"exec": {**user, "args": _args(user["args"])}}}],
        "current-context": name,
    }
    return dump(config)


def _args(given: list[Any]) -> list[str]:
    """Those of `kubelogin get-token` with another way to log in; without what belongs to the old one."""
    words, kept = iter(map(str, given)), list[str]()
    for word in words:
        flag, equals, _ = word.partition("=")
        if flag in ("--login", "-l", *_DROPPED):
            if not equals:
                next(words, None)
        else:
            kept.append(word)
    return [*kept, "--login", LOGIN]


def decoded(kubeconfigs: list[Any]) -> str:
    """The first of the answer's files, which has base64 around it."""
    return b64decode(kubeconfigs[0].value).decode()
