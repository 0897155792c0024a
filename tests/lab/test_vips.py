"""Virtual IPs in real clusters: Services get them, users reach them, and they outlive a node."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.names_failover import holders
from components.keepalived.objects import manifests
from components.keepalived.settings import Settings
from federation.topology.models import Controllers, VipPool
from tests.lab.labs import TestLab, booted, eventually, stays
from tests.lab.objects import deployment, toolbox

pytestmark = [pytest.mark.lab, pytest.mark.long]  # tests/lab/federation asks for addresses and pages, too

POOLS = {"v": "10.250.0.0/29", "w": "10.250.1.0/29"}  # .2 to .6
TOPOLOGY = f"""\
clusters:
  - {{name: v, workers: 2, vips: {POOLS["v"]}}}
  - {{name: w, vips: {POOLS["w"]}}}
images: [workload, federation-controllers]
"""
WORKERS = {"v-worker-1": "10.99.1.11", "v-worker-2": "10.99.1.12"}
SYSTEM = ("-n", "federation-vips")
IDLE_BYTES = 80e6


@pytest.fixture(scope="module")
def lab(state_root: Path) -> Iterator[TestLab]:
    """One cluster with two gateway nodes, one with a single node; both with virtual IPs and a web server."""
    with booted(state_root, "t-vips", TOPOLOGY) as lab:
        for number, (cluster, cidr) in enumerate(POOLS.items(), 51):
            settings = Settings(
                federation="test",
                pool=VipPool.model_validate({"cidr": cidr}),
                router_id=number,
                controllers=Controllers(),
            )
            lab.applied(cluster, *manifests(settings), deployment("web", "default"), toolbox("default"))
        for cluster in POOLS:
            for name in ("deployment/vip-controller", "daemonset/keepalived"):
                lab.kubectl(cluster, *SYSTEM, "rollout", "status", name, "--timeout=90s")
            lab.kubectl(cluster, "rollout", "status", "deployment/web", "--timeout=60s")
            lab.kubectl(cluster, "wait", "pod/client", "--for=condition=Ready", "--timeout=60s")
        yield lab


def balanced(name: str, *, app: str = "web", requested: str | None = None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": "default"}
    if requested:
        metadata["annotations"] = {"k8s-federation/load-balancer-ip": requested}
    spec = {"type": "LoadBalancer", "selector": {"app": app}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


@pytest.fixture(autouse=True)
def tidy(lab: TestLab) -> Iterator[None]:
    """Every test starts without Services, and leaves none."""
    yield
    for cluster in POOLS:
        lab.kubectl(cluster, "delete", "services", "-l", "!component", "--wait=true")
        eventually(lambda cluster=cluster: nothing_held(lab, cluster), 20, "an empty vip-configmap")  # type: ignore[misc]


def nothing_held(lab: TestLab, cluster: str) -> str | None:
    data = lab.get(cluster, *SYSTEM, "configmap", "vip-configmap")["data"]
    return None if set(data) == {"gateways"} else f"it holds {data}"


def address(lab: TestLab, name: str, cluster: str = "v") -> str | None:
    status = lab.get(cluster, "service", name)["status"]["loadBalancer"]
    return str(status["ingress"][0]["ip"]) if status.get("ingress") else None


def gets(lab: TestLab, name: str, wanted: str | None, cluster: str = "v") -> Callable[[], str | None]:
    def probe() -> str | None:
        found = address(lab, name, cluster)
        return None if found == wanted else f"{name} has {found}"

    return probe


def given(lab: TestLab, *services: dict[str, Any], cluster: str = "v") -> list[str]:
    """The Services, one after the other, and the addresses that they get."""
    found = []
    for service in services:
        lab.applied(cluster, service)
        name = service["metadata"]["name"]
        eventually(lambda name=name: None if address(lab, name, cluster) else "no address", 20, name)  # type: ignore[misc]
        found.append(str(address(lab, name, cluster)))
    return found


def refused(lab: TestLab, name: str, reason: str) -> Callable[[], str | None]:
    """Its condition and an Event say why it has no address."""

    def probe() -> str | None:
        service = lab.get("v", "service", name)
        conditions = service["status"].get("conditions", [])
        told = lab.get("v", "events", "--field-selector", f"involvedObject.uid={service['metadata']['uid']}")
        events = [(e["type"], e["reason"]) for e in told["items"]]
        if [(c["status"], c["reason"]) for c in conditions] != [("False", reason)]:
            return f"conditions: {conditions}"
        return None if ("Warning", reason) in events else f"events: {events}"

    return probe


def from_pod(lab: TestLab, cluster: str, url: str) -> str | None:
    done = lab.run("kubectl", cluster, "exec", "client", "--", "curl", "-sS", "--max-time", "3", url)
    return None if "Welcome to nginx!" in done.stdout else f"{cluster}: {done.stderr}"


def test_the_first_service_gets_the_second_address_and_answers_everywhere(lab: TestLab) -> None:
    assert given(lab, balanced("one"), balanced("two")) == ["10.250.0.2", "10.250.0.3"]
    assert given(lab, balanced("one"), cluster="w") == ["10.250.1.2"]
    for url in ("http://10.250.0.2/", "http://10.250.0.3/", "http://10.250.1.2/"):
        eventually(lambda url=url: lab.answers(url), 20, f"{url} from outside")  # type: ignore[misc]
        for cluster in POOLS:
            eventually(lambda url=url, c=cluster: from_pod(lab, c, url), 20, f"{url} from a pod")  # type: ignore[misc]


def test_a_wish_is_granted_and_nothing_is_stolen(lab: TestLab) -> None:
    assert given(lab, balanced("wish", requested="10.250.0.5"), balanced("any")) == [
        "10.250.0.5",
        "10.250.0.2",
    ]
    lab.applied("v", balanced("thief", requested="10.250.0.2"), balanced("router", requested="10.250.0.1"))
    eventually(refused(lab, "thief", "AddressTaken"), 20, "the refusal")
    eventually(refused(lab, "router", "AddressNotInPool"), 20, "the refusal")
    stays(gets(lab, "any", "10.250.0.2"), 2)
    lab.kubectl("v", "delete", "service", "any")
    eventually(gets(lab, "thief", "10.250.0.2"), 20, "the address when it is free")


@pytest.mark.long
def test_an_exhausted_pool_says_so_and_an_address_that_gets_free_is_given(lab: TestLab) -> None:
    services = [balanced(f"s{i}") for i in range(5)]
    assert given(lab, *services) == [f"10.250.0.{i}" for i in range(2, 7)]
    lab.applied("v", balanced("late"))
    eventually(refused(lab, "late", "PoolExhausted"), 20, "the refusal")
    lab.kubectl("v", "patch", "service", "s2", "-p", '{"spec": {"type": "ClusterIP"}}')
    eventually(gets(lab, "late", "10.250.0.4"), 20, "the address that got free")
    assert address(lab, "s2") is None


@pytest.mark.long
def test_controllers_that_start_anew_move_nothing(lab: TestLab) -> None:
    given(lab, balanced("gone"), balanced("one"), balanced("two"))
    lab.kubectl("v", "delete", "service", "gone")  # a lower address is free
    before = services(lab)
    lab.kubectl("v", *SYSTEM, "delete", "pods", "-l", "app.kubernetes.io/name=vip-controller", "--wait=true")
    lab.kubectl("v", *SYSTEM, "rollout", "status", "deployment/vip-controller", "--timeout=60s")
    assert given(lab, balanced("three")) == ["10.250.0.2"], "a controller works again"
    assert {k: v for k, v in services(lab).items() if k != "three"} == before


def services(lab: TestLab) -> dict[str, tuple[str, str]]:
    """Name → version and address: a write that changes nothing has no version of its own."""
    found = lab.get("v", "services", "-l", "!component")["items"]
    return {
        s["metadata"]["name"]: (s["metadata"]["resourceVersion"], str(address(lab, s["metadata"]["name"])))
        for s in found
    }


@contextmanager
def probed(lab: TestLab, target: str, tmp_path: Path) -> Iterator[dict[str, float]]:
    """What a user saw who asked every 20 ms during the block."""
    tmp_path.mkdir(exist_ok=True)
    stop = tmp_path / "stop"
    seen: dict[str, float] = {}
    asking = lab.start("exec", "--", "python", "-m", "bench.names_prober", target, str(stop))
    try:
        time.sleep(2)
        yield seen
        time.sleep(1)
    finally:
        stop.touch()
        said, errors = asking.communicate(timeout=30)
    assert asking.returncode == 0, errors
    seen.update(json.loads(said))
    assert seen["asked"] > 50


@pytest.mark.long
def test_addresses_that_come_and_go_interrupt_no_other(lab: TestLab, tmp_path: Path) -> None:
    (target,) = given(lab, balanced("steady"))
    eventually(lambda: lab.answers(f"http://{target}/"), 20, target)
    with probed(lab, target, tmp_path) as seen:
        given(lab, balanced("a"), balanced("b"))
        lab.kubectl("v", "delete", "service", "a", "b")
        eventually(lambda: held_only(lab, target), 20, "the end of the others")
    assert (seen["failed"], seen["silence"] < 0.2) == (0, True), seen


def held_only(lab: TestLab, target: str) -> str | None:
    data = lab.get("v", *SYSTEM, "configmap", "vip-configmap")["data"]
    return None if set(data) == {"gateways", target} else f"it holds {data}"


@contextmanager
def pinned(lab: TestLab) -> Iterator[tuple[str, str]]:
    """An address whose web server is not on the node that holds it: the node, and the address."""
    (target,) = given(lab, balanced("pinned", app="pinned"))
    holder = holder_of(lab, target)
    server = deployment("pinned", "default")
    server["spec"]["template"]["spec"]["nodeName"] = next(node for node in WORKERS if node != holder)
    lab.applied("v", server)
    eventually(lambda: lab.answers(f"http://{target}/"), 30, target)
    try:
        yield holder, target
    finally:
        lab.kubectl("v", "delete", "deployment", "pinned", "--wait=false")


def holder_of(lab: TestLab, target: str) -> str:
    """The gateway node that answers ARP requests for the address.

    It must be asked: who held the address last is still known, and serves it too, as kube-proxy does on every node.
    """
    found: list[str] = []

    def probe() -> str | None:
        lab("exec", "--", "ip", "neigh", "flush", "to", target)
        lab.run("exec", "--", "curl", "-s", "--max-time", "1", f"http://{target}/")
        for host in WORKERS.values():
            lab.run("exec", "--", "curl", "-s", "--max-time", "1", f"http://{host}:1/")
        said = lab("exec", "--", "ip", "-json", "neigh")
        found[:] = holders(json.loads(said), target, WORKERS)
        return None if found else f"neighbours: {said}"

    eventually(probe, 20, f"a node that holds {target}")
    return found[0]


def test_an_address_answers_again_within_a_second_when_its_node_dies(lab: TestLab, tmp_path: Path) -> None:
    with pinned(lab) as (holder, target), mended(lab, holder):
        with probed(lab, target, tmp_path / "kill") as seen:
            lab("fault", "kill", holder)
            time.sleep(3)
        assert seen["failed"] > 0, "the node was not the one that held it"
        assert seen["silence"] <= 1.0, seen
        with probed(lab, target, tmp_path / "back") as seen:
            lab("fault", "restore", holder)
            eventually(lambda: all_ready(lab), 120, "both gateway nodes")
            time.sleep(3)
        assert seen["silence"] < 0.5, f"a node that comes back takes nothing: {seen}"


@contextmanager
def mended(lab: TestLab, node: str) -> Iterator[None]:
    """Whatever the block has found, the tests after it have both gateway nodes."""
    try:
        yield
    finally:
        lab("fault", "restore", node)
        eventually(lambda: all_ready(lab), 120, "both gateway nodes")


def all_ready(lab: TestLab) -> str | None:
    status = lab.get("v", *SYSTEM, "daemonset", "keepalived")["status"]
    nodes = {n["metadata"]["name"]: n for n in lab.get("v", "nodes")["items"]}
    ready = [
        name
        for name, node in nodes.items()
        if any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
    ]
    return None if status.get("numberReady") == 2 and len(ready) == 3 else f"ready: {ready}, {status}"


@pytest.mark.long
def test_an_address_answers_again_within_a_second_when_its_agent_is_replaced(
    lab: TestLab, tmp_path: Path
) -> None:
    with pinned(lab) as (_, target):
        with probed(lab, target, tmp_path) as seen:
            lab.kubectl("v", *SYSTEM, "rollout", "restart", "daemonset/keepalived")
            lab.kubectl("v", *SYSTEM, "rollout", "status", "daemonset/keepalived", "--timeout=90s")
        assert seen["silence"] <= 1.0, seen


@pytest.mark.long
def test_an_address_leaves_a_node_that_its_kube_proxy_says_cannot_serve(lab: TestLab) -> None:
    with pinned(lab) as (holder, target):
        # kube-proxy's health says 503 of a node that is about to be removed (KEP-3836).
        taint = "ToBeDeletedByClusterAutoscaler=1:NoSchedule"
        lab.kubectl("v", "taint", "node", holder, taint)
        try:
            eventually(lambda: moved(lab, target, holder), 30, "another holder")
        finally:
            lab.kubectl("v", "taint", "node", holder, "ToBeDeletedByClusterAutoscaler-")


def moved(lab: TestLab, target: str, before: str) -> str | None:
    holder = holder_of(lab, target)
    return None if holder != before else f"{holder} holds it"


def test_controllers_that_have_nothing_to_do_are_small(lab: TestLab) -> None:
    pods = lab.get("v", *SYSTEM, "pods", "-l", "app.kubernetes.io/name=vip-controller")["items"]
    assert len(pods) == 2
    for pod in pods:
        path = f"/api/v1/namespaces/federation-vips/pods/{pod['metadata']['name']}:8080/proxy/metrics"
        lines = lab.kubectl("v", "get", "--raw", path).splitlines()
        (used,) = (float(x.split()[1]) for x in lines if x.startswith("process_resident_memory_bytes "))
        assert used <= IDLE_BYTES, f"{used / 1e6:.0f} MB"


def test_the_accounts_may_do_what_they_need_and_nothing_else(lab: TestLab) -> None:
    questions = {
        ("vip-controller", "patch", "services --subresource=status", "default"): True,
        ("vip-controller", "patch", "services", "default"): False,
        ("vip-controller", "get", "secrets", "federation-vips"): False,
        ("vip-controller", "patch", "configmaps/other", "federation-vips"): False,
        ("keepalived", "list", "configmaps", "federation-vips"): True,
        ("keepalived", "list", "configmaps", "default"): False,
        ("keepalived", "patch", "configmaps", "federation-vips"): False,
    }
    for (account, verb, what, namespace), allowed in questions.items():
        user = f"--as=system:serviceaccount:federation-vips:{account}"
        done = lab.run("kubectl", "v", "auth", "can-i", verb, *what.split(), "-n", namespace, user)
        assert done.stdout.strip() == ("yes" if allowed else "no"), (account, verb, what, namespace)
