"""A member is drained and given back while everything else goes on: what runs is the judge, not what the plane says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.federation.workloads import becomes, running
from tests.lab.labs import TestLab
from tests.lab.stacks import DocumentedStack, Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
TAINT = "k8s-federation/drained"


def fedctl(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("fedctl"))
    reach = ("--federation-kubeconfig", str(stack.kubeconfig))
    return stack.lab.run("exec", "--", program, *words, *reach)


def done(stack: Stack, *words: str) -> str:
    """What a command that must succeed prints."""
    found = fedctl(stack, *words)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def taints(stack: Stack, member: str) -> list[str]:
    return [taint["key"] for taint in stack.get("cluster", member)["spec"].get("taints", ())]


@contextmanager
def counted(lab: TestLab, folder: Path) -> Iterator[list[int]]:
    """How many pods of nginx are ready in both members, ten times a second while the block runs; whole afterwards."""
    stop, counts = folder / "stop", list[int]()
    # fc02 first: what has ended there by then is ready in fc01 already
    words = ("-m", "tests.lab.federation.pod_log", str(stop), "fc02", "fc01")
    counting = lab.start("exec", "--", sys.executable, *words)
    try:
        yield counts
    finally:
        stop.touch()
        printed, told = counting.communicate(timeout=30)
    assert counting.returncode == 0, told
    counts += [sum(entry) for entry in json.loads(printed)]


@dataclass(frozen=True)
class Drained:
    """What was seen while fc02 was drained: the plan of a dry run, what the drain has told, pods that were ready."""

    planned: dict[str, Any]
    said: str
    counts: list[int]


@pytest.fixture(scope="module")
def drained(
    federation: DocumentedStack, three: TestLab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drained]:
    """fc02 is drained until a test gives it back, or all have run."""
    if not federation.settled:
        federation.up()
    becomes(three, fc01=2, fc02=2)
    planned = json.loads(done(federation, "drain", "fc02", "--dry-run", "--json"))
    assert taints(federation, "fc02") == []
    try:
        with counted(three, tmp_path_factory.mktemp("counts")) as counts:
            said = done(federation, "drain", "fc02")
            becomes(three, fc01=4, fc02=0)
        yield Drained(planned, said, counts)
    finally:
        done(federation, "undrain", "fc02")


def test_workloads_leave_a_drained_member_and_no_replica_is_missed_at_any_moment(
    drained: Drained, stack: Stack, three: TestLab
) -> None:
    moves = [(m["name"], m["here"], m["replicas"], m["to"]) for m in drained.planned["moves"]]
    assert moves == [("nginx", 2, 4, ["fc01"])]
    assert drained.said.splitlines()[-2:] == [
        "Deployment default/nginx: ready elsewhere (fc01 4)",
        "member fc02 is drained; afterwards: fedctl undrain fc02",
    ]
    assert max(drained.counts) > 4, "it was counted while they moved"
    assert min(drained.counts) >= 4
    assert three.get("fc02", "service", "nginx")["spec"]["type"] == "LoadBalancer", "every member has it"


def test_nothing_brings_a_drained_member_back_but_an_undrain(
    drained: Drained, stack: Stack, three: TestLab
) -> None:
    stack.kubectl("scale", "deployment", "nginx", "--replicas=6")
    becomes(three, fc01=6, fc02=0)
    stack.kubectl("scale", "deployment", "nginx", "--replicas=4")
    plane = ("fc01", "-n", "federation-system", "rollout")
    three.kubectl(*plane, "restart", "deployment", "karmada-scheduler")
    three.kubectl(*plane, "status", "deployment", "karmada-scheduler", "--timeout=60s")
    stack.up("--refresh", "--expect-no-changes")
    assert taints(stack, "fc02") == [TAINT]
    becomes(three, fc01=4, fc02=0)
    assert "no workload moves off member fc02" in done(stack, "drain", "fc02")


def test_the_last_member_is_not_drained(drained: Drained, stack: Stack) -> None:
    refused = fedctl(stack, "drain", "fc01")
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0] == (
        "error: member fc01: no other member is Ready, so its workloads have nowhere to go. Next: see fedctl status "
        "for the others; with --force, only new replicas are kept away from it."
    )
    assert taints(stack, "fc01") == []


def test_a_member_that_is_drained_is_a_note_and_no_problem(drained: Drained, stack: Stack) -> None:
    found = json.loads(fedctl(stack, "status", "--json").stdout)
    assert [note for note in found["notes"] if note.startswith("member fc02 is drained")]
    assert not [problem for problem in found["problems"] if "fc02" in problem]


def test_an_undrain_gives_the_member_its_share_and_is_done_once(
    drained: Drained, stack: Stack, three: TestLab
) -> None:
    assert done(stack, "undrain", "fc02").splitlines()[-1] == "member fc02 runs its share again"
    assert (running(three, "fc01"), running(three, "fc02")) == (2, 2)
    assert taints(stack, "fc02") == []
    assert done(stack, "undrain", "fc02") == "member fc02 is not drained\n"
