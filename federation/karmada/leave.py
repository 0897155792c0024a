"""A member leaves: what the federation has made there goes, on both sides, whatever state it was left in.

Karmada does the work where it can. What it does not do, or only after minutes:

- It deletes namespaces that it has made, with all that users have put into them. `on_leave: keep` prevents that.
- It takes a member that has just died for healthy, and waits for it. We ask the member ourselves.
- It never gives up a Work whose object is to be kept but cannot be reached (execution_controller.go).
- It looks only every 10 s whether a `Cluster` may go. We look more often, under the very same conditions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from federation.deadline import Deadline
from federation.errors import ConflictError, ForbiddenError, UnauthorizedError, UnreachableError
from federation.karmada import cleanup
from federation.karmada.identity import KUBE_SYSTEM
from federation.karmada.member import BINDING_API, WORK_API, MemberSpec, not_ready
from federation.kube import Kube, Object, Ref

WORK_FINALIZER = "karmada.io/execution-controller"
CLUSTER_FINALIZER = "karmada.io/cluster-controller"
PATIENCE_SECONDS = 6.0  # without progress, before Works are given up that Karmada should have dealt with
KEPT_PATIENCE_SECONDS = 1.5  # the same, if only kept namespaces are left: the clean-up releases these as well
INTERVAL_SECONDS = 0.3

Say = Callable[[str], None]


def leave(
    spec: MemberSpec, member: Kube | None, plane: Kube | None, deadline: Deadline, *, say: Say = print
) -> None:
    """Take the member out of the federation; what is gone already is fine.

    Args:
        spec: of the member; its `cluster_id` guards against another cluster at the same address.
        member: None if there is no way to it any more.
        plane: the federation API; None if that is gone, and only the member is to be cleaned.
        deadline: for all of it.
        say: is told what is left to do where a member could not be cleaned.

    Raises:
        UnauthorizedError, ForbiddenError: the member does not let us in. Nothing has been changed then.
        NotInTimeError: something stays; the message says what. The next call goes on from there.
    """
    absent = _absence(spec, member)
    reached = None if absent else member
    with ThreadPoolExecutor(1) as pool:
        cleaning: list[Future[None]] = []

        def clean() -> None:
            if reached and not cleaning:
                cleaning.append(pool.submit(_clean, spec, reached, deadline, say))

        if plane and (stays := _leave_plane(spec, reached, plane, deadline, clean)):
            say(f"warning: {spec.subject}: {stays}")
        clean()
        for task in cleaning:
            task.result()
    if absent:
        say(
            f"warning: {spec.subject} has left, but {absent}; what the federation has made there is still there. "
            f"Once it can be reached: {cleanup_command(spec)}"
        )


def cleanup_command(spec: MemberSpec) -> str:
    """What removes the rest from a member that could not be reached when it left."""
    file = spec.kubeconfig_path or "FILE"
    context = f" --context {spec.kubeconfig_context}" if spec.kubeconfig_context else ""
    return f"fedctl leave {spec.name} --cleanup --federation {spec.federation} --kubeconfig {file}{context}"


def _absence(spec: MemberSpec, member: Kube | None) -> str | None:
    """Why the member cannot be cleaned now; None if it can."""
    if member is None:
        return "there was no way to reach it"
    try:
        found = member.get(KUBE_SYSTEM)
    except UnreachableError as error:
        return error.cause
    except (UnauthorizedError, ForbiddenError) as error:
        raise type(error)(
            spec.subject,
            error.cause,
            "renew the credentials in its kubeconfig, or give it up without cleaning it: fedctl leave "
            f"{spec.name} --federation {spec.federation} --federation-kubeconfig FILE",
        ) from None
    uid = found["metadata"]["uid"] if found else None
    if spec.cluster_id and uid != spec.cluster_id:
        return f"its kubeconfig leads to another cluster (id {uid} instead of {spec.cluster_id})"
    return None


def _clean(spec: MemberSpec, member: Kube, deadline: Deadline, say: Say) -> None:
    steps = cleanup.plan(spec, member)
    cleanup.execute(steps, member, deadline)
    if steps.left_alone:
        say(f"warning: {spec.subject}: {steps.left_alone}; objects with {cleanup.MANAGED} were left alone")


def _leave_plane(
    spec: MemberSpec,
    member: Kube | None,
    plane: Kube,
    deadline: Deadline,
    emptied: Callable[[], None],
) -> str | None:
    """The federation API's side; `emptied` is called as soon as Karmada has no more to do on the member.

    Returns why nothing has been done there, or None.
    """
    cluster = plane.get(spec.cluster_ref)
    if cluster is not None and not _is_ours(spec, cluster):
        return (
            f"the federation has another cluster of this name (id {cluster['spec'].get('id')}), which stays"
        )
    if cluster is not None:
        if spec.on_leave == "keep":
            _preserve(_works(spec, plane), plane)
        plane.delete(spec.cluster_ref, uid=cluster["metadata"]["uid"])
    dead = cluster is None or not_ready(cluster) is not None
    progress = _Progress(spec, plane, reached=member is not None, hopeless=dead and member is None)
    fix = "see the logs of karmada-controller-manager and karmada-scheduler, and run the same command again"
    deadline.until(spec.subject, progress.works_left, fix=fix, interval=INTERVAL_SECONDS)
    emptied()
    deadline.until(spec.subject, progress.cluster_left, fix=fix, interval=INTERVAL_SECONDS)
    for ref in (spec.reader_ref, spec.secret_ref):
        if spec.owns(plane.get(ref)):
            plane.delete(ref)
    return None


def _is_ours(spec: MemberSpec, cluster: Object) -> bool:
    return spec.owns(cluster) and spec.cluster_id in {None, cluster["spec"].get("id")}


@dataclass
class _Progress:
    """How far Karmada has come with a `Cluster` that is being deleted, and a hand where it does not come on.

    Attributes:
        reached: we reach the member, so that the clean-up will.
        hopeless: both Karmada and we find it dead: waiting for it leads to nothing.
    """

    spec: MemberSpec
    plane: Kube
    reached: bool
    hopeless: bool
    count: int = -1
    since: float = field(default_factory=time.monotonic)

    def works_left(self) -> str | None:
        """None once Karmada has dealt with all Works."""
        if not (space := self.plane.get(self._space)):
            return None
        if not space["metadata"].get("deletionTimestamp"):
            # Karmada would make Works again in it. But of a Cluster that was gone too fast, it forgets it.
            if self.plane.get(self.spec.cluster_ref) is None:
                self.plane.delete(self._space)
            return f"Karmada has not begun to remove {self._space}"
        if not (works := _works(self.spec, self.plane)):
            return None
        if self.spec.on_leave == "keep":
            _preserve(works, self.plane)
        _delete(works, self.plane)
        if self._stuck(works):
            for work in works:
                # What is left on a member that can be reached, the clean-up finds there.
                _without_finalizer(self.plane, _work_ref(work), WORK_FINALIZER)
        return f"{len(works)} objects of the federation are still there, such as {_content(works[0])}"

    def cluster_left(self) -> str | None:
        """None once the `Cluster` and the namespace of its Works are gone."""
        if self.plane.get(self._space):
            return f"{self._space} is still being removed"
        if self.plane.get(self.spec.cluster_ref) is None:
            return None
        if names := assigned(self.spec.name, _bindings(self.plane)):
            return f"{len(names)} workloads are still assigned to it, such as {names[0]}"
        _without_finalizer(self.plane, self.spec.cluster_ref, CLUSTER_FINALIZER)
        return f"{self.spec.cluster_ref} is still there"

    @property
    def _space(self) -> Ref:
        return Ref("v1", "namespaces", self.spec.execution_space)

    def _stuck(self, works: Sequence[Object]) -> bool:
        if len(works) != self.count:
            self.count, self.since = len(works), time.monotonic()
        kept = self.reached and self.spec.on_leave == "keep" and all(map(_holds_namespace, works))
        patience = KEPT_PATIENCE_SECONDS if kept else PATIENCE_SECONDS
        return self.hopeless or time.monotonic() - self.since > patience


def assigned(member: str, bindings: Sequence[Object]) -> list[str]:
    """Names of the bindings that a member is assigned to (Karmada, ResourceBindingIndexByFieldCluster)."""
    return [
        "/".join(filter(None, (b["metadata"].get("namespace"), b["metadata"]["name"])))
        for b in bindings
        if any(c["name"] == member for c in b.get("spec", {}).get("clusters", []))
    ]


def _works(spec: MemberSpec, plane: Kube) -> list[Object]:
    return plane.list(Ref(WORK_API, "works", namespace=spec.execution_space))


def _bindings(plane: Kube) -> list[Object]:
    kinds = "resourcebindings", "clusterresourcebindings"
    return [b for kind in kinds for b in plane.list(Ref(BINDING_API, kind))]


def _preserve(works: Sequence[Object], plane: Kube) -> None:
    """Karmada then only takes its marks off the namespaces (execution_controller.go, handleWorkDelete)."""
    for work in works:
        if _holds_namespace(work) and not work["spec"].get("preserveResourcesOnDeletion"):
            plane.merge(_work_ref(work), {"spec": {"preserveResourcesOnDeletion": True}})


def _delete(works: Sequence[Object], plane: Kube) -> None:
    """Ahead of the namespace controller, which waits 5 s, and again 8 s if finalizers are in its way."""
    for work in works:
        if not work["metadata"].get("deletionTimestamp"):
            plane.delete(_work_ref(work), uid=work["metadata"]["uid"])


def _manifests(work: Object) -> list[Object]:
    found: list[Object] = work["spec"].get("workload", {}).get("manifests", [])
    return found


def _holds_namespace(work: Object) -> bool:
    return {m["kind"] for m in _manifests(work)} == {"Namespace"}


def _work_ref(work: Object) -> Ref:
    return Ref(WORK_API, "works", work["metadata"]["name"], work["metadata"]["namespace"])


def _without_finalizer(plane: Kube, ref: Ref, finalizer: str) -> None:
    """Take it off, unless the object has changed meanwhile: then the next look decides anew."""
    if (found := plane.get(ref)) is None:
        return
    metadata = found["metadata"]
    if finalizer not in metadata.get("finalizers", []) or not metadata.get("deletionTimestamp"):
        return
    rest = [f for f in metadata["finalizers"] if f != finalizer]
    patch = {"metadata": {"finalizers": rest, "resourceVersion": metadata["resourceVersion"]}}
    try:
        plane.merge(ref, patch)
    except ConflictError:
        return


def _content(work: Object) -> str:
    """What a Work holds, for messages."""
    if not (manifests := _manifests(work)):
        return str(work["metadata"]["name"])
    metadata = manifests[0]["metadata"]
    return f"{manifests[0]['kind']} {'/'.join(filter(None, (metadata.get('namespace'), metadata['name'])))}"
