"""Who refers to whom: ids of resources that stand in other resources' documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.azure.http import Document
from lab.azure.ids import covers
from lab.azure.kinds import Call, Context, Operation, Started
from lab.azure.store import Entry, Store

_RECORD_SETS = "microsoft.network/dnszones/"


def referrers(store: Store, id_: str, type_: str | None = None) -> list[Entry]:
    """Resources (of a type) whose documents name `id_`, but for itself, what is above it and what is under it."""
    wanted = id_.lower()
    return [
        entry
        for entry in (store.all() if type_ is None else store.of_type(type_))
        if not covers(wanted, entry.id)
        and not covers(entry.id, wanted)
        and wanted in _strings(entry.document)
    ]


def users(call: Call) -> list[Entry]:
    """Who refers to the call's resource and stops its deletion.

    While a group goes, what lies in it does not: it goes as well. An alias record set never does: it is empty then.
    """
    referring = referrers(call.context.store, call.id.text)
    found = [entry for entry in referring if not entry.type.lower().startswith(_RECORD_SETS)]
    if call.cascading:
        group = call.id.group_id or ""
        return [entry for entry in found if not covers(group, entry.id)]
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.lower()
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def soon(call: Call, document: Document | None = None) -> Started:
    """An operation that has nothing real to do: it takes `Settings.operation_seconds`."""
    return Started(document=document, work=lambda operation: pause(call.context, operation))


def pause(context: Context, operation: Operation) -> None:
    """Let the time of an operation pass."""
    operation.sleep(context.settings.operation_seconds)
