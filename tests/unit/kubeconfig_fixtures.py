"""kubeconfigs for tests: as data that each test changes, and as text."""

from __future__ import annotations

import base64
from typing import Any

import yaml


def pem(kind: str, content: str = "AAAA") -> str:
    """The form of a PEM file; nothing that any TLS library takes."""
    return f"-----BEGIN {kind}-----\n{content}\n-----END {kind}-----\n"


CA = pem("CERTIFICATE", "Q0E=")
CERTIFICATE = pem("CERTIFICATE")
KEY = pem("EC PRIVATE KEY")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def config(
    name: str = "mycluster.icp", *, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None
) -> dict[str, Any]:
    """One context, called as ICP calls it on every cluster (seed 002)."""
    here = cluster if cluster is not None else {"certificate-authority-data": b64(CA)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [{"name": name, "cluster": {"server": "https://10.11.12.1:8001", **here}}],
        "contexts": [
            {
                "name": f"{name}-context",
                "context": {"cluster": name, "user": f"{name}-user", "namespace": "default"},
            }
        ],
        "users": [{"name": f"{name}-user", "user": user if user is not None else {"token": "t-1"}}],
        "current-context": f"{name}-context",
    }


def text(*args: Any, **kwargs: Any) -> str:
    return yaml.safe_dump(config(*args, **kwargs))
