"""Health of endpoints in the stand-in's Traffic Manager: what probes find, and what is answered then."""

from __future__ import annotations

import pytest

from lab.azure.dns import routing
from lab.azure.dns.health import Check, Health, profile_status
from lab.azure.dns.prober import Prober
from lab.azure.dns.routing import Endpoint, choose
from lab.azure.dns.state import of
from tests.unit.azure_dns_fixtures import TRAFFIC, Dns, dns_arm, endpoint

__all__ = ["dns_arm"]
TWO = [endpoint("west", "10.90.1.1"), endpoint("east", "10.90.2.1")]


def statuses(arm: Dns) -> dict[str, str]:
    found = arm.get(arm.profile_id(), version=TRAFFIC).json()["properties"]["endpoints"]
    return {e["name"]: e["properties"]["endpointMonitorStatus"] for e in found}


CHECK = Check(target="10.0.0.1", protocol="TCP", port=80, interval=30, tolerated=3)


def test_an_endpoint_is_degraded_after_more_failures_in_a_row_than_tolerated() -> None:
    health = Health()
    health.watch({"a": CHECK})
    assert health.status("a") == "CheckingEndpoint"
    assert health.note("a", CHECK, None)
    for _ in range(3):
        assert not health.note("a", CHECK, "refused")
        assert health.status("a") == "Online"
    assert health.note("a", CHECK, "refused")
    assert (health.status("a"), health.reason("a")) == ("Degraded", "refused")
    assert health.note("a", CHECK, None)
    assert health.status("a") == "Online"


def test_a_success_begins_the_count_anew() -> None:
    health = Health()
    health.watch({"a": CHECK})
    for result in ("x", "x", "x", None, "x", "x", "x"):
        health.note("a", CHECK, result)
    assert health.status("a") == "Online"


def test_no_tolerance_means_at_once() -> None:
    strict = Check(target="10.0.0.1", protocol="TCP", port=80, tolerated=0)
    health = Health()
    health.watch({"a": strict})
    health.note("a", strict, "refused")
    assert health.status("a") == "Degraded"


def test_another_check_begins_anew_and_late_results_of_the_old_one_do_not_count() -> None:
    health = Health()
    health.watch({"a": CHECK})
    health.note("a", CHECK, None)
    other = Check(target="10.0.0.2", protocol="TCP", port=80)
    health.watch({"a": other})
    assert health.status("a") == "CheckingEndpoint"
    assert not health.note("a", CHECK, None)
    assert health.status("a") == "CheckingEndpoint"


def test_probes_are_due_at_their_interval() -> None:
    health = Health()
    health.watch({"a": CHECK})
    assert health.due(100.0) == [("a", CHECK)]
    assert health.due(129.9) == []
    assert health.due(130.0) == [("a", CHECK)]
    assert health.due(130.0 + 0.3, scale=0.01) == []
    assert [id_ for id_, _ in health.due(160.0, scale=0.01)] == ["a"]
    assert [id_ for id_, _ in health.due(160.3, scale=0.01)] == ["a"]


@pytest.mark.parametrize(
    ("enabled", "endpoints", "status"),
    [
        (False, ["Online"], "Disabled"),
        (True, ["Online", "Degraded"], "Degraded"),
        (True, ["Online", "CheckingEndpoint"], "Online"),
        (True, ["CheckingEndpoint", "Disabled"], "CheckingEndpoints"),
        (True, ["Disabled"], "Inactive"),
        (True, [], "Inactive"),
    ],
)
def test_the_status_of_a_profile_is_as_in_the_published_table(
    enabled: bool, endpoints: list[str], status: str
) -> None:
    assert profile_status(enabled, endpoints) == status


def run_probes(arm: Dns, up: set[str]) -> None:
    """One turn of the prober, in which the endpoints `up` answer."""
    prober = Prober(arm.service.context, probe=lambda check, _: None if check.target in up else "refused")
    for id_, check in prober.turn():
        prober.probe(id_, check)


def test_probes_decide_what_a_profile_answers(dns_arm: Dns) -> None:
    dns_arm.profile(
        endpoints=TWO, monitorConfig={"protocol": "TCP", "port": 80, "toleratedNumberOfFailures": 0}
    )
    entry = dns_arm.store.get(dns_arm.profile_id())
    assert entry is not None

    def answered() -> list[str]:
        return routing.targets(dns_arm.service.context, entry)

    assert answered() == ["10.90.1.1", "10.90.2.1"], "what is not known yet is answered"
    run_probes(dns_arm, {"10.90.1.1"})
    assert statuses(dns_arm) == {"west": "Online", "east": "Degraded"}
    assert answered() == ["10.90.1.1"]
    dns_arm.clock.sleep(30)
    of(dns_arm.service.context).dirty.clear()
    run_probes(dns_arm, set())
    assert statuses(dns_arm) == {"west": "Degraded", "east": "Degraded"}
    assert answered() == ["10.90.1.1", "10.90.2.1"], "all down: all are answered"
    assert of(dns_arm.service.context).dirty.is_set()


def test_what_is_disabled_is_neither_probed_nor_answered(dns_arm: Dns) -> None:
    dns_arm.profile(endpoints=[TWO[0], endpoint("east", "10.90.2.1", endpointStatus="Disabled")])
    context = dns_arm.service.context
    assert [c.target for c in routing.checks(context).values()] == ["10.90.1.1"]
    dns_arm.profile(endpoints=TWO, profileStatus="Disabled")
    assert routing.checks(context) == {}
    assert statuses(dns_arm) == {"west": "Inactive", "east": "Inactive"}
    entry = dns_arm.store.get(dns_arm.profile_id())
    assert entry is not None
    assert routing.targets(context, entry) == []


def test_always_serve_needs_no_probe(dns_arm: Dns) -> None:
    dns_arm.profile(endpoints=[endpoint("west", "10.90.1.1", alwaysServe="Enabled")])
    assert routing.checks(dns_arm.service.context) == {}
    assert statuses(dns_arm) == {"west": "Unmonitored"}


ENDPOINTS = [
    Endpoint("a", "10.0.0.1", "Degraded", 1),
    Endpoint("b", "10.0.0.2", "Online", 3),
    Endpoint("c", "10.0.0.3", "Online", 2),
    Endpoint("d", "10.0.0.4", "Disabled", 4),
]


@pytest.mark.parametrize(
    ("method", "most", "names"),
    [
        ("Priority", None, "c"),
        ("Weighted", None, "bc"),
        ("Performance", None, "bc"),
        ("MultiValue", 1, "b"),
        ("MultiValue", 8, "bc"),
    ],
)
def test_the_routing_method_chooses_among_the_healthy(method: str, most: int | None, names: str) -> None:
    assert "".join(e.name for e in choose(ENDPOINTS, method, most)) == names


def test_priority_with_none_healthy_answers_the_first() -> None:
    down = [Endpoint(e.name, e.target, "Degraded", e.priority) for e in ENDPOINTS[:3]]
    assert [e.name for e in choose(down, "Priority")] == ["a"]
