"""What stands behind a managed cluster: a cluster of the lab, or in tests of everything else, paper."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, Protocol

from lab import kubeconfig, lifecycle, pki
from lab.api import Api, Unavailable
from lab.cluster import Say
from lab.layout import ClusterLayout, Layout
from lab.network import fabric
from lab.state import State

PAPER_VERSION = "1.36.3"


@dataclass(frozen=True, kw_only=True)
class Running:
    """A cluster that runs.

    Attributes:
        server: URL of its API server.
        admin: the administrator's kubeconfig.
        nodes: the names of its nodes → the addresses by which the fabric reaches them.
    """

    name: str
    server: str
    admin: dict[str, Any]
    nodes: Mapping[str, str]

    @property
    def authority(self) -> str:
        """Who vouches for its API server: PEM in base64."""
        return str(self.admin["clusters"][0]["cluster"]["certificate-authority-data"])


class Asks(Protocol):
    """Speaks with an API server as its administrator; see `lab.api.Api`."""

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> str:
        """The answer's body. Raises `lab.api.Unavailable`."""
        ...

    def items(self, path: str) -> list[dict[str, Any]]:
        """The objects of a list. Raises `lab.api.Unavailable`."""
        ...


class Machines(Protocol):
    """Clusters by name. Every method may be called from any thread."""

    def boot(self, cluster: Mapping[str, Any]) -> Running:
        """Bring a cluster up that a topology would describe so, or go on where an earlier try ended.

        Raises `LabError`.
        """
        ...

    def find(self, name: str) -> Running | None:
        """The cluster, if there is one, whole or not."""
        ...

    def names(self) -> list[str]:
        """All clusters, also such as are not ours."""
        ...

    def version(self, name: str) -> str:
        """The Kubernetes version that its API server has, such as `1.36.3`. Raises `lab.api.Unavailable`."""
        ...

    def keys(self, name: str) -> dict[str, Any]:
        """The JSON Web Key Set of its service accounts' tokens. Raises `OSError`."""
        ...

    def asks(self, name: str) -> Asks | None:
        """Its API server; None when nobody is there to be asked."""
        ...

    def lead(self, name: str, address: str, node: str) -> None:
        """Lead a public address to a node."""
        ...

    def unlead(self, address: str) -> None:
        """The address leads nowhere again."""
        ...

    def remove(self, name: str) -> None:
        """Remove the cluster and everything it made. Raises `LabError`."""
        ...


class Paper:
    """Clusters that nobody boots: for tests of what is not about running clusters."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def boot(self, cluster: Mapping[str, Any]) -> Running:
        """It is up at once."""
        self._names.add(cluster["name"])
        return self._running(cluster["name"])

    @staticmethod
    def _running(name: str) -> Running:
        server = "https://192.0.2.1:6443"  # TEST-NET-1: nobody's
        admin = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": ""}}],
            "users": [{"name": f"{name}-admin", "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-admin"}}],
            "current-context": name,
        }
        return Running(name=name, server=server, admin=admin, nodes={})

    def find(self, name: str) -> Running | None:
        """Those that were booted."""
        return self._running(name) if name in self._names else None

    def names(self) -> list[str]:
        """Those that were booted."""
        return sorted(self._names)

    def version(self, name: str) -> str:  # noqa: ARG002 - see the protocol
        """The same as that of the lab's own."""
        return PAPER_VERSION

    def keys(self, name: str) -> dict[str, Any]:  # noqa: ARG002 - see the protocol
        """None."""
        return {"keys": []}

    def asks(self, name: str) -> Asks | None:  # noqa: ARG002 - see the protocol
        """Nobody."""
        return None

    def lead(self, name: str, address: str, node: str) -> None:
        """There are no packets."""

    def unlead(self, address: str) -> None:
        """There are no packets."""

    def remove(self, name: str) -> None:
        """It is gone at once."""
        self._names.discard(name)


class LabMachines:
    """Clusters of a lab that is up.

    Args:
        state: of the lab.
        supplies: what clusters are made of.
        say: is told of progress.
    """

    def __init__(self, state: State, supplies: Callable[[], lifecycle.Supplies], say: Say) -> None:
        self._state, self._say = state, say
        self._supplies = functools.cache(supplies)
        self._lock = threading.Lock()
        # More boots at once than there are processors would only make each of them slower.
        self._free = threading.Semaphore(os.cpu_count() or 1)

    def boot(self, cluster: Mapping[str, Any]) -> Running:
        """Takes about ten seconds; two at once take little more. Raises `LabError`."""
        with self._lock:
            made = self._supplies()
        with self._free:
            found = lifecycle.add(self._state, cluster, lambda: made, self._say)
        return self._running(found)

    def _running(self, cluster: ClusterLayout) -> Running:
        directory = self._state.cluster_directory(cluster) / "pki"
        return Running(
            name=cluster.name,
            server=cluster.server,
            admin=kubeconfig.kubeconfig(cluster, directory, "admin"),
            nodes={node.name: str(node.address) for node in cluster.nodes},
        )

    def _found(self, name: str) -> tuple[Layout, ClusterLayout] | None:
        record = self._state.record()
        if record is None or record.topology.cluster(name) is None:
            return None
        layout = self._state.layout(record)
        return layout, layout.cluster(name)

    def find(self, name: str) -> Running | None:
        """The cluster as the lab's record has it, once it has its certificates."""
        found = self._found(name)
        try:
            return self._running(found[1]) if found else None
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """All of the lab."""
        record = self._state.record()
        return [cluster.name for cluster in record.topology.clusters] if record else []

    def version(self, name: str) -> str:
        """Asks the API server."""
        if (api := self._api(name)) is None:
            raise Unavailable(f"there is no cluster {name}")
        return api.version().removeprefix("v")

    def keys(self, name: str) -> dict[str, Any]:
        """From the cluster's public key."""
        if (found := self._found(name)) is None:
            raise FileNotFoundError(f"there is no cluster {name}")
        return dict(pki.key_set(self._state.cluster_directory(found[1]) / "pki"))

    def asks(self, name: str) -> Asks | None:
        """Its API server, by the fabric."""
        return self._api(name)

    def _api(self, name: str) -> Api | None:
        if (found := self._found(name)) is None:
            return None
        layout, cluster = found
        try:
            return Api(layout.fabric, cluster, self._state.cluster_directory(cluster) / "pki")
        except FileNotFoundError:
            return None

    def lead(self, name: str, address: str, node: str) -> None:
        """A route of the fabric."""
        if (found := self._found(name)) is not None:
            layout, cluster = found
            target = next(n for n in cluster.nodes if n.name == node)
            fabric.lead(layout, IPv4Address(address), target)

    def unlead(self, address: str) -> None:
        """No route any more."""
        if (record := self._state.record()) is not None:
            fabric.unlead(self._state.layout(record), IPv4Address(address))

    def remove(self, name: str) -> None:
        """Power off, disconnect, forget. Raises `LabError`."""
        lifecycle.remove(self._state, name, self._say)
