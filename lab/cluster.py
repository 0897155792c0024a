"""Bringing one cluster up: machines, API server, cluster DNS, storage. Every step can be repeated."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from lab import kubeconfig, pki
from lab.api import Api, Unavailable, condition
from lab.deadline import Deadline
from lab.layout import ClusterLayout, Layout, Node
from lab.network import fabric, netns
from lab.node import cgroups
from lab.node import files as node_files
from lab.node.machine import Machine, overlay_works
from lab.shell import run
from lab.state import Record, State

BOOT_SECONDS = 180.0
"""An idle machine with two cores takes about 15; a busy one several times that."""

ADDONS = ("proxy", "dns", "storage")
SYSTEM_DEPLOYMENTS = (("kube-system", "coredns"), ("local-path-storage", "local-path-provisioner"))
Say = Callable[[str, str], None]
"""Tells the user about progress: the subject and what has been reached."""


@dataclass(frozen=True, kw_only=True)
class Booter:
    """What all clusters of a lab need to come up.

    Attributes:
        program: the path of a program by name, such as "kubelet".
        image: the full reference of one of the lab's images by its short name, such as "coredns".
        archives: the OCI archives with the images that every node gets.
    """

    state: State
    record: Record
    layout: Layout
    program: Callable[[str], Path]
    image: Callable[[str], str]
    archives: tuple[Path, ...]
    say: Say

    def boot(self, cluster: ClusterLayout) -> None:
        """Bring the cluster up and wait until it can be used. Raises `LabError`."""
        due = Deadline(BOOT_SECONDS)
        pki.ensure(self._pki(cluster), cluster)
        kubeconfig.write(
            self.state.kubeconfig(cluster), kubeconfig.kubeconfig(cluster, self._pki(cluster), "admin")
        )
        machines = [self._start(node) for node in cluster.nodes]
        with ThreadPoolExecutor(
            max_workers=1
        ) as pool:  # the image store is filled while the API server starts
            loaded = [pool.submit(self._load_images, machine, due) for machine in machines]
            api = self._serving_api(cluster, machines[0], due)
            self._apply_addons(cluster)
            for images in loaded:
                images.result()
        due.until(
            f"cluster {cluster.name}",
            lambda: _nodes_missing(api, cluster),
            fix=f"run `lab logs {cluster.control_plane.name} kubelet`",
        )
        self._mark_control_plane(cluster)
        self.say(cluster.name, "nodes Ready")
        due.until(
            f"cluster {cluster.name}",
            lambda: _addons_missing(api),
            fix=f"run `lab kubectl {cluster.name} get pods -A` to see which and why",
        )
        self.say(cluster.name, "cluster DNS and storage ready")

    def _serving_api(self, cluster: ClusterLayout, machine: Machine, due: Deadline) -> Api:
        """Wait for the API server. Raises `LabError`."""
        api = Api(self.layout.fabric, cluster, self._pki(cluster))
        due.until(
            f"cluster {cluster.name}",
            lambda: self._unready(api, machine),
            fix=f"run `lab logs {cluster.control_plane.name} kube-apiserver`",
        )
        self.say(cluster.name, "API server ready")
        return api

    def _pki(self, cluster: ClusterLayout) -> Path:
        return self.state.cluster_directory(cluster) / "pki"

    def _start(self, node: Node) -> Machine:
        machine = self.state.machine(self.record, node)
        if machine.init_pid() is None:
            self.power_on(machine)
        else:  # it may be paused or cut
            machine.pause(paused=False)
            fabric.connect(self.layout, self.layout.cluster(node.cluster), node)
        return machine

    def power_on(self, machine: Machine) -> None:
        """Switch one node on, with a fresh network and empty cgroups, as after a real power cut.

        What CNI left in the old network would misroute new pods, and over each dead pod's group the kubelet's
        cadvisor waits three seconds before any pod starts.
        """
        cluster = self.layout.cluster(machine.node.cluster)
        hierarchies = cgroups.current()
        machine.power_off()
        machine.wait_for_groups()
        cgroups.remove(machine.groups)
        fabric.disconnect(self.layout, machine.node)
        fabric.connect(self.layout, cluster, machine.node)
        cgroups.create(hierarchies, machine.groups)
        machine.write_files(
            node_files.etc(self.layout.lab, cluster, machine.node, self._pki(cluster), self._snapshotter()),
            node_files.machine(cluster, machine, hierarchies, self.program),
        )
        machine.power_on()

    def _snapshotter(self) -> str:
        return "overlayfs" if overlay_works(self.state.directory) else "native"

    def _unready(self, api: Api, machine: Machine) -> str | None:
        try:
            api.get("/readyz")
        except Unavailable as error:
            ending = [n for n, s in machine.services().items() if not s["running"] and s["starts"] > 1]
            return f"{error}; {', '.join(ending)} keep ending" if ending else str(error)
        return None

    def _apply_addons(self, cluster: ClusterLayout) -> None:
        values: dict[str, dict[str, Any]] = {
            "proxy": {},
            "dns": {"image": self.image("coredns"), "address": cluster.dns_service},
            "storage": {"image": self.image("local-path-provisioner"), "helper_image": self.image("busybox")},
        }
        manifests = "\n---\n".join(_render(name, values[name]) for name in ADDONS)
        self.kubectl(cluster, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests)

    def _mark_control_plane(self, cluster: ClusterLayout) -> None:
        """The role that `kubectl get nodes` shows; a kubelet may not give it to itself (NodeRestriction)."""
        role = "node-role.kubernetes.io/control-plane="
        self.kubectl(cluster, "label", "--overwrite", "node", cluster.control_plane.name, role)

    def kubectl(self, cluster: ClusterLayout, *words: str, stdin: str | None = None) -> str:
        """Run kubectl as administrator of the cluster. Raises `LabError`."""
        argv = [str(self.program("kubectl")), f"--kubeconfig={self.state.kubeconfig(cluster)}", *words]
        return run(netns.enter(self.layout.fabric, *argv), stdin=stdin, timeout=60).stdout

    def _load_images(self, machine: Machine, due: Deadline) -> None:
        due.until(
            f"node {machine.node.name}",
            lambda: _no_runtime(machine),
            fix=f"run `lab logs {machine.node.name} containerd`",
        )
        for archive in self.archives:
            load_archive(machine, archive)


def load_archive(machine: Machine, archive: Path) -> None:
    """Import an OCI archive into a node's containerd, once for each archive. Raises `LabError`."""
    marker = machine.var / "lib" / "lab-images" / archive.name
    if marker.exists():
        return
    with archive.open("rb") as stream:
        run(machine.command(["ctr", "images", "import", "-"]), stdin_file=stream, timeout=120)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _no_runtime(machine: Machine) -> str | None:
    done = run(machine.command(["ctr", "version"]), check=False, timeout=20)
    return None if done.returncode == 0 else f"containerd does not answer: {done.stderr.strip()[-200:]}"


def _nodes_missing(api: Api, cluster: ClusterLayout) -> str | None:
    try:
        ready = {n["metadata"]["name"] for n in api.items("/api/v1/nodes") if condition(n, "Ready") == "True"}
    except Unavailable as error:
        return str(error)
    missing = [n.name for n in cluster.nodes if n.name not in ready]
    return f"not Ready: {', '.join(missing)}" if missing else None


def _addons_missing(api: Api) -> str | None:
    try:
        missing = [
            name
            for namespace, name in SYSTEM_DEPLOYMENTS
            if condition(
                json.loads(api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")), "Available"
            )
            != "True"
        ]
    except Unavailable as error:
        return str(error)
    return f"not available: {', '.join(missing)}" if missing else None


def _render(name: str, values: dict[str, Any]) -> str:
    loader = jinja2.PackageLoader("lab", "manifests")
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - YAML, not HTML
    return environment.get_template(f"{name}.yaml.j2").render(values)
