"""The kubeconfig that a dynamic resource uses: the file's if it is there, else the one kept in the stack's state.

The state holds what was good at the last `up`. Tokens and certificates are renewed meanwhile, and a `destroy` does not
run the program that would read the new ones.
"""

from __future__ import annotations

from typing import Any

from federation.errors import FederationError
from federation.kube import Kube
from federation.kubeconfig import endpoint, read

KEYS = ("kubeconfig", "kubeconfigPath", "kubeconfigContext")
"""Inputs whose change is an update: with none, the state would keep what a later `destroy` cannot use any more."""


def kubeconfig(props: dict[str, Any]) -> str:
    """The text to use.

    Args:
        props: with `kubeconfig`, and `kubeconfigPath` and `kubeconfigContext` if it comes from a file. The file
            counts only while it leads to the same API server: on another machine the path may mean another cluster.
    """
    stored = str(props["kubeconfig"])
    path = props.get("kubeconfigPath")
    if not path:
        return stored
    try:
        current = read(path, context=props.get("kubeconfigContext"))
        same = endpoint(current)[0] == endpoint(stored)[0]
    except FederationError:
        return stored
    return current if same else stored


def connect(props: dict[str, Any], name: str) -> Kube:
    """A client of the cluster that `props` lead to. Raises `KubeconfigError`."""
    return Kube.connect(kubeconfig(props), name)
