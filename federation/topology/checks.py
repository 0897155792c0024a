"""What must hold between the sections of a topology.

These checks look at the document as it was written, not at models, so that they find what they can although another
part of it is wrong. What cannot be read is passed over: the models tell about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from federation.topology.addresses import addresses
from federation.topology.dns import AZURE_NAMESPACE, DNS_NAMESPACE
from federation.topology.lookup import EACH, Document, entries, found, names
from federation.topology.mistakes import Loc, Mistake, dotted, shown


def duplicates(document: Document) -> Iterator[Mistake]:
    """Two clusters of one name would be one member."""
    first: dict[str, Loc] = {}
    for loc, name in names(document):
        if name in first:
            cause = f"is also the name of {dotted(first[name][:-1])}"
            yield Mistake(dotted(loc), shown(name), cause, "give each cluster its own")
        first.setdefault(name, loc)


def references(document: Document) -> Iterator[Mistake]:
    """Whoever names a cluster names one that is there."""
    known = sorted({name for _, name in names(document)})
    if not known:
        return
    for loc, name in [*found(document, "host"), *found(document, "dns", EACH, "cluster")]:
        if isinstance(name, str) and name not in known:
            yield Mistake(dotted(loc), shown(name), "is not among the clusters", _one_of(known))
    for loc, section in found(document, "workloads", EACH, "preferences", "clusters"):
        for name in (key for key, _ in entries(section) if isinstance(key, str)):
            if name != "*" and name not in known:
                cause = "is not among the clusters"
                yield Mistake(dotted((*loc, name)), "", cause, f"{_one_of(known)}, or * for all others")


def _one_of(known: list[str]) -> str:
    return "name one of " + ", ".join(known[:9]) + (" …" if len(known) > 9 else "")


MACHINES = ("nodes", "vips")
"""Addresses that must be reached from every cluster."""
INNER = ("pods", "services")
"""Addresses that have a meaning inside of one cluster only."""
PLANE = "service_cidr"
_MOST_PARTNERS = 3


@dataclass(frozen=True)
class Range:
    """A range of addresses in the topology, with the cluster that it belongs to, -1 for the control plane."""

    loc: Loc
    cluster: int
    kind: str
    network: IPv4Network | IPv6Network

    @property
    def first(self) -> tuple[int, int, int]:
        """Sorts ranges so that one which contains others comes before them."""
        return self.network.version, int(self.network.network_address), self.network.prefixlen


def ranges(document: Document) -> list[Range]:
    """All ranges that can be read, in the order of the document."""
    patterns: list[tuple[str, tuple[object, ...]]] = [
        *((kind, ("clusters", EACH, kind, EACH)) for kind in ("nodes", "pods", "services")),
        ("vips", ("clusters", EACH, "vips", "cidr")),
        (PLANE, ("control_plane", "api_server", PLANE)),
    ]
    all_of_them = [
        Range(loc, loc[1] if isinstance(loc[1], int) else -1, kind, network)
        for kind, pattern in patterns
        for loc, text in found(document, *pattern)
        if isinstance(text, str) and (network := _network(text)) is not None
    ]
    all_of_them += _chosen(document)
    return sorted(all_of_them, key=lambda r: r.cluster if r.cluster >= 0 else 1 << 60)


def _chosen(document: Document) -> Iterator[Range]:
    """Those that a cluster in Azure gets where it says nothing."""
    for loc, cluster in found(document, "clusters", EACH):
        if not isinstance(cluster, Mapping) or cluster.get("kind") != "aks":
            continue
        name, place = cluster.get("name"), loc[1]
        if isinstance(name, str) and isinstance(place, int):
            plan = addresses(name)
            for kind, network in (("nodes", plan.nodes), ("pods", plan.pods), ("services", plan.services)):
                if not cluster.get(kind):
                    yield Range((*loc, kind), place, kind, network)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def clash(one: Range, other: Range) -> str | None:
    """What breaks if the two ranges, which overlap, are used; None if nothing does.

    Pods and services of different clusters may have the same addresses: nothing is routed from one to the other.
    The federation API's Services only carry addresses; they must not look like those of a machine.
    """
    kinds = {one.kind, other.kind}
    if kinds <= {*MACHINES}:
        return "give both addresses of their own"
    if PLANE in kinds:
        return "no machine may have a federated Service's address" if kinds & {*MACHINES} else None
    if kinds & {*MACHINES}:
        return "pods would reach neighbours of their own instead of the machine; take another range"
    return "give both ranges of their own" if one.cluster == other.cluster else None


def overlaps(document: Document) -> Iterator[Mistake]:
    """Ranges that would be mixed up, told once for each, at the place that comes later.

    CIDR ranges contain each other or have nothing in common: in order of their first addresses, all that contain the
    next one are those which have not ended yet.
    """
    order = ranges(document)
    place = {r.loc: i for i, r in enumerate(order)}
    partners: dict[Loc, list[tuple[Range, str]]] = {}
    around: list[Range] = []
    for inner in sorted(order, key=lambda r: r.first):
        around = [
            r
            for r in around
            if r.network.version == inner.network.version
            and r.network.broadcast_address >= inner.network.network_address  # type: ignore[operator]
        ]
        for outer in around:
            if (fix := clash(outer, inner)) is not None:
                early, late = sorted((outer, inner), key=lambda r: place[r.loc])
                partners.setdefault(late.loc, []).append((early, fix))
        around.append(inner)
    for late in order:
        if late.loc in partners:
            yield _overlap(late, sorted(partners[late.loc], key=lambda p: place[p[0].loc]))


def _overlap(late: Range, partners: list[tuple[Range, str]]) -> Mistake:
    told = [f"{dotted(early.loc)} ({early.network})" for early, _ in partners[:_MOST_PARTNERS]]
    more = f" and {len(partners) - _MOST_PARTNERS} more" if len(partners) > _MOST_PARTNERS else ""
    return Mistake(
        dotted(late.loc), shown(str(late.network)), f"overlaps {', '.join(told)}{more}", partners[0][1]
    )


def reachable(document: Document) -> Iterator[Mistake]:
    """The host's own address is right for its node ports; where its load balancer is, nobody knows but the operator."""
    for loc, section in found(document, "control_plane", "api_server"):
        if not isinstance(section, Mapping) or section.get("advertise_address") is not None:
            continue
        if section.get("service_type") == "LoadBalancer":
            yield Mistake(
                dotted((*loc, "service_type")),
                shown("LoadBalancer"),
                "has no address that clients and certificates could name",
                "set control_plane.api_server.advertise_address",
            )


ROUTER_IDS = 255
"""1 to 255 (RFC 5798, 5.2.3)."""


def routers(document: Document) -> Iterator[Mistake]:
    """Two clusters may be in one network segment, where one VRRP router id means one owner of all addresses."""
    first: dict[int, Loc] = {}
    for loc, number in found(document, "clusters", EACH, "vips", "router_id"):
        if type(number) is not int:
            continue
        if number in first:
            cause = f"is also that of {dotted(first[number][:-2])}"
            yield Mistake(dotted(loc), shown(str(number)), cause, "give each its own, or leave them out")
        first.setdefault(number, loc)
    pools = [loc for loc, _ in found(document, "clusters", EACH, "vips")]
    if len(pools) > ROUTER_IDS:
        cause = f"is the {len(pools)}th pool, and there are {ROUTER_IDS} VRRP router ids"
        yield Mistake(
            dotted(pools[-1]), "", cause, "leave vips out where a cluster has a load balancer of its own"
        )


_NAMESPACES = {"coredns": DNS_NAMESPACE, "azure": AZURE_NAMESPACE}


def zones(document: Document) -> Iterator[Mistake]:
    """Each backend has a controller in its namespace; two of them would take each other's place."""
    first: dict[tuple[str, str], Loc] = {}
    clusters = [name for _, name in found(document, "clusters", EACH, "name")]
    host = document.get("host") or (clusters[0] if clusters else "")
    for loc, backend in found(document, "dns", EACH):
        if not isinstance(backend, Mapping) or backend.get("provider") not in _NAMESPACES:
            continue
        namespace = backend.get("namespace") or _NAMESPACES[backend["provider"]]
        place = (str(backend.get("cluster") or host), str(namespace))
        if place in first:
            cause = f"is where {dotted(first[place])} runs, too (cluster {place[0]})"
            fix = "give each a namespace or a cluster of its own"
            yield Mistake(dotted((*loc, "namespace")), shown(place[1]), cause, fix)
        first.setdefault(place, loc)


CHECKS: tuple[Callable[[Document], Iterator[Mistake]], ...] = (
    duplicates,
    references,
    overlaps,
    reachable,
    routers,
    zones,
)
