"""What a resource type has to bring. The core does the rest: ids, tokens, roles, locks, etags, throttling, operations.

A kind is a subclass of `Kind` with an instance in its package's `KINDS`. The core calls its methods like this, all of
them while it holds the store's lock (so they must be quick; what takes time goes into `Started.work`):

- PUT: names, api-version, roles, locks and preconditions have passed; `body` has been checked with the SDK's model and
  is free of read-only fields; the group, the parent and the location are fine. Then `validate(call)`, `put(call)`.
- PATCH: `patch(call)` gives the body of a PUT, which then takes the same way. By default it merges tags.
- DELETE: `delete(call)`; then whatever is nested in the resource or extends it is gone too.
- GET: `get(call)`, `list(call)`; each document goes through `render(context, entry)`.
- POST: `actions[name](call)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from lab.azure.calls import Access, Call, Caller, Context, Verb
from lab.azure.http import Document, Response
from lab.azure.ids import ResourceId
from lab.azure.settings import Rate
from lab.azure.store import Entry

__all__ = ["Access", "Call", "Caller", "Context", "Kind", "Operation", "Started", "Verb", "Work"]


class Operation(Protocol):
    """A long-running operation, as its work sees it."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it shall end early: the server stops, or a delete supersedes it."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass, in slices that end when it is cancelled. Raises `ArmError` (Canceled) then."""
        ...

    def update(self, document: Document) -> None:
        """Store the resource's document as far as it is now, such as with new `powerState`."""
        ...


Work = Callable[[Operation], Document | None]
"""Runs in a thread of its own, without the store's lock. Returns the final document (None: as it is in the store);
an `ArmError` makes the operation fail with that code; any other error too, as `InternalServerError`, and is logged.
Must be repeatable: after a crash of the server, the client sends its PUT or DELETE again."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """The answer to a call that takes time.

    Attributes:
        document: the resource as of now (PUT); for a DELETE or an action, None.
        work: see `Work`. After a DELETE's work, the resource is removed by the core.
    """

    work: Work
    document: Document | None = None


class Kind:
    """A resource type. Class attributes say what it is; methods, what is special about it.

    Attributes:
        type: spelled as answers spell it, such as `Microsoft.Network/dnszones/A`.
        versions: api-versions that are accepted; the first one is the one we use. Others are refused with
            `InvalidResourceType` / `NoRegisteredProviderFound`, as ARM does.
        model: class of the official SDK that a PUT's body is checked with (`lab.azure.validate`), or
            `lab.azure.shapes.Fields` where the SDK has none; None: any object.
        extra: paths that the model does not know and the api-version does, such as
            `properties.trafficManagementProfile` (dots; list items have no index).
        tracked: has `location` (checked, can't be changed) and `tags`, and lives in a resource group.
        location: what `location` a tracked kind must have; None: any region. DNS zones have `global`.
        extension: hangs on any resource, group or subscription.
        etag: dotted path of the etag in the document (`etag`, `properties.eTag`); empty: it has none, and
            If-Match and If-None-Match mean nothing.
        stateful: whether documents have `properties.provisioningState`.
        name_pattern: what names must fullmatch; None: ARM's general rule.
        plural: virtual collections that are no type of their own: name → list of documents, as in
            `GET <zone>/recordsets`.
        actions: name of a POST action → what does it. Returns a document (200), None (204), `Started`, or a `Response`.
        busy_code: code of the 409 while another operation is on its way.
        created_status: of a PUT that made something: 201, or 200 for those that never say 201.
        rates: the published limits of the type's own (beside ARM's): verb → (name of the limit, `Rate`). Those with
            the same name share a bucket; `Settings.rates` overrides by that name.
        write_seconds: how long a write or delete takes that is no operation; while it does, others of the same
            `busy_scope` are refused with `busy_code` (409).
        plural_rate: the limit of the virtual collections (`plural`).
        rate_scope: what a bucket is for: all of a `subscription`, or the `parent` resource.
        deleted: the body of the 200 that answers a DELETE; None: it has none. Traffic Manager's has one.
        delete_order: when a group is deleted, kinds go by this number, low ones first; then the newest resource first.
    """

    type: ClassVar[str]
    versions: ClassVar[tuple[str, ...]]
    model: ClassVar[Any] = None
    extra: ClassVar[frozenset[str]] = frozenset()
    tracked: ClassVar[bool] = False
    location: ClassVar[str | None] = None
    extension: ClassVar[bool] = False
    etag: ClassVar[str] = ""
    stateful: ClassVar[bool] = False
    name_pattern: ClassVar[re.Pattern[str] | None] = None
    busy_code: ClassVar[str] = "Conflict"
    created_status: ClassVar[int] = 201
    rates: ClassVar[Mapping[Verb, tuple[str, Rate]]] = {}
    write_seconds: ClassVar[float] = 0
    plural_rate: ClassVar[tuple[str, Rate] | None] = None
    rate_scope: ClassVar[Literal["subscription", "parent"]] = "subscription"
    deleted: ClassVar[Document | None] = None
    delete_order: ClassVar[int] = 50

    @property
    def actions(self) -> Mapping[str, Callable[[Call], Document | Started | Response | None]]:
        """POST actions by name, in lower case."""
        return {}

    @property
    def plural(self) -> Mapping[str, Callable[[Call], list[Document]]]:
        """Virtual collections by name, in lower case; `call.id` is the resource, `call.existing` its entry."""
        return {}

    def validate(self, call: Call) -> None:
        """Refuse with an `ArmError` what the model can't know: sizes, ranges, references, quotas, what can't change."""

    def put(self, call: Call) -> Document | Started:
        """The document to store. By default the body with defaults of nobody's."""
        return call.body

    def patch(self, call: Call) -> Document:
        """A PATCH's body (unchecked) → the body of the PUT it stands for. By default only `tags` can be patched."""
        unknown = sorted(call.body.keys() - {"tags"})
        if unknown:
            raise call.refuse(
                "InvalidRequestContent", f"The request content was invalid: {unknown[0]} can't be patched."
            )
        before = call.existing.document if call.existing else {}
        return {**_writable(before), "tags": call.body.get("tags", before.get("tags"))}

    def delete(self, call: Call) -> Started | None:  # noqa: ARG002 - for those that override it
        """Refuse with an `ArmError` while it is in use, or say what has to be done. None: it is gone at once."""
        return None

    def get(self, call: Call) -> Entry | None:
        """The resource; override for those that are computed."""
        return call.existing

    def list(self, call: Call) -> list[Document]:
        """Rendered documents of a collection: everything of the type under the collection's scope or parent."""
        parent = call.id.parent
        scope = parent.text if parent else call.id.scope
        found = call.context.store.of_type(self.type, scope)
        if self.extension:
            found = [e for e in found if e.resource_id.scope.lower() == scope.lower()]
        return [self.rendered(call.context, entry) for entry in found]

    def render(self, context: Context, entry: Entry) -> Document:  # noqa: ARG002
        """What clients see: override to add what is computed, such as a network's inline subnets."""
        return entry.document

    def changed(self, context: Context, before: Entry | None, after: Entry | None) -> None:
        """Called after each change that was stored, in the changes' order: both None can't be.

        For what follows the inventory, such as zone files. Must be quick and must not raise.
        """

    def busy_scope(self, id_: ResourceId) -> ResourceId:
        """Which resource's operations exclude each other: an agent pool returns its cluster. By default itself."""
        return id_

    # For use by kinds

    def rendered(self, context: Context, entry: Entry) -> Document:
        """`render`, with the etag where it belongs."""
        document = dict(self.render(context, entry))
        if self.etag:
            head, _, tail = self.etag.partition(".")
            if tail:
                document[head] = {**document.get(head, {}), tail: entry.etag}
            else:
                document[head] = entry.etag
        return document

    def save(
        self, context: Context, id_: ResourceId, document: Document, private: Document | None = None
    ) -> Entry:
        """Store a document of this kind from within another call, and tell `changed`."""
        with context.store.transaction():
            before = context.store.get(id_)
            after = context.store.put(id_, self.type, document, private)
            self.changed(context, before, after)
            return after

    def remove(self, context: Context, id_: ResourceId) -> None:
        """Remove a resource of this kind from within another call, and tell `changed`. What is under it stays."""
        with context.store.transaction():
            before = context.store.delete(id_)
            if before is not None:
                self.changed(context, before, None)


def _writable(document: Document) -> Document:
    """A stored document as a body: without what the core adds."""
    return {k: v for k, v in document.items() if k not in ("id", "name", "type", "etag")}
