"""A federation's control plane is lost with all that it held: a backup brings it back, and members notice nothing.

Every command is one of docs/operations.md. The control plane is on a cluster of its own, as are the names.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.federation.conftest import kubeconfig_of
from tests.lab.federation.names_fixtures import VIP_EAST, VIP_WEST, Names, healthy, only
from tests.lab.federation.workloads import becomes
from tests.lab.labs import eventually
from tests.lab.stacks import FEDERATION

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
FEDCTL = str(Path(sys.executable).with_name("fedctl"))
NAMESPACE = "federation-system"
HOST = "fc03"
THEIRS = "what-only-the-api-knows"


@pytest.fixture(scope="module", autouse=True)
def alone(names: Names) -> Iterator[None]:
    """What these tests have made goes: while others have something in the federation, it is not destroyed."""
    yield
    names.stack.kubectl("delete", "deployment,secret,configmap", THEIRS, "--ignore-not-found")
    names.stack.kubectl("scale", "deployment", "nginx", "--replicas=4")
    becomes(names.lab, fc01=2, fc02=2)


def fedctl(names: Names, command: str, *words: str) -> Any:
    """What a command that must succeed answers; it is asked as docs/operations.md has it."""
    kubeconfig = names.stack.directory / "host.kubeconfig"
    kubeconfig.write_text(kubeconfig_of(names.lab, HOST))
    there = ("--kubeconfig", str(kubeconfig), "--topology", str(names.stack.settings), "--json")
    return json.loads(names.lab("exec", "--", FEDCTL, command, *words, *there, timeout=300))


def pods(names: Names) -> dict[str, set[str]]:
    """UIDs of all pods in namespace default, by member."""
    found = {member: names.lab.get(member, "pods", "-n", "default")["items"] for member in ("fc01", "fc02")}
    return {member: {pod["metadata"]["uid"] for pod in each} for member, each in found.items()}


def uid(names: Names, *what: str) -> str:
    """Of an object of the federation API."""
    return str(names.stack.get(*what)["metadata"]["uid"])


def unlike(names: Names, wanted: dict[str, set[str]]) -> str | None:
    found = pods(names)
    return None if found == wanted else f"{found} run"


def test_a_plane_that_was_lost_comes_back_with_all_it_knew_and_members_notice_nothing(
    names: Names, tmp_path: Path
) -> None:
    stack, file = names.stack, str(tmp_path / "fed.tar.gz")
    eventually(lambda: names.unlike(healthy()), 60, "names with both")
    stack.kubectl("create", "deployment", THEIRS, "--image=docker.io/library/nginx:stable", "--replicas=2")
    stack.kubectl("create", "secret", "generic", THEIRS, "--from-literal=password=hunter2")
    eventually(lambda: _theirs(names), 60, "their Deployment")
    running, known = pods(names), {kind: uid(names, kind, THEIRS) for kind in ("deployment", "secret")}

    manifest = fedctl(names, "backup", "--output", file)
    assert manifest["members"] == ["fc01", "fc02"]
    assert manifest["counts"]["deployments"] == 2
    stack.kubectl("label", "deployment", THEIRS, "since=the-backup")

    with names.logged(tmp_path) as log:
        names.lab.kubectl(HOST, "delete", "namespace", NAMESPACE)
        stack("refresh", "--yes", "--target", f"**::{FEDERATION}-host-*")
        stack.up()
        answer = fedctl(names, "restore", file, "--yes")
        assert answer["members"] == {"fc01": None, "fc02": None}
        assert {kind: uid(names, kind, THEIRS) for kind in known} == known
        assert "since" not in stack.get("deployment", THEIRS)["metadata"]["labels"]
        said = stack.up("--refresh", "--expect-no-changes")
        assert "unchanged" in said
    assert log.failures() == []
    assert frozenset().union(*(values for _, _, _, values in log.entries)) == {VIP_EAST, VIP_WEST}
    assert names.answers() == healthy()
    assert unlike(names, running) is None


def test_what_comes_after_a_restore_reaches_members_and_names(names: Names) -> None:
    stack = names.stack
    stack.kubectl("scale", "deployment", "nginx", "--replicas=6")
    becomes(names.lab, fc01=3, fc02=3)
    names.lab.kubectl("fc02", "cordon", "fc02-control-plane")
    try:
        names.lab.kubectl("fc02", "delete", "pods", "-l", "app.kubernetes.io/name=nginx", "--wait=false")
        eventually(lambda: names.unlike(only(VIP_EAST)), 30, "names without the member that has no backends")
    finally:
        names.lab.kubectl("fc02", "uncordon", "fc02-control-plane")
    eventually(lambda: names.unlike(healthy()), 90, "names with both")


@pytest.mark.long
def test_a_damaged_plane_is_mended_by_the_same_command(names: Names, tmp_path: Path) -> None:
    stack, file = names.stack, str(tmp_path / "fed.tar.gz")
    fedctl(names, "backup", "--output", file)
    known, running = uid(names, "secret", THEIRS), pods(names)
    stack.kubectl("annotate", "deployment", THEIRS, "damaged=yes")
    stack.kubectl("delete", "clusterrole", "karmada-view")
    stack.kubectl("create", "configmap", "later")
    answer = fedctl(names, "restore", file, "--yes")
    assert answer["written"]["clusterroles"] >= 1
    assert "/registry/configmaps/default/later" in answer["removedKeys"]
    assert uid(names, "secret", THEIRS) == known
    assert "damaged" not in stack.get("deployment", THEIRS)["metadata"].get("annotations", {})
    assert stack.preview() == {}
    assert unlike(names, running) is None


def _theirs(names: Names) -> str | None:
    ready = names.stack.get("deployment", THEIRS).get("status", {}).get("readyReplicas", 0)
    return None if ready == 2 else f"{ready} of 2 replicas are ready"
