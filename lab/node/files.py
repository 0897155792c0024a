"""The files that make a machine the node of a cluster: its /etc, and what its init shall do."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lab import kubeconfig
from lab.errors import LabError
from lab.layout import ClusterLayout, Node
from lab.node import config as node_config
from lab.node.cgroups import Hierarchy
from lab.node.machine import Machine

CNI_PLUGIN_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))
_RESOLV_CONF = "# The lab has no way out: a node knows its cluster's addresses from /etc/hosts.\n"


def etc(lab: str, cluster: ClusterLayout, node: Node, pki: Path, snapshotter: str) -> dict[str, str]:
    """Path below /etc → text. A node gets the keys of its own components and no others.

    Args:
        pki: the cluster's certificates, as `lab.pki.ensure` makes them.
        snapshotter: containerd's, "overlayfs" or "native".
    """
    hosts = ["127.0.0.1 localhost", *(f"{n.address} {n.name}" for n in cluster.nodes)]
    return {
        "hostname": f"{node.name}\n",
        "hosts": "\n".join(hosts) + "\n",
        "machine-id": f"{machine_id(lab, node.name)}\n",
        "resolv.conf": _RESOLV_CONF,
        "containerd/config.toml": node_config.containerd_configuration(
            cni_plugins=cni_plugins(), snapshotter=snapshotter
        ),
        "cni/net.d/10-lab.conflist": json.dumps(node_config.cni_configuration(node)),
        "kubernetes/kubelet.yaml": json.dumps(node_config.kubelet_configuration(cluster, node)),
        "kubernetes/kube-proxy.yaml": json.dumps(node_config.kube_proxy_configuration(cluster, node)),
        **_authentication(cluster, node),
        **_keys(node, pki),
        **_kubeconfigs(cluster, node, pki),
    }


def _authentication(cluster: ClusterLayout, node: Node) -> dict[str, str]:
    if cluster.oidc is None or not node.control_plane:
        return {}
    try:
        found = node_config.authentication_configuration(cluster.oidc)
    except OSError as error:
        raise LabError(
            f"cluster {cluster.name}",
            f"the CA file of its token issuer can't be read ({error})",
            "give the path of a PEM file as oidc.ca",
        ) from None
    return {"kubernetes/authentication.yaml": json.dumps(found)}


def _keys(node: Node, pki: Path) -> dict[str, str]:
    files = {
        "ca.crt": "ca.crt",
        "kubelet.crt": f"kubelet-{node.name}.crt",
        "kubelet.key": f"kubelet-{node.name}.key",
    }
    if node.control_plane:
        files |= {name: name for name in node_config.CONTROL_PLANE_FILES}
    return {f"kubernetes/pki/{name}": (pki / source).read_text() for name, source in files.items()}


def _kubeconfigs(cluster: ClusterLayout, node: Node, pki: Path) -> dict[str, str]:
    identities = {"proxy": "proxy", "kubelet": f"kubelet-{node.name}"}
    if node.control_plane:
        identities |= {name: name for name in node_config.CONTROL_PLANE_IDENTITIES}
    return {
        f"kubernetes/{file}.kubeconfig": json.dumps(kubeconfig.kubeconfig(cluster, pki, identity))
        for file, identity in identities.items()
    }


def machine(
    cluster: ClusterLayout, machine: Machine, hierarchies: Sequence[Hierarchy], program: Callable[[str], Path]
) -> dict[str, Any]:
    """machine.json of `lab/node/init.py`."""
    services = node_config.services(cluster, machine.node, lambda name: _program(name, program))
    return {
        "name": machine.node.name,
        "directory": str(machine.directory),
        "visible": sorted(_outside_usr(services)),
        "cgroups": [{"version": h.version, "controllers": h.controllers} for h in hierarchies],
        "environment": {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"},
        "services": services,
    }


def _program(name: str, program: Callable[[str], Path]) -> Path:
    """containerd is the system's; everything else is a tool of the lab."""
    if name != "containerd":
        return program(name)
    if (found := shutil.which(name)) is None:
        raise LabError(f"program {name}", "it is not installed", "run `lab setup`")
    return Path(found)


def _outside_usr(services: list[node_config.Service]) -> set[str]:
    """Directories that a node must see beside /usr: those of its programs, with what their links point to."""
    programs = [Path(s["argv"][0]) for s in services]
    places = {str(p.parent) for path in programs for p in (path, path.resolve())}
    return {p for p in places if not p.startswith("/usr/")}


def machine_id(lab: str, node: str) -> str:
    """32 hexadecimal digits (machine-id(5)), the same at every boot."""
    return hashlib.sha256(f"{lab}/{node}".encode()).hexdigest()[:32]


def cni_plugins() -> Path:
    """Where the CNI plugins are installed. Raises `LabError`."""
    for directory in CNI_PLUGIN_DIRECTORIES:
        if os.access(directory / "bridge", os.X_OK):
            return directory
    raise LabError("CNI plugins", "none are installed", "install the package containernetworking-plugins")
