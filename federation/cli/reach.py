"""What commands that ask a federation have in common: options, and the way from a kubeconfig to an API server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from federation.cli.topology import document
from federation.errors import FederationError, KubeconfigError
from federation.kube import Kube
from federation.topology import Topology, load

FEDERATION_KUBECONFIG = typer.Option(help="of the federation: pulumi stack output kubeconfig --show-secrets")
TOPOLOGY = typer.Option(
    help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON); with it, names are shown"
)
STORE = typer.Option(help="JSON: how to reach the store of the records, to compare with")
NAMESERVERS = typer.Option(help="ADDRESS:PORT to ask for each name; may be repeated")


def connect(path: Path, name: str = "federation API", *, context: str | None = None) -> Kube:
    """A client for the API server of a kubeconfig. Raises `KubeconfigError`."""
    return Kube.connect(kubeconfig_text(path), name, context=context)


def kubeconfig_text(path: Path) -> str:
    """What a file holds. Raises `KubeconfigError` if it cannot be read."""
    try:
        return path.expanduser().read_text()
    except OSError as error:
        raise KubeconfigError(str(path), str(error.strerror), "name a file that can be read") from None


def topology_of_names(
    command: str, topology: Path | None, store: Path | None, nameservers: Sequence[str] | None
) -> Topology | None:
    """What names are shown of; None: none are. Raises `FederationError`, also where names are asked for without it."""
    if (store or nameservers) and not topology:
        raise FederationError(command, "names need --topology", "name the stack's file")
    return load(document(topology)) if topology else None
