"""A federation at one moment, put together from what its API servers say; and the facts to plan with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from pydantic import ValidationError

from federation.dns.facts import Current, Facts, Member, Placement, ServiceFacts
from federation.dns.observed import Cluster, Federated, Placed
from federation.names import Level, Scheme, Service

Backends = Mapping[Service, int]
"""Ready backends by service; a service that is left out has none."""


@dataclass(frozen=True)
class View:
    """A federation at one moment.

    Attributes:
        members: by name; ready if Karmada finds it Ready, its API server answered us, and it is not drained.
        services: of type LoadBalancer and not opted out, by namespace and name.
        problems: why names do not lead somewhere, a sentence each, for people; members' first.
    """

    members: tuple[Member, ...]
    services: tuple[ServiceFacts, ...]
    problems: tuple[str, ...] = ()


def assemble(
    *,
    clusters: Iterable[Cluster],
    services: Iterable[Federated],
    placements: Mapping[Service, tuple[Placed, ...]],
    backends: Mapping[str, Backends],
    unreachable: Mapping[str, str],
) -> View:
    """The view out of its parts.

    Args:
        clusters: all members.
        services: those that shall have names.
        placements: by service.
        backends: by member; one that is left out is not ready, as nobody knows what is behind its addresses.
        unreachable: why we do not reach a member, whatever Karmada says.
    """
    problems: list[str] = []
    members = [
        _member(each, _unready(each, backends, unreachable), problems)
        for each in sorted(clusters, key=lambda c: c.name)
    ]
    ready = {member.name for member in members if member.ready}
    found = []
    for each in sorted(services, key=lambda s: s.service):
        there = placements.get(each.service, ())
        if not there and not each.deleted:
            problems.append(f"service {each.service} is placed on no member")
        placed = [_placement(each.service, p, backends, ready, problems) for p in there]
        namespace, name = each.service
        found.append(
            ServiceFacts(namespace=namespace, name=name, deleted=each.deleted, placements=tuple(placed))
        )
    return View(tuple(members), tuple(found), tuple(problems))


def facts_of(view: View, *, federation: str, domain: str, ttl: int, current: tuple[Current, ...]) -> Facts:
    """The facts to plan with.

    Karmada may take a Service from a member that is down (as far as its policy has no toleration for that), and give
    it back later. In between it is as if the Service was there and did not answer: names that clients use would
    otherwise come and go. What the names were is remembered by the records themselves.
    """
    scheme = Scheme(federation, domain)
    had: dict[Service, set[Level]] = {}
    for entry in current:
        if entry.owner == federation and (whose := scheme.parse(entry.name)):
            had.setdefault(whose[0], set()).add(whose[1])
    down = [member for member in view.members if not member.ready]
    return Facts(
        federation=federation,
        domain=domain,
        ttl=ttl,
        members=view.members,
        services=tuple(_with_lost(each, down, had) for each in view.services),
        current=current,
    )


def _with_lost(entry: ServiceFacts, down: list[Member], had: Mapping[Service, set[Level]]) -> ServiceFacts:
    levels = had.get(Service(entry.namespace, entry.name), set())
    placed = {placement.member for placement in entry.placements}
    lost = [
        Placement(member=member.name, applied=False, ready_backends=0)
        for member in down
        if member.name not in placed and levels.intersection(_narrowest(member))
    ]
    return entry.model_copy(update={"placements": (*entry.placements, *lost)}) if lost else entry


def _narrowest(member: Member) -> list[Level]:
    """The levels that the member shares with few others; a region alone would bring it zones it never had."""
    if not member.region:
        return []
    return [Level(member.region, zone) for zone in member.zones] or [Level(member.region)]


def _unready(
    cluster: Cluster, backends: Mapping[str, Backends], unreachable: Mapping[str, str]
) -> str | None:
    if cluster.unready:
        return cluster.unready
    if cluster.name not in backends:
        return unreachable.get(cluster.name, "its endpoints are not known yet")
    return unreachable.get(cluster.name)


def _member(cluster: Cluster, unready: str | None, problems: list[str]) -> Member:
    """A region or zone that is no DNS label cannot be in a name. That a member is drained is no problem."""
    if unready:
        problems.append(f"member {cluster.name} is not ready: {unready}")
    ready = unready is None and not cluster.drained
    try:
        return Member(name=cluster.name, region=cluster.region, zones=cluster.zones, ready=ready)
    except ValidationError:
        place = ", ".join((cluster.region or "", *cluster.zones))
        problems.append(
            f"member {cluster.name} has global names only: its region or a zone is no DNS label ({place})"
        )
        return Member(name=cluster.name, ready=ready)


def _placement(
    service: Service,
    placed: Placed,
    backends: Mapping[str, Backends],
    ready: set[str],
    problems: list[str],
) -> Placement:
    count = backends.get(placed.member, {}).get(service, 0)
    addresses = tuple(address for address in placed.addresses if _is_address(address))
    if placed.member in ready:  # of others it is told that they are not
        problems.extend(f"service {service} {why}" for why in _missing(placed, addresses, count))
    return Placement(
        member=placed.member, applied=placed.unapplied is None, addresses=addresses, ready_backends=count
    )


def _missing(placed: Placed, addresses: tuple[str, ...], count: int) -> Iterator[str]:
    if placed.unapplied:
        yield f"is not applied to member {placed.member}: {placed.unapplied}"
    elif placed.hostnames and not addresses:
        names = ", ".join(placed.hostnames)
        yield f"has no address on member {placed.member}, only a name ({names}), which records cannot hold"
    elif not addresses:
        yield f"has no load balancer address on member {placed.member} yet"
    elif not count:
        yield f"has no ready backend on member {placed.member}"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text
