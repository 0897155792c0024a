"""What is expected of a federation, and whether what was seen is that."""

from __future__ import annotations

from typing import Any

import pytest

from federation.dns.query import Answer
from federation.dns.view import View
from federation.errors import FederationError, UnreachableError
from federation.topology import load
from federation.verify import judge
from federation.verify.result import Result
from federation.verify.scenario import VERIFY_LABEL, scenario
from tests.unit.verify_fixtures import (
    ADDRESSES,
    EAST,
    GLOBAL,
    NAMESERVER,
    SCENARIO,
    TOPOLOGY,
    US,
    WEST,
    Federation,
    work,
)

BY = f"{NAMESERVER} over UDP"
BOTH = ("10.250.0.2", "10.250.1.2")
SILENT = UnreachableError("nameserver x", "no answer", "see whether it runs")


def test_each_name_has_the_members_of_its_level() -> None:
    assert SCENARIO.names() == {
        GLOBAL: ("fc01", "fc02"),
        US: ("fc01", "fc02"),
        EAST: ("fc01",),
        WEST: ("fc02",),
    }
    assert list(SCENARIO.names()) == [GLOBAL, US, EAST, WEST]


def test_each_name_answers_the_addresses_of_its_members_by_type() -> None:
    assert SCENARIO.expected({"fc01": ("10.250.0.2", "2001:db8::2"), "fc02": ("10.250.1.2",)}) == {
        (GLOBAL, "A"): BOTH,
        (GLOBAL, "AAAA"): ("2001:db8::2",),
        (US, "A"): BOTH,
        (US, "AAAA"): ("2001:db8::2",),
        (EAST, "A"): ("10.250.0.2",),
        (EAST, "AAAA"): ("2001:db8::2",),
        (WEST, "A"): ("10.250.1.2",),
    }


def test_members_without_zones_or_region_have_fewer_names() -> None:
    clusters = [{"name": "fc01", "kubeconfig": "a", "region": "us"}, {"name": "fc02", "kubeconfig": "a"}]
    assert scenario(load(TOPOLOGY | {"clusters": clusters}), "x7k2q").names() == {
        GLOBAL: ("fc01", "fc02"),
        US: ("fc01",),
    }


def test_the_objects_are_those_of_a_workload_in_a_namespace_with_the_runs_mark() -> None:
    namespace, deployment, service = SCENARIO.manifests()
    assert namespace["metadata"] == {
        "name": "verify-x7k2q",
        "labels": {"app.kubernetes.io/managed-by": "k8s-federation", VERIFY_LABEL: "x7k2q"},
    }
    assert deployment["spec"]["replicas"] == 4
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["allocateLoadBalancerNodePorts"] is False
    assert {m["metadata"].get("namespace") for m in (deployment, service)} == {"verify-x7k2q"}


def test_options_change_the_scenario() -> None:
    one = scenario(load(TOPOLOGY), "x7k2q", namespace="mine", replicas=7, image="mirror/nginx:1")
    namespace, deployment, _ = one.manifests()
    assert (namespace["metadata"]["name"], deployment["spec"]["replicas"]) == ("mine", 7)
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == "mirror/nginx:1"


def test_members_are_there_and_ready() -> None:
    federation = Federation()
    assert judge.members(SCENARIO, federation.look()) == Result(
        ok=True, what="all members are ready", seen="fc01, fc02"
    )
    federation.down = ("fc02",)
    assert str(judge.members(SCENARIO, federation.look())) == (
        "FAIL  all members are ready: member fc02 is not ready: it is dead. Next: see `fedctl status`; a member that "
        "is not in the federation joins with `pulumi up`, and one that is drained counts again after `fedctl undrain`."
    )
    assert judge.members(SCENARIO, View((), ())).seen == "not ready: fc01, fc02"


@pytest.mark.parametrize(
    ("ready", "ok", "seen"),
    [
        ({"fc01": 2, "fc02": 2}, True, "fc01: 2, fc02: 2"),
        ({"fc01": 3, "fc02": 1}, False, "fc01: 3, fc02: 1"),
        ({"fc01": 4}, False, "fc01: 4, fc02: 0"),
        ({"fc01": 2, "fc02": 1}, False, "fc01: 2, fc02: 1"),
        ({"fc01": 2, "fc02": 2, "fc03": 1}, False, "fc01: 2, fc02: 2, fc03: 1"),
        ({}, False, "fc01: 0, fc02: 0"),
    ],
)
def test_replicas_are_divided_evenly(ready: dict[str, int], ok: bool, seen: str) -> None:
    found = judge.replicas(SCENARIO, ready)
    assert (found.ok, found.seen, found.what) == (ok, seen, "4 replicas run, divided evenly")


def test_an_odd_replica_may_be_anywhere() -> None:
    odd = scenario(load(TOPOLOGY), "x", replicas=3)
    assert judge.replicas(odd, {"fc01": 1, "fc02": 2}).ok
    assert not judge.replicas(odd, {"fc01": 3}).ok


@pytest.mark.parametrize(
    ("found", "ok", "seen"),
    [
        (ADDRESSES, [True, True], ["10.250.0.2", "10.250.1.2"]),
        ({"fc01": ("10.250.0.2",)}, [True, False], ["10.250.0.2", "none"]),
        (ADDRESSES | {"fc01": ("10.250.0.1",)}, [False, True], ["10.250.0.1", "10.250.1.2"]),
        (ADDRESSES | {"fc01": ("10.250.0.0",)}, [False, True], ["10.250.0.0", "10.250.1.2"]),
        (ADDRESSES | {"fc01": ("10.250.0.255",)}, [False, True], ["10.250.0.255", "10.250.1.2"]),
        (ADDRESSES | {"fc02": ("10.250.0.2",)}, [False, False], ["10.250.0.2", "10.250.0.2"]),
    ],
)
def test_addresses_are_out_of_the_members_own_pool_without_its_first(
    found: dict[str, tuple[str, ...]], ok: list[bool], seen: list[str]
) -> None:
    results = judge.addresses(SCENARIO, found)
    assert [result.ok for result in results] == ok
    assert [result.seen for result in results] == seen
    assert results[0].what == "fc01 gives an address out of 10.250.0.0/24 without 10.250.0.1"


def test_a_load_balancer_of_the_clusters_own_may_give_any_address() -> None:
    clusters = [{k: v for k, v in c.items() if k != "vips"} for c in TOPOLOGY["clusters"]]
    own = scenario(load(TOPOLOGY | {"clusters": clusters}), "x")
    results = judge.addresses(own, {"fc01": ("192.0.2.1",), "fc02": ("2001:db8::1",)})
    assert [(result.ok, result.what) for result in results] == [
        (True, "fc01 gives an address"),
        (True, "fc02 gives an address"),
    ]


@pytest.mark.parametrize(
    ("answer", "ok", "seen"),
    [
        (Answer("NOERROR", BOTH, 30), True, "10.250.0.2 10.250.1.2, TTL 30"),
        (Answer("NOERROR", BOTH, 31), False, "10.250.0.2 10.250.1.2, TTL 31"),
        (Answer("NOERROR", BOTH[:1], 30), False, "10.250.0.2, TTL 30"),
        (Answer("NOERROR"), False, "no such record"),
        (Answer("NXDOMAIN"), False, "NXDOMAIN"),
        (SILENT, False, "no answer"),
    ],
)
def test_a_name_answers_exactly_its_addresses(answer: Answer | FederationError, ok: bool, seen: str) -> None:
    found = judge.answer(SCENARIO, (GLOBAL, "A"), BOTH, answer, by=BY)
    assert (found.ok, found.seen) == (ok, seen)
    assert found.what == f"{GLOBAL} A is 10.250.0.2 10.250.1.2 by {BY}"
    usual = "" if ok else "see `fedctl status`, and the log of the DNS controller"
    assert found.fix == (SILENT.fix if answer is SILENT else usual)


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        (Answer("NXDOMAIN"), True),
        (Answer("NOERROR"), True),
        (Answer("SERVFAIL"), False),
        (Answer("NOERROR", BOTH, 30), False),
        (SILENT, False),
    ],
)
def test_a_name_is_gone_only_if_the_nameserver_says_so(answer: Answer | FederationError, ok: bool) -> None:
    assert judge.absence((GLOBAL, "A"), answer, by=BY).ok is ok


@pytest.mark.parametrize(
    ("found", "ok", "text"),
    [
        (200, True, "ok    http://10.250.0.2:80 of fc01 answers: status 200"),
        (
            502,
            False,
            "FAIL  http://10.250.0.2:80 of fc01 answers: status 502. Next: see the pods of nginx in fc01.",
        ),
        (
            SILENT,
            False,
            (
                "FAIL  http://10.250.0.2:80 of fc01 answers: no answer. Next: see whether this machine has a route to "
                "the address; without one, leave --http out."
            ),
        ),
    ],
)
def test_a_page_is_there_if_it_is_ok(found: int | FederationError, ok: bool, text: str) -> None:
    result = judge.page("fc01", "10.250.0.2", found)
    assert (result.ok, str(result)) == (ok, text)


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        (None, {}),
        ({"spec": {}}, {}),
        (
            {
                "status": {
                    "aggregatedStatus": [
                        {"clusterName": "a", "status": {"readyReplicas": 2}},
                        {"clusterName": "b"},
                    ]
                }
            },
            {"a": 2, "b": 0},
        ),
    ],
)
def test_ready_replicas_are_read_from_the_binding(binding: Any, expected: dict[str, int]) -> None:
    assert judge.running(binding) == expected


def test_what_is_still_on_a_member_is_found() -> None:
    works = [
        work("fc01", "Namespace", "verify-x7k2q"),
        work("fc02", "Deployment", "nginx", "verify-x7k2q"),
        work("fc02", "Deployment", "nginx", "default"),
        work("fc02", "Namespace", "verify-x"),
    ]
    assert list(judge.leftovers("verify-x7k2q", works)) == [
        "fc01: Namespace verify-x7k2q",
        "fc02: Deployment nginx",
    ]
