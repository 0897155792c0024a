"""What goes wrong is told in one line with its object, its cause and the next command; then `up` goes on from there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.labs import TestLab
from tests.lab.stacks import Stack, told, walk_through

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


@pytest.fixture
def plain(three: TestLab, before: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of fc03 alone, of which nothing was made yet."""
    made = Stack(three, tmp_path_factory.mktemp("faults") / "icp", walk_through("fc03"))
    try:
        yield made
    finally:
        made.destroy()
        made.remove()


def test_mistakes_in_the_topology_are_all_told_before_anything_is_made(plain: Stack) -> None:
    with plain.edited() as topology:
        topology["clusters"].append(dict(topology["clusters"][0]))
        topology["domain"] = "not a name"
    said = plain.fails("preview")
    assert "Traceback" not in said
    assert "clusters[1].name" in said
    assert "domain" in said


@pytest.mark.parametrize(
    ("kubeconfig", "cause"),
    [
        ({"path": "/nowhere/config"}, "kubeconfig"),
        ({"path": "$KUBECONFIG", "context": "fc99"}, "kubeconfig"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_told_in_the_preview(
    plain: Stack, kubeconfig: dict[str, str], cause: str
) -> None:
    with plain.edited():
        plain.cluster("fc03")["kubeconfig"] = kubeconfig
    said = plain.fails("preview")
    line = next(line for line in said.splitlines() if cause in line and "Next:" in line)
    assert kubeconfig.get("context", kubeconfig["path"]) in line
    assert "Traceback" not in said


@pytest.mark.long
def test_a_host_that_cannot_host_says_why_and_is_used_when_it_can(plain: Stack, three: TestLab) -> None:
    stack = plain
    three.kubectl(
        "fc03", "create", "service", "nodeport", "taken", "--tcp=80:80", "--node-port=32443", "-n", "default"
    )
    plane = stack.topology["control_plane"]
    with stack.edited():
        plane["etcd"] = {"storage_class": "fast"}
    line = told(stack.fails("up", "--yes", "--skip-preview"), "host cluster fc03")
    assert "no StorageClass 'fast'" in line
    assert "node port 32443 is taken by Service default/taken" in line
    assert three.run("kubectl", "fc03", "get", "namespace", "federation-system").returncode != 0

    three.kubectl("fc03", "delete", "service", "taken", "-n", "default")
    with stack.edited():
        del plane["etcd"]
        plane["images"] = {"overrides": {"karmada-scheduler": "localhost:1/none:1"}}
    line = told(stack.fails("up", "--yes", "--skip-preview"), "control plane in federation-system")
    assert line.startswith(
        "control plane in federation-system: karmada-scheduler cannot use image localhost:1/none:1:"
    )

    with stack.edited():
        del plane["images"]
    stack.up()
    stack.up("--expect-no-changes")


@pytest.mark.long
def test_a_webhook_that_was_scaled_to_0_is_told_before_it_is_needed_and_mended_by_a_refresh(
    stack: Stack, three: TestLab
) -> None:
    plane = stack.topology["control_plane"]
    three.kubectl("fc01", "-n", "federation-system", "scale", "deployment", "karmada-webhook", "--replicas=0")
    with stack.edited():
        plane |= {"failover": {"toleration_seconds": 31}, "timeout_seconds": 15}
    line = told(stack.fails("up", "--yes", "--skip-preview"), "control plane")
    assert "karmada-webhook is scaled to 0" in line
    with stack.edited():
        del plane["failover"], plane["timeout_seconds"]
    stack.up("--refresh")
    stack.up("--expect-no-changes")


@pytest.mark.long
def test_a_preview_works_while_the_clusters_are_down(stack: Stack, three: TestLab) -> None:
    three("fault", "pause", "fc01")
    three("fault", "pause", "fc02")
    try:
        assert stack.preview() == {}
        with stack.edited():
            stack.cluster("fc02")["zone"] = "south"
        assert stack.preview() == {"update": ["fc02-join"]}
    finally:
        three("fault", "restore", "fc02")
        three("fault", "restore", "fc01")
    with stack.edited():
        stack.cluster("fc02")["zone"] = "west"
    stack.up()
