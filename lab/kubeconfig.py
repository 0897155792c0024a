"""kubeconfig files with everything inside, so that one file is all a client needs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from lab.layout import ClusterLayout


def kubeconfig(
    cluster: ClusterLayout, pki: Path, identity: str, *, server: str | None = None
) -> dict[str, Any]:
    """The kubeconfig of one client of `cluster`.

    Args:
        cluster: cluster, user and context are named after it.
        pki: the cluster's certificates, as `lab.pki.ensure` makes them.
        identity: file name of the client's certificate, such as "admin".
        server: URL of the API server; the control-plane node's if not given.
    """

    def data(file: str) -> str:
        return base64.b64encode((pki / file).read_bytes()).decode()

    user = f"{cluster.name}-{identity}"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster.name,
                "cluster": {"server": server or cluster.server, "certificate-authority-data": data("ca.crt")},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": data(f"{identity}.crt"),
                    "client-key-data": data(f"{identity}.key"),
                },
            }
        ],
        "contexts": [{"name": cluster.name, "context": {"cluster": cluster.name, "user": user}}],
        "current-context": cluster.name,
    }


def merge(configs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One kubeconfig with a context for each cluster; the first is current. Names must differ, as clusters' do."""
    every = list(configs)
    merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config"}
    for key in ("clusters", "users", "contexts"):
        merged[key] = [entry for config in every for entry in config[key]]
    return {**merged, "current-context": every[0]["current-context"] if every else ""}


def write(file: Path, config: dict[str, Any]) -> None:
    """Write for the owner's eyes only, whole or not at all."""
    draft = file.with_name(f"{file.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(yaml.safe_dump(config, sort_keys=False))
    draft.rename(file)
