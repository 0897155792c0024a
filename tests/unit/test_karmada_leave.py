from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from federation.errors import ForbiddenError, NotInTimeError, UnauthorizedError, UnreachableError
from federation.karmada import leave, rbac
from federation.karmada.member import MemberSpec
from tests.unit.kube_fixtures import instant
from tests.unit.leave_fixtures import OnLeave, joined, left, managed, work
from tests.unit.member_fixtures import SPEC, UID, World, kube_system, made

GONE = UnreachableError("member fc01", "https://fc01:6443 does not answer: no route to host", "see")
SHARED = {"namespaces/karmada-cluster"}
KNOWN = dataclasses.replace(SPEC, cluster_id=UID, kubeconfig_path="~/fc01.yaml", kubeconfig_context="west")


def go(world: World, spec: MemberSpec = KNOWN, **options: Any) -> list[str]:
    told: list[str] = []
    member = options.get("member", world.member)
    leave.leave(
        spec, member and member.kube, options.get("plane", world.plane).kube, instant(60), say=told.append
    )
    return told


def test_a_healthy_member_leaves_nothing_on_either_side() -> None:
    world, _ = joined(work("Deployment", "web"))
    assert go(world) == []
    assert left(world.member) == {"namespaces/kube-system"}
    assert left(world.plane) == SHARED


def test_leaving_twice_is_fine() -> None:
    world, _ = joined()
    go(world)
    assert go(world) == []


@pytest.mark.parametrize(("on_leave", "kept"), [("keep", True), ("remove", False)])
def test_namespaces_are_preserved_if_they_are_to_be_kept(on_leave: OnLeave, kept: bool) -> None:
    world, karmada = joined(work("Namespace", "shop"))
    go(world, dataclasses.replace(KNOWN, on_leave=on_leave))
    assert karmada.seen == [kept]


def test_other_objects_are_never_preserved() -> None:
    world, karmada = joined(work("Service", "web"))
    go(world)
    assert karmada.seen == [False]


def test_a_dead_member_leaves_the_federation_and_the_user_is_told_what_remains() -> None:
    world, karmada = joined(work("Deployment", "web"))
    karmada.working = False
    made(world.plane, "Cluster", "fc01")["status"]["conditions"][0]["status"] = "False"
    world.member.failures = [GONE]
    expected = (
        "warning: member fc01 has left, but https://fc01:6443 does not answer: no route to host; what the federation "
        "has made there is still there. Once it can be reached: fedctl leave fc01 --cleanup --federation fed "
        "--kubeconfig ~/fc01.yaml --context west"
    )
    assert go(world) == [expected]
    assert left(world.plane) == SHARED
    assert not world.member.writes


def test_works_that_karmada_cannot_deal_with_are_given_up_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leave, "PATIENCE_SECONDS", 0.0)
    world, karmada = joined(work("Deployment", "web"))
    karmada.working = False
    go(world)
    assert left(world.plane) == SHARED


def test_a_work_of_a_member_in_reach_is_not_given_up_at_once() -> None:
    world, karmada = joined(work("Deployment", "web"))
    karmada.working = False
    with pytest.raises(NotInTimeError) as caught:
        go(world)
    assert str(caught.value) == (
        "member fc01: not so within 60 s: 1 objects of the federation are still there, such as Deployment shop/web. "
        "Next: see the logs of karmada-controller-manager and karmada-scheduler, and run the same command again."
    )


def test_a_cluster_stays_while_workloads_are_assigned_to_it() -> None:
    world, _ = joined()
    world.plane.put(
        {
            "apiVersion": "work.karmada.io/v1alpha2",
            "kind": "ResourceBinding",
            "metadata": {"name": "web-deployment", "namespace": "shop"},
            "spec": {"clusters": [{"name": "fc01"}]},
        }
    )
    with pytest.raises(
        NotInTimeError, match="1 workloads are still assigned to it, such as shop/web-deployment"
    ):
        go(world)
    assert ("clusters", None, "fc01") in world.plane.objects


@pytest.mark.parametrize("kind", [UnauthorizedError, ForbiddenError])
def test_a_member_that_does_not_let_us_in_changes_nothing(
    kind: type[UnauthorizedError] | type[ForbiddenError],
) -> None:
    world, _ = joined(work("Deployment", "web"))
    world.plane.writes.clear()
    world.member.failures = [kind("member fc01", "cannot get: no", "x")]
    with pytest.raises(kind) as caught:
        go(world)
    assert str(caught.value) == (
        "member fc01: cannot get: no. Next: renew the credentials in its kubeconfig, or give it up without cleaning "
        "it: fedctl leave fc01 --federation fed --federation-kubeconfig FILE."
    )
    assert not world.plane.writes
    assert not world.member.writes


def test_another_cluster_at_the_same_address_is_not_touched() -> None:
    world, _ = joined()
    world.member.put(kube_system("0000"))
    told = go(world)
    assert "leads to another cluster (id 0000 instead of 6c1f)" in told[0]
    assert not world.member.writes
    assert left(world.plane) == SHARED


def test_a_cluster_that_others_have_joined_stays() -> None:
    world, _ = joined()
    made(world.plane, "Cluster", "fc01")["metadata"]["labels"] = {}
    told = go(world)
    assert told == [
        "warning: member fc01: the federation has another cluster of this name (id 6c1f), which stays"
    ]
    assert {"clusters/fc01", "secrets/karmada-cluster/fc01"} <= left(world.plane)


def test_a_federation_that_is_gone_leaves_the_member_to_be_cleaned() -> None:
    world, _ = joined()
    world.member.put(managed("apps/v1", "Deployment", "web"))
    leave.leave(KNOWN, world.member.kube, None, instant(60), say=print)
    assert left(world.member) == {"namespaces/kube-system"}


def test_a_member_that_had_only_begun_to_join_leaves_nothing() -> None:
    world = World()
    for manifest in (rbac.namespace(SPEC), rbac.federation(SPEC).service_account):
        world.member.apply(manifest, manager="x")
    world.member.remove("serviceaccounts", "federation", "federation-fed")
    go(world)
    assert left(world.member) == {"namespaces/kube-system"}
