"""Microsoft.Resources: resource groups."""

from __future__ import annotations

import re
from typing import ClassVar

from azure.mgmt.resource.resources import models

from lab.azure.catalog import Catalog
from lab.azure.flows import call_for
from lab.azure.http import ArmError, Document
from lab.azure.ids import GROUPS, ResourceId
from lab.azure.kinds import Call, Kind, Operation, Started
from lab.azure.operations import Operations
from lab.azure.removal import deletion_order, remove_all
from lab.azure.store import Entry

_PATIENCE = 600.0
"""Seconds for an operation to notice that it is cancelled: a cluster that boots does so rarely."""


class ResourceGroup(Kind):
    """A group; its deletion takes all that is in it along, as a long-running operation."""

    type = GROUPS
    versions = (
        "2024-03-01",
        "2025-04-01",
        "2025-03-01",
        "2024-11-01",
        "2024-07-01",
        "2023-07-01",
        "2022-09-01",
        "2021-04-01",
        "2020-10-01",
        "2020-06-01",
        "2019-10-01",
        "2018-05-01",
    )
    model: ClassVar[object] = models.ResourceGroup
    tracked = True
    stateful = True
    name_pattern = re.compile(r"[-\w.()]{1,90}")
    busy_code = "ResourceGroupBeingDeleted"

    def patch(self, call: Call) -> Document:
        """Tags and `managedBy`."""
        before = call.existing.document if call.existing else {}
        kept = {k: before[k] for k in ("location", "tags", "managedBy") if before.get(k) is not None}
        return {**kept, **{k: v for k, v in call.body.items() if k in ("tags", "managedBy")}}

    def list(self, call: Call) -> list[Document]:
        """Groups of the subscription."""
        found = call.context.store.of_type(self.type, call.id.scope)
        return [self.rendered(call.context, entry) for entry in found]

    def delete(self, call: Call) -> Started | None:
        """Everything in it, kind by kind; then itself."""
        return Started(work=lambda operation: _empty(call, operation))


def _empty(call: Call, operation: Operation) -> None:
    operation.sleep(call.context.settings.operation_seconds)
    _cancel_others(call)
    for entry in deletion_order(call.context, call.id):
        _delete(call, entry, operation)


def _cancel_others(call: Call) -> None:
    """What is still at work in the group ends first; new work is refused while the group goes."""
    operations: Operations = call.context.parts["operations"]
    others = [o for o in operations.under(call.id) if o.plan.id.key != call.id.key]
    for other in others:
        other.cancel()
    for other in others:
        if not other.done.wait(_PATIENCE):
            raise ArmError(
                409,
                "ResourceGroupDeletionBlocked",
                f"Deletion of resource group '{call.id.name}' failed as operation {other.name} on "
                f"'{other.plan.id.text}' does not end.",
            )


def _delete(call: Call, entry: Entry, operation: Operation) -> None:
    """One resource, as its own DELETE would do it."""
    catalog: Catalog = call.context.parts["catalog"]
    kind = catalog.find(entry.type)
    id_: ResourceId = entry.resource_id
    if kind is None or (now := call.context.store.get(id_)) is None:
        return
    try:
        with call.context.store.transaction():
            started = kind.delete(call_for(call, id_, now))
        if started is not None:
            started.work(operation)
    except ArmError as error:
        raise ArmError(
            409,
            "ResourceGroupDeletionBlocked",
            f"Deletion of resource group '{call.id.name}' failed as resource '{entry.id}' could not be deleted: "
            f"{error.code}: {error.message}",
        ) from error
    remove_all(call.context, id_)


KINDS = (ResourceGroup(),)
