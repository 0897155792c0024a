"""Three real clusters, and a federation over the first two of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.documents import QUICKSTART
from tests.lab.labs import TestLab, booted
from tests.lab.reader import Reader
from tests.lab.stacks import FEDERATION, DocumentedStack, Stack

LAB = """\
clusters:
  - {name: fc01, region: us, zone: east, vips: 10.250.0.0/24}
  - {name: fc02, region: us, zone: west, vips: 10.250.1.0/24}
  - {name: fc03, region: us, zone: north, vips: 10.250.2.0/24}
images: [workload, federation, edge]
"""
Inventory = dict[str, list[str]]


@pytest.fixture(scope="package")
def three(state_root: Path) -> Iterator[TestLab]:
    """A lab of three clusters, for all tests of federations."""
    with booted(state_root, "t-fed", LAB) as lab:
        yield lab


@pytest.fixture
def objects(three: TestLab) -> Callable[[str], Inventory]:
    """All objects of a cluster."""
    return lambda cluster: objects_of(three, cluster)


def objects_of(lab: TestLab, cluster: str) -> Inventory:
    """All objects of a cluster, by resource."""
    found: Inventory = json.loads(
        lab("exec", "--", sys.executable, "-m", "tests.lab.cluster_inventory", cluster)
    )
    return found


def changed(before: Inventory, after: Inventory) -> dict[str, list[str]]:
    """Resource to what is only in one of the two inventories, marked with + or -."""
    found: dict[str, list[str]] = {}
    for resource in sorted(before.keys() | after.keys()):
        old, new = set(before.get(resource, ())), set(after.get(resource, ()))
        marks = [f"-{name}" for name in sorted(old - new)] + [f"+{name}" for name in sorted(new - old)]
        if marks:
            found[resource] = marks
    return found


def unlike(before: Inventory, after: Inventory) -> str | None:
    """None if nothing was left and nothing is missing, but for pods: after a power cut they are new ones."""
    found = {
        resource: marks
        for resource, marks in changed(before, after).items()
        if not resource.startswith(("pods ", "endpointslices "))
    }
    return str(found) if found else None


def kubeconfig_of(lab: TestLab, cluster: str) -> str:
    """Its administrator's, with that one context."""
    return lab("exec", "--", "kubectl", "config", "view", "--raw", "--minify", "--context", cluster)


def clean_up(lab: TestLab, member: str) -> None:
    """What the federation could not remove from a member that was dead, by the command that it names."""
    kubeconfig = lab.state_root / f"{member}.kubeconfig"
    kubeconfig.write_text(kubeconfig_of(lab, member))
    fedctl = str(Path(sys.executable).with_name("fedctl"))
    options = ("--cleanup", "--federation", FEDERATION, "--kubeconfig", str(kubeconfig))
    lab("exec", "--", fedctl, "leave", member, *options)


@pytest.fixture(scope="package")
def before(three: TestLab) -> dict[str, Inventory]:
    """What the clusters had before the first federation."""
    return {name: objects_of(three, name) for name in ("fc01", "fc02", "fc03")}


@pytest.fixture(scope="package")
def federation(
    three: TestLab, before: dict[str, Inventory], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DocumentedStack]:
    """The quick start's stack, of fc01, which is also the host, and fc02, with nginx; up or not."""
    reader = Reader(QUICKSTART, tmp_path_factory.mktemp("reader"), three.env, lab=True)
    begin = ("1. The tools", "2. The topology")
    made = DocumentedStack(three, reader, name="prod", begin=begin, up="3. Up")
    try:
        yield made
    finally:
        made.destroy()
        made.remove()


@pytest.fixture
def stack(federation: DocumentedStack) -> DocumentedStack:
    """A federation that is up, as the tests before have left it or anew."""
    if not federation.settled:
        federation.up()
    return federation


@pytest.fixture
def empty_stack(federation: Stack) -> Stack:
    """A federation of which nothing is there."""
    federation.destroy()
    return federation
