"""What a user of the clusters expects of any cluster: nodes, pods, Services, DNS and disks that work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from tests.lab.labs import TestLab, eventually
from tests.lab.objects import claim, deployment, node_port, toolbox

pytestmark = pytest.mark.lab

BOTH = ("fc01", "fc02")
PORTS = {"fc01": 30081, "fc02": 30082}
ADDRESSES = {
    "fc01-control-plane": "10.99.1.10",
    "fc02-control-plane": "10.99.2.10",
    "fc02-worker-1": "10.99.2.11",
}


@pytest.fixture(scope="module")
def web(clusters: TestLab) -> Iterator[TestLab]:
    """nginx with two replicas behind a NodePort, and a pod to ask from, in both clusters."""
    with clusters.namespace("web", *BOTH):
        for cluster in BOTH:
            objects = (
                deployment("web", "web", replicas=2),
                node_port("web", "web", PORTS[cluster]),
                toolbox("web"),
            )
            clusters.applied(cluster, *objects)
        for cluster in BOTH:
            clusters.kubectl(cluster, "-n", "web", "rollout", "status", "deployment/web", "--timeout=60s")
            clusters.kubectl(
                cluster, "-n", "web", "wait", "pod/client", "--for=condition=Ready", "--timeout=60s"
            )
        yield clusters


def ask(lab: TestLab, cluster: str, *words: str) -> str:
    return lab.kubectl(cluster, "-n", "web", "exec", "client", "--", *words)


def pod_addresses(lab: TestLab, cluster: str) -> list[str]:
    pods = lab.get(cluster, "-n", "web", "pods", "-l", "app=web")["items"]
    return [pod["status"]["podIP"] for pod in pods]


def test_every_node_is_ready_and_says_where_it_is(clusters: TestLab) -> None:
    assert {
        name: (node["condition"], node["ready"]) for name, node in clusters.nodes().items()
    } == dict.fromkeys(ADDRESSES, ("running", "True"))
    zones = {"fc01": ("us", "east"), "fc02": ("us", "west")}
    for cluster, (region, zone) in zones.items():
        for node in clusters.get(cluster, "nodes")["items"]:
            labels = node["metadata"]["labels"]
            assert labels["topology.kubernetes.io/region"] == region
            assert labels["topology.kubernetes.io/zone"] == zone
            assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.3"


def test_a_node_has_its_own_name_and_identity(clusters: TestLab) -> None:
    nodes = [n for c in BOTH for n in clusters.get(c, "nodes")["items"]]
    identities = {n["status"]["nodeInfo"]["machineID"] for n in nodes}
    assert len(identities) == len(nodes) == 3


@pytest.mark.parametrize("source", BOTH)
@pytest.mark.parametrize("target", BOTH)
def test_a_pod_reaches_pods_of_every_cluster_by_their_address(web: TestLab, source: str, target: str) -> None:
    for address in pod_addresses(web, target):
        assert "Welcome to nginx!" in ask(web, source, "curl", "-sS", "--max-time", "5", f"http://{address}/")


def test_pods_run_on_control_plane_only_where_there_is_no_worker(web: TestLab) -> None:
    nodes = {p["spec"]["nodeName"] for p in web.get("fc02", "-n", "web", "pods", "-l", "app=web")["items"]}
    assert nodes == {"fc02-worker-1"}


@pytest.mark.parametrize("cluster", BOTH)
def test_a_service_answers_by_name_and_by_cluster_address(web: TestLab, cluster: str) -> None:
    address = web.get(cluster, "-n", "web", "service", "web")["spec"]["clusterIP"]
    for host in (address, "web", "web.web.svc.cluster.local"):
        assert "Welcome to nginx!" in ask(web, cluster, "curl", "-sS", "--max-time", "5", f"http://{host}/")


@pytest.mark.parametrize("node", ADDRESSES)
def test_a_node_port_answers_on_every_node(web: TestLab, node: str) -> None:
    url = f"http://{ADDRESSES[node]}:{PORTS[node[:4]]}/"
    eventually(lambda: web.answers(url), 10, url)


@pytest.mark.parametrize("cluster", BOTH)
def test_the_cluster_dns_knows_services_and_refuses_the_rest(web: TestLab, cluster: str) -> None:
    address = web.get(cluster, "-n", "web", "service", "web")["spec"]["clusterIP"]
    assert ask(web, cluster, "dig", "+short", "web.web.svc.cluster.local").split() == [address]
    assert "status: NXDOMAIN" in ask(web, cluster, "dig", "nothing.web.svc.cluster.local")
    assert "status: REFUSED" in ask(web, cluster, "dig", "example.org")


def test_a_claim_keeps_its_data_when_its_pod_is_made_again(clusters: TestLab) -> None:
    with clusters.namespace("disk", "fc02"):
        clusters.applied("fc02", claim("data", "disk"), toolbox("disk", claim="data"))
        clusters.kubectl("fc02", "-n", "disk", "wait", "pod/client", "--for=condition=Ready", "--timeout=90s")
        clusters.kubectl("fc02", "-n", "disk", "exec", "client", "--", "sh", "-c", "echo kept > /data/file")
        clusters.kubectl("fc02", "-n", "disk", "delete", "pod", "client", "--timeout=60s")
        clusters.applied("fc02", toolbox("disk", claim="data"))
        clusters.kubectl("fc02", "-n", "disk", "wait", "pod/client", "--for=condition=Ready", "--timeout=90s")
        assert clusters.kubectl("fc02", "-n", "disk", "exec", "client", "--", "cat", "/data/file") == "kept\n"


def test_logs_come_from_pods_and_from_the_nodes_own_processes(web: TestLab) -> None:
    ask(web, "fc01", "curl", "-sS", "http://web/")
    pods = web.kubectl("fc01", "-n", "web", "logs", "-l", "app=web", "--tail=50")
    assert "GET / HTTP/1.1" in pods
    assert "Starting kubelet" in web("logs", "fc02-worker-1", "kubelet", "--tail", "100000")


def test_a_shell_command_on_a_node_sees_the_nodes_network(clusters: TestLab) -> None:
    done = clusters.run("shell", "fc02-worker-1", stdin="hostname; ip -4 -br addr show eth0; exit\n")
    assert "fc02-worker-1" in done.stdout
    assert "10.99.2.11/24" in done.stdout


def test_a_forwarded_port_leads_from_the_hosts_loopback_into_the_lab(web: TestLab) -> None:
    process = web.start("forward", f"fc01:{PORTS['fc01']}")
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        url = line.split()[0]
        assert line == f"{url} leads to 10.99.1.10:30081; Ctrl-C ends it\n"
        assert "Welcome to nginx!" in requests.get(url, timeout=5).text
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_an_image_is_loaded_under_the_name_that_users_know(clusters: TestLab) -> None:
    reference = "docker.io/k8s-federation/keepalived:2"
    said = clusters.run("load", "keepalived", "--cluster", "fc01")
    assert said.returncode == 0
    assert said.stderr.startswith(f"fc01-control-plane: {reference}")
    listed = clusters.run("shell", "fc01-control-plane", stdin="ctr images ls -q; exit\n").stdout
    assert reference in listed.split()
    assert (
        reference
        not in clusters.run("shell", "fc02-worker-1", stdin="ctr images ls -q; exit\n").stdout.split()
    )


def test_an_archive_that_is_no_image_is_refused(clusters: TestLab) -> None:
    file = clusters.state_root / "no-image.tar"
    file.write_text("nothing")
    said = clusters.fails("load", str(file))
    assert said.startswith(f"error: archive {file}: it cannot be read as a tar file")
    assert "Next: " in said


def test_exec_finds_every_cluster_by_its_context(clusters: TestLab) -> None:
    for cluster in BOTH:
        assert clusters("exec", "--", "kubectl", "--context", cluster, "get", "--raw", "/readyz") == "ok"
    assert clusters.fails("exec", "--", "no-such-program") == (
        "error: program no-such-program: it is not on the PATH. Next: give its path.\n"
    )


def test_kubeconfigs_are_for_their_owner_only(clusters: TestLab) -> None:
    merged = Path(clusters("kubeconfig", "--path").strip())
    assert merged.stat().st_mode & 0o777 == 0o600
    assert "insecure-skip-tls-verify" not in merged.read_text()
    assert {c["name"] for c in yaml.safe_load(clusters("kubeconfig"))["contexts"]} == set(BOTH)
