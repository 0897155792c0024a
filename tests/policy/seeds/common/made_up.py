"""Credentials that the walk-throughs have and do not show. They are new in each run: none may stand in a file."""

from __future__ import annotations

import base64
import secrets

import yaml


def token() -> str:
    """Such as a password or a bearer token."""
    return secrets.token_urlsafe(32)


def pem(label: str) -> str:
    """A document with the form of a certificate or key, and with nothing in it that would open anything."""
    body = base64.encodebytes(secrets.token_bytes(600)).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


def certificate() -> str:
    """Such as that of an API server."""
    return pem("CERTIFICATE")


def private_key() -> str:
    """What belongs to a certificate."""
    return pem("RSA PRIVATE KEY")


def public_key() -> str:
    """A line of `authorized_keys`."""
    return f"ssh-rsa {encoded(secrets.token_hex(140))}"


def encoded(text: str) -> str:
    """As a kubeconfig and the data of a Secret have it."""
    return base64.b64encode(text.encode()).decode()


def kubeconfig(cluster: str, server: str, user: str) -> str:
    """The file of a user who shows a certificate."""
    credentials = {
        "client-certificate-data": encoded(certificate()),
        "client-key-data": encoded(private_key()),
    }
    config = {
        "apiVersion": "v1",
        "clusters": [
            {
                "cluster": {"certificate-authority-data": encoded(certificate()), "server": server},
                "name": cluster,
            }
        ],
        "contexts": [{"context": {"cluster": cluster, "user": user}, "name": cluster}],
        "current-context": cluster,
        "kind": "Config",
        "users": [{"name": user, "user": credentials}],
    }
    return yaml.safe_dump(config, sort_keys=False)
