"""A member and a federation API in memory, each with the controllers that a join and a leave rely on."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from federation.errors import ConflictError, FederationError, UnauthorizedError
from federation.karmada.member import MemberSpec
from federation.kube import Kube, Object, Ref, plural
from federation.kubeconfig import Access
from tests.unit.kube_fixtures import FakeKube

UID = "6c1f"
READER = "r1"
LEAVING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
REACH = Access(server="https://fc01:6443/", ca="CA", token="admin")
SPEC = MemberSpec(name="fc01", federation="fed", region="us", zones=("east",), labels={"tier": "gold"})


class FakeApi(FakeKube):
    """Objects can be written; deletion waits for finalizers, and a namespace takes along what it holds.

    Attributes:
        reactions: what controllers do after a write, in turn: they are given the object.
        failures: an error for each next request, in turn.
        writes: "verb resource name" of each.
    """

    def __init__(self, *objects: Object, name: str = "cluster fake") -> None:
        self.reactions: list[Callable[[Object], None]] = []
        self.failures: list[FederationError | None] = []
        self.writes: list[str] = []
        self._uids = 0
        super().__init__(*objects, name=name)

    def put(self, manifest: Object) -> None:
        metadata = manifest["metadata"]
        self._uids += 1
        metadata.setdefault("uid", f"uid-{self._uids}")
        metadata.setdefault("resourceVersion", "1")
        super().put(manifest)

    def _tick(self) -> None:
        super()._tick()
        if self.failures and (error := self.failures.pop(0)):
            raise error

    def list(self, ref: Ref, *, labels: str | None = None) -> list[Object]:
        wanted = dict(pair.split("=") for pair in labels.split(",")) if labels else {}
        return [o for o in super().list(ref) if wanted.items() <= o["metadata"].get("labels", {}).items()]

    def apply(self, manifest: Mapping[str, Any], *, manager: str, force: bool = True) -> Object:
        self._tick()
        found = self.objects.get(_key(Ref.of(manifest)))
        merged = _merged(found or {}, cast(Object, json.loads(json.dumps(manifest))))
        return self._written("apply", merged)

    def create(self, manifest: Mapping[str, Any]) -> Object:
        self._tick()
        if _key(Ref.of(manifest)) in self.objects:
            raise ConflictError(self.name, "already exists", "x")
        return self._written("create", dict(manifest))

    def merge(self, ref: Ref, changes: Mapping[str, Any]) -> Object | None:
        self._tick()
        if (found := self.objects.get(_key(ref))) is None:
            return None
        merged = self._written("merge", _merged(found, dict(changes)))
        self._collect(merged)
        return merged

    def delete(self, ref: Ref, *, uid: str | None = None, grace: int | None = None) -> bool:
        self._tick()
        found = self.objects.get(_key(ref))
        if found is None:
            return False
        assert uid in {None, found["metadata"]["uid"]}
        found["metadata"] |= LEAVING
        self.writes.append(f"delete {ref}")
        for reaction in self.reactions:
            reaction(found)
        self._collect(found)
        return True

    def text(self, path: str) -> str:
        groups = ["apps", "batch", "networking.k8s.io", "autoscaling", "policy"]
        listed = [{"name": g, "preferredVersion": {"groupVersion": f"{g}/v1"}} for g in groups]
        return json.dumps({"groups": listed})

    def _written(self, verb: str, manifest: Object) -> Object:
        ref = Ref.of(manifest)
        self.put(manifest)
        self.writes.append(f"{verb} {ref}")
        for reaction in self.reactions:
            reaction(manifest)
        return manifest

    def _collect(self, found: Object) -> None:
        metadata = found["metadata"]
        key = _key(Ref.of(found))
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and key in self.objects:
            del self.objects[key]
            if found["kind"] == "Namespace":
                for inner in [k for k in self.objects if k[1] == metadata["name"]]:
                    del self.objects[inner]


def _key(ref: Ref) -> tuple[str, str | None, str]:
    return ref.plural, ref.namespace, ref.name


def _merged(old: Object, new: Object) -> Object:
    result = dict(old)
    for key, value in new.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = _merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


def kube_system(uid: str = UID) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": uid}}


def cluster(
    name: str,
    id_: str = UID,
    *,
    ready: bool | None = True,
    labels: Mapping[str, str] | None = None,
    leaving: bool = False,
) -> Object:
    message = "cluster is reachable" if ready else "not reachable"
    conditions = [{"type": "Ready", "status": str(ready), "message": message}]
    marks = SPEC.object_labels if labels is None else labels
    return {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": name, "labels": dict(marks)} | (LEAVING if leaving else {}),
        "spec": {"id": id_, "apiEndpoint": "https://fc01:6443"},
        "status": {"kubernetesVersion": "v1.36.3", "conditions": [] if ready is None else conditions},
    }


@dataclass
class World:
    """A member with a token controller, and a federation API with a Karmada that finds each member Ready.

    `client` makes clients as the product does: the administrator's and the federation's see the same cluster, and a
    token that is not of `valid` is rejected.
    """

    member: FakeApi = field(default_factory=lambda: FakeApi(kube_system(), name="member fc01"))
    plane: FakeApi = field(default_factory=lambda: FakeApi(name="federation fed"))
    tokens: list[str] = field(default_factory=lambda: ["t1", "t2", "t3"])
    valid: set[str] = field(default_factory=lambda: {"t1", "t2", "t3"})
    ready: bool = True

    def __post_init__(self) -> None:
        self.member.reactions.append(self.issue)
        self.plane.reactions.append(self._observe)

    def client(self, reach: Access, name: str) -> Kube:
        if reach.token == "admin":
            return self.member.kube
        asked = FakeApi(*self.member.objects.values(), name=name)
        asked.server = reach.server
        if reach.token not in self.valid | {READER}:
            asked.failures = [UnauthorizedError(name, "cannot get: Unauthorized", "x")]
        return asked.kube

    def issue(self, found: Object) -> None:
        """The token controller: one of `tokens` for the federation, always the same for its reader."""
        if found["kind"] == "Secret" and "data" not in found and self.tokens:
            token = READER if found["metadata"]["name"].startswith("dns-reader") else self.tokens.pop(0)
            found["data"] = {"token": base64.b64encode(token.encode()).decode()}

    def _observe(self, found: Object) -> None:
        if (
            found["kind"] == "Cluster"
            and "status" not in found
            and not found["metadata"].get("deletionTimestamp")
        ):
            found["status"] = cluster("x", ready=self.ready)["status"]


def made(api: FakeApi, kind: str, name: str, namespace: str | None = None) -> Object:
    return api.objects[plural(kind), namespace, name]
