"""The ways of a request through a kind: GET, lists, PUT, PATCH, DELETE, POST."""

from __future__ import annotations

import copy
import functools
from dataclasses import replace
from typing import Any

from lab.azure import etags
from lab.azure.access import require_unlocked
from lab.azure.faults import Faults, Rule
from lab.azure.http import ArmError, Document, Response
from lab.azure.ids import ResourceId
from lab.azure.kinds import Call, Kind, Started
from lab.azure.operations import Operations, Plan, Running
from lab.azure.paging import page
from lab.azure.placement import not_found, require_group, require_place
from lab.azure.removal import remove_all
from lab.azure.store import Entry
from lab.azure.validate import checked


class Flows:
    """What each method does, once the caller is known and may do it."""

    def __init__(self, operations: Operations, faults: Faults) -> None:
        self._operations, self._faults = operations, faults

    # Reading

    def get(self, kind: Kind, call: Call) -> Response:
        """One resource."""
        entry = kind.get(call)
        if entry is None:
            require_group(call)
            raise not_found(call.id)
        if call.request.method == "HEAD":
            return Response.of(204)
        return Response.of(200, kind.rendered(call.context, entry), etags.header(kind, entry))

    def list(self, kind: Kind, call: Call) -> Response:
        """A collection, a page at a time."""
        if (parent := call.id.parent) is not None and call.context.store.get(parent) is None:
            raise not_found(parent)
        return Response.of(200, page(kind.list(call), call.request, call.context.settings.page_size))

    # Writing

    def put(self, kind: Kind, call: Call, fault: Rule | None) -> Response:
        """Create or replace."""
        call.body = checked(kind, call.body)
        return self._put(kind, call, fault)

    def patch(self, kind: Kind, call: Call, fault: Rule | None) -> Response:
        """Change some of it."""
        if call.existing is None:
            raise not_found(call.id)
        call.body = checked(kind, copy.deepcopy(kind.patch(call)))
        return self._put(kind, call, fault)

    def _put(self, kind: Kind, call: Call, fault: Rule | None) -> Response:
        etags.require(kind, call)
        require_unlocked(call.context.store, call.id, "write")
        require_place(kind, call)
        self._require_idle(kind, call)
        kind.validate(call)
        made = kind.put(call)
        is_new = call.existing is None
        status = kind.created_status if is_new else 200
        if not isinstance(made, Started):
            if kind.stateful:
                made = with_state(made, "Succeeded")
            entry = kind.save(call.context, call.id, made, call.private)
            return Response.of(status, kind.rendered(call.context, entry), etags.header(kind, entry))
        draft = copy.deepcopy(made.document or call.body)
        entry = kind.save(
            call.context, call.id, with_state(draft, "Creating" if is_new else "Updating"), call.private
        )
        running = self._start(kind, call, made, fault)
        headers = {**etags.header(kind, entry), **operation_headers(call, running, final=False)}
        return Response.of(status, kind.rendered(call.context, entry), headers)

    def delete(self, kind: Kind, call: Call, fault: Rule | None) -> Response:
        """Remove; what is not there is gone already (204)."""
        if call.existing is None:
            require_group(call)
            etags.require(kind, call)
            return Response.of(204)
        etags.require(kind, call)
        require_unlocked(call.context.store, call.id, "delete")
        running = self._operations.busy(kind.busy_scope(call.id))
        if running is not None and (running.plan.method, running.plan.id.key) == ("DELETE", call.id.key):
            return Response.of(202, None, operation_headers(call, running))  # it goes already
        self._require_idle(kind, call)
        made = kind.delete(call)
        if made is None:
            remove_all(call.context, call.id)
            return Response.of(200, kind.deleted)
        if kind.stateful:
            kind.save(call.context, call.id, with_state(call.existing.document, "Deleting"), call.private)
        running = self._start(kind, call, made, fault)
        return Response.of(202, None, operation_headers(call, running))

    def act(self, kind: Kind, call: Call, action: str, fault: Rule | None) -> Response:
        """A POST action."""
        if call.existing is None:
            raise not_found(call.id)
        do = kind.actions.get(action.lower())
        if do is None:
            raise ArmError(
                404, "NotFound", f"The resource type '{kind.type}' has no action named '{action}'."
            )
        made = do(call)
        if isinstance(made, Response):
            return made
        if isinstance(made, Started):
            self._require_idle(kind, call)
            return Response.of(202, None, operation_headers(call, self._start(kind, call, made, fault)))
        return Response.of(200 if made is not None else 204, made)

    # Operations

    def _require_idle(self, kind: Kind, call: Call) -> None:
        """Refuse while another operation is on its way: on the resource, or on the group that holds it."""
        running = self._operations.busy(kind.busy_scope(call.id))
        if running is not None:
            raise ArmError(
                409,
                kind.busy_code,
                f"Operation {running.plan.method} on '{running.plan.id.text}' (operation id {running.name}) is in "
                f"progress. Another operation on '{call.id.text}' is not allowed until it has ended.",
            )

    def _start(self, kind: Kind, call: Call, made: Started, fault: Rule | None) -> Running:
        plan = Plan(
            id=call.id, scope=kind.busy_scope(call.id), method=call.request.method, **self._fault(fault)
        )
        return self._operations.start(
            plan,
            made.work,
            store=functools.partial(self._update, kind, call),
            finish=functools.partial(self._finish, kind, call),
        )

    def _fault(self, fault: Rule | None) -> dict[str, Any]:
        if fault is None or fault.operation is None:
            return {}
        if fault.operation == "hang":
            now = self._faults.generation
            return {"held": lambda: self._faults.generation != now}
        return {"failure": fault.error(), "works": fault.operation == "fail-after"}

    def _update(self, kind: Kind, call: Call, document: Document) -> None:
        kind.save(call.context, call.id, document, call.private)

    def _finish(self, kind: Kind, call: Call, result: Document | None, error: ArmError | None) -> None:
        """The end of an operation: its state becomes the resource's."""
        store = call.context.store
        with store.transaction():
            entry = store.get(call.id)
            if call.request.method == "DELETE" and error is None:
                remove_all(call.context, call.id)
            elif entry is not None and (call.request.method != "POST" or kind.stateful):
                document = entry.document
                if call.request.method != "POST" and error is None and result is not None:
                    document = result
                if kind.stateful or call.request.method == "PUT":
                    document = with_state(document, _final(error))
                kind.save(call.context, call.id, document, call.private)


def _final(error: ArmError | None) -> str:
    if error is None:
        return "Succeeded"
    return "Canceled" if error.code == "Canceled" else "Failed"


def with_state(document: Document, state: str) -> Document:
    """The document with another `provisioningState`."""
    return {**document, "properties": {**(document.get("properties") or {}), "provisioningState": state}}


def operation_headers(call: Call, running: Running, *, final: bool = True) -> dict[str, str]:
    """Where clients ask for the operation, and where its result is to be had in the end."""
    id_ = call.id
    version = call.request.api_version
    base = f"https://{call.request.host}/subscriptions/{id_.subscription}/providers/{id_.namespace}/locations/global"
    headers = {
        "Azure-AsyncOperation": f"{base}/operations/{running.name}?api-version={version}",
        "Retry-After": str(call.context.settings.retry_after),
    }
    if final:
        headers["Location"] = f"{base}/operationresults/{running.name}?api-version={version}"
    return headers


def call_for(call: Call, id_: ResourceId, existing: Entry | None) -> Call:
    """A call about another resource, in the course of this one."""
    private = copy.deepcopy(existing.private) if existing else {}
    return replace(call, id=id_, existing=existing, private=private, body={}, cascading=True)
