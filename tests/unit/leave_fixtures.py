"""A member that has joined, what Karmada has made there, and a Karmada that takes it away again."""

from __future__ import annotations

import dataclasses
from typing import Literal

from federation.karmada import join, leave
from federation.kube import Object, Ref
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import LEAVING, REACH, SPEC, FakeApi, World, made

OnLeave = Literal["keep", "remove"]
SPACE = Ref("v1", "namespaces", "karmada-es-fc01")


def work(kind: str, name: str) -> Object:
    manifest = {"kind": kind, "metadata": {"name": name, "namespace": "shop"}}
    return {
        "apiVersion": "work.karmada.io/v1alpha1",
        "kind": "Work",
        "metadata": {"name": name, "namespace": "karmada-es-fc01", "finalizers": [leave.WORK_FINALIZER]},
        "spec": {"workload": {"manifests": [manifest]}},
    }


def managed(version: str, kind: str, name: str, *, space: str = "karmada-es-fc01") -> Object:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": None if kind == "Namespace" else "shop",
            "labels": {"karmada.io/managed": "true", "work.karmada.io/permanent-id": "1", "app": name},
            "annotations": {"work.karmada.io/namespace": space, "note": "mine"},
        },
    }


class Karmada:
    """Removes what a `Cluster` in deletion leaves behind, as long as it works."""

    def __init__(self, plane: FakeApi, member: FakeApi) -> None:
        self.plane, self.member = plane, member
        self.working = True
        self.seen: list[bool] = []
        plane.reactions.append(self.react)

    def react(self, found: Object) -> None:
        metadata = found["metadata"]
        if not metadata.get("deletionTimestamp"):
            return
        if found["kind"] == "Cluster" and SPACE.name in {key[2] for key in self.plane.objects}:
            made(self.plane, "Namespace", SPACE.name)["metadata"] |= LEAVING
        elif found["kind"] == "Work" and self.working:
            self.seen.append(bool(found["spec"].get("preserveResourcesOnDeletion")))
            metadata["finalizers"] = []

    def sweep(self) -> None:
        """The namespace controller: an empty namespace in deletion goes."""
        if not any(key[0] == "works" for key in self.plane.objects):
            self.plane.objects.pop(("namespaces", None, SPACE.name), None)


def joined(*works: Object, on_leave: OnLeave = "keep") -> tuple[World, Karmada]:
    world = World()
    spec = dataclasses.replace(SPEC, on_leave=on_leave)
    join.ensure(spec, REACH, world.plane.kube, instant(60), client=world.client)
    made(world.plane, "Cluster", "fc01")["metadata"]["finalizers"] = [leave.CLUSTER_FINALIZER]
    world.plane.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE.name}})
    for one in works:
        world.plane.put(one)
    karmada = Karmada(world.plane, world.member)
    world.plane.after(40, karmada.sweep)
    world.member.writes.clear()
    return world, karmada


def left(api: FakeApi) -> set[str]:
    return {"/".join(filter(None, (key[0], key[1], key[2]))) for key in api.objects}
