"""What a drain of a member moves, what it cannot move and why, and what stays there. Pure: objects in, a plan out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from federation.errors import FederationError
from federation.karmada import drain_fit, drain_mark
from federation.karmada.drain_workload import Workload, divided, here, replicas, title, workload
from federation.karmada.member import not_ready
from federation.kube import Object


@dataclass(frozen=True)
class Obstacle:
    """Why a workload does not move.

    Attributes:
        forcible: with force it is moved all the same, or tried; any other stays where it is.
    """

    workload: Workload
    reason: str
    forcible: bool

    def __str__(self) -> str:
        return f"{self.workload} {self.reason}"


@dataclass(frozen=True)
class Plan:
    """What a drain does.

    Attributes:
        member: its name.
        ready: whether it is Ready: what runs on one that is not cannot be removed now.
        drained: names have left the member already.
        alone: no other member is Ready.
        moves: by namespace, kind and name.
        obstacles: in the same order; none of these is in `moves`, unless it is `forcible` and forced.
        along: (namespace, name) of the bindings of what comes along with the moves.
        stays: kind to the number of objects that each member has, so that they do not move.
    """

    member: str
    ready: bool
    drained: bool
    alone: bool
    moves: tuple[Workload, ...]
    obstacles: tuple[Obstacle, ...]
    along: tuple[tuple[str, str], ...]
    stays: Mapping[str, int]

    @property
    def subject(self) -> str:
        """How messages call the member."""
        return f"member {self.member}"

    @property
    def left(self) -> tuple[Obstacle, ...]:
        """The obstacles whose workloads do not move."""
        return tuple(each for each in self.obstacles if each.workload not in self.moves)

    def refusal(self) -> FederationError | None:
        """Why the drain is not begun without force; None if it is."""
        if self.alone:
            return FederationError(
                self.subject,
                "no other member is Ready, so its workloads have nowhere to go",
                "see fedctl status for the others; with --force, only new replicas are kept away from it",
            )
        if self.left:
            return FederationError(
                self.subject,
                "; ".join(map(str, self.left)),
                "change what is named here; with --force, the rest is drained: what cannot run elsewhere stays, and "
                "what only lacks room or weights elsewhere is moved as far as it goes",
            )
        return None


def plan(member: str, clusters: Sequence[Object], bindings: Sequence[Object], *, force: bool = False) -> Plan:
    """The plan for one member.

    Args:
        member: its name.
        clusters: all `Cluster` objects.
        bindings: all `ResourceBinding` objects.
        force: move what `Obstacle.forcible` says.

    Raises `FederationError` if there is no such member, or it is leaving.
    """
    cluster = find(member, clusters)
    present = [b for b in bindings if not b["metadata"].get("deletionTimestamp")]
    around = _Around(
        member=member,
        others=[c for c in clusters if c["metadata"]["name"] != member and _takes(c)],
        dead={c["metadata"]["name"] for c in clusters if not_ready(c)} - {member},
        bindings=present,
    )
    room = drain_fit.Room(around.others)
    moves: list[Workload] = []
    obstacles: list[Obstacle] = []
    for binding in sorted(present, key=_order):
        if not here(binding, member):
            continue
        one = workload(binding, member, around.others)
        fixed = next(_fixed(one, binding, around), None)
        forcible = None if fixed or one.moving else next(_forcible(one, binding, around, room), None)
        if reason := fixed or forcible:
            obstacles.append(Obstacle(one, reason, forcible=not fixed))
        if not fixed and (force or not forcible):
            moves.append(one)
    moving = {(m.namespace, m.binding) for m in moves}
    along = [_place(b) for b in present if _brought(b, member) & moving and not drain_mark.task(b, member)]
    stays = Counter(b["spec"]["resource"]["kind"] for b in present if _everywhere(b, member))
    return Plan(
        member=member,
        ready=not_ready(cluster) is None,
        drained=drain_mark.state(cluster) == "drained",
        alone=not around.others,
        moves=tuple(moves),
        obstacles=tuple(obstacles),
        along=tuple(along),
        stays=dict(sorted(stays.items())),
    )


def find(member: str, clusters: Iterable[Object]) -> Object:
    """The `Cluster` of a name. Raises `FederationError` if there is none, or it is leaving."""
    found = {c["metadata"]["name"]: c for c in clusters}
    if member not in found:
        known = ", ".join(sorted(found)) or "none"
        raise FederationError(
            f"member {member}", f"is not in the federation, which has {known}", "name one of these"
        )
    if found[member]["metadata"].get("deletionTimestamp"):
        raise FederationError(f"member {member}", "is leaving the federation", "see fedctl status")
    return found[member]


@dataclass(frozen=True)
class _Around:
    """What is around a workload: members that may take replicas, names of those that are not Ready, all bindings."""

    member: str
    others: Sequence[Object]
    dead: set[str]
    bindings: Sequence[Object]

    def among(self, names: Sequence[str]) -> list[Object]:
        return [c for c in self.others if c["metadata"]["name"] in names]


def _fixed(one: Workload, binding: Object, around: _Around) -> Iterator[str]:
    """Why it cannot move, whatever is forced."""
    if not one.to:
        yield f"may run on no other member that is Ready: see the placement of {one.policy}"
    if drain_fit.tolerates_drain(binding):
        yield f"would be put back at once: {one.policy} tolerates every taint"
    if binding["spec"].get("preserveResourcesOnDeletion"):
        yield f"would not be removed here: {one.policy} sets preserveResourcesOnDeletion"
    if one.kind == "Job":
        yield "cannot be divided anew while it runs: wait for its end, or delete it"
    brought = [b for b in around.bindings if _place(binding) in _brought(b, around.member)]
    if claims := [title(b) for b in brought if b["spec"]["resource"]["kind"] == "PersistentVolumeClaim"]:
        yield f"would lose its data here, as {', '.join(claims)} would go with it"
    if stuck := sorted(around.dead & replicas(binding).keys()):
        yield f"would get more replicas on {', '.join(stuck)}, which is not Ready"
    if missing := drain_fit.too_few_groups(binding, around.among(one.to)):
        yield f"needs {missing}, by the spread constraints of {one.policy}"


def _forcible(one: Workload, binding: Object, around: _Around, room: drain_fit.Room) -> Iterator[str]:
    """What speaks against a move that could be made all the same; takes the room that it needs."""
    if drain_fit.has_weights(binding) and not drain_fit.weighted(binding, around.among(one.to)):
        yield f"has weights for this member alone: see {one.policy}"
    request = (binding["spec"].get("replicaRequirements") or {}).get("resourceRequest") or {}
    if short := room.take(request, one.here, one.to):
        size = ", ".join(f"{name} {amount}" for name, amount in sorted(request.items())) or "one pod"
        yield f"lacks room in {', '.join(one.to)} for {short} of {one.here} replicas ({size} each)"


def _takes(cluster: Object) -> bool:
    """Whether a member may take what another one had."""
    leaving = cluster["metadata"].get("deletionTimestamp")
    return not leaving and not not_ready(cluster) and drain_mark.state(cluster) is None


def _brought(binding: Object, member: str) -> set[tuple[str, str]]:
    """Namespaces and names of the bindings of workloads with which this came along to the member."""
    if binding["spec"].get("placement"):
        return set()  # it has a policy of its own, which keeps it there
    return {
        (r.get("namespace", ""), r["name"])
        for r in binding["spec"].get("requiredBy") or ()
        if drain_mark.task(binding, member) or any(c["name"] == member for c in r.get("clusters") or ())
    }


def _everywhere(binding: Object, member: str) -> bool:
    there = any(c["name"] == member for c in binding["spec"].get("clusters") or ())
    return there and not divided(binding)


def _place(binding: Object) -> tuple[str, str]:
    return binding["metadata"].get("namespace", ""), binding["metadata"]["name"]


def _order(binding: Object) -> tuple[str, str, str]:
    resource = binding["spec"]["resource"]
    return resource.get("namespace", ""), resource["kind"], resource["name"]
