"""karmadactl, which we are measured against: the command lines of its init, join, unjoin and deinit."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

from lab.images import catalog
from lab.shell import Arg, run
from lab.tools.toolbox import Toolbox

NAMESPACE = "karmada-bench"
STORAGE_CLASS = "local-path"  # the lab's, lab/manifests/storage.yaml.j2
ETCD_SIZE = "10Gi"  # as much as ours asks for
IMAGES = {
    "--etcd-image": "etcd",
    "--karmada-apiserver-image": "kube-apiserver",
    "--karmada-kube-controller-manager-image": "kube-controller-manager",
    "--karmada-aggregated-apiserver-image": "karmada-aggregated-apiserver",
    "--karmada-controller-manager-image": "karmada-controller-manager",
    "--karmada-scheduler-image": "karmada-scheduler",
    "--karmada-webhook-image": "karmada-webhook",
}
SECONDS = 600.0


def archive(crds: Path, file: Path) -> Path:
    """Karmada's CRDs as its releases have them: a folder `crds` in a .tar.gz."""
    with tarfile.open(file, "w:gz") as made:
        made.add(crds, "crds")
    return file


@dataclass(frozen=True)
class Karmadactl:
    """The program for one host cluster.

    Attributes:
        program: its path.
        kubeconfig: file with a context for the host and every member.
        host: context of the host cluster.
        data: directory that init keeps keys and kubeconfigs in.
    """

    program: Path
    kubeconfig: Path
    host: str
    data: Path

    def init(self, crds: Path) -> list[str]:
        """Init with etcd on a volume, as ours is, and with images that the lab has."""
        return [
            *self._on_host("init"),
            "--etcd-storage-mode=PVC",
            f"--storage-classes-name={STORAGE_CLASS}",
            f"--etcd-pvc-size={ETCD_SIZE}",
            f"--karmada-data={self.data}",
            f"--karmada-pki={self.data / 'pki'}",
            f"--crds={crds}",
            *(f"{flag}={catalog.reference(image)}" for flag, image in IMAGES.items()),
        ]

    def deinit(self) -> list[str]:
        """The control plane, and the namespace with its volumes."""
        return [*self._on_host("deinit"), "--force", "--purge-namespace"]

    def join(self, member: str, federation: Path) -> list[str]:
        """A member joins the federation whose API the file leads to."""
        return self._member("join", member, federation)

    def unjoin(self, member: str, federation: Path) -> list[str]:
        """It leaves again."""
        return self._member("unjoin", member, federation)

    def _on_host(self, verb: str) -> list[str]:
        where = [f"--kubeconfig={self.kubeconfig}", f"--context={self.host}", f"--namespace={NAMESPACE}"]
        return [str(self.program), verb, *where]

    def _member(self, verb: str, member: str, federation: Path) -> list[str]:
        there = [f"--cluster-kubeconfig={self.kubeconfig}", f"--cluster-context={member}"]
        return [str(self.program), verb, member, f"--kubeconfig={federation}", *there]


def removed(peer: Karmadactl, kubectl: Path) -> None:
    """Take a control plane away, whatever is left of it. deinit keeps the volumes, hence the namespace after it."""
    run(peer.deinit(), timeout=SECONDS, check=False)
    at: list[Arg] = [kubectl, f"--kubeconfig={peer.kubeconfig}", f"--context={peer.host}"]
    run([*at, "delete", "namespace", NAMESPACE, "--ignore-not-found"], timeout=SECONDS)


def karmadactl(kubeconfig: Path, host: str, data: Path) -> Karmadactl:
    """With the program of the lab's tools. Raises `NotFoundError` if that is not installed."""
    return Karmadactl(Toolbox().path("karmadactl"), kubeconfig, host, data)
