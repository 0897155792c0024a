"""Inputs → the body of a request; a document of ARM → outputs; and what of the outputs goes back into the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.azure.http import Document
from lab.azure.plugin import schema
from lab.azure.plugin.nested import CHILD_LISTS
from lab.azure.plugin.schema import Shape
from lab.azure.plugin.types import ResourceType
from lab.azure.plugin.values import UNKNOWN, Values, has_unknown

API_VERSION = "azureApiVersion"
"""An input that Check adds and an output: the real plugin's, so that states are the same."""

STABLE = ("name", "location")
"""Outputs that no update changes: a preview of one knows them."""

_IDENTITIES = "userAssignedIdentities"
"""A list of ids in inputs; an object with the ids as keys in ARM's documents and in outputs."""

_MISSING: Final = object()


def is_own(type_: ResourceType, name: str) -> bool:
    """Whether an input is the plugin's or the path's and in no body."""
    return name in type_.parameters or name == API_VERSION or name.startswith("__")


def path(type_: ResourceType, inputs: Mapping[str, Any], subscription: str) -> str:
    """The id that inputs make. All of the path's inputs must be known."""
    return type_.fill({"subscriptionId": subscription, **{n: str(inputs[n]) for n in type_.parameters}})


# Requests


def body(type_: ResourceType, inputs: Mapping[str, Any]) -> Document:
    """The document to PUT."""
    shape = schema.inputs(type_)
    document: Document = {}
    for name, value in inputs.items():
        if is_own(type_, name):
            continue
        place = document if type_.is_top(name) else document.setdefault("properties", {})
        place[shape.wire(name)] = _to_wire(shape.fields[name], value, name)
    return document


def _to_wire(shape: Shape, value: Any, name: str = "") -> Any:
    match value:
        case list() if name == _IDENTITIES and shape.item == Shape("string"):
            return {id_: {} for id_ in value}
        case list():
            return [_to_wire(shape.item or schema.ANY, item) for item in value]
        case dict() if shape.kind == "object":
            return _object_to_wire(shape, value)
        case dict():
            return {key: _to_wire(shape.item or schema.ANY, item) for key, item in value.items()}
    return value


def _object_to_wire(shape: Shape, value: Values) -> Document:
    document: Document = {}
    for name, item in value.items():
        container = shape.container(name)
        place = document.setdefault(container, {}) if container else document
        place[shape.wire(name)] = _to_wire(shape.fields.get(name, schema.ANY), item, name)
    return document


# Responses


def outputs(type_: ResourceType, document: Document) -> Values:
    """What the SDK shows of a document: flat, and only what it has a name for."""
    found = _object_from_wire(schema.outputs(type_), document)
    return {**found, API_VERSION: type_.version}


def _from_wire(shape: Shape, value: Any) -> Any:
    match value:
        case list():
            return [_from_wire(shape.item or schema.ANY, item) for item in value if item is not None]
        case dict() if shape.kind == "object":
            return _object_from_wire(shape, value)
        case dict():
            return {k: _from_wire(shape.item or schema.ANY, v) for k, v in value.items() if v is not None}
    return value


def _object_from_wire(shape: Shape, document: Document) -> Values:
    inner = document.get("properties")
    # A resource group has both an own field `properties` and none that would be in there.
    flat = {**document, **inner} if isinstance(inner, dict) and _flattens(shape) else document
    names = shape.by_wire
    return {
        names[wire]: _from_wire(shape.fields[names[wire]], value)
        for wire, value in flat.items()
        if wire in names and value is not None
    }


def _flattens(shape: Shape) -> bool:
    return "properties" not in shape.fields


def preview(type_: ResourceType, inputs: Mapping[str, Any]) -> Values:
    """What can be said of the outputs before the resource is made: the inputs, and that the rest is not known."""
    found = _preview_object(schema.outputs(type_), inputs)
    return {**found, API_VERSION: type_.version}


def _preview_object(shape: Shape, inputs: Mapping[str, Any]) -> Values:
    return {name: _preview(field, inputs.get(name, UNKNOWN)) for name, field in shape.fields.items()}


def _preview(shape: Shape, value: Any) -> Any:
    match shape.kind, value:
        case "object", dict():
            return _preview_object(shape, value)
        case "array", list():
            return [_preview(shape.item or schema.ANY, item) for item in value]
        case "map", dict():
            return {key: _preview(shape.item or schema.ANY, item) for key, item in value.items()}
        case (("string" | "number" | "boolean" | "any"), _) if not isinstance(value, list | dict):
            return value
        case "any", _:
            return value
    return UNKNOWN  # of another form than the input: `userAssignedIdentities`


# Refresh


def project(
    type_: ResourceType,
    inputs: Mapping[str, Any],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> Values:
    """The inputs as they would have to be for the resource to be as it is.

    An input follows its output only where the output has changed: ARM writes many values in a form of its own, and
    that is no drift. Nothing becomes an input that was none, but a new key of a free map, such as a tag. What
    outputs never show (secrets, names in the path) stays.

    Args:
        before: the outputs at the last update; empty when there are none: then all that differs follows.
        after: the outputs now.
    """
    shape = schema.inputs(type_)
    children = CHILD_LISTS.get(type_.name, ())
    result: Values = {}
    for name, value in inputs.items():
        if is_own(type_, name) or name not in shape.fields:
            result[name] = value
            continue
        args = (value, before.get(name, _MISSING), after.get(name, _MISSING))
        followed = (
            _children(shape.fields[name], *args) if name in children else _follow(shape.fields[name], *args)
        )
        if followed is not _MISSING:
            result[name] = followed
    return result


def _follow(shape: Shape, value: Any, before: Any, after: Any) -> Any:
    """An input's new value; `_MISSING` when there is none any more."""
    if has_unknown(value) or same(before, after):
        return value
    match shape.kind, value, after:
        case "object", dict(), dict():
            return _follow_fields(shape, value, before, after)
        case "map", dict(), dict():
            return _follow_keys(shape, value, before, after)
        case "array", list(), list() if len(value) == len(after) and _length(before) in (None, len(after)):
            old = before if isinstance(before, list) else [_MISSING] * len(value)
            item = shape.item or schema.ANY
            return [_follow(item, *three) for three in zip(value, old, after, strict=True)]
    found = after if after is _MISSING else as_input(shape, after)
    return value if _is_same_set(value, after) or same(value, found) else found


def _is_same_set(value: Any, after: Any) -> bool:
    """Whether a list names the keys of an object: `userAssignedIdentities`, in whatever order and case."""
    if not (isinstance(value, list) and isinstance(after, dict)):
        return False
    return {str(v).lower() for v in value} == {key.lower() for key in after}


def _length(value: Any) -> int | None:
    return len(value) if isinstance(value, list) else None


def _follow_fields(shape: Shape, value: Values, before: Any, after: Values) -> Values:
    old = before if isinstance(before, dict) else {}
    followed = {
        name: _follow(
            shape.fields.get(name, schema.ANY), item, old.get(name, _MISSING), after.get(name, _MISSING)
        )
        for name, item in value.items()
    }
    return {name: item for name, item in followed.items() if item is not _MISSING}


def _follow_keys(shape: Shape, value: Values, before: Any, after: Values) -> Values:
    result = _follow_fields(Shape("map"), value, before, after)
    old = before if isinstance(before, dict) else {}
    for key in after.keys() - old.keys() - value.keys():
        result[key] = as_input(shape.item or schema.ANY, after[key])
    return result


def _children(shape: Shape, value: Any, before: Any, after: Any) -> Any:
    """A list whose items are told apart by name, and of which only those in the inputs are ours."""
    if not (isinstance(after, list) and are_named(value)) or has_unknown(value):
        return _follow(shape, value, before, after)
    old, new = _by_name(before), _by_name(after)
    item = shape.item or schema.ANY
    followed = [
        _follow(item, child, old.get(child["name"], _MISSING), new.get(child["name"], _MISSING))
        for child in value
    ]
    return [child for child in followed if child is not _MISSING]


def are_named(items: Any) -> bool:
    """Whether a list's items are objects that can be told apart by `name`."""
    if not (isinstance(items, list) and all(isinstance(item, dict) for item in items)):
        return False
    names = {item.get("name") for item in items}
    return len(names) == len(items) and all(isinstance(name, str) for name in names)


def _by_name(items: Any) -> dict[Any, Any]:
    return {item.get("name"): item for item in items} if isinstance(items, list) else {}


def as_input(shape: Shape, value: Any) -> Any:
    """An output's value in the form of an input: without what is only an output."""
    match shape.kind, value:
        case "object", dict():
            fields = shape.fields
            return {k: as_input(fields[k], v) for k, v in value.items() if k in fields}
        case "array", dict():  # `userAssignedIdentities`
            return sorted(value)
        case "array", list():
            return [as_input(shape.item or schema.ANY, item) for item in value]
        case "map", dict():
            return {k: as_input(shape.item or schema.ANY, v) for k, v in value.items()}
    return value


def imported(type_: ResourceType, id_: str, found: Values) -> Values:
    """Inputs for a resource that no program has made: those of the id, and every output that is an input, too."""
    shape = schema.inputs(type_)
    protocol = {"id", "etag", "type", "name"} - type_.inner
    values = {
        name: as_input(shape.fields[name], value)
        for name, value in found.items()
        if name in shape.fields and name not in protocol
    }
    return {**values, **(type_.parse(id_) or {}), API_VERSION: type_.version}


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same to ARM: ids compare without regard to case."""
    match one, other:
        case str(), str():
            return one == other or (one.startswith("/subscriptions/") and one.lower() == other.lower())
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def region(name: str) -> str:
    """A region's name as ARM compares it: "West US 2" is `westus2`."""
    return name.replace(" ", "").lower()
