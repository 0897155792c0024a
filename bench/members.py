"""Clusters without nodes, for measuring many joins: an API server with its etcd and its controllers, as plain programs.

They run in the network of whoever starts them, at ports of one address, and end with `Members.stop`.
"""

from __future__ import annotations

import base64
import os
import shutil
import ssl
import subprocess
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import pki
from lab.deadline import Deadline
from lab.errors import LabError
from lab.layout import API_PORT

READY_SECONDS = 120.0
STOP_SECONDS = 10.0
FIRST_PORT = 21000
# A join needs a token, a leave the end of a namespace.
CONTROLLERS = ("serviceaccount-token-controller", "namespace-controller")
Program = Callable[[str], Path]


@dataclass(frozen=True)
class ApiMember:
    """One of them.

    Attributes:
        name: of the member, and of the context of its kubeconfig.
        number: from 0; gives it ports of its own.
        address: that its API server listens at.
        directory: for certificates, data and logs.
    """

    name: str
    number: int
    address: str
    directory: Path

    @property
    def port(self) -> int:
        """Of the API server; the next two are etcd's."""
        return FIRST_PORT + 10 * self.number

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{self.address}:{self.port}"

    @property
    def kubeconfig_file(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "admin.kubeconfig"

    def log(self, program: str) -> Path:
        """What one of its programs says."""
        return self.directory / f"{program}.log"

    def commands(self, program: Program) -> list[list[str]]:
        """What runs, in the order of its start."""
        return [self._etcd(program), self._api_server(program), self._controllers(program)]

    def _etcd(self, program: Program) -> list[str]:
        client, peer = (f"http://127.0.0.1:{self.port + i}" for i in (1, 2))
        return [
            str(program("etcd")),
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",  # as the lab's: the disk is not what is measured
        ]

    def _api_server(self, program: Program) -> list[str]:
        return [
            str(program("kube-apiserver")),
            f"--bind-address={self.address}",
            f"--advertise-address={self.address}",
            f"--secure-port={self.port}",
            "--authorization-mode=RBAC",
            f"--etcd-servers=http://127.0.0.1:{self.port + 1}",
            f"--client-ca-file={self.directory}/ca.crt",
            f"--tls-cert-file={self.directory}/server.crt",
            f"--tls-private-key-file={self.directory}/server.key",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={self.directory}/server.crt",
            f"--service-account-signing-key-file={self.directory}/server.key",
            "--service-cluster-ip-range=10.96.0.0/24",
        ]

    def _controllers(self, program: Program) -> list[str]:
        return [
            str(program("kube-controller-manager")),
            f"--kubeconfig={self.kubeconfig_file}",
            f"--controllers={','.join(CONTROLLERS)}",
            f"--service-account-private-key-file={self.directory}/server.key",
            f"--root-ca-file={self.directory}/ca.crt",
            "--leader-elect=false",
            "--secure-port=0",  # nobody asks it
        ]


def kubeconfig(name: str, server: str, signer: pki.Pair, admin: pki.Pair) -> dict[str, Any]:
    """Of a member's administrator; cluster, user and context are called as the member is."""

    def text(data: bytes) -> str:
        return base64.b64encode(data).decode()

    cluster = {"server": server, "certificate-authority-data": text(signer.certificate_pem)}
    user = {"client-certificate-data": text(admin.certificate_pem), "client-key-data": text(admin.key_pem)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def administrator(signer: pki.Pair) -> pki.Pair:
    """Who may do everything."""
    leaf = pki.Leaf(file="admin", authority="ca", common_name="admin", organization="system:masters")
    return pki.issue(leaf, signer)


def generated(names: Iterable[str], directory: Path) -> list[Path]:
    """Kubeconfig files of clusters that do not exist, at addresses that nobody has (RFC 5737).

    As large as real ones; all hold the same keys, which nothing trusts.
    """
    signer = pki.authority("kubernetes")
    admin = administrator(signer)
    files = []
    for number, name in enumerate(names, start=1):
        config = kubeconfig(name, f"https://192.0.2.{number % 254 + 1}:{API_PORT}", signer, admin)
        file = directory / f"{name}.kubeconfig"
        file.write_text(yaml.safe_dump(config))
        files.append(file)
    return files


class Members:
    """Started all at the same time.

    Args:
        names: of the members.
        address: of this network namespace, which the federation's control plane can reach.
        directory: for all of them; removed at the end.
        program: finds etcd and the programs of Kubernetes.
    """

    def __init__(self, names: Sequence[str], address: str, directory: Path, program: Program) -> None:
        self.members = [ApiMember(name, i, address, directory / name) for i, name in enumerate(names)]
        self._directory, self._program = directory, program
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Until every API server is ready. Raises `LabError` if one is not in time."""
        due = Deadline(READY_SECONDS)
        with ThreadPoolExecutor(len(self.members)) as pool:
            list(pool.map(lambda member: self._start(member, due), self.members))

    def stop(self) -> None:
        """End them, by their process numbers, and remove what they have written."""
        for running in reversed(self._running):
            running.kill()
        for running in self._running:
            running.wait(STOP_SECONDS)
        self._running.clear()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _start(self, member: ApiMember, due: Deadline) -> None:
        prepare(member)
        etcd, api_server, controllers = member.commands(self._program)
        self._run(etcd, member)
        server = self._run(api_server, member)
        due.until(
            f"member {member.name}", lambda: _not_ready(member, server), fix="see whether its port is free"
        )
        self._run(controllers, member)

    def _run(self, command: list[str], member: ApiMember) -> subprocess.Popen[bytes]:
        with member.log(Path(command[0]).name).open("wb") as log:
            running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._running.append(running)
        return running


def _not_ready(member: ApiMember, server: subprocess.Popen[bytes]) -> str | None:
    """What its API server says instead of being ready. Raises `LabError` if that has ended."""
    if server.poll() is not None:
        last = member.log("kube-apiserver").read_text().strip().rpartition("\n")[2]
        raise LabError(f"member {member.name}", f"its API server has ended: {last}", "mend that")
    trust = ssl.create_default_context(cafile=str(member.directory / "ca.crt"))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
    )
    try:
        with opener.open(f"{member.server}/readyz", timeout=2):
            return None
    except OSError as error:  # an HTTP error is one, too
        return str(error)


def prepare(member: ApiMember) -> None:
    """Its directory, with certificates and the administrator's kubeconfig."""
    member.directory.mkdir(parents=True, mode=0o700)
    signer = pki.authority("kubernetes")
    leaf = pki.Leaf(
        file="server", authority="ca", common_name="kube-apiserver", names=(member.address, "127.0.0.1")
    )
    serving = pki.issue(leaf, signer)
    (member.directory / "ca.crt").write_bytes(signer.certificate_pem)
    (member.directory / "server.crt").write_bytes(serving.certificate_pem)
    _private(member.directory / "server.key", serving.key_pem)
    config = kubeconfig(member.name, member.server, signer, administrator(signer))
    _private(member.kubeconfig_file, yaml.safe_dump(config).encode())


def _private(file: Path, data: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(data)
