from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, NotInTimeError
from federation.karmada import rebalance
from federation.kube import Object
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import FakeApi, cluster

NAMES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("123"))


def binding(
    name: str, *, kind: str = "Deployment", scheduling: str | None = "Divided", **meta: Any
) -> Object:
    placement = {"replicaScheduling": {"replicaSchedulingType": scheduling}} if scheduling else {}
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {"name": f"{name}-{kind.lower()}", "namespace": "shop", **meta},
        "spec": {
            "resource": {"apiVersion": "apps/v1", "kind": kind, "namespace": "shop", "name": name},
            "placement": placement,
        },
    }


def deployment(name: str, **meta: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", **meta},
    }


def plane(*objects: Object) -> FakeApi:
    api = FakeApi(*objects, name="federation fed")
    api.reactions.append(lambda o: o.update(status={"finishTime": "now"}))
    return api


def test_divided_workloads_are_found_once_and_in_order() -> None:
    found = [
        binding("web"),
        binding("api"),
        binding("web"),
        binding("svc", kind="Service", scheduling=None),
        binding("all", scheduling="Duplicated"),
        binding("old", deletionTimestamp="x"),
    ]
    names = [w["name"] for w in rebalance.divided(found)]
    assert names == ["api", "web"]
    assert rebalance.divided(found)[0] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "api",
    }


def test_each_rebalance_is_a_new_object_that_karmada_removes() -> None:
    api = plane(binding("web"))
    assert rebalance.rebalance("fed", api.kube, instant(5)) == 1
    assert rebalance.rebalance("fed", api.kube, instant(5)) == 1
    made = [o for key, o in api.objects.items() if key[0] == "workloadrebalancers"]
    assert len(made) == 2
    assert all(o["metadata"]["name"].startswith("federation-fed-") for o in made)
    assert {o["spec"]["ttlSecondsAfterFinished"] for o in made} == {300}


def test_without_divided_workloads_nothing_is_made() -> None:
    api = plane(binding("svc", kind="Service", scheduling=None))
    assert rebalance.rebalance("fed", api.kube, instant(5)) == 0
    assert not api.writes


def test_a_rebalance_that_is_not_done_is_named() -> None:
    api = plane(binding("web"))
    api.reactions.clear()
    with pytest.raises(NotInTimeError) as caught:
        rebalance.rebalance("fed", api.kube, instant(5))
    start, end = str(caught.value).split("federation-fed-")
    assert start == (
        "federation fed: not so within 5 s: 1 workloads are not divided anew yet. "
        "Next: see kubectl get workloadrebalancer "
    )
    assert end[8:] == " -o yaml, and whether karmada-controller-manager runs."


@given(NAMES, NAMES)
def test_a_member_that_stays_the_same_cluster_has_not_joined(
    before: dict[str, str], after: dict[str, str]
) -> None:
    found = rebalance.joined(before, after)
    assert found == sorted(set(found))
    assert set(found) == {name for name, id_ in after.items() if (name, id_) not in before.items()}


def refuse(api: FakeApi, *known: str) -> None:
    rebalance.refuse_while_used("fed", known, api.kube, instant(20))


def test_a_federation_with_its_own_members_only_may_go() -> None:
    refuse(plane(cluster("fc01"), cluster("fc02", leaving=True)), "fc01")


def test_members_that_the_stack_does_not_know_are_named() -> None:
    with pytest.raises(FederationError) as caught:
        refuse(plane(*(cluster(f"m{i}") for i in range(7))), "m0")
    assert str(caught.value) == (
        "federation fed: has members that this stack does not know: m1, m2, m3, m4, m5 and 1 more. Next: let them "
        "leave: fedctl leave m1 --federation fed --federation-kubeconfig FILE --kubeconfig FILE; or set "
        "control_plane.force_delete to true and run pulumi up first."
    )


def test_workloads_of_others_are_named_at_once() -> None:
    with pytest.raises(FederationError) as caught:
        refuse(plane(binding("web"), deployment("web")))
    assert str(caught.value) == (
        "federation fed: has workloads that this stack does not know: Deployment shop/web. Next: delete them, or set "
        "control_plane.force_delete to true and run pulumi up first."
    )


def test_workloads_that_are_being_removed_are_waited_for() -> None:
    api = plane(binding("web"), deployment("web", deletionTimestamp="x"), binding("api"))
    api.after(8, lambda: api.remove("resourcebindings", "web-deployment", "shop"))
    api.after(8, lambda: api.remove("resourcebindings", "api-deployment", "shop"))
    refuse(api)


def test_workloads_that_are_not_removed_in_time_are_named() -> None:
    with pytest.raises(NotInTimeError) as caught:
        refuse(plane(binding("web")))
    assert str(caught.value) == (
        "federation fed: not so within 20 s: Deployment shop/web still being removed. "
        "Next: see which finalizers keep them: kubectl get resourcebindings -A -o yaml."
    )


def test_what_only_comes_along_with_a_workload_does_not_count() -> None:
    along = binding("config", kind="ConfigMap")
    del along["spec"]["placement"]
    refuse(plane(along))
