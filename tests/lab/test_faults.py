"""Faults: what a user of the cluster sees, and that every one of them can be mended."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.lab.labs import TestLab, eventually
from tests.lab.objects import claim, deployment, node_port, toolbox

pytestmark = [
    pytest.mark.lab,
    pytest.mark.long,
]  # tests/lab/federation and tests/lab/azure cut the power, too

URL = "http://10.99.1.10:30091/"
SIDE = "http://10.99.2.10:30092/"


@pytest.fixture(scope="module")
def web(clusters: TestLab) -> Iterator[TestLab]:
    """nginx in both clusters, and a claim with data in fc01."""
    with clusters.namespace("faults", "fc01", "fc02"):
        for cluster, port in (("fc01", 30091), ("fc02", 30092)):
            clusters.applied(cluster, deployment("web", "faults"), node_port("web", "faults", port))
        clusters.applied("fc01", claim("data", "faults"), toolbox("faults", claim="data"))
        clusters.kubectl(
            "fc01", "-n", "faults", "wait", "pod/client", "--for=condition=Ready", "--timeout=90s"
        )
        clusters.kubectl("fc01", "-n", "faults", "exec", "client", "--", "sh", "-c", "echo kept > /data/file")
        for url in (URL, SIDE):
            eventually(lambda url=url: clusters.answers(url), 60, url)  # type: ignore[misc]
        yield clusters


@pytest.fixture(autouse=True)
def mended(web: TestLab) -> Iterator[None]:
    """Every test starts with two whole clusters, and leaves two."""
    yield
    web("fault", "restore", "fc01")
    eventually(lambda: web.answers(URL), 120, URL)


def silent(lab: TestLab) -> None:
    assert lab.curl(URL).returncode != 0
    assert lab.answers(SIDE) is None, "the other cluster is not to feel it"


def test_a_killed_cluster_comes_back_with_its_pods_and_its_disks(web: TestLab) -> None:
    assert web("fault", "kill", "fc01") == "kill: fc01-control-plane\n"
    assert web.nodes()["fc01-control-plane"]["condition"] == "off"
    silent(web)
    assert web("fault", "kill", "fc01") == "nothing to do: it is so already\n"
    assert web("fault", "restore", "fc01") == "restored: fc01-control-plane\n"
    eventually(lambda: web.answers(URL), 120, URL)
    kept = ("-n", "faults", "exec", "client", "--", "cat", "/data/file")
    eventually(lambda: _differs(web, kept, "kept\n"), 120, "the data of the claim")


@pytest.mark.long
def test_machines_and_switches_keep_their_hardware_addresses(web: TestLab) -> None:
    """Neighbours that must learn another one lose a second or two, which would look like a failover's."""

    def addresses() -> dict[str, str]:
        links = json.loads(web("exec", "--", "ip", "-json", "link", "show", "type", "bridge"))
        neighbours = json.loads(web("exec", "--", "ip", "-json", "neigh"))
        nodes = {n["dst"]: n["lladdr"] for n in neighbours if n["dst"].endswith(".10") and "lladdr" in n}
        return {link["ifname"]: link["address"] for link in links} | nodes

    expected = {
        "br0": "02:00:0a:63:01:01",
        "br1": "02:00:0a:63:02:01",
        "10.99.1.10": "02:00:0a:63:01:0a",
        "10.99.2.10": "02:00:0a:63:02:0a",
    }
    assert addresses() == expected
    web("fault", "kill", "fc02")
    web("fault", "restore", "fc02")
    eventually(lambda: web.answers(SIDE), 120, SIDE)
    assert addresses() == expected


def _differs(lab: TestLab, words: tuple[str, ...], wanted: str) -> str | None:
    done = lab.run("kubectl", "fc01", *words)
    return None if done.stdout == wanted else done.stdout + done.stderr


@pytest.mark.long
def test_a_cut_cluster_runs_on_and_answers_again_when_it_is_plugged_in(web: TestLab) -> None:
    started = started_at(web)
    assert web("fault", "cut", "fc01") == "cut: fc01-control-plane\n"
    assert web.nodes()["fc01-control-plane"]["condition"] == "cut"
    silent(web)
    web("fault", "restore", "fc01")
    eventually(lambda: web.answers(URL), 20, URL)
    assert started_at(web) == started, "its pods were never stopped"


def started_at(lab: TestLab) -> list[str]:
    pods = lab.get("fc01", "-n", "faults", "pods")["items"]
    return sorted(p["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] for p in pods)


@pytest.mark.long
def test_a_paused_cluster_hangs_and_goes_on_where_it_was(web: TestLab) -> None:
    assert web("fault", "pause", "fc01-control-plane") == "pause: fc01-control-plane\n"
    assert web.nodes()["fc01-control-plane"]["condition"] == "paused"
    done = web.curl(URL)
    assert done.returncode == 28, "a frozen server does not refuse: the client's time runs out"
    web("fault", "restore", "fc01")
    eventually(lambda: web.answers(URL), 20, URL)


def test_a_fault_needs_a_name_that_exists(web: TestLab) -> None:
    assert web.fails("fault", "kill", "fc03") == (
        "error: fc03: lab 't-shared' has no such cluster or node. Next: name one of: "
        "fc01, fc02, fc01-control-plane, fc02-control-plane, fc02-worker-1.\n"
    )


def test_a_node_that_is_off_can_only_be_restored(web: TestLab) -> None:
    web("fault", "kill", "fc01")
    assert web.fails("fault", "cut", "fc01") == (
        "error: node fc01-control-plane: it is switched off. Next: run `lab fault restore fc01-control-plane` first.\n"
    )


def test_a_dead_worker_is_not_ready_and_its_cluster_serves_on(web: TestLab) -> None:
    web("fault", "kill", "fc02-worker-1")
    try:
        assert web.nodes()["fc02-worker-1"]["condition"] == "off"
        assert web.kubectl("fc02", "get", "--raw", "/readyz") == "ok"
    finally:
        web("fault", "restore", "fc02-worker-1")
    eventually(lambda: web.answers(SIDE), 120, SIDE)
