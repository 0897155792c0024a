"""What a preview without access goes on: placeholders for what is secret, and what a snapshot of the state tells.

`fedctl preview --offline` sets one environment variable, which `known` reads; nothing else decides whether a program
asks clusters, Azure and its configuration, or takes what is here. Every placeholder can be told from a real value, so
that a difference that comes from one is never taken for a change (`federation.preview.offline`).
"""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from federation.errors import FederationError

VARIABLE = "FEDERATION_OFFLINE"
"""Names a file with `Facts` as JSON."""
REDACTED = "REDACTED/SECRET/"
"""Stands for every secret. It is base64, as whoever compares two Secrets of Kubernetes decodes them."""
OPAQUE = "redacted"
"""Key of the one entry of a Secret of Kubernetes whose keys the state does not show."""
NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands for an id of Azure: of a tenant, a subscription, or of whoever is logged in."""
ELSEWHERE = "offline.invalid"
"""Stands for the address of an API server (RFC 6761: no such name ever exists)."""
CERTIFICATE = f"-----BEGIN CERTIFICATE-----\n\n\n{REDACTED}\n-----END CERTIFICATE-----\n"
"""Stands for a certificate in a file, which is no secret; with as many empty lines as base64 needs to show it."""
PLACEHOLDERS = (REDACTED, NOBODY, ELSEWHERE, b64encode(REDACTED.encode())[:20].decode())
"""In base64 too, as kubeconfigs and Secrets have it: what follows decides about the last of its digits."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the program asks for elsewhere, as the state has it. None of it is secret.

    Attributes:
        servers: cluster to URL of its API server.
        tenant: of Entra ID; `NOBODY` if nothing in the state tells.
        subscription: of Azure, likewise.
        nameservers: zone in Azure that is somebody else's, to who answers for it.
        inputs: URN of a resource to its inputs, with placeholders.
    """

    servers: Mapping[str, str] = field(default_factory=dict)
    tenant: str = NOBODY
    subscription: str = NOBODY
    nameservers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def kubeconfig(self, cluster: str) -> str:
        """One that leads to the cluster, with nothing in it that lets anybody in."""
        return kubeconfig(cluster, self.servers.get(cluster, f"https://{ELSEWHERE}"))

    def write(self, file: Path) -> None:
        """For the programs that `VARIABLE` tells of it."""
        file.write_text(json.dumps(asdict(self)))


def known() -> Facts | None:
    """The facts of a preview without access; None: there is access. Raises `FederationError`."""
    place = os.environ.get(VARIABLE)
    return _read(place) if place else None


@cache
def _read(place: str) -> Facts:
    try:
        found = json.loads(Path(place).read_text())
        servers = {key: tuple(value) for key, value in found.pop("nameservers").items()}
        return Facts(**found, nameservers=servers)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fix = "unset it, or run `fedctl preview --offline`, which sets it"
        raise FederationError(f"{VARIABLE}={place}", f"it cannot be read ({error})", fix) from None


def kubeconfig(name: str, server: str) -> str:
    """A kubeconfig with one context and no credentials, as JSON, which is YAML."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": server}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "users": [{"name": name, "user": {}}],
            "current-context": name,
        }
    )


NOWHERE_KUBECONFIG = kubeconfig("nowhere", "https://127.0.0.1:1")
"""Of every Kubernetes provider: it is refused at once, and compares what the state has."""


def digest(text: str) -> str:
    """SHA-256 in hexadecimal digits, so that whoever uses a text notices another one; no secret.

    That of a text with a placeholder in it is a placeholder: it would be another one than that of the real text.
    """
    return REDACTED if placeholder(text) else sha256(text.encode()).hexdigest()


def short_digest(text: str) -> str:
    """The first 16 of its digits; likewise."""
    return digest(text)[:16]


def placeholder(value: Any) -> bool:
    """Whether a value is a placeholder, or has one anywhere inside."""
    if isinstance(value, Mapping):
        return any(placeholder(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return any(placeholder(inner) for inner in value)
    return isinstance(value, str) and any(each in value for each in PLACEHOLDERS)
