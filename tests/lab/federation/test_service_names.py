"""Names of a federated service on real clusters: what clients are told while members come and go. `dig` is the judge.

The control plane and the zone are on a cluster of their own, so that each member can be killed.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab.federation.conftest import Inventory, objects_of, unlike
from tests.lab.federation.names_fixtures import (
    DOMAIN,
    EAST,
    GLOBAL,
    LEVELS,
    NODE_PORT,
    REGION,
    VIP_EAST,
    VIP_WEST,
    WEST,
    Names,
    healthy,
    only,
)
from tests.lab.federation.zone_fixtures import corefile_of
from tests.lab.labs import TestLab, eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

DEBUG = "docker.io/k8s-federation/debug:1"
DEAD_SECONDS = 30.0
"""A member that has died is in no answer after so long; resolvers may keep one for the TTL on top."""
SETTLE_SECONDS = 5
LAG_SECONDS = 1
"""The replicas of the nameserver read a change one after the other, and the command has asked one of them."""
"""So long a drained member serves whoever has its address from an answer."""
EMPTY_SECONDS = 5.0
"""The same for one whose backends are gone."""
KILLED_DESTROY = random.Random(5).randrange(10, 140)
"""After so many resources `pulumi` is killed; the next run goes on from there."""


def serves(names: Names, wanted: dict[str, set[str]], within: float = 90) -> None:
    eventually(lambda: names.unlike(wanted), within, "names")


def test_each_level_answers_with_the_virtual_ips_of_its_members(names: Names) -> None:
    assert names.answers() == healthy()
    assert names.stack.output("nameservers") == ["10.250.2.2:53"]
    at_the_vip = names.lab("exec", "--", "dig", "@10.250.2.2", "+short", GLOBAL)
    assert set(at_the_vip.split()) == healthy()[GLOBAL]
    for name in LEVELS:
        assert set(names.dig(name, "+short", "+tcp").split()) == healthy()[name]
    listed = names.stack.output("names")["default/nginx"]
    assert listed == [GLOBAL, REGION, EAST, WEST]
    assert f" 30 IN A {VIP_EAST}" in " ".join(names.dig(EAST, "+noall", "+answer").split())


def test_the_zone_has_a_nameserver_and_no_other_is_answered(names: Names) -> None:
    assert names.dig(DOMAIN, "+short", "NS").strip() == f"ns.dns.{DOMAIN}."
    assert "status: NXDOMAIN" in names.dig(f"late.{DOMAIN}")
    for other in ("example.com", "cluster.local"):
        assert "status: REFUSED" in names.dig(other)


def test_the_policies_have_nothing_against_what_is_deployed(names: Names) -> None:
    assert "[mandatory]" not in names.stack.checked()


def test_the_page_comes_by_name_from_a_pod_of_each_member_and_from_outside(names: Names) -> None:
    for member in ("fc01", "fc02"):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "client"},
            "spec": {"containers": [{"name": "client", "image": DEBUG, "command": ["sleep", "3600"]}]},
        }
        names.lab.applied(member, pod)
    try:
        for member in ("fc01", "fc02"):
            eventually(lambda member=member: _page(names, member), 150, "the page")  # type: ignore[misc]
    finally:
        for member in ("fc01", "fc02"):
            names.lab.kubectl(member, "delete", "pod", "client", "--grace-period=0", "--force")
    for address in names.dig(GLOBAL, "+short").split():
        assert names.lab.answers(f"http://{address}/") is None


def _page(names: Names, member: str) -> str | None:
    """None if a pod of the member gets nginx' page at every name."""
    for name in LEVELS:
        done = names.lab.run(
            "kubectl", member, "exec", "client", "--", "curl", "-sS", "--max-time", "3", f"http://{name}/"
        )
        if "<html>" not in done.stdout:
            return f"{member}, {name}: {done.stdout[-200:]}{done.stderr[-200:]}"
    return None


def test_a_member_without_backends_is_in_no_answer_after_five_seconds(names: Names, tmp_path: Path) -> None:
    node = "fc02-control-plane"
    names.lab.kubectl("fc02", "cordon", node)
    try:
        with names.logged(tmp_path) as log:
            began = time.time()
            names.lab.kubectl("fc02", "delete", "pods", "-l", "app.kubernetes.io/name=nginx", "--wait=false")
            time.sleep(EMPTY_SECONDS + 3)
        assert log.failures() == []
        assert 0 < log.settled(began, time.time(), only(VIP_EAST)) <= EMPTY_SECONDS
    finally:
        names.lab.kubectl("fc02", "uncordon", node)
    serves(names, healthy())


def test_names_leave_a_member_that_is_drained_before_its_pods_end(names: Names, tmp_path: Path) -> None:
    fedctl = (str(Path(sys.executable).with_name("fedctl")),)
    reach = ("--federation-kubeconfig", str(names.stack.kubeconfig))
    asked = ("--topology", str(names.stack.settings), "--nameserver", f"{names.server}:{NODE_PORT}")
    try:
        with names.logged(tmp_path) as log, served(names.lab, VIP_WEST) as pages:
            names.lab("exec", "--", *fedctl, "drain", "fc02", *reach, *asked, "--settle", str(SETTLE_SECONDS))
            assert names.unlike(only(VIP_EAST)) is None
            eventually(lambda: None if not pages[-1][1] else "fc02 serves", 30, "the end of its pods")
        assert log.failures() == []
        last = max(at for at, _, _, values in log.entries if VIP_WEST in values)
        ended = next(at for at, ok in pages if not ok)
        assert ended - last >= SETTLE_SECONDS - LAG_SECONDS, (
            "whoever has its address from an answer is served"
        )
        status = names.lab.run("exec", "--", *fedctl, "status", *reach, *asked)
        assert status.returncode == 0, status.stdout
        assert "note: member fc02 is drained" in status.stdout
    finally:
        names.lab("exec", "--", *fedctl, "undrain", "fc02", *reach)
    serves(names, healthy())


@contextmanager
def served(lab: TestLab, address: str) -> Iterator[list[tuple[float, bool]]]:
    """When a page was asked for and whether it came, again and again while the block runs."""
    stop, pages = threading.Event(), list[tuple[float, bool]]()

    def ask() -> None:
        while not stop.is_set():
            at = time.time()
            pages.append((at, lab.answers(f"http://{address}/") is None))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield pages
    finally:
        stop.set()
        asking.join()


@pytest.mark.parametrize(
    ("fault", "member", "left"),
    [
        ("kill", "fc02", VIP_EAST),
        pytest.param("cut", "fc01", VIP_WEST, marks=pytest.mark.long),
        pytest.param("kill", "fc01", VIP_WEST, marks=pytest.mark.long),
        pytest.param("cut", "fc02", VIP_EAST, marks=pytest.mark.long),
        pytest.param("pause", "fc01", VIP_WEST, marks=pytest.mark.long),
        pytest.param("pause", "fc02", VIP_EAST, marks=pytest.mark.long),
    ],
)
def test_a_member_that_is_lost_is_in_no_answer_and_comes_back(
    names: Names, tmp_path: Path, fault: str, member: str, left: str
) -> None:
    with names.logged(tmp_path) as log:
        began = time.time()
        names.lab("fault", fault, member)
        eventually(lambda: names.unlike(only(left)), DEAD_SECONDS, "names without the dead address")
        if fault == "kill":
            names.stack.up("--expect-no-changes")
        time.sleep(3)
        restored = time.time()
        names.lab("fault", "restore", member)
        serves(names, healthy())
    assert log.failures() == []
    assert 0 < log.settled(began, restored, only(left)) <= DEAD_SECONDS


@pytest.mark.long
def test_when_no_member_is_left_the_last_answer_is_kept(names: Names, tmp_path: Path) -> None:
    with names.logged(tmp_path) as log:
        for member in ("fc01", "fc02"):
            names.lab("fault", "cut", member)
        time.sleep(DEAD_SECONDS / 2)  # three times as long as a single one is missed
        for member in ("fc01", "fc02"):
            names.lab("fault", "restore", member)
        serves(names, healthy())
    assert log.failures() == []
    assert names.stack.preview() == {}


@pytest.mark.long
def test_a_service_that_is_deleted_loses_its_names_and_other_owners_keep_theirs(names: Names) -> None:
    foreign = f"web.{GLOBAL.partition('.svc.')[2]}"
    _store(names, "put", foreign, "10.9.9.9")
    names.stack.kubectl("delete", "service", "nginx")
    eventually(
        lambda: None if names.answers() == {name: set() for name in LEVELS} else "still there", 15, "names"
    )
    assert names.dig(foreign, "+short").strip() == "10.9.9.9"
    names.stack.up("--refresh")
    serves(names, healthy())


def _store(names: Names, *words: str) -> None:
    deployment = json.loads(names.stack("stack", "export", "--show-secrets"))["deployment"]
    records = next(r for r in deployment["resources"] if r["type"].endswith(":DnsRecords"))
    store = json.loads(records["inputs"]["stores"]["plaintext"])[0]
    names.lab(
        "exec", "--", sys.executable, "-m", "tests.lab.federation.store_tool", *words, stdin=json.dumps(store)
    )


def test_nothing_is_left_of_it(
    names: Names, before: dict[str, Inventory], own_dns: dict[str, str], three: TestLab
) -> None:
    assert DOMAIN in corefile_of(three, "fc01"), "pods ask the federation's nameserver by it"
    assert names.stack.killed_after(KILLED_DESTROY, " deleted (", "destroy")
    names.stack.destroy()
    for cluster, had in before.items():
        gone: Callable[[], str | None] = lambda c=cluster, h=had: unlike(h, objects_of(three, c))  # type: ignore[misc]  # noqa: E731
        eventually(gone, 60, f"{cluster} as it was")
    assert {cluster: corefile_of(three, cluster) for cluster in before} == own_dns
