"""Objects of live API servers become facts: what each says, and what of it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from federation.dns import observed
from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.observed import Cluster, Federated, Placed, Slice
from federation.dns.plan import plan
from federation.dns.view import View, assemble, facts_of
from federation.names import Service
from tests.unit.dns_live_fixtures import binding, cluster, endpoints, service, status

NGINX = Service("default", "nginx")
FC01 = Cluster("fc01", "us", ("east",), None)
FC02 = Cluster("fc02", "us", ("west",), None)
BOTH = {NGINX: (Placed("fc01", None, ("10.250.0.2",)), Placed("fc02", None, ("10.250.1.2",)))}
BACKENDS = {"fc01": {NGINX: 2}, "fc02": {NGINX: 2}}
WEST = "nginx.default.fed.svc.west.us.example.com"


def assembled(**other: Any) -> View:
    parts: dict[str, Any] = {
        "clusters": [FC02, FC01],
        "services": [Federated(NGINX, deleted=False)],
        "placements": BOTH,
        "backends": BACKENDS,
        "unreachable": {},
    }
    return assemble(**{**parts, **other})


def facts(view: View, *current: Current) -> Facts:
    return facts_of(view, federation="fed", domain="example.com", ttl=30, current=current)


@pytest.mark.parametrize(
    ("found", "unready"),
    [
        (cluster("fc01"), None),
        (cluster("fc01", ready="False"), "because"),
        (cluster("fc01", ready="Unknown"), "because"),
        (cluster("fc01", ready=None), "Karmada has not looked at it yet"),
        (cluster("fc01", deletionTimestamp="2026-01-01T00:00:00Z"), "it is leaving the federation"),
    ],
    ids=["ready", "not ready", "unknown", "not looked at", "leaving"],
)
def test_a_member_is_ready_if_karmada_says_so_and_it_stays(found: Any, unready: str | None) -> None:
    assert observed.cluster(found) == Cluster("fc01", "us", ("east",), unready)


@pytest.mark.parametrize(("value", "drained"), [("moving", False), ("drained", True)])
def test_a_member_is_drained_once_its_workloads_are_ready_elsewhere(value: str, drained: bool) -> None:
    taint = {"key": "k8s-federation/drained", "value": value, "effect": "NoSchedule"}
    found = observed.cluster(cluster("fc01", spec={"taints": [taint]}))
    assert found == Cluster("fc01", "us", ("east",), None, drained)


def test_a_member_without_a_place_and_one_with_the_older_key_are_read() -> None:
    bare = cluster("fc01", spec={"region": "", "zones": None})
    old = cluster("fc01", spec={"zones": None, "zone": "east"})
    assert observed.cluster(bare) == Cluster("fc01", None, (), None)
    assert observed.cluster(old).zones == ("east",)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (service(), Federated(NGINX, deleted=False)),
        (service(deletionTimestamp="2026-01-01T00:00:00Z"), Federated(NGINX, deleted=True)),
        (service(kind="ClusterIP"), None),
        (service(labels={"k8s-federation/dns": "disabled"}), None),
        (service(labels={"k8s-federation/dns": "enabled"}), Federated(NGINX, deleted=False)),
    ],
    ids=["load balancer", "going", "another type", "opted out", "any other value"],
)
def test_services_with_a_load_balancer_have_names_unless_they_opt_out(
    found: Any, expected: Federated | None
) -> None:
    assert observed.federated(found) == expected


def test_a_binding_tells_where_a_service_is_and_its_addresses() -> None:
    refused = {"clusterName": "fc02", "applied": False, "appliedMessage": "quota"}
    found = binding(
        members=("fc03", "fc02", "fc01"),
        statuses=[
            refused,
            status("fc01", {"ip": "10.250.0.2"}, {"ip": "fd00::2"}, {"hostname": "lb.example"}),
            status("fc09", {"ip": "10.250.9.9"}),
        ],
    )
    assert observed.placed(found) == (
        NGINX,
        (
            Placed("fc01", None, ("10.250.0.2", "fd00::2"), ("lb.example",)),
            Placed("fc02", "quota"),
            Placed("fc03", "Karmada has not heard of it from there yet"),
        ),
    )


def test_a_binding_without_any_status_and_one_of_another_kind_are_read() -> None:
    new = binding()
    del new["status"]
    new["spec"]["clusters"] = None
    assert observed.placed(new) == (NGINX, ())
    other = binding()
    other["spec"]["resource"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "nginx"}
    assert observed.placed(other) is None


def test_a_status_without_a_load_balancer_has_no_addresses() -> None:
    found = binding(members=("fc01",), statuses=[{"clusterName": "fc01", "applied": True}])
    assert observed.placed(found) == (NGINX, (Placed("fc01", None),))


def test_endpoints_count_that_are_ready_or_do_not_say() -> None:
    assert observed.endpoints(endpoints(True, False, None)) == Slice(NGINX, "IPv4", 2)
    empty = endpoints()
    empty["endpoints"] = None
    assert observed.endpoints(empty) == Slice(NGINX, "IPv4", 0)
    nobodys = endpoints(True)
    nobodys["metadata"]["labels"] = {}
    assert observed.endpoints(nobodys) is None


def test_a_pod_with_both_families_is_one_backend() -> None:
    slices = [Slice(NGINX, "IPv4", 2), Slice(NGINX, "IPv4", 1), Slice(NGINX, "IPv6", 2)]
    assert observed.ready_backends(slices) == {NGINX: 3}


def test_all_parts_together_are_a_view() -> None:
    assert assembled() == View(
        members=(
            Member(name="fc01", region="us", zones=("east",), ready=True),
            Member(name="fc02", region="us", zones=("west",), ready=True),
        ),
        services=(
            ServiceFacts(
                namespace="default",
                name="nginx",
                placements=(
                    Placement(member="fc01", applied=True, addresses=("10.250.0.2",), ready_backends=2),
                    Placement(member="fc02", applied=True, addresses=("10.250.1.2",), ready_backends=2),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (
            {"clusters": [FC01, Cluster("fc02", "us", ("west",), "no route")]},
            "member fc02 is not ready: no route",
        ),
        ({"unreachable": {"fc02": "timed out"}}, "member fc02 is not ready: timed out"),
        ({"backends": {"fc01": {NGINX: 2}}}, "member fc02 is not ready: its endpoints are not known yet"),
    ],
    ids=["Karmada says so", "we do not reach it", "its endpoints are unknown"],
)
def test_a_member_is_not_ready_for_any_of_three_reasons(other: Any, problem: str) -> None:
    view = assembled(**other)
    assert [member.ready for member in view.members] == [True, False]
    assert view.problems == (problem,), "and nothing is told of the services on it"


@pytest.mark.parametrize(
    ("placed", "problem"),
    [
        (
            Placed("fc01", "quota"),
            "service default/nginx is not applied to member fc01: quota",
        ),
        (
            Placed("fc01", None),
            "service default/nginx has no load balancer address on member fc01 yet",
        ),
        (
            Placed("fc01", None, hostnames=("lb.example",)),
            (
                "service default/nginx has no address on member fc01, only a name (lb.example), "
                "which records cannot hold"
            ),
        ),
        (
            Placed("fc01", None, ("not-an-address", "fe80::1%eth0")),
            "service default/nginx has no load balancer address on member fc01 yet",
        ),
    ],
    ids=["not applied", "no address", "a name", "no valid address"],
)
def test_it_is_told_why_a_service_does_not_answer_on_a_ready_member(placed: Placed, problem: str) -> None:
    view = assembled(placements={NGINX: (placed,)})
    assert view.problems == (problem,)
    assert view.services[0].placements[0].addresses == ()


def test_no_backend_and_no_placement_are_told_too() -> None:
    none: dict[str, dict[Service, int]] = {"fc01": {}, "fc02": {NGINX: 1}}
    assert assembled(backends=none).problems == ("service default/nginx has no ready backend on member fc01",)
    assert assembled(placements={}).problems == ("service default/nginx is placed on no member",)


def test_a_region_that_is_no_label_costs_the_member_its_place_and_nothing_else() -> None:
    view = assembled(clusters=[Cluster("fc01", "East US 2", ("1",), None), FC02])
    assert view.members[0] == Member(name="fc01", ready=True)
    assert view.problems == (
        "member fc01 has global names only: its region or a zone is no DNS label (East US 2, 1)",
    )


def current(name: str, owner: str = "fed") -> Current:
    return Current(name=name, type="A", ttl=30, values=("10.250.1.2",), owner=owner)


def names(view: View, *records: Current) -> dict[str, tuple[str, ...]]:
    return {r.name: r.values for r in plan(facts(view, *records)).records}


def test_names_stay_when_karmada_takes_a_service_from_a_member_that_is_down() -> None:
    gone = {NGINX: BOTH[NGINX][:1]}
    view = assembled(placements=gone, unreachable={"fc02": "timed out"})
    assert names(view, current(WEST))[WEST] == ("10.250.0.2",), "of the next wider level"
    assert WEST not in names(view), "where there was no name, none is made"
    assert names(view, current(WEST, owner="other")).get(WEST) is None


def test_names_go_when_a_service_is_no_longer_placed_on_a_member_that_is_ready() -> None:
    view = assembled(placements={NGINX: BOTH[NGINX][:1]})
    assert WEST not in names(view, current(WEST))


def test_names_lead_elsewhere_while_a_member_is_drained_and_that_is_no_problem() -> None:
    view = assembled(clusters=[FC01, replace(FC02, drained=True)])
    assert view.problems == ()
    assert names(view)[WEST] == ("10.250.0.2",)
    assert set(names(view).values()) == {("10.250.0.2",)}


def test_names_stay_with_a_drained_member_that_alone_serves() -> None:
    view = assembled(clusters=[FC01, replace(FC02, drained=True)], backends={"fc01": {}, "fc02": {NGINX: 2}})
    there = current(WEST)
    assert names(view, there) == {WEST: there.values}
