"""Whether a resource that is there is the one that inputs want: then a run that was killed has made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.azure.http import Document
from lab.azure.plugin import properties, schema
from lab.azure.plugin.nested import CHILD_LISTS, WRITE_ONLY
from lab.azure.plugin.schema import Shape
from lab.azure.plugin.types import ResourceType
from lab.azure.plugin.values import Values

_EMPTY: tuple[Any, ...] = (None, {}, [])


def agrees(type_: ResourceType, inputs: Mapping[str, Any], document: Document) -> bool:
    """Whether everything that inputs say is so; what no output ever shows, such as a password, counts as so.

    Tags must be the same, no more and no less. Of lists of children, those that the inputs name must be there.
    """
    found = properties.outputs(type_, document)
    shape = schema.outputs(type_)
    children = CHILD_LISTS.get(type_.name, ())
    return all(
        _has_children(shape.fields[name], value, found.get(name))
        if name in children and properties.are_named(value)
        else _agrees(shape.fields.get(name), value, found.get(name), name)
        for name, value in inputs.items()
        if not properties.is_own(type_, name) and (name != "id" or value == document.get("id"))
    )


def _agrees(shape: Shape | None, value: Any, found: Any, name: str = "") -> bool:
    if shape is None or name in WRITE_ONLY or (value in _EMPTY and found in _EMPTY):
        return True
    match value, found:
        case dict(), dict():
            return _objects_agree(shape, value, found)
        case list(), dict():  # `userAssignedIdentities`
            return {str(v).lower() for v in value} == {k.lower() for k in found}
        case list(), list() if len(value) == len(found):
            return all(_agrees(shape.item, *pair) for pair in zip(value, found, strict=True))
        case str(), str() if name == "location":
            return properties.region(value) == properties.region(found)
    return properties.same(value, found)


def _objects_agree(shape: Shape, value: Values, found: Values) -> bool:
    if shape.kind != "object":
        return value.keys() == found.keys() and all(
            _agrees(shape.item, v, found[k]) for k, v in value.items()
        )
    # The autoscaler has changed a count that it was told to change.
    scaled = {"count"} if value.get("enableAutoScaling") is True else set()
    return all(_agrees(shape.fields.get(k), v, found.get(k), k) for k, v in value.items() if k not in scaled)


def _has_children(shape: Shape, value: Any, found: Any) -> bool:
    there = {child.get("name"): child for child in found or []}
    return all(_agrees(shape.item, child, there.get(child.get("name"))) for child in value)
