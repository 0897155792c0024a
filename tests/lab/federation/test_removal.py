"""`pulumi destroy` takes the federation apart without a trace, whatever happened before."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.lab.federation.conftest import Inventory, clean_up, unlike
from tests.lab.federation.workloads import becomes
from tests.lab.labs import TestLab, eventually
from tests.lab.stacks import FEDERATION, DocumentedStack, Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]
Objects = Callable[[str], Inventory]


def gone(before: dict[str, Inventory], objects: Objects, *clusters: str) -> None:
    for cluster in clusters:
        eventually(lambda c=cluster: unlike(before[c], objects(c)), 60, f"{cluster} as before")  # type: ignore[misc]


def test_the_quick_start_goes_on_to_names(stack: DocumentedStack, three: TestLab) -> None:
    becomes(three, fc01=2, fc02=2)
    if not (stack.directory / "federation.kubeconfig").exists():
        stack.reader.section("4. Look")
    said = stack.reader.section("5. Names")
    stack.read()
    answers = re.findall(r"^10\.250\.\d\.\d$", said, re.MULTILINE)
    assert sorted(answers) == ["10.250.0.2", "10.250.1.2", "10.250.1.2"]
    assert answers[-1] == "10.250.1.2", "its zone's"
    assert "problem" not in said


def test_the_guard_refuses_while_others_use_the_federation(stack: Stack) -> None:
    stack.kubectl("create", "deployment", "theirs", "--image=docker.io/library/nginx:stable")
    eventually(lambda: None if bound(stack, "theirs-deployment") else "not bound", 30, "their Deployment")
    said = stack.fails("destroy", "--yes", "--skip-preview")
    line = next(line for line in said.splitlines() if "Next:" in line)
    assert "theirs" in line
    assert "control_plane.force_delete" in line
    assert {row["metadata"]["name"] for row in stack.get("clusters")["items"]} == {"fc01", "fc02"}
    stack.kubectl("delete", "deployment", "theirs")
    stack.settled = True  # but for the workloads, which are the first to go


def bound(stack: Stack, name: str) -> bool:
    return any(b["metadata"]["name"] == name for b in stack.get("resourcebindings", "-n", "default")["items"])


def test_the_quick_start_leaves_nothing(
    stack: DocumentedStack, before: dict[str, Inventory], objects: Objects
) -> None:
    stack.reader.section("6. Remove")
    stack.removed()
    gone(before, objects, "fc01", "fc02")


@pytest.mark.long
def test_a_member_that_is_dead_during_destroy_is_cleaned_when_it_is_back(
    stack: Stack, three: TestLab, before: dict[str, Inventory], objects: Objects
) -> None:
    becomes(three, fc01=2, fc02=2)
    three("fault", "kill", "fc02")
    try:
        said = stack.destroy()
        assert f"fedctl leave fc02 --cleanup --federation {FEDERATION}" in said
    finally:
        three("fault", "restore", "fc02")
    gone(before, objects, "fc01")
    eventually(lambda: three.run("kubectl", "fc02", "get", "nodes").stderr or None, 60, "fc02 answers")
    clean_up(three, "fc02")
    gone(before, objects, "fc02")
