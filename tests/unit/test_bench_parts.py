"""What the benchmark computes before it starts anything: memory of a process tree, command lines, topologies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from bench import members, peer, stack
from bench.members import ApiMember
from bench.memory import Peak, Process, processes, total
from federation.kubeconfig import access, read
from federation.topology import load
from lab.images import catalog

K = Path("/bin")


def test_memory_of_a_program_is_its_own_and_that_of_all_descendants() -> None:
    table = {
        1: Process(0, 1000),
        10: Process(1, 5),
        11: Process(10, 7),
        12: Process(11, 9),
        20: Process(1, 300),
    }
    assert total(10, table) == 21
    assert total(99, table) == 0


def test_a_program_that_ended_still_counts_what_it_started() -> None:
    assert total(10, {11: Process(10, 7)}) == 7


def test_the_process_table_is_that_of_proc(tmp_path: Path) -> None:
    place = tmp_path / "42"
    place.mkdir()
    fields = ["S", "7", *("0" for _ in range(19)), "3"]
    (place / "stat").write_text(f"42 (a ) b) {' '.join(fields)} 0 0\n")
    (tmp_path / "self").mkdir()
    assert processes(tmp_path) == {42: Process(7, 3 * os.sysconf("SC_PAGE_SIZE"))}


def test_the_peak_of_a_program_is_seen_while_it_runs() -> None:
    hold = "import time; held = bytearray(64 << 20); time.sleep(1)"
    with subprocess.Popen([sys.executable, "-c", hold]) as process, Peak(process.pid) as peak:
        process.wait(20)
    assert 64 << 20 < peak.bytes < 640 << 20


def test_karmadactl_init_has_our_storage_and_names_every_image() -> None:
    program = peer.Karmadactl(K / "karmadactl", Path("/k/config"), "fc01", Path("/d"))
    words = program.init(Path("/c.tgz"))
    assert words[:5] == [
        "/bin/karmadactl",
        "init",
        "--kubeconfig=/k/config",
        "--context=fc01",
        "--namespace=karmada-bench",
    ]
    assert {"--etcd-storage-mode=PVC", "--etcd-pvc-size=10Gi", "--crds=/c.tgz"} <= set(words)
    named = {w.partition("=")[2] for w in words if "-image=" in w}
    assert named == {
        spec.references[0] for spec in catalog.IMAGES if spec.group == "federation" and spec.name != "kubectl"
    }


def test_our_etcd_and_karmadactls_have_volumes_of_one_size() -> None:
    wanted = load(stack.topology(stack.cluster("fc01", "file"), crds="/crds"))
    assert wanted.control_plane.etcd.storage == peer.ETCD_SIZE
    assert wanted.control_plane.etcd.persistent
    assert wanted.control_plane.etcd.members == 1


def test_karmadactl_joins_by_the_context_of_the_members_name() -> None:
    program = peer.Karmadactl(K / "karmadactl", Path("/k/config"), "fc01", Path("/d"))
    assert program.join("fc02", Path("/fed")) == [
        "/bin/karmadactl",
        "join",
        "fc02",
        "--kubeconfig=/fed",
        "--cluster-kubeconfig=/k/config",
        "--cluster-context=fc02",
    ]
    assert program.unjoin("fc02", Path("/fed"))[1] == "unjoin"


def test_an_archive_of_crds_is_laid_out_as_a_release(tmp_path: Path) -> None:
    source = tmp_path / "source/bases"
    source.mkdir(parents=True)
    (source / "a.yaml").write_text("{}")
    file = peer.archive(tmp_path / "source", tmp_path / "crds.tar.gz")
    with tarfile.open(file) as made:
        assert sorted(made.getnames()) == ["crds", "crds/bases", "crds/bases/a.yaml"]


def test_no_two_members_share_a_port() -> None:
    ports: list[str] = []
    for number in range(9):
        member = ApiMember(f"api{number}", number, "10.99.1.1", Path("/m"))
        etcd, server, _ = member.commands(lambda name: K / name)
        ports += {p for word in etcd for p in re.findall(r":(\d+)$", word)}
        ports += [word.partition("=")[2] for word in server if word.startswith("--secure-port")]
    assert len(ports) == len(set(ports)) == 9 * 3


def test_an_api_server_asks_the_etcd_of_its_own_member() -> None:
    etcd, server, _ = ApiMember("api3", 3, "10.99.1.1", Path("/m")).commands(lambda name: K / name)
    assert "--listen-client-urls=http://127.0.0.1:21031" in etcd
    assert "--etcd-servers=http://127.0.0.1:21031" in server


def test_a_members_certificates_and_kubeconfig_fit_together(tmp_path: Path) -> None:
    member = ApiMember("api1", 0, "10.99.1.1", tmp_path / "api1")
    members.prepare(member)
    found = access(read(str(member.kubeconfig_file), context="api1"))
    assert found.server == "https://10.99.1.1:21000"
    assert found.ca == (member.directory / "ca.crt").read_text()
    assert member.kubeconfig_file.stat().st_mode & 0o777 == 0o600
    assert (member.directory / "server.key").stat().st_mode & 0o777 == 0o600


def test_generated_kubeconfigs_lead_nowhere_and_differ(tmp_path: Path) -> None:
    files = members.generated(["m001", "m002"], tmp_path)
    found = [access(read(str(file), context=file.stem)) for file in files]
    assert [a.server for a in found] == ["https://192.0.2.2:6443", "https://192.0.2.3:6443"]


@pytest.mark.parametrize("size", [20, 100])
def test_a_topology_of_many_members_is_valid(size: int) -> None:
    names = [f"m{i:03}" for i in range(size)]
    wanted = load(stack.topology(*(stack.cluster(n, "file") for n in names), crds="/crds"))
    assert [c.name for c in wanted.members] == names


def test_the_control_plane_is_measured_without_members() -> None:
    wanted = load(stack.topology(stack.cluster("fc01", "file", join=False), crds="/crds"))
    assert wanted.members == ()
    assert wanted.host_cluster.name == "fc01"
