from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from federation.errors import NotInTimeError
from federation.karmada import cleanup, rbac
from federation.karmada.member import MemberSpec
from tests.unit.kube_fixtures import instant
from tests.unit.leave_fixtures import joined, left, managed
from tests.unit.member_fixtures import SPEC, FakeApi, World, made


def cleaned(
    world: World, spec: MemberSpec = SPEC, prepare: Callable[[FakeApi], None] | None = None
) -> cleanup.Plan:
    if prepare:
        prepare(world.member)
    steps = cleanup.plan(spec, world.member.kube)
    cleanup.execute(steps, world.member.kube, instant(60))
    return steps


def test_a_cleanup_takes_rights_first_then_objects_then_its_records() -> None:
    world, _ = joined()
    for kind, version in (("Deployment", "apps/v1"), ("Service", "v1"), ("Namespace", "v1")):
        world.member.put(managed(version, kind, "shop" if kind == "Namespace" else "web"))
    assert [str(action) for action in cleaned(world).actions] == [
        "delete clusterrolebindings federation:fed",
        "delete services shop/web",
        "delete deployments shop/web",
        "release namespaces shop",
        "delete clusterrolebindings federation:fed:dns-reader",
        "delete clusterroles federation:fed:dns-reader",
        "delete clusterroles federation:fed",
        "delete namespaces federation-fed",
    ]


def test_a_kept_namespace_loses_karmadas_marks_only() -> None:
    world, _ = joined()
    world.member.put(managed("v1", "Namespace", "shop"))
    cleaned(world)
    metadata = made(world.member, "Namespace", "shop")["metadata"]
    assert metadata["labels"] == {"app": "shop"}
    assert metadata["annotations"] == {"note": "mine"}


def test_a_namespace_goes_if_the_join_recorded_that() -> None:
    world, _ = joined(on_leave="remove")
    world.member.put(managed("v1", "Namespace", "shop"))
    cleaned(world)
    assert left(world.member) == {"namespaces/kube-system"}


def test_objects_of_another_member_name_and_of_nobody_stay() -> None:
    world, _ = joined()
    world.member.put(managed("apps/v1", "Deployment", "other", space="karmada-es-west"))
    world.member.put(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine", "namespace": "shop"}}
    )
    cleaned(world)
    assert left(world.member) == {"namespaces/kube-system", "deployments/shop/other", "secrets/shop/mine"}


def test_objects_with_our_names_but_without_our_mark_stay() -> None:
    world = World()
    for manifest in (rbac.namespace(SPEC), *rbac.rights(SPEC)):
        world.member.put({**manifest, "metadata": {"name": manifest["metadata"]["name"]}})
    assert cleaned(world).actions == ()


def other_federation(api: FakeApi) -> None:
    api.put(rbac.namespace(dataclasses.replace(SPEC, federation="fed2")))


def joined_with_karmadactl(api: FakeApi) -> None:
    name = "karmada-controller-manager:karmada-fc01"
    api.put({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}})


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (other_federation, "federation fed2 calls this cluster fc01, too"),
        (joined_with_karmadactl, "a federation that was joined with karmadactl calls this cluster fc01, too"),
    ],
)
def test_what_may_be_another_federations_is_left_alone(
    prepare: Callable[[FakeApi], None], reason: str
) -> None:
    world, _ = joined()
    world.member.put(managed("apps/v1", "Deployment", "web"))
    steps = cleaned(world, prepare=prepare)
    assert steps.left_alone == reason
    assert "deployments/shop/web" in left(world.member)
    assert "namespaces/federation-fed" not in left(world.member)


def test_an_object_that_does_not_go_is_named() -> None:
    world, _ = joined()
    made(world.member, "Namespace", "federation-fed")["metadata"]["finalizers"] = ["x"]
    with pytest.raises(NotInTimeError) as caught:
        cleaned(world)
    assert str(caught.value) == (
        "member fc01: not so within 60 s: namespaces federation-fed is still there. "
        "Next: see which finalizers keep it, and run the same command again."
    )
