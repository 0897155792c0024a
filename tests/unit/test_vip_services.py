"""What is read of a Service, and what is written back."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from federation.vip.pool import Pool
from federation.vip.services import CONDITION, Outcome, Service, status

POOL = Pool(IPv4Network("10.250.0.0/24"))
NOW = "2026-01-02T03:04:05Z"
PORTS = {"type": "LoadBalancerPortsError", "status": "True"}


def nginx(**more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "metadata": {
            "namespace": "default",
            "name": "nginx",
            "uid": "u",
            "resourceVersion": "7",
            "creationTimestamp": NOW,
        },
        "spec": {"type": "LoadBalancer", "ipFamilies": ["IPv4"]},
    }
    return {**found, **more}


def read(**more: Any) -> Service:
    return Service.of(nginx(**more))


def condition(state: str, reason: str, message: str, since: str = NOW) -> dict[str, str]:
    return {
        "type": CONDITION,
        "status": state,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
    }


def test_a_service_is_read_as_the_api_has_it() -> None:
    found = read(
        status={"loadBalancer": {"ingress": [{"ip": "10.250.0.2"}, {"hostname": "x"}]}, "conditions": [PORTS]}
    )
    assert found == Service(
        key="default/nginx",
        uid="u",
        version="7",
        created=NOW,
        balanced=True,
        load_balancer_class=None,
        requested=None,
        ipv4=True,
        leaving=False,
        addresses=("10.250.0.2",),
        conditions=(PORTS,),
    )


def test_the_annotation_wins_over_the_deprecated_field() -> None:
    spec = {"type": "LoadBalancer", "loadBalancerIP": "10.250.0.8"}
    assert read(spec=spec).requested == "10.250.0.8"
    annotations = {"k8s-federation/load-balancer-ip": "10.250.0.9"}
    assert read(spec=spec, metadata={**nginx()["metadata"], "annotations": annotations}).requested == (
        "10.250.0.9"
    )


def test_an_address_is_written_with_its_condition_and_the_version_it_is_based_on() -> None:
    assert status(read(), Outcome("10.250.0.2"), POOL, NOW) == {
        "metadata": {"resourceVersion": "7"},
        "status": {
            "loadBalancer": {"ingress": [{"ip": "10.250.0.2"}]},
            "conditions": [condition("True", "Assigned", "10.250.0.2 is held by the gateway nodes")],
        },
    }


def test_what_is_written_already_is_not_written_again() -> None:
    outcome = Outcome("10.250.0.2")
    patch = status(read(status={"conditions": [PORTS]}), outcome, POOL, NOW)
    assert patch is not None
    written = read(status=patch["status"])
    assert written.conditions[0] == PORTS, "a condition of somebody else stays"
    assert status(written, outcome, POOL, "2027-01-01T00:00:00Z") is None


def test_a_refusal_takes_no_address_and_says_why() -> None:
    patch = status(read(), Outcome(None, "PoolExhausted", "all are in use"), POOL, NOW)
    assert patch is not None
    assert patch["status"] == {
        "loadBalancer": {"ingress": None},
        "conditions": [condition("False", "PoolExhausted", "all are in use")],
    }


def test_the_time_of_a_condition_is_that_of_the_change_of_its_status() -> None:
    refused = replace(read(), conditions=(condition("False", "PoolExhausted", "all are in use"),))
    later = "2026-06-01T00:00:00Z"
    for outcome, time in ((Outcome(None, "AddressTaken", "taken"), NOW), (Outcome("10.250.0.2"), later)):
        patch = status(refused, outcome, POOL, later)
        assert patch is not None
        assert patch["status"]["conditions"][0]["lastTransitionTime"] == time


def test_what_is_no_longer_served_loses_our_addresses_and_our_mark_only() -> None:
    served = replace(
        read(), addresses=("10.250.0.2", "192.0.2.1"), conditions=(PORTS, condition("True", "Assigned", ""))
    )
    assert status(served, None, POOL, NOW) == {
        "metadata": {"resourceVersion": "7"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}, "conditions": [PORTS]},
    }


def test_a_service_that_was_never_served_is_not_touched() -> None:
    assert status(replace(read(), addresses=("10.250.0.2",)), None, POOL, NOW) is None
