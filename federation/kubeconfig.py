"""kubeconfig files: how to reach one cluster, and many of them in one file."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import yaml

from federation.errors import KubeconfigError


@dataclass(frozen=True)
class Access:
    """How to reach one API server as one user; certificates and keys are PEM text."""

    server: str
    ca: str | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    certificate: str | None = None
    key: str | None = None
    token: str | None = None


def access(kubeconfig: str, context: str | None = None) -> Access:
    """What the context (the current one by default) says.

    An `exec` plug-in is run, as kubectl does (client authentication API); files are read.

    Raises `KubeconfigError` if it cannot be used: no such context, no server, `insecure-skip-tls-verify`.
    """
    config: dict[str, Any] = yaml.safe_load(kubeconfig)
    wanted = context or config["current-context"]
    names = {e["name"]: e["context"] for e in config["contexts"]}
    if wanted not in names:
        raise KubeconfigError(
            "kubeconfig", f"no context {wanted!r}", "name one of " + ", ".join(sorted(names))
        )
    cluster = next(e["cluster"] for e in config["clusters"] if e["name"] == names[wanted]["cluster"])
    user = next(e["user"] for e in config["users"] if e["name"] == names[wanted]["user"])

    def text(entry: dict[str, Any], key: str) -> str | None:
        return base64.b64decode(entry[key]).decode() if key in entry else None

    return Access(
        server=cluster["server"],
        ca=text(cluster, "certificate-authority-data"),
        certificate=text(user, "client-certificate-data"),
        key=text(user, "client-key-data"),
        token=user.get("token"),
    )
