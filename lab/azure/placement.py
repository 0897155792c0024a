"""Where a resource may be: its group, its parent, its region, its name."""

from __future__ import annotations

import re

from lab.azure import regions
from lab.azure.http import ArmError
from lab.azure.ids import GROUPS, ResourceId
from lab.azure.kinds import Call, Kind
from lab.azure.store import Entry

_NAME = re.compile(r"[^<>%&\\?/\x00-\x1f]{1,260}")


def require_place(kind: Kind, call: Call) -> None:
    """Raises the `ArmError` of a place where the resource can't be put. Sets `location` to the region's plain name."""
    _require_name(kind, call.id)
    _require_usable_group(kind, call)
    _require_parent(call)
    if kind.tracked:
        _require_location(kind, call)


def _require_name(kind: Kind, id_: ResourceId) -> None:
    pattern = kind.name_pattern or _NAME
    if not pattern.fullmatch(id_.name) or id_.name.endswith("."):
        raise ArmError(
            400,
            "InvalidResourceName",
            f"Resource name {id_.name} is invalid for type {kind.type}: it must match {pattern.pattern}",
        )


def not_found(id_: ResourceId) -> ArmError:
    """404, worded as ARM does for groups, nested and other resources."""
    if id_.type.lower().endswith("/resourcegroups"):
        return ArmError(404, "ResourceGroupNotFound", f"Resource group '{id_.name}' could not be found.")
    what = f"{id_.namespace}/{'/'.join(f'{t}/{n}' for t, n in zip(id_.types, id_.names, strict=False))}"
    under = f" under resource group '{id_.group}'" if id_.group else ""
    return ArmError(404, "ResourceNotFound", f"The Resource '{what}'{under} was not found.")


def require_group(call: Call) -> Entry | None:
    """The group of the resource; None for what is in none. Raises the `ArmError` (404) of one that is missing."""
    group = call.id.group_id
    if group is None:
        return None
    entry = call.context.store.get(group)
    if entry is None:
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{call.id.group}' could not be found.")
    return entry


def _require_usable_group(kind: Kind, call: Call) -> None:
    if call.id.type.lower() == GROUPS.lower() or (entry := require_group(call)) is None:
        return
    if entry.properties.get("provisioningState") == "Deleting":
        raise ArmError(
            409,
            "ResourceGroupBeingDeleted",
            f"The resource group '{call.id.group}' is in deprovisioning state and cannot perform this operation.",
        )
    if kind.extension and call.context.store.get(call.id.scope) is None:
        raise _no_scope(call.id)


def _no_scope(id_: ResourceId) -> ArmError:
    return ArmError(
        404, "ResourceNotFound", f"The Resource '{id_.scope.partition('/providers/')[2]}' was not found."
    )


def _require_parent(call: Call) -> None:
    parent = call.id.parent
    if parent is not None and call.context.store.get(parent) is None:
        raise ArmError(
            404,
            "ParentResourceNotFound",
            "Failed to perform 'write' on resource(s) of type "
            f"'{'/'.join(call.id.types)}', because the parent resource '{parent.text}' could not be found.",
        )


def _require_location(kind: Kind, call: Call) -> None:
    given = call.body.get("location")
    if not given or not isinstance(given, str):
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
    location = regions.plain(given)
    if kind.location is not None:
        if location != kind.location:
            raise _unavailable(kind, given, [kind.location])
    elif location not in regions.REGIONS:
        raise _unavailable(kind, given, sorted(regions.REGIONS))
    before = call.existing.document.get("location") if call.existing else None
    if before is not None and before != location and kind.type == GROUPS:
        raise ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location '{before}'.",
        )
    if before is not None and before != location:
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{call.id.name}' already exists in location '{before}' in resource group "
            f"'{call.id.group}'. A resource with the same name cannot be created in location '{location}'. "
            "Please select a new resource name.",
        )
    call.body["location"] = location


def _unavailable(kind: Kind, given: str, known: list[str]) -> ArmError:
    return ArmError(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{given}' is not available for resource type '{kind.type}'. List of available "
        f"regions for the resource type is '{','.join(known)}'.",
    )
