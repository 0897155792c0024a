from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.karmada import drain_fit
from federation.kube import Object
from tests.unit.drain_fixtures import EVENLY, member, workload

EAST = member("fc01", region="us", zones=["east"], provider="azure")
WEST = member("fc02", region="us", zones=["west", "south"])
PLAIN = member("fc03")
ALL = [EAST, WEST, PLAIN]


def admitted(placement: Object, *clusters: Object) -> tuple[str, ...]:
    return drain_fit.candidates(workload(placement=placement), clusters or ALL)


def rule(key: str, operator: str, *values: str) -> Object:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("affinity", "names"),
    [
        ({}, ("fc01", "fc02", "fc03")),
        ({"clusterNames": ["fc02", "fc09"]}, ("fc02",)),
        ({"exclude": ["fc02"]}, ("fc01", "fc03")),
        ({"clusterNames": ["fc02"], "exclude": ["fc02"]}, ()),
        ({"labelSelector": {"matchLabels": {"k8s-federation/federation": "fed"}}}, ("fc01", "fc02", "fc03")),
        ({"labelSelector": {"matchLabels": {"tier": "gold"}}}, ()),
        ({"labelSelector": rule("tier", "DoesNotExist")}, ("fc01", "fc02", "fc03")),
        ({"fieldSelector": rule("region", "In", "us")}, ("fc01", "fc02")),
        ({"fieldSelector": rule("region", "NotIn", "us")}, ("fc03",)),
        ({"fieldSelector": rule("provider", "Exists")}, ("fc01",)),
        ({"fieldSelector": rule("zone", "In", "south")}, ("fc02",)),
        ({"fieldSelector": rule("zone", "NotIn", "south")}, ("fc01", "fc03")),
        ({"fieldSelector": rule("zone", "Gt", "1")}, ()),
    ],
)
def test_an_affinity_admits_members_as_karmada_does(affinity: Object, names: tuple[str, ...]) -> None:
    assert admitted({"clusterAffinity": affinity}) == names


def test_of_several_affinities_the_first_counts_that_admits_any_from_the_one_in_use_on() -> None:
    terms = [
        {"affinityName": name, "clusterNames": [where]}
        for name, where in (("a", "fc01"), ("b", "fc09"), ("c", "fc03"))
    ]
    found = workload(placement={"clusterAffinities": terms})
    assert drain_fit.candidates(found, ALL) == ("fc01",)
    found["status"]["schedulerObservingAffinityName"] = "b"
    assert drain_fit.candidates(found, ALL) == ("fc03",)


@pytest.mark.parametrize(
    ("tolerations", "tolerated"),
    [
        ([], False),
        ([{"operator": "Exists"}], True),
        ([{"key": "gpu", "operator": "Exists"}], True),
        ([{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}], False),
        ([{"key": "gpu", "value": "yes"}], True),
        ([{"key": "gpu", "value": "no"}], False),
        ([{"key": "other", "operator": "Exists"}], False),
    ],
)
def test_a_taint_keeps_out_what_does_not_tolerate_it(tolerations: list[Object], tolerated: bool) -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    there = admitted({"clusterTolerations": tolerations}, member("fc01", taints=(taint,)))
    assert there == (("fc01",) if tolerated else ())


def test_where_a_workload_is_already_taints_do_not_count() -> None:
    taint = {"key": "gpu", "effect": "NoSchedule"}
    assert drain_fit.candidates(workload(fc01=1), [member("fc01", taints=(taint,))]) == ("fc01",)


def test_only_a_placement_that_tolerates_our_taint_would_put_replicas_back() -> None:
    for tolerations, back in (
        ([{"operator": "Exists"}], True),
        ([{"key": "cluster.karmada.io/not-ready", "operator": "Exists"}], False),
    ):
        found = workload(placement={"clusterTolerations": tolerations})
        assert drain_fit.tolerates_drain(found) is back


def weights(**counts: int) -> Object:
    listed = [{"targetCluster": {"clusterNames": [n]}, "weight": c} for n, c in counts.items()]
    return {
        "replicaScheduling": EVENLY["replicaScheduling"] | {"weightPreference": {"staticWeightList": listed}}
    }


def test_static_weights_name_who_gets_replicas() -> None:
    found = workload(placement=weights(fc01=3, fc02=0))
    assert drain_fit.has_weights(found)
    assert drain_fit.weighted(found, ALL) == ("fc01",)
    assert not drain_fit.has_weights(workload())


@pytest.mark.parametrize(
    ("by", "least", "missing"),
    [
        ("cluster", 3, None),
        ("cluster", 4, "4 of cluster"),
        ("region", 2, "2 of region"),
        ("zone", 3, None),
        ("provider", 2, "2 of provider"),
    ],
)
def test_spread_constraints_need_so_many_groups(by: str, least: int, missing: str | None) -> None:
    found = workload(placement={"spreadConstraints": [{"spreadByField": by, "minGroups": least}]})
    assert drain_fit.too_few_groups(found, ALL) == missing


def with_room(name: str, **free: str) -> Object:
    found = member(name)
    found["status"]["resourceSummary"] = {"allocatable": free, "allocated": {"cpu": "500m"}}
    return found


def test_replicas_take_the_room_of_those_before_them() -> None:
    room = drain_fit.Room([with_room("fc01", cpu="2", pods="10"), with_room("fc03", cpu="1", pods="1")])
    assert room.take({"cpu": "500m"}, 3, ["fc01"]) == 0, "three halves of what is left of two"
    assert room.take({"cpu": "500m"}, 2, ["fc01", "fc03"]) == 1, "fc03 has room for one pod"
    assert room.take({}, 2, ["fc01"]) == 0


def test_a_member_that_does_not_tell_its_room_has_enough() -> None:
    assert drain_fit.Room([member("fc01")]).take({"cpu": "1000"}, 9, ["fc01"]) == 0


@pytest.mark.parametrize(
    ("text", "amount"),
    [("250m", "0.25"), ("3", "3"), ("1.5Gi", "1610612736"), ("2k", "2000"), ("1e3", "1000"), ("7E", "7e18")],
)
def test_amounts_are_read_as_kubernetes_writes_them(text: str, amount: str) -> None:
    assert drain_fit.quantity(text) == Decimal(amount)


@given(st.integers(0, 10**9), st.sampled_from(["Ki", "Mi", "Gi", "Ti"]))
def test_a_unit_of_two_is_1024_of_the_one_before(number: int, unit: str) -> None:
    smaller = {"Ki": "", "Mi": "Ki", "Gi": "Mi", "Ti": "Gi"}[unit]
    assert drain_fit.quantity(f"{number}{unit}") == 1024 * drain_fit.quantity(f"{number}{smaller}")
