"""The loss of a node, with an etcd of three members: names keep answering, and writes go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.federation.zone_fixtures import NAME, ZoneStack
from tests.lab.labs import TestLab, booted, eventually, stays

pytestmark = [pytest.mark.lab, pytest.mark.long]
LAB = """\
clusters: [{name: fc01, workers: 3, region: us, zone: east}]
images: [workload, etcd]
"""
NOTICED_SECONDS = 60
"""A node that is dead is known to be so after 50 s at most (kube-controller-manager, node-monitor-grace-period)."""
FIRST, SECOND = {"10.250.0.2"}, {"10.250.0.2", "10.250.1.2"}


@pytest.fixture(scope="module")
def lab(state_root: Path) -> Iterator[TestLab]:
    with booted(state_root, "t-dns3", LAB) as lab:
        yield lab


def test_names_answer_and_change_while_a_node_is_dead(lab: TestLab, tmp_path: Path) -> None:
    zone = ZoneStack(lab, tmp_path / "stack", "fc01", etcd_members=3)
    zone.up()
    zone.store("put", NAME, *FIRST)
    store, alive = zone.output("store"), living(zone)
    lab("fault", "kill", "fc01-worker-3")
    # Of two servers one may be dead, and of three members that each of them asks: until Kubernetes and they have
    # noticed, most questions get no answer, and whoever asks again gets one.
    eventually(lambda: unlike(zone, alive, FIRST), NOTICED_SECONDS, "the name, with two members")
    assert zone.store("put", NAME, *SECOND, store=store) is True
    eventually(lambda: unlike(zone, alive, SECOND), NOTICED_SECONDS, "the new answer")
    lab("fault", "restore", "fc01-worker-3")
    eventually(lambda: unready(lab), 180, "three members")
    stays(lambda: unlike(zone, alive, SECOND), seconds=5)
    zone("destroy", "--yes", "--skip-preview")
    zone.remove()


def unlike(zone: ZoneStack, server: str, wanted: set[str]) -> str | None:
    """None if it answers so, else what it says: an old answer is another fault than none."""
    said = zone.addresses(NAME, server=server)
    return None if said == wanted else f"the answer is {sorted(said)}"


def living(zone: ZoneStack) -> str:
    """The node port at the control-plane node, which stays."""
    nodes = zone.lab.get(zone.cluster, "nodes")["items"]
    address = next(
        each["address"]
        for node in nodes
        if node["metadata"]["name"] == "fc01-control-plane"
        for each in node["status"]["addresses"]
        if each["type"] == "InternalIP"
    )
    return f"{address}:{zone.output('nameservers')[0].rpartition(':')[2]}"


def unready(lab: TestLab) -> str | None:
    status = lab.get("fc01", "-n", "federation-dns", "statefulset", "etcd")["status"]
    return None if status.get("readyReplicas") == 3 else f"{status.get('readyReplicas')} of 3 are ready"
