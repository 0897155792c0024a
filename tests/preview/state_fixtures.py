"""States of a small federation, as `pulumi stack export` prints them."""

from __future__ import annotations

import json
from typing import Any

from federation.preview.events import SECRET_MARK, SIGNATURE

State = dict[str, Any]
CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEK"
"""A public one, as a Secret has it."""
STACK = "urn:pulumi:prod::federation"
ENCRYPTED = {SIGNATURE: SECRET_MARK, "ciphertext": "v1:q83vEjRWeJCrze8S:c2VjcmV0c2VjcmV0c2VjcmV0"}


def urn(kind: str, name: str) -> str:
    return f"{STACK}::{kind}::{name}"


ROOT = urn("pulumi:pulumi:Stack", "federation-prod")
PROVIDER = urn("pulumi:providers:kubernetes", "fc01")


def resource(kind: str, name: str, **more: Any) -> State:
    """One of a state, in the stack."""
    made = {"urn": urn(kind, name), "type": kind, "custom": True, "parent": ROOT, "inputs": {}, "outputs": {}}
    return {**made, **more}


def small() -> list[State]:
    """The stack, a provider, a Secret, a certificate, a join and the plane."""
    return [
        {"urn": ROOT, "type": "pulumi:pulumi:Stack", "custom": False, "outputs": {"kubeconfig": ENCRYPTED}},
        resource(
            "pulumi:providers:kubernetes",
            "fc01",
            id="1234",
            inputs={"kubeconfig": ENCRYPTED, "clusterIdentifier": "fc01"},
            outputs={"kubeconfig": ENCRYPTED, "clusterIdentifier": "fc01"},
        ),
        resource(
            "kubernetes:core/v1:Secret",
            "etcd",
            id="karmada-system/etcd",
            provider=f"{PROVIDER}::1234",
            inputs={"kind": "Secret", "data": {"ca.crt": CERTIFICATE, "a": "b3Blbg==", "tls.key": ENCRYPTED}},
            outputs={"kind": "Secret", "data": ENCRYPTED, "__inputs": ENCRYPTED},
        ),
        resource(
            "pulumi-python:dynamic/federation:Join",
            "fc01-join",
            id="uid-1",
            inputs={"member": "fc01", "kubeconfig": ENCRYPTED},
            outputs={"member": "fc01", "kubeconfig": ENCRYPTED, "endpoint": "https://10.0.0.1:6443"},
            dependencies=[urn("kubernetes:core/v1:Secret", "etcd")],
        ),
    ]


def exported(resources: list[State]) -> str:
    """As the engine prints it."""
    deployment = {
        "manifest": {"time": "2026-11-29T10:00:00Z", "magic": "abc", "version": "v3.259.0"},
        "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:c2FsdA==:v1:abcdefgh:ijklmnop"}},
        "resources": resources,
    }
    return json.dumps({"version": 3, "deployment": deployment})
