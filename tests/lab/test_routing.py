"""Clusters without a network between their pods: many users have none."""

from __future__ import annotations

import pytest

from tests.lab.labs import TestLab, eventually
from tests.lab.objects import deployment, node_port, toolbox

pytestmark = [pytest.mark.lab, pytest.mark.long]

TOPOLOGY = "pod_routing: false\nclusters: [{name: a, workers: 1}, {name: b}]\n"
NODE_PORT = "http://10.99.2.10:30080/"


def test_without_pod_routing_clusters_reach_each_others_nodes_only(own_lab: TestLab) -> None:
    own_lab.topology.write_text(TOPOLOGY)
    own_lab("up", str(own_lab.topology), timeout=300)
    for cluster in ("a", "b"):
        own_lab.applied(cluster, deployment("web", "default"), node_port("web", "default", 30080))
    own_lab.applied("a", toolbox("default", node="a-control-plane"))
    own_lab.kubectl("a", "wait", "pod/client", "--for=condition=Ready", "--timeout=60s")
    for cluster in ("a", "b"):
        own_lab.kubectl(cluster, "rollout", "status", "deployment/web", "--timeout=60s")
    inside, outside = pod_address(own_lab, "a"), pod_address(own_lab, "b")
    eventually(lambda: reach(own_lab, NODE_PORT), 20, "the other cluster's node port")
    assert reach(own_lab, f"http://{inside}/") is None, (
        "pods of one cluster reach each other across its nodes"
    )
    assert reach(own_lab, f"http://{outside}/") is not None


def pod_address(lab: TestLab, cluster: str) -> str:
    (pod,) = lab.get(cluster, "pods", "-l", "app=web")["items"]
    return str(pod["status"]["podIP"])


def reach(lab: TestLab, url: str) -> str | None:
    """None when a pod of cluster a gets the page; else why not."""
    done = lab.run("kubectl", "a", "exec", "client", "--", "curl", "-sS", "--max-time", "3", url)
    return None if "Welcome to nginx!" in done.stdout else done.stderr
