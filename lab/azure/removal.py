"""What goes with a resource: nested resources, locks, role assignments, settings. And a whole group, in order."""

from __future__ import annotations

from lab.azure.catalog import Catalog
from lab.azure.ids import ResourceId
from lab.azure.kinds import Context
from lab.azure.store import Entry


def remove_all(context: Context, id_: ResourceId) -> None:
    """Remove a resource and all that is nested in it or extends it, deepest first, and tell the kinds."""
    catalog: Catalog = context.parts["catalog"]
    with context.store.transaction():
        under = sorted(context.store.under(id_), key=lambda e: -e.id.count("/"))
        own = context.store.get(id_)
        for entry in [*under, *([own] if own else [])]:
            context.store.delete(entry.id)
            if (kind := catalog.find(entry.type)) is not None:
                kind.changed(context, entry, None)


def deletion_order(context: Context, group: ResourceId) -> list[Entry]:
    """The top-level resources of a group: by their kinds' order, and the newest first."""
    catalog: Catalog = context.parts["catalog"]
    found = []
    for age, entry in enumerate(context.store.under(group)):
        id_ = entry.resource_id
        kind = catalog.find(entry.type)
        if kind is not None and not kind.extension and id_.parent is None:
            found.append((kind.delete_order, -age, entry))
    return [entry for _, _, entry in sorted(found, key=lambda row: row[:2])]
