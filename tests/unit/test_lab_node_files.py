"""The files of a node: its /etc, and which keys it holds."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import pki
from lab.errors import NotFoundError
from lab.layout import lay_out
from lab.node import files as node_files
from lab.node.cgroups import Hierarchy
from lab.node.machine import Machine
from lab.topology import parse
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    refusal,
    with_worker,
)

CLUSTER = with_worker().clusters[0]
CONTROL, WORKER = CLUSTER.nodes


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cluster") / "pki"
    pki.ensure(directory, CLUSTER)
    return directory


def private(etc: dict[str, str]) -> set[str]:
    return {
        Path(name).name for name, text in etc.items() if "PRIVATE KEY" in text or name.endswith(".kubeconfig")
    }


def test_a_worker_gets_the_keys_of_its_own_components_and_no_others(machine: Path, keys: Path) -> None:
    etc = node_files.etc("lab", CLUSTER, WORKER, keys, "native")
    assert private(etc) == {"kubelet.key", "kubelet.kubeconfig", "proxy.kubeconfig"}
    assert etc["kubernetes/pki/kubelet.key"] == (keys / "kubelet-fc01-worker-1.key").read_text()


def test_a_control_plane_node_gets_no_administrators_key(machine: Path, keys: Path) -> None:
    etc = node_files.etc("lab", CLUSTER, CONTROL, keys, "native")
    assert private(etc) == {
        "apiserver-etcd-client.key",
        "apiserver-kubelet-client.key",
        "apiserver.key",
        "ca.key",
        "controller-manager.kubeconfig",
        "etcd.key",
        "front-proxy-client.key",
        "kubelet.key",
        "kubelet.kubeconfig",
        "proxy.kubeconfig",
        "sa.key",
        "scheduler.kubeconfig",
    }


def test_every_settings_file_can_be_read_by_its_program(machine: Path, keys: Path) -> None:
    etc = node_files.etc("lab", CLUSTER, WORKER, keys, "native")
    kinds = {
        name: yaml.safe_load(text)["kind"]
        for name, text in etc.items()
        if name.endswith((".yaml", ".kubeconfig"))
    }
    assert kinds == {
        "kubernetes/kubelet.yaml": "KubeletConfiguration",
        "kubernetes/kube-proxy.yaml": "KubeProxyConfiguration",
        "kubernetes/kubelet.kubeconfig": "Config",
        "kubernetes/proxy.kubeconfig": "Config",
    }
    assert json.loads(etc["cni/net.d/10-lab.conflist"])["name"] == "lab"


def test_nodes_of_a_cluster_know_each_other_by_name(machine: Path, keys: Path) -> None:
    etc = node_files.etc("lab", CLUSTER, WORKER, keys, "native")
    assert etc["hosts"] == "127.0.0.1 localhost\n10.99.1.10 fc01-control-plane\n10.99.1.11 fc01-worker-1\n"
    assert etc["hostname"] == "fc01-worker-1\n"


def test_a_machine_keeps_its_id_and_shares_it_with_none() -> None:
    ids = {
        node_files.machine_id(lab, node.name)
        for lab in ("lab", "other")
        for node in CLUSTER.nodes
        for _ in range(2)
    }
    assert len(ids) == 4
    assert all(len(i) == 32 and int(i, 16) >= 0 for i in ids)


def test_plugins_that_are_not_installed_are_told(machine: Path) -> None:
    assert node_files.cni_plugins() == machine / "cni"
    (machine / "cni" / "bridge").chmod(0o644)
    assert refusal(node_files.cni_plugins) == (
        "CNI plugins: none are installed. Next: install the package containernetworking-plugins."
    )


def described(machine: Path, found: str | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """machine.json of the worker, whose tools are a link to somewhere else."""
    (machine / "store" / "abc").mkdir(parents=True)
    (machine / "bin").mkdir()
    for name in ("kubelet", "kube-proxy"):
        (machine / "store" / "abc" / name).touch()
        (machine / "bin" / name).symlink_to(machine / "store" / "abc" / name)
    monkeypatch.setattr("shutil.which", lambda name: found)
    node = Machine(WORKER, machine / "node", (), 2)
    trees = [Hierarchy(2, ("cpu", "memory"), Path("/sys/fs/cgroup"), "/user.slice")]
    return node_files.machine(CLUSTER, node, trees, lambda name: machine / "bin" / name)


def test_a_node_sees_its_programs_and_what_their_links_point_to(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = described(machine, "/usr/bin/containerd", monkeypatch)
    assert found["visible"] == [f"{machine}/bin", f"{machine}/store/abc"]
    assert found["name"] == "fc01-worker-1"
    assert found["cgroups"] == [{"version": 2, "controllers": ("cpu", "memory")}]
    assert json.loads(json.dumps(found))["services"][0]["argv"][0] == "/usr/bin/containerd"


def test_a_runtime_that_is_not_installed_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(lambda: described(machine, None, monkeypatch)) == (
        "program containerd: it is not installed. Next: run `lab setup`."
    )


def test_a_tool_that_is_missing_is_the_toolboxs_to_tell(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")

    def none(name: str) -> Path:
        raise NotFoundError(f"tool {name}", "not installed", "run `lab tools install`")

    node = Machine(WORKER, machine / "node", (), 2)
    assert refusal(lambda: node_files.machine(CLUSTER, node, [], none)) == (
        "tool kubelet: not installed. Next: run `lab tools install`."
    )


def modes(directory: Path) -> dict[str, int]:
    files = (f for f in directory.rglob("*") if f.is_file())
    return {str(f.relative_to(directory)): stat.S_IMODE(f.stat().st_mode) for f in files}


def test_keys_on_a_node_are_for_root_alone(tmp_path: Path) -> None:
    node = Machine(WORKER, tmp_path / "node", (), 2)
    etc = {"hosts": "h", "kubernetes/pki/kubelet.key": "k", "kubernetes/kubelet.kubeconfig": "c"}
    for _ in range(2):  # a node that is switched on again
        node.write_files(etc, {"name": "fc01-worker-1"})
    assert modes(node.directory / "etc") == {
        "hosts": 0o644,
        "kubernetes/pki/kubelet.key": 0o600,
        "kubernetes/kubelet.kubeconfig": 0o600,
    }
    assert json.loads((node.directory / "machine.json").read_text()) == {"name": "fc01-worker-1"}
    assert (node.var / "run").readlink() == Path("/run")
    assert stat.S_IMODE((node.directory / "tmp").stat().st_mode) == 0o1777


def with_issuer(ca: Path) -> Any:
    oidc = {"issuer": "https://10.98.0.1/t/v2.0", "audience": "aks", "ca": str(ca)}
    topology = parse({"clusters": [{"name": "fc01", "workers": 1, "oidc": oidc}]})
    return lay_out("lab", topology).clusters[0]


def test_the_control_plane_alone_is_told_whose_tokens_it_takes(
    machine: Path, keys: Path, tmp_path: Path
) -> None:
    (tmp_path / "ca.crt").write_text("PEM")
    cluster = with_issuer(tmp_path / "ca.crt")
    control, worker = cluster.nodes
    name = "kubernetes/authentication.yaml"
    found = yaml.safe_load(node_files.etc("lab", cluster, control, keys, "native")[name])
    assert found["jwt"][0]["issuer"]["certificateAuthority"] == "PEM"
    assert name not in node_files.etc("lab", cluster, worker, keys, "native")
    assert name not in node_files.etc("lab", CLUSTER, CONTROL, keys, "native")


def test_a_ca_file_that_cannot_be_read_is_told(machine: Path, keys: Path, tmp_path: Path) -> None:
    cluster = with_issuer(tmp_path / "none")
    message = refusal(lambda: node_files.etc("lab", cluster, cluster.nodes[0], keys, "native"))
    assert message.startswith("cluster fc01: the CA file of its token issuer can't be read (")
    assert message.endswith("Next: give the path of a PEM file as oidc.ca.")
