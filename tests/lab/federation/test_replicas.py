"""A control plane of three replicas on three nodes: a node may die, and certificates are renewed, while it answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.labs import LAB, TestLab, booted, eventually
from tests.lab.stacks import Stack, walk_through

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(1200)]
TOPOLOGY = """\
clusters:
  - {name: fc01, region: us, zone: east, workers: 3}
images: [workload, federation]
"""


@pytest.fixture(scope="module")
def lab(state_root: Path) -> Iterator[TestLab]:
    with booted(state_root, "t-ha", TOPOLOGY) as lab:
        yield lab


@pytest.fixture(scope="module")
def replicated(lab: TestLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A federation of one member with three of each part."""
    topology = walk_through("fc01")
    topology["control_plane"] |= {"replicas": 3, "etcd": {"members": 3, "storage": "1Gi"}}
    made = Stack(lab, tmp_path_factory.mktemp("replicas") / "icp", topology)
    made.up()
    yield made
    made.destroy()
    made.remove()


@contextmanager
def probed(stack: Stack) -> Iterator[dict[str, Any]]:
    """Ask every part of the federation API all the while; what failed is in the result afterwards."""
    kubeconfig, stop = stack.directory / "probe.kubeconfig", stack.directory / "stop"
    kubeconfig.write_text(stack.output("kubeconfig"))
    argv = [*LAB, "exec", "--", sys.executable, "-m", "tests.lab.prober", str(kubeconfig), str(stop)]
    running = subprocess.Popen(argv, env=stack.lab.env, text=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = {}
    try:
        yield found
    finally:
        stop.touch()
        printed, _ = running.communicate(timeout=60)
        stop.unlink()
    found |= json.loads(printed)


def places(stack: Stack, component: str) -> set[str]:
    """The nodes that have a pod of a component."""
    pods = stack.lab.get(
        "fc01", "pods", "-n", "federation-system", "-l", f"app.kubernetes.io/name={component}"
    )
    return {pod["spec"]["nodeName"] for pod in pods["items"]}


def test_each_part_is_on_three_nodes(replicated: Stack) -> None:
    assert len(places(replicated, "karmada-apiserver")) == 3
    assert len(places(replicated, "etcd")) == 3
    assert len(places(replicated, "karmada-webhook")) == 3
    replicated.up("--expect-no-changes")


def test_a_forced_renewal_shows_in_the_preview_and_rolls_the_pods_while_every_part_answers(
    replicated: Stack,
) -> None:
    stack = replicated
    before = {
        p: c for p in ("etcd", "karmada-apiserver", "karmada-webhook") for c in [certificate_hash(stack, p)]
    }
    with stack.edited() as topology:
        topology["control_plane"]["certificate_generation"] = 1
    changes = stack.preview()
    assert changes.keys() == {"update"}
    renewed = {name for name in changes["update"] if "-certificates-" in name}
    assert len(renewed) == 15, "every certificate, and no authority"
    assert {n for n in changes["update"] if "-deployment-" in n or "-statefulset-" in n}
    with probed(stack) as found:
        stack.up()
    after = {part: certificate_hash(stack, part) for part in before}
    assert not [part for part in before if before[part] == after[part]]
    assert {part: r for part, r in found.items() if r["failed"] > 1 or r["asked"] < 20} == {}
    stack.up("--expect-no-changes")


def certificate_hash(stack: Stack, component: str) -> str:
    pods = stack.lab.get(
        "fc01", "pods", "-n", "federation-system", "-l", f"app.kubernetes.io/name={component}"
    )
    hashes = {pod["metadata"]["annotations"]["federation/certificates"] for pod in pods["items"]}
    assert len(hashes) == 1
    return str(hashes.pop())


def test_the_loss_of_a_node_is_survived(replicated: Stack, lab: TestLab) -> None:
    stack = replicated
    worker = max(lab.nodes())  # the control-plane node comes first
    lab("fault", "kill", worker)
    try:
        eventually(lambda: unwritable(stack), 120, "writes after the loss of a node")
        assert {row["ready"] for row in stack.output("members")} == {True}
    finally:
        lab("fault", "restore", worker)
    eventually(lambda: None if len(places(stack, "etcd")) == 3 else "not three", 120, "etcd on three nodes")
    eventually(
        lambda: stack.run("up", "--yes", "--skip-preview", "--expect-no-changes").stderr or None,
        60,
        "as before",
    )


def unwritable(stack: Stack) -> str | None:
    """None if ten writes in a row succeed: connections are spread over the replicas, the dead one at first included."""
    kubectl = ("exec", "--", "kubectl", "--kubeconfig", str(stack.kubeconfig), "--request-timeout=5s")
    for number in range(10):
        done = stack.lab.run(
            *kubectl, "annotate", "--overwrite", "namespace", "default", f"write={number}", timeout=30
        )
        if done.returncode != 0:
            return done.stderr
    return None
