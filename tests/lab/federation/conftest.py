"""Three real clusters, and a federation over the first two of them."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.documents import QUICKSTART
from tests.lab.federation.names_fixtures import NODE_PORT, Names
from tests.lab.federation.zone_fixtures import corefile_of
from tests.lab.labs import TestLab, booted
from tests.lab.reader import Reader
from tests.lab.stacks import FEDERATION, DocumentedStack, Stack, walk_through

LAB = """\
clusters:
  - {name: fc01, region: us, zone: east, vips: 10.250.0.0/24}
  - {name: fc02, region: us, zone: west, vips: 10.250.1.0/24}
  - {name: fc03, region: us, zone: north, vips: 10.250.2.0/24}
images: [workload, federation, edge]
"""
Inventory = dict[str, list[str]]
KILLED_UP = random.Random(4).randrange(10, 140)
"""After so many resources `pulumi` is killed; the next run goes on from there."""


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


@pytest.fixture(scope="package")
def own_dns(three: TestLab, before: dict[str, Inventory], federation: Stack) -> dict[str, str]:
    """Cluster → Corefile of its own DNS, while it knows of no federation; the other one goes first."""
    federation.destroy()
    return {cluster: corefile_of(three, cluster) for cluster in before}


@pytest.fixture(scope="package")
def names(
    three: TestLab, own_dns: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Names]:
    """A federation with names on the same clusters; its plane is on one of its own, so that members can be killed."""
    topology = walk_through("fc01", "fc02", "fc03") | {
        "host": "fc03",
        "dns": [{"provider": "coredns", "service_type": "LoadBalancer", "node_port": NODE_PORT}],
        "workloads": [{"path": "apps/nginx"}],
    }
    for place, cluster in enumerate(topology["clusters"]):
        cluster["vips"] = {"cidr": f"10.250.{place}.0/24"}
    topology["clusters"][2]["join"] = False
    stack = Stack(three, tmp_path_factory.mktemp("names") / "icp", topology)
    try:
        assert stack.killed_after(KILLED_UP, " created (", "up")
        stack.up()
        yield Names(three, stack, "10.99.3.10")
    finally:
        stack.destroy()
        stack.remove()
