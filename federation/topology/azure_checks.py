"""What must hold between the sections of a topology that are about Azure; see `checks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from federation.topology.lookup import EACH, Document, found, names
from federation.topology.mistakes import Loc, Mistake, dotted, shown


def _aks(document: Document) -> list[tuple[Loc, Mapping[str, Any]]]:
    return [
        (loc, cluster)
        for loc, cluster in found(document, "clusters", EACH)
        if isinstance(cluster, Mapping) and cluster.get("kind") == "aks"
    ]


def _zones(document: Document) -> list[tuple[Loc, Mapping[str, Any]]]:
    return [
        (loc, backend)
        for loc, backend in found(document, "dns", EACH)
        if isinstance(backend, Mapping) and backend.get("provider") == "azure"
    ]


def groups(document: Document) -> Iterator[Mistake]:
    """A resource group is made, and deleted with all that is in it, by one section."""
    made = [((*loc, "resource_group"), c.get("resource_group") or c.get("name")) for loc, c in _aks(document)]
    made += [
        ((*loc, "resource_group"), zone.get("resource_group"))
        for loc, zone in _zones(document)
        if zone.get("create") is not False and not zone.get("subscription")
    ]
    first: dict[str, Loc] = {}
    for loc, name in made:
        if not isinstance(name, str):
            continue
        if (key := name.lower()) in first:
            cause = f"is also that of {dotted(first[key][:-1])}"
            yield Mistake(dotted(loc), shown(name), cause, "give each its own")
        first.setdefault(key, loc)


def zone_names(document: Document) -> Iterator[Mistake]:
    """Names are below the domain: a zone holds it, and the zone above holds the zone."""
    domain = document.get("domain")
    if not isinstance(domain, str):
        return
    for loc, zone in _zones(document):
        name = zone.get("zone") or domain
        if not isinstance(name, str):
            continue
        if not _below(domain, name, itself=True):
            fix = "leave it out, or name a zone that the domain is in"
            yield Mistake(
                dotted((*loc, "zone")), shown(name), f"does not hold the domain {_plain(domain)!r}", fix
            )
        parent = zone.get("parent")
        above = parent.get("zone") if isinstance(parent, Mapping) else None
        if isinstance(above, str) and not _below(name, above, itself=False):
            cause, fix = f"is not above the zone {_plain(name)!r}", "name one that its name ends with"
            yield Mistake(dotted((*loc, "parent", "zone")), shown(above), cause, fix)


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")


def _below(name: str, zone: str, *, itself: bool) -> bool:
    inner, outer = _plain(name), _plain(zone)
    return inner.endswith("." + outer) or (itself and inner == outer)


def controllers(document: Document) -> Iterator[Mistake]:
    """A zone's controller is known to Azure by its cluster's issuer, and its identity is somewhere."""
    kinds = [cluster.get("name") for _, cluster in _aks(document)]
    order = [name for _, name in names(document)]
    host = document.get("host") or (order[0] if order else None)
    for loc, zone in _zones(document):
        where = zone.get("cluster") or host
        if where not in order:
            continue  # told by `references`
        if where not in kinds and not zone.get("issuer"):
            fix = "add what `kubectl get --raw /.well-known/openid-configuration` says of it, if Azure can reach that"
            yield Mistake(
                dotted((*loc, "issuer")), "", f"is missing, as cluster {where} is not in Azure", fix
            )
        if where in kinds and zone.get("issuer"):
            cause = f"is given for cluster {where}, whose issuer is known"
            yield Mistake(dotted((*loc, "issuer")), shown(zone["issuer"]), cause, "leave it out")
        if not kinds and not zone.get("location"):
            cause = "is missing, as no cluster is in Azure"
            fix = "add a region, such as westus, for the zone's identity"
            yield Mistake(dotted((*loc, "location")), "", cause, fix)


AZURE_CHECKS: tuple[Callable[[Document], Iterator[Mistake]], ...] = (groups, zone_names, controllers)
