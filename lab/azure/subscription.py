"""Paths of the resource manager that are about no resource: subscriptions, providers, role definitions, inventories."""

from __future__ import annotations

import re
from collections.abc import Callable

from lab.azure.catalog import Catalog
from lab.azure.http import ArmError, Document, Request, Response
from lab.azure.ids import covers
from lab.azure.kinds import Context
from lab.azure.paging import page
from lab.azure.roles import BY_ID, ROLES, Role

_ROLES = re.compile(r"(.*)/providers/microsoft\.authorization/roledefinitions(?:/([^/]+))?", re.IGNORECASE)
_PROVIDER = re.compile(r"/subscriptions/[^/]+/providers(?:/([^/]+))?(/register)?", re.IGNORECASE)
_RESOURCES = re.compile(r"(/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?)/resources", re.IGNORECASE)
_SUBSCRIPTIONS = re.compile(r"/subscriptions(?:/([^/]+))?", re.IGNORECASE)


def answer(request: Request, context: Context, catalog: Catalog) -> Response | None:
    """The answer; None when the path is another's. Raises `ArmError`."""
    if request.method not in ("GET", "POST"):
        return None
    if request.method == "POST":
        match = _PROVIDER.fullmatch(request.path)
        return Response.of(200, _provider(match[1], catalog)) if match and match[1] and match[2] else None
    asked: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Response]], ...] = (
        (_ROLES, lambda m: _role_definitions(m, request, context)),
        (_PROVIDER, lambda m: _providers(m, request, catalog)),
        (_RESOURCES, lambda m: _resources(m[1], request, context, catalog)),
        (_SUBSCRIPTIONS, lambda m: _subscriptions(m[1], request, context)),
    )
    for pattern, answered in asked:
        if (match := pattern.fullmatch(request.path)) is not None:
            return answered(match)
    return None


def _subscriptions(wanted: str | None, request: Request, context: Context) -> Response:
    own = context.settings.subscription_id
    document = {
        "id": f"/subscriptions/{own}",
        "subscriptionId": own,
        "tenantId": context.settings.tenant_id,
        "displayName": "stand-in",
        "state": "Enabled",
        "subscriptionPolicies": {"spendingLimit": "Off"},
        "authorizationSource": "RoleBased",
    }
    if wanted is None:
        return Response.of(200, page([document], request, context.settings.page_size))
    if wanted.lower() != own.lower():
        raise ArmError(404, "SubscriptionNotFound", f"The subscription '{wanted}' could not be found.")
    return Response.of(200, document)


def _providers(match: re.Match[str], request: Request, catalog: Catalog) -> Response:
    if match[1]:
        return Response.of(200, _provider(match[1], catalog))
    names = sorted({kind.type.partition("/")[0] for kind in catalog.all()})
    return Response.of(200, page([_provider(name, catalog) for name in names], request, len(names)))


def _provider(namespace: str, catalog: Catalog) -> Document:
    types = [k for k in catalog.all() if k.type.lower().startswith(f"{namespace.lower()}/")]
    if not types:
        raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{namespace}' is invalid.")
    return {
        "namespace": types[0].type.partition("/")[0],
        "registrationState": "Registered",
        "resourceTypes": [
            {"resourceType": k.type.partition("/")[2], "apiVersions": list(k.versions)} for k in types
        ],
    }


def _resources(scope: str, request: Request, context: Context, catalog: Catalog) -> Response:
    """Tracked resources; a group's list is what `az resource list -g` shows."""
    if "/resourcegroups/" in scope.lower() and context.store.get(scope) is None:
        name = scope.rsplit("/", 1)[-1]
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    found = []
    for entry in context.store.all():
        kind = catalog.find(entry.type)
        if kind is not None and kind.tracked and covers(scope, entry.id) and "/providers/" in entry.id:
            brief = ("id", "name", "type", "location", "tags", "sku", "kind", "identity")
            found.append({k: entry.document[k] for k in brief if entry.document.get(k) is not None})
    return Response.of(200, page(found, request, context.settings.page_size))


def _role_definitions(match: re.Match[str], request: Request, context: Context) -> Response:
    if match[2] is None:
        wanted = re.search(r"roleName eq '([^']*)'", request.query.get("$filter", ""))
        shown = [r for r in ROLES if wanted is None or r.name == wanted[1]]
        return Response.of(200, page([_definition(r, context) for r in shown], request, len(ROLES)))
    role = BY_ID.get(match[2].lower())
    if role is None:
        raise ArmError(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{match[2]}' does not exist.",
        )
    return Response.of(200, _definition(role, context))


def _definition(role: Role, context: Context) -> Document:
    scope = f"/subscriptions/{context.settings.subscription_id}"
    permission = {
        "actions": list(role.actions),
        "notActions": list(role.not_actions),
        "dataActions": list(role.data_actions),
        "notDataActions": [],
    }
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{role.id}",
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role.id,
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "assignableScopes": ["/"],
            "permissions": [permission],
        },
    }
