"""What a federation has left on a member, found there and removed there, without asking the federation.

Two kinds of things can be left: the federation's identity, which bears our labels, and objects of Karmada's Works,
which bear the label `karmada.io/managed` and name their Work. A Work's name holds the member's name, but not the
federation's. So where the cluster is known under one name to several federations, what Karmada has left is not
touched: nothing on the cluster tells whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from federation.coredns import member as cluster_dns
from federation.deadline import Deadline
from federation.karmada import rbac
from federation.karmada.member import (
    FEDERATION_LABEL,
    MANAGED_BY,
    MEMBER_ANNOTATION,
    ON_LEAVE_ANNOTATION,
    MemberSpec,
)
from federation.kube import Kube, Object, Ref
from federation.vip import shared

MANAGED = "karmada.io/managed=true"
WORK_NAMESPACE = "work.karmada.io/namespace"
RBAC_API = "rbac.authorization.k8s.io/v1"
VIRTUAL_IPS = (
    Ref(RBAC_API, "clusterrolebindings", shared.CLUSTER_ROLE),
    Ref(RBAC_API, "clusterroles", shared.CLUSTER_ROLE),
    Ref("v1", "namespaces", shared.NAMESPACE),
)


@dataclass(frozen=True)
class Action:
    """One step of a clean-up: delete an object, release it, which takes Karmada's marks off it, or restore its text."""

    verb: Literal["delete", "release", "restore"]
    ref: Ref
    uid: str
    patch: Object | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.ref}"


@dataclass(frozen=True)
class Plan:
    """What a clean-up will do, in this order, and why it leaves some things alone (None: it does not)."""

    actions: tuple[Action, ...]
    left_alone: str | None = None


def plan(spec: MemberSpec, member: Kube, *, virtual_ips: bool = False) -> Plan:
    """Look at the member. Nothing is changed.

    With `virtual_ips` what gives them goes as well: not by a leave, as a cluster may leave and keep its addresses.
    """
    namesake = _namesake(spec, member)
    left = [] if namesake else _leftovers(spec, member)
    # Without its rights, a federation that is not quite gone cannot make anew what goes. What a second run has to
    # know goes last.
    identity = _identity(spec, member)
    vips = _owned(spec, member, VIRTUAL_IPS) if virtual_ips else []
    return Plan((*identity[:1], *_names(spec, member), *left, *vips, *identity[1:]), namesake)


def execute(steps: Plan, member: Kube, deadline: Deadline) -> None:
    """Do it, and wait until what has been deleted is gone.

    Raises `NotInTimeError` if an object stays, such as a namespace whose content has finalizers.
    """
    for action in steps.actions:
        if action.patch:
            member.merge(action.ref, action.patch)
        else:
            member.delete(action.ref, uid=action.uid)
    waiting = [a for a in steps.actions if a.verb == "delete"]

    def gone() -> str | None:
        while waiting:
            found = member.get(waiting[0].ref)
            if found is not None and found["metadata"]["uid"] == waiting[0].uid:
                return f"{waiting[0].ref} is still there"
            waiting.pop(0)
        return None

    deadline.until(member.name, gone, fix="see which finalizers keep it, and run the same command again")


def release(found: Object) -> Object:
    """The merge patch that takes all of Karmada's marks off an object: it is the member's own then."""

    def without(marks: Mapping[str, str]) -> dict[str, None]:
        return {key: None for key in marks if key.partition("/")[0].endswith("karmada.io")}

    metadata = found["metadata"]
    return {
        "metadata": {
            "resourceVersion": metadata["resourceVersion"],
            "labels": without(metadata.get("labels", {})),
            "annotations": without(metadata.get("annotations", {})),
        }
    }


def _namesake(spec: MemberSpec, member: Kube) -> str | None:
    """Another federation that calls this cluster by the same name, in words; None if there is none."""
    ours = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())
    for namespace in member.list(Ref("v1", "namespaces"), labels=ours):
        metadata = namespace["metadata"]
        other = metadata["labels"].get(FEDERATION_LABEL)
        if other != spec.federation and metadata.get("annotations", {}).get(MEMBER_ANNOTATION) == spec.name:
            return f"federation {other} calls this cluster {spec.name}, too"
    name = f"karmada-controller-manager:karmada-{spec.name}"  # of karmadactl join
    if member.get(Ref(RBAC_API, "clusterroles", name)):
        return f"a federation that was joined with karmadactl calls this cluster {spec.name}, too"
    return None


def _leftovers(spec: MemberSpec, member: Kube) -> list[Action]:
    """Objects of this member's Works: namespaces come last, and only go if they are to be removed."""
    with ThreadPoolExecutor(4) as pool:
        pages = pool.map(lambda ref: (ref, member.list(ref, labels=MANAGED)), _kinds(spec, member))
        found = [(kind, item) for kind, items in pages for item in items if _is_ours(spec, item)]
    found.sort(key=lambda pair: pair[0].plural == "namespaces")
    remove = _on_leave(spec, member) == "remove"
    return [_action(kind, item, remove=remove) for kind, item in found]


def _action(kind: Ref, item: Object, *, remove: bool) -> Action:
    metadata = item["metadata"]
    ref = Ref(kind.api_version, kind.plural, metadata["name"], metadata.get("namespace"))
    if kind.plural == "namespaces" and not remove:
        return Action("release", ref, metadata["uid"], release(item))
    return Action("delete", ref, metadata["uid"])


def _is_ours(spec: MemberSpec, item: Object) -> bool:
    metadata = item["metadata"]
    place = metadata.get("annotations", {}).get(WORK_NAMESPACE)
    return place == spec.execution_space and not metadata.get("deletionTimestamp")


def _on_leave(spec: MemberSpec, member: Kube) -> str:
    """As the last join has recorded it: who cleans up by hand has no stack that says so."""
    recorded = member.get(Ref("v1", "namespaces", spec.namespace)) or {"metadata": {}}
    return str(recorded["metadata"].get("annotations", {}).get(ON_LEAVE_ANNOTATION, spec.on_leave))


def _names(spec: MemberSpec, member: Kube) -> list[Action]:
    """The zone in the member's cluster DNS; its mark is the federation's name, which no other has here."""
    edits = cluster_dns.removal(member, spec.federation)
    return [Action("restore", edit.ref, edit.uid, edit.patch) for edit in edits]


def _kinds(spec: MemberSpec, member: Kube) -> list[Ref]:
    """The collections in which the federation had the right to delete; its role is the record of that."""
    role = member.get(Ref(RBAC_API, "clusterroles", spec.role))
    granted = {
        (group, resource)
        for rule in (role["rules"] if role else rbac.rules(spec))
        if "delete" in rule["verbs"]
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        if "/" not in resource
    }
    groups = json.loads(member.text("/apis"))["groups"]  # API discovery
    preferred = {"": "v1"} | {g["name"]: g["preferredVersion"]["groupVersion"] for g in groups}
    return [Ref(preferred[group], resource) for group, resource in sorted(granted) if group in preferred]


def _identity(spec: MemberSpec, member: Kube) -> list[Action]:
    """What a join has made, by exact names and only with our labels. The rights go before the identity."""
    refs = [
        Ref(RBAC_API, "clusterrolebindings", spec.role),
        Ref(RBAC_API, "clusterrolebindings", spec.reader_role),
        Ref(RBAC_API, "clusterroles", spec.reader_role),
        Ref(RBAC_API, "clusterroles", spec.role),
        Ref("v1", "namespaces", spec.namespace),
    ]
    return _owned(spec, member, refs)


def _owned(spec: MemberSpec, member: Kube, refs: Sequence[Ref]) -> list[Action]:
    found = [(ref, member.get(ref)) for ref in refs]
    return [Action("delete", ref, item["metadata"]["uid"]) for ref, item in found if item and spec.owns(item)]
