"""The resource manager: which kind a request is for, whether the caller may, and what is no resource at all."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab.azure import subscription
from lab.azure.access import Roles, require_unlocked
from lab.azure.catalog import Catalog
from lab.azure.faults import Faults, Rule
from lab.azure.flows import Flows, with_state
from lab.azure.http import ArmError, Request, Response
from lab.azure.ids import GROUPS, ResourceId, parse
from lab.azure.kinds import Call, Caller, Context, Kind, Verb
from lab.azure.operations import Operations
from lab.azure.paging import page
from lab.azure.placement import not_found
from lab.azure.throttle import ARM_RATES, Throttle, arm_limit

_OPERATION = re.compile(
    r"/subscriptions/[^/]+/providers/[^/]+/locations/[^/]+/(operations|operationresults)/([^/]+)",
    re.IGNORECASE,
)
_METHODS: dict[str, Verb] = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "write",
    "PATCH": "write",
    "DELETE": "delete",
    "POST": "action",
}
_TRANSIENT = ("Creating", "Updating", "Deleting")


@dataclass(kw_only=True)
class Arm:
    """Dispatches requests whose caller is known."""

    context: Context
    catalog: Catalog
    roles: Roles
    throttle: Throttle
    operations: Operations
    faults: Faults

    def __post_init__(self) -> None:
        self._flows = Flows(self.operations, self.faults)
        self._writing: set[str] = set()
        self._lock = threading.Lock()

    def handle(self, request: Request, caller: Caller, fault: Rule | None) -> Response:
        """Answer; raises `ArmError`."""
        verb = _METHODS.get(request.method)
        if verb is None:
            raise ArmError(405, "MethodNotAllowed", f"The method {request.method} is not allowed.")
        name, header = arm_limit(verb)
        left = self.throttle.take(name, ARM_RATES[name], caller.principal)
        response = self._answer(request, caller, fault, verb)
        return Response(
            status=response.status, body=response.body, headers={header: str(left), **response.headers}
        )

    def _answer(self, request: Request, caller: Caller, fault: Rule | None, verb: Verb) -> Response:
        if match := _OPERATION.fullmatch(request.path):
            return self._operation(request, match[1].lower(), match[2])
        _require_version(request)
        if (found := subscription.answer(request, self.context, self.catalog)) is not None:
            return found
        path, _, action = request.path.rpartition("/") if verb == "action" else (request.path, "", "")
        id_ = parse(path)
        if id_ is None:
            raise ArmError(404, "NotFound", f"The path '{request.path}' is none of the resource manager's.")
        self._require_subscription(id_)
        if id_.is_collection:
            if verb != "read":
                raise ArmError(405, "MethodNotAllowed", f"A collection can't be asked for {request.method}.")
            if (listed := self._plural(request, caller, id_)) is not None:
                return listed
            verb = "list"
        kind = self._kind(id_, request)
        self._admit(kind, id_, caller, verb, action)
        with self._alone(kind, id_, verb):
            return self._dispatch(kind, self._call(id_, request, caller), verb, (action, fault))

    @contextmanager
    def _alone(self, kind: Kind, id_: ResourceId, verb: Verb) -> Iterator[None]:
        """For kinds whose writes take a while and exclude each other."""
        if not kind.write_seconds or verb not in ("write", "delete"):
            yield
            return
        scope = kind.busy_scope(id_).key
        with self._lock:
            if scope in self._writing:
                raise ArmError(
                    409,
                    kind.busy_code,
                    f"Too many concurrent writes: another one to '{scope}' is on its way.",
                )
            self._writing.add(scope)
        try:
            self.context.clock.sleep(kind.write_seconds)
            yield
        finally:
            with self._lock:
                self._writing.discard(scope)

    def _dispatch(self, kind: Kind, call: Call, verb: Verb, rest: tuple[str, Rule | None]) -> Response:
        action, fault = rest
        store = self.context.store
        with store.transaction():
            call.existing = None if verb == "list" else store.get(call.id)
            call.private = copy.deepcopy(call.existing.private) if call.existing else {}
            match call.request.method:
                case "GET" | "HEAD":
                    return self._flows.list(kind, call) if verb == "list" else self._flows.get(kind, call)
                case "PUT":
                    return self._flows.put(kind, call, fault)
                case "PATCH":
                    return self._flows.patch(kind, call, fault)
                case "DELETE":
                    return self._flows.delete(kind, call, fault)
                case _:
                    require_unlocked(store, call.id, "action")
                    return self._flows.act(kind, call, action, fault)

    def _call(self, id_: ResourceId, request: Request, caller: Caller) -> Call:
        body = request.json() if request.method in ("PUT", "PATCH", "POST") else {}
        return Call(context=self.context, id=id_, request=request, caller=caller, body=body)

    def _plural(self, request: Request, caller: Caller, id_: ResourceId) -> Response | None:
        """A collection that is no type, `GET <zone>/recordsets`; None when it is a type, or nothing at all."""
        parent = id_.parent
        if parent is None or self.catalog.find(id_.type) is not None:
            return None
        kind = self.catalog.find(parent.type)
        if kind is None or (listing := kind.plural.get(id_.types[-1].lower())) is None:
            return None
        self._require_version(kind, parent, request)
        self.roles.require(caller, f"{id_.type}/read", parent.text)
        if kind.plural_rate is not None:
            name, rate = kind.plural_rate
            self.throttle.take(
                name, rate, parent.key if kind.rate_scope == "parent" else parent.subscription or ""
            )
        store = self.context.store
        with store.transaction():
            call = self._call(parent, request, caller)
            call.existing = store.get(parent)
            if call.existing is None:
                raise not_found(parent)
            return Response.of(200, page(listing(call), request, self.context.settings.page_size))

    def _kind(self, id_: ResourceId, request: Request) -> Kind:
        kind = self.catalog.find(id_.type)
        if kind is None:
            raise _no_type(self.catalog, id_)
        self._require_version(kind, id_, request)
        return kind

    def _require_version(self, kind: Kind, id_: ResourceId, request: Request) -> None:
        if request.api_version not in kind.versions:
            raise ArmError(
                400,
                "NoRegisteredProviderFound",
                f"No registered resource provider found for API version '{request.api_version}' and type "
                f"'{'/'.join(id_.types)}'. The supported api-versions are '{', '.join(kind.versions)}'.",
            )

    def _require_subscription(self, id_: ResourceId) -> None:
        own = self.context.settings.subscription_id
        if id_.subscription is not None and id_.subscription.lower() != own.lower():
            raise ArmError(
                404, "SubscriptionNotFound", f"The subscription '{id_.subscription}' could not be found."
            )

    def _admit(self, kind: Kind, id_: ResourceId, caller: Caller, verb: Verb, action: str) -> None:
        """The caller's rights, and the type's own limits."""
        type_ = "Microsoft.Resources/subscriptions/resourceGroups" if kind.type == GROUPS else kind.type
        word = {"list": "read", "action": f"{action}/action"}.get(verb, verb)
        scope = (id_.parent.text if id_.parent else id_.scope) if id_.is_collection else id_.text
        self.roles.require(caller, f"{type_}/{word}", scope)
        if limit := kind.rates.get(verb):
            name, rate = limit
            of = id_.parent.key if kind.rate_scope == "parent" and id_.parent else id_.subscription or ""
            self.throttle.take(name, rate, of)

    def _operation(self, request: Request, part: str, name: str) -> Response:
        running = self.operations.find(name)
        if running is None:
            raise ArmError(404, "OperationNotFound", f"The operation '{name}' could not be found.")
        retry = {"Retry-After": str(self.context.settings.retry_after)}
        if part == "operations":
            return Response.of(
                200, running.as_document(request.path), retry if running.status == "InProgress" else None
            )
        if running.status == "InProgress":
            return Response.of(202, None, {**retry, "Location": f"https://{request.host}{request.path}"})
        if running.error is not None:
            raise ArmError(409, running.error.code, running.error.message)
        entry = self.context.store.get(running.plan.id)
        if running.plan.method == "DELETE" or entry is None:
            return Response.of(204)
        kind = self.catalog.find(entry.type)
        if running.plan.method == "POST" or kind is None:
            return Response.of(200 if running.result is not None else 204, running.result)
        return Response.of(200, kind.rendered(self.context, entry))


def _require_version(request: Request) -> None:
    if not request.api_version:
        raise ArmError(
            400,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.",
        )


def _no_type(catalog: Catalog, id_: ResourceId) -> ArmError:
    if not catalog.has_namespace(id_.namespace):
        return ArmError(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{id_.namespace}' is invalid.",
        )
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{'/'.join(id_.types)}' could not be found in the namespace '{id_.namespace}'.",
    )


def settle_interrupted(context: Context, catalog: Catalog) -> None:
    """After a start: an operation of the server before will not end any more, so what it worked on has failed."""
    for entry in context.store.all():
        kind = catalog.find(entry.type)
        if kind is not None and entry.properties.get("provisioningState") in _TRANSIENT:
            kind.save(context, entry.resource_id, with_state(entry.document, "Failed"))
