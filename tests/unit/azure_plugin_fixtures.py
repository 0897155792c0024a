"""What the official SDK's models (azure-mgmt-*) say of documents, and values for every input that there is."""

from __future__ import annotations

import importlib
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from lab.azure.plugin import schema
from lab.azure.plugin.schema import Shape
from lab.azure.plugin.types import BY_TOKEN, ResourceType

MODELS = {
    "resources:ResourceGroup": "azure.mgmt.resource.resources.models:ResourceGroup",
    "network:VirtualNetwork": "azure.mgmt.network.models:VirtualNetwork",
    "network:Subnet": "azure.mgmt.network.models:Subnet",
    "network:PublicIPAddress": "azure.mgmt.network.models:PublicIPAddress",
    "network:NatGateway": "azure.mgmt.network.models:NatGateway",
    "managedidentity:UserAssignedIdentity": "azure.mgmt.msi.v2024_11_30.models:Identity",
    "managedidentity:FederatedIdentityCredential": "azure.mgmt.msi.v2024_11_30.models:FederatedIdentityCredential",
    "authorization:RoleAssignment": "azure.mgmt.authorization.v2022_04_01.models:RoleAssignmentCreateParameters",
    "authorization:ManagementLockByScope": "azure.mgmt.resource.locks.models:ManagementLockObject",
    "operationalinsights:Workspace": "azure.mgmt.loganalytics.models:Workspace",
    "monitor:AzureMonitorWorkspace": "azure.mgmt.monitor.models:AzureMonitorWorkspaceResource",
    "monitor:DataCollectionRuleAssociation": (
        "azure.mgmt.monitor.models:DataCollectionRuleAssociationProxyOnlyResource"
    ),
    "containerservice:ManagedCluster": "azure.mgmt.containerservice.models:ManagedCluster",
    "containerservice:AgentPool": "azure.mgmt.containerservice.models:AgentPool",
    "containerservice:MaintenanceConfiguration": (
        "azure.mgmt.containerservice.models:MaintenanceConfiguration"
    ),
    "dns:Zone": "azure.mgmt.dns.models:Zone",
    "dns:RecordSet": "azure.mgmt.dns.models:RecordSet",
    "privatedns:PrivateZone": "azure.mgmt.privatedns.models:PrivateZone",
    "privatedns:VirtualNetworkLink": "azure.mgmt.privatedns.models:VirtualNetworkLink",
    "trafficmanager:Profile": "azure.mgmt.trafficmanager.models:Profile",
    "trafficmanager:Endpoint": "azure.mgmt.trafficmanager.models:Endpoint",
}
"""The model of each type's request; azure-mgmt-monitor has none for diagnostic settings any more."""


def of(noun: str) -> ResourceType:
    return BY_TOKEN[f"azure-native:{noun}"]


def model(noun: str) -> type:
    module, _, name = MODELS[noun].partition(":")
    found: type = getattr(importlib.import_module(module), name)
    return found


@cache
def model_fields(cls: Any) -> Mapping[str, tuple[tuple[str, ...], Any, tuple[str, ...]]]:
    """A model's fields by wire name: where it is (`("properties",)`), the model in it, and its visibility."""
    if hasattr(cls, "_attribute_map"):
        return _old_fields(cls)
    cls()  # the model's fields are made ready with its first instance
    package = sys.modules[cls.__module__.rpartition(".")[0]]
    hints = typing.get_type_hints(cls, {**vars(sys.modules[cls.__module__]), "_models": package})
    found: dict[str, tuple[tuple[str, ...], Any, tuple[str, ...]]] = {}
    for name, rest in cls._attr_to_rest_field.items():
        inner = next((t for t in _leaves(hints.get(name)) if getattr(t, "_is_model", False)), None)
        if rest._rest_name == "properties" and inner is not None:
            found |= {k: (("properties", *p), m, v) for k, (p, m, v) in model_fields(inner).items()}
        else:
            found.setdefault(rest._rest_name, ((), inner, tuple(rest._visibility or ())))
    return found


def _old_fields(cls: Any) -> Mapping[str, tuple[tuple[str, ...], Any, tuple[str, ...]]]:
    package = sys.modules[cls.__module__.rpartition(".")[0]]
    found = {}
    for facts in cls._attribute_map.values():
        *path, name = (word.replace("\0", ".") for word in facts["key"].replace("\\.", "\0").split("."))
        inner = getattr(package, re.sub(r"[\[\]{}]", "", facts["type"]), None)
        found[name] = (tuple(path), inner if hasattr(inner, "_attribute_map") else None, ())
    return found


def _leaves(annotation: Any) -> Iterator[Any]:
    inner = typing.get_args(annotation)
    if not inner:
        yield annotation
    for each in inner:
        yield from _leaves(each)


def strangers(cls: Any, document: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Paths of a document that the model has no name for at that place."""
    fields = model_fields(cls)
    flat: list[tuple[tuple[str, ...], str, Any]] = [
        ((), k, v) for k, v in document.items() if k != "properties"
    ]
    if isinstance(document.get("properties"), dict):
        flat += [(("properties",), k, v) for k, v in document["properties"].items()]
    for path, name, value in flat:
        place = ".".join(filter(None, (at, *path, name)))
        if name not in fields or fields[name][0] != path:
            yield place
        elif (inner := fields[name][1]) is not None:
            for each in _objects(value, inner):
                yield from strangers(inner, each, place)


def _objects(value: Any, inner: Any) -> Iterator[Mapping[str, Any]]:
    """The documents of a model in a value: itself, a list's items, or a map's values."""
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, inner)
    elif isinstance(value, dict):
        fields = model_fields(inner)
        is_map = not (value.keys() & (fields.keys() | {"properties"}))
        yield from (v for v in value.values() if isinstance(v, dict)) if is_map and value else (value,)


def full(shape: Shape, seen: tuple[Any, ...] = ()) -> Any:
    """A value that has every field there is, each type of object once on the way down."""
    match shape.kind:
        case "object":
            return {
                name: full(field, (*seen, shape.cls))
                for name, field in shape.fields.items()
                if not _ends(field, (*seen, shape.cls))
            }
        case "array":
            return [full(shape.item or schema.ANY, seen)]
        case "map":
            return {"key": full(shape.item or schema.ANY, seen)}
        case "boolean":
            return True
        case "number":
            return 3
    return "text"


def _ends(shape: Shape, seen: tuple[Any, ...]) -> bool:
    inner = shape
    while inner.item is not None:
        inner = inner.item
    return inner.cls is not None and inner.cls in seen


def values(shape: Shape, depth: int = 3) -> st.SearchStrategy[Any]:
    """Any value of that shape, some fields left out."""
    match shape.kind:
        case "object":
            fields = {
                name: values(field, depth - 1)
                for name, field in shape.fields.items()
                if depth > 0 or field.kind in ("string", "number", "boolean")
            }
            return st.fixed_dictionaries({}, optional=fields)
        case "array":
            return st.lists(values(shape.item or schema.ANY, depth - 1), max_size=2)
        case "map":
            keys = st.sampled_from(["one", "two", "three"])
            return st.dictionaries(keys, values(shape.item or schema.ANY, depth - 1), max_size=2)
        case "boolean":
            return st.booleans()
        case "number":
            return st.integers(0, 9)
    return st.sampled_from(["a", "b", "westus", "/subscriptions/s/resourceGroups/g"])
