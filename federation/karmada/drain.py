"""A member is drained before maintenance: its workloads run elsewhere before they end there; and it is given back.

Every step can be repeated. A drain that is interrupted leaves what runs on the member where it is; the next one goes
on, and an undrain gives it back.

What follows from Karmada 1.18:

- A rebalancer alone does not drain: the scheduler leaves replicas where they are, whatever the taints say.
- The eviction controller gives an old copy up when its time is over, also if nothing has come up elsewhere
  (evictiontask.go). Our tasks have no time: we look whether enough is ready elsewhere, and release them then.
- What came along with a workload (`propagateDeps`) would go as soon as that is placed elsewhere, while its pods still
  run. Such bindings get a task, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from federation.deadline import Deadline
from federation.errors import ConflictError
from federation.karmada import drain_mark
from federation.karmada.drain_plan import Plan, find, plan
from federation.karmada.drain_workload import Workload, divided, ready, replicas, title
from federation.karmada.member import BINDING_API, CLUSTER_API, CLUSTERS, FEDERATION_LABEL
from federation.karmada.rebalance import rebalance
from federation.kube import Kube, Object, Ref

BINDINGS: Final = Ref(BINDING_API, "resourcebindings")
TIMEOUT_SECONDS: Final = 600.0
INTERVAL_SECONDS: Final = 0.5
ATTEMPTS: Final = 5  # at a change, if others change the same object

Say = Callable[[str], None]
Change = Callable[[Object, str], Object | None]
"""An object and the member's name to the patch; None: it is as it shall be."""


def look(member: str, plane: Kube, *, force: bool = False) -> Plan:
    """The plan for a member as things are now. Nothing is changed. Raises `FederationError` as `plan` does."""
    return plan(member, plane.list(CLUSTERS), plane.list(BINDINGS), force=force)


def drain(what: Plan, plane: Kube, deadline: Deadline, *, quit_names: Callable[[], None], say: Say) -> None:
    """Do what a plan says.

    Args:
        what: the plan; whoever calls has looked at its refusal.
        plane: the federation API.
        deadline: for all of it.
        quit_names: called when enough is ready elsewhere; returns when no client is led to the member any more.
        say: is told each step that is done.

    Raises:
        NotInTimeError: something is not ready elsewhere, or not gone, in time. What is not ready elsewhere still runs
            on the member; the same command goes on from there.
        ConflictError: others change the same objects again and again.
    """
    _mark(what, plane, "moving")
    say(f"{what.subject} takes no new replicas")
    for namespace, name in what.along:
        _change(plane, Ref(BINDING_API, BINDINGS.plural, name, namespace), what.member, drain_mark.held)
    for each in what.moves:
        if not each.moving:
            _change(plane, _ref(each), what.member, drain_mark.evicted)
    _until_elsewhere(what, plane, deadline, say)
    if not what.alone and (what.moves or not what.drained):
        _mark(what, plane, "drained")
        quit_names()
    _release(what, plane)
    _until_gone(what, plane, deadline)


def is_drained(member: str, plane: Kube) -> bool:
    """Whether there is anything to give back, also of a drain or an undrain that was interrupted."""
    return _is_drained(*_marked(member, plane))


def undrain(member: str, plane: Kube, deadline: Deadline, *, say: Say, again: bool = False) -> bool:
    """Give a member back to the scheduler, divide all workloads anew, and wait until its share is ready.

    Returns False if it was not drained; nothing is done then, unless `again`. Raises as `drain` does.
    """
    cluster, held = _marked(member, plane)
    drained = _is_drained(cluster, held)
    if not drained and not again:
        return False
    _change(plane, Ref(CLUSTER_API, CLUSTERS.plural, member), member, lambda c, _: drain_mark.unmarked(c))
    say(f"member {member} takes replicas again")
    for binding in held:
        _change(plane, _ref_of(binding), member, drain_mark.returned)
    federation = (cluster["metadata"].get("labels") or {}).get(FEDERATION_LABEL, "plane")
    count = rebalance(federation, plane, deadline)
    say(f"{count} workload{'s are' if count != 1 else ' is'} divided anew")
    deadline.until(
        f"member {member}",
        lambda: _missing_here(member, plane.list(BINDINGS)),
        fix="see its pods there, then run the same command again",
        interval=INTERVAL_SECONDS,
    )
    _change(plane, Ref(CLUSTER_API, CLUSTERS.plural, member), member, lambda c, _: drain_mark.settled(c))
    return drained


def _marked(member: str, plane: Kube) -> tuple[Object, list[Object]]:
    """Where a drain leaves its marks: the member's `Cluster`, and the bindings with a task of ours."""
    cluster = find(member, plane.list(CLUSTERS))
    return cluster, [b for b in plane.list(BINDINGS) if drain_mark.task(b, member)]


def _is_drained(cluster: Object, held: Sequence[Object]) -> bool:
    return bool(drain_mark.state(cluster) or drain_mark.is_due(cluster) or held)


def lacking(workload: Workload, binding: Object | None, member: str) -> str | None:
    """What is missing until a workload can do without a member; None if nothing is, or it was deleted meanwhile.

    No fewer replicas shall be ready than before, and never more are asked for than there shall be.
    """
    if binding is None or binding["metadata"].get("deletionTimestamp"):
        return None
    given, total = replicas(binding), int(binding["spec"].get("replicas") or 0)
    if sum(given.values()) < total or member in given:
        return f"{workload}: Karmada has no place for all of it yet{_why_unscheduled(binding)}"
    found = sum(count for name, count in ready(binding).items() if name in given)
    needed = min(total, workload.ready)
    return None if found >= needed else f"{workload}: {found} of {needed} replicas are ready elsewhere"


def _until_elsewhere(what: Plan, plane: Kube, deadline: Deadline, say: Say) -> None:
    """Until every workload that moves can do without the member."""
    waiting = {(each.namespace, each.binding): each for each in what.moves}

    def missing() -> str | None:
        found = {_key(b): b for b in plane.list(BINDINGS)} if waiting else {}
        reasons = []
        for key, workload in [*waiting.items()]:
            binding = found.get(key)
            if reason := lacking(workload, binding, what.member):
                reasons.append(reason)
                continue
            del waiting[key]
            say(f"{workload}: {_spread(binding)}")
        return "; ".join(reasons) or None

    deadline.until(
        what.subject,
        missing,
        fix="it still runs here; see the pods there, then run the same command again, or fedctl undrain "
        f"{what.member}",
        interval=INTERVAL_SECONDS,
    )


def _release(what: Plan, plane: Kube) -> None:
    """Let go what is not left here on purpose, also from a drain before."""
    left = {(each.workload.namespace, each.workload.binding) for each in what.left}
    for binding in plane.list(BINDINGS):
        needed = {(r.get("namespace", ""), r["name"]) for r in binding["spec"].get("requiredBy") or ()}
        if drain_mark.task(binding, what.member) and not ({_key(binding)} | needed) & left:
            _change(plane, _ref_of(binding), what.member, drain_mark.released)


def _until_gone(what: Plan, plane: Kube, deadline: Deadline) -> None:
    """Until Karmada has removed the old copies. Of a member that does not answer, it cannot."""
    moved = {(each.namespace, each.binding) for each in what.moves}

    def left() -> str | None:
        there = [title(b) for b in plane.list(BINDINGS) if _key(b) in moved and _is_there(b, what.member)]
        return f"{', '.join(there)} still there" if there else None

    if what.ready and moved:
        deadline.until(
            what.subject,
            left,
            fix="see the logs of karmada-controller-manager, then run the same command again",
            interval=INTERVAL_SECONDS,
        )


def _is_there(binding: Object, member: str) -> bool:
    items = (binding.get("status") or {}).get("aggregatedStatus") or ()
    tasks = binding["spec"].get("gracefulEvictionTasks") or ()
    return any(i["clusterName"] == member for i in items) or any(t["fromCluster"] == member for t in tasks)


def _missing_here(member: str, bindings: Iterable[Object]) -> str | None:
    """What is not as the placements say, as far as a member is concerned."""
    reasons = []
    for binding in bindings:
        if not divided(binding) or binding["metadata"].get("deletionTimestamp"):
            continue
        status = binding.get("status") or {}
        triggered = binding["spec"].get("rescheduleTriggeredAt") or ""
        if _unscheduled(binding):
            continue  # it has kept its places, and says so in its conditions
        share, found = replicas(binding).get(member, 0), ready(binding).get(member, 0)
        if (status.get("lastScheduledTime") or "") < triggered:  # RFC 3339 in UTC, so texts compare as times
            reasons.append(f"{title(binding)} is not divided anew yet")
        elif found < share:
            reasons.append(f"{title(binding)}: {found} of {share} replicas are ready here")
    return "; ".join(reasons) or None


def _unscheduled(binding: Object) -> str | None:
    """Why the scheduler finds no place; None if it does."""
    for condition in (binding.get("status") or {}).get("conditions") or ():
        if condition["type"] == "Scheduled" and condition["status"] == "False":
            return str(condition.get("message") or "no reason is told")
    return None


def _why_unscheduled(binding: Object) -> str:
    return f" ({reason})" if (reason := _unscheduled(binding)) else ""


def _spread(binding: Object | None) -> str:
    if binding is None:
        return "was deleted meanwhile"
    given = ", ".join(f"{name} {count}" for name, count in sorted(replicas(binding).items()))
    return f"ready elsewhere ({given})"


def _mark(what: Plan, plane: Kube, value: drain_mark.State) -> None:
    """Put the taint there. Who is "drained" already stays so: no names lead there, and none shall again."""

    def change(cluster: Object, _: str) -> Object | None:
        if drain_mark.state(cluster) in {value, "drained"}:
            return None
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return drain_mark.marked(cluster, value, now)

    _change(plane, Ref(CLUSTER_API, CLUSTERS.plural, what.member), what.member, change)


def _change(plane: Kube, ref: Ref, member: str, patch: Change) -> None:
    """Read and change an object, and again if somebody else was faster. What is gone needs no change."""
    for attempt in range(ATTEMPTS):
        found = plane.get(ref)
        wanted = patch(found, member) if found else None
        if wanted is None:
            return
        try:
            plane.merge(ref, wanted)
        except ConflictError:
            if attempt + 1 == ATTEMPTS:
                raise
        else:
            return


def _ref(workload: Workload) -> Ref:
    return Ref(BINDING_API, BINDINGS.plural, workload.binding, workload.namespace)


def _ref_of(binding: Object) -> Ref:
    namespace, name = _key(binding)
    return Ref(BINDING_API, BINDINGS.plural, name, namespace)


def _key(binding: Object) -> tuple[str, str]:
    return binding["metadata"].get("namespace", ""), binding["metadata"]["name"]
