"""Which sets each zone has: an index over the inventory, so that one write to a large zone does not read all of it."""

from __future__ import annotations

from lab.azure.dns.state import of
from lab.azure.dns.types import TYPES
from lab.azure.ids import ResourceId
from lab.azure.kinds import Context
from lab.azure.store import Entry

ZONE_TYPES = ("Microsoft.Network/dnszones", "Microsoft.Network/privateDnsZones")


def sets_of(context: Context, zone: ResourceId) -> list[Entry]:
    """All record sets of a zone, oldest first."""
    found = (context.store.get(key) for key in _index(context).get(zone.key, ()))
    return [entry for entry in found if entry is not None]


def count_sets(context: Context, zone: ResourceId) -> int:
    """How many sets a zone has."""
    return len(_index(context).get(zone.key, ()))


def version(context: Context, zone: ResourceId) -> int:
    """Another number whenever a set of the zone has changed."""
    return of(context).versions.get(zone.key, 0)


def note(context: Context, before: Entry | None, after: Entry | None) -> None:
    """Follow a change of a set. To be called while the store is locked, after the change."""
    entry = after or before
    if entry is None:
        return
    id_ = entry.resource_id
    zone = _zone_key(id_)
    sets = _index(context).setdefault(zone, {})
    if after is None:
        sets.pop(id_.key, None)
    else:
        sets[id_.key] = None
    state = of(context)
    state.versions[zone] = state.versions.get(zone, 0) + 1
    state.dirty.set()


def _index(context: Context) -> dict[str, dict[str, None]]:
    state = of(context)
    if state.sets is None:
        state.sets = {}
        known = {f"{zone}/{name}".lower() for zone in ZONE_TYPES for name in TYPES}
        for entry in context.store.all():
            if entry.type.lower() in known:
                id_ = entry.resource_id
                state.sets.setdefault(_zone_key(id_), {})[id_.key] = None
    return state.sets


def _zone_key(id_: ResourceId) -> str:
    return id_.parent.key if id_.parent else ""
