"""How long a virtual IP is silent when the gateway node that holds it loses its power."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.names_prober import ask
from bench.names_site import address, balanced, eventually, fault
from federation.kube import Kube, Object, Ref
from lab.errors import LabError
from lab.shell import run

NAME = "failover"
IMAGE = "docker.io/library/nginx:stable"
AGENTS = ("federation-vips", "app.kubernetes.io/name=keepalived")
"""Namespace and label of the pods that hold virtual IPs."""
PROBED_SECONDS = 3.0
"""Before and after the power cut."""


def holders(neighbours: Sequence[Mapping[str, Any]], target: str, nodes: Mapping[str, str]) -> list[str]:
    """The nodes (name → address) with the link-layer address that answers for the target (RFC 826).

    Args:
        neighbours: as `ip -json neigh` prints them.
        target: an address that one of the nodes holds.
        nodes: all that may.
    """
    found = {entry["dst"]: entry.get("lladdr") for entry in neighbours}
    return [name for name, own in nodes.items() if found.get(target) and found.get(own) == found[target]]


def server(node: str) -> Object:
    """A web server on this node."""
    labels = {"app": NAME}
    pod = {
        "nodeName": node,
        "containers": [{"name": "nginx", "image": IMAGE, "imagePullPolicy": "IfNotPresent"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def misplaced(pods: Sequence[Object], node: str) -> str | None:
    """None if there is one pod only, ready, and on this node."""
    found = [(pod["spec"].get("nodeName"), _ready(pod)) for pod in pods]
    return None if found == [(node, True)] else f"nodes of its pods, and whether they are ready: {found}"


def _ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def not_back(agents: Sequence[Object], node: str, cut: datetime) -> str | None:
    """None if the node's agent is ready, and all of it has started since the power cut.

    What objects say of a node that was off for seconds only does not change.
    """
    for pod in agents:
        states = [c.get("state", {}) for c in pod["status"].get("containerStatuses", ())]
        started = [(state.get("running") or {}).get("startedAt") for state in states]
        new = all(at and datetime.fromisoformat(at) >= cut for at in started)
        if pod["spec"].get("nodeName") == node and _ready(pod) and started and new:
            return None
    return f"{node} has no agent that is ready again"


class Failover:
    """A Service of one cluster.

    Args:
        cluster: with two gateway nodes.
        work: directory for what is written.
    """

    def __init__(self, cluster: Kube, work: Path) -> None:
        self._cluster, self._work = cluster, work
        self._target = ""

    @contextmanager
    def ready(self) -> Iterator[None]:
        """The Service is there in the block."""
        service = Ref("v1", "services", NAME, "default")
        self._cluster.create(balanced(NAME, {"app": NAME}))
        try:
            eventually("a virtual IP", lambda: None if address(self._cluster.get(service)) else "none yet")
            self._target = str(address(self._cluster.get(service)))
            yield
        finally:
            self._cluster.delete(Ref("apps/v1", "deployments", NAME, "default"))
            self._cluster.delete(service)

    def silence(self) -> float:
        """Seconds, at most, between two answers, one node killed; it is back when this returns.

        The web server is on the other node: what is measured is the address, not the pod. Raises `LabError`.
        """
        nodes = self._nodes()
        holder = self._holder(nodes)
        other = next(node for node in nodes if node != holder)
        self._cluster.apply(server(other), manager="bench")
        eventually("the web server", lambda: misplaced(self._pods("default", f"app={NAME}"), other))
        eventually("its page", lambda: None if ask(self._target) else "no answer")
        try:
            seen = self._probed(holder)
        finally:
            cut = datetime.now(UTC)
            fault("restore", holder)
        eventually(f"the agent of {holder}", lambda: not_back(self._pods(*AGENTS), holder, cut))
        if not seen["failed"]:
            raise LabError(f"node {holder}", f"it did not hold {self._target}", "run the benchmark again")
        return seen["silence"]

    def _nodes(self) -> dict[str, str]:
        """Gateway node → its address."""
        found = {}
        for node in self._cluster.list(Ref("v1", "nodes")):
            own = next(a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP")
            if "-worker-" in node["metadata"]["name"]:
                found[node["metadata"]["name"]] = own
        return found

    def _holder(self, nodes: Mapping[str, str]) -> str:
        found = list[str]()

        def probe() -> str | None:
            run(["ip", "neigh", "flush", "to", self._target])  # who held it last would serve it, too
            for host in (self._target, *nodes.values()):
                ask(host)  # whoever asks has to find out its link-layer address first
            said = json.loads(run(["ip", "-json", "neigh"]).stdout)
            found[:] = holders(said, self._target, nodes)
            return None if found else f"neighbours: {said}"

        eventually(f"a node that holds {self._target}", probe)
        return found[0]

    def _probed(self, holder: str) -> Mapping[str, float]:
        stop = self._work / "stop"
        stop.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "bench.names_prober", self._target, str(stop)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as asking:
            try:
                time.sleep(PROBED_SECONDS)
                fault("kill", holder)
                time.sleep(PROBED_SECONDS)
            finally:
                stop.touch()
            said, _ = asking.communicate()
        seen: dict[str, float] = json.loads(said)
        return seen

    def _pods(self, namespace: str, labels: str) -> list[Object]:
        return self._cluster.list(Ref("v1", "pods", namespace=namespace), labels=labels)
