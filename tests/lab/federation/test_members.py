"""Members come and go: joined while the federation runs, left when healthy and when dead, and joined again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.federation.conftest import Inventory, clean_up, kubeconfig_of, unlike
from tests.lab.federation.workloads import becomes
from tests.lab.labs import TestLab, eventually
from tests.lab.stacks import FEDERATION, Stack, told, walk_through

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
Objects = Callable[[str], Inventory]


@pytest.fixture
def without_fc03(stack: Stack) -> Iterator[Stack]:
    """fc03 is no member before the test, nor after it."""
    clusters = list(stack.topology["clusters"])
    yield stack
    with stack.edited() as topology:
        topology["clusters"] = clusters
    stack.up()


def add_fc03(stack: Stack, **more: object) -> None:
    third = walk_through("fc03")["clusters"][0] | more
    with stack.edited() as topology:
        topology["clusters"] = [*topology["clusters"], third]


def drop_fc03(stack: Stack) -> None:
    with stack.edited() as topology:
        topology["clusters"] = [c for c in topology["clusters"] if c["name"] != "fc03"]


def cannot_join_says_why(stack: Stack, file: Path) -> None:
    """While the kubeconfig in the file leads nowhere, or lets nobody in; it is as it was afterwards."""
    own = file.read_text()
    file.write_text(own.replace("10.99.3.10:6443", "10.99.3.10:6444"))
    line = told(stack.fails("up", "--yes", "--skip-preview"), "member fc03")
    assert "https://10.99.3.10:6444 does not answer" in line
    file.write_text(own[: own.index("    client-certificate-data:")] + "    token: expired\n")
    line = told(stack.fails("up", "--yes", "--skip-preview"), "member fc03")
    assert "Unauthorized" in line
    file.write_text(own)


@pytest.mark.long
def test_a_third_cluster_joins_when_it_can_gets_its_share_and_leaves_without_a_trace(
    without_fc03: Stack, three: TestLab, objects: Objects
) -> None:
    stack, before = without_fc03, objects("fc03")
    becomes(three, fc01=2, fc02=2)
    kubeconfig = stack.directory / "third.kubeconfig"
    kubeconfig.write_text(kubeconfig_of(three, "fc03"))
    add_fc03(stack, kubeconfig={"path": str(kubeconfig)})
    assert stack.preview() == {
        "create": ["fc03", "fc03-join"],
        "update": [f"{FEDERATION}-members"],
    }
    cannot_join_says_why(stack, kubeconfig)
    stack.up()
    assert [row["name"] for row in stack.output("members") if row["ready"]] == ["fc01", "fc02", "fc03"]

    def shared() -> str | None:
        found = {c: three.get(c, "deployment", "nginx")["spec"]["replicas"] for c in ("fc01", "fc02", "fc03")}
        return None if sorted(found.values()) == [1, 1, 2] else f"{found} replicas"

    eventually(shared, 60, "nginx on three clusters")
    stack.up("--expect-no-changes")

    # A namespace that the federation has made there, in which somebody else lives meanwhile.
    stack.kubectl("create", "namespace", "team")
    eventually(lambda: None if has_namespace(three, "team") else "not there", 30, "namespace team on fc03")
    three.kubectl("fc03", "-n", "team", "create", "configmap", "mine")
    drop_fc03(stack)
    assert stack.preview() == {"delete": ["fc03", "fc03-join"], "update": [f"{FEDERATION}-members"]}
    stack.up()
    becomes(three, fc01=2, fc02=2)
    assert three.get("fc03", "-n", "team", "configmap", "mine")
    assert "karmada.io/managed" not in three.get("fc03", "namespace", "team")["metadata"]["labels"]
    three.kubectl("fc03", "delete", "namespace", "team")
    stack.kubectl("delete", "namespace", "team")
    eventually(lambda: unlike(before, objects("fc03")), 60, "fc03 as before")


def has_namespace(lab: TestLab, name: str) -> bool:
    return lab.run("kubectl", "fc03", "get", "namespace", name).returncode == 0


def copies(lab: TestLab) -> bool:
    return bool(lab.get("fc03", "deployments", "-n", "default")["items"])


@pytest.mark.long
def test_a_member_joins_again_and_leaves_when_it_is_dead_and_its_rest_is_cleaned_when_it_is_back(
    without_fc03: Stack, three: TestLab, objects: Objects
) -> None:
    stack, before = without_fc03, objects("fc03")
    add_fc03(stack)
    stack.up()
    eventually(lambda: None if copies(three) else "no nginx", 60, "nginx on fc03")
    three("fault", "kill", "fc03")
    drop_fc03(stack)
    said = stack.up()
    assert "fedctl leave fc03 --cleanup" in said
    stack.up("--expect-no-changes")
    becomes(three, fc01=2, fc02=2)
    three("fault", "restore", "fc03")
    eventually(lambda: three.run("kubectl", "fc03", "get", "nodes").stderr or None, 60, "fc03 answers")
    clean_up(three, "fc03")
    eventually(lambda: unlike(before, objects("fc03")), 60, "fc03 as before")


def test_the_same_cluster_under_another_name_is_refused(without_fc03: Stack) -> None:
    stack = without_fc03
    add_fc03(stack, kubeconfig={"path": "$KUBECONFIG", "context": "fc02"})
    said = stack.fails("up", "--yes", "--skip-preview")
    line = next(line for line in said.splitlines() if "fc03" in line and "Next:" in line)
    assert "fc02" in line
    assert "Traceback" not in said
