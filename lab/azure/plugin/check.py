"""Inputs before they are used: defaults as the real plugin gives them, and what can be refused without asking ARM."""

from __future__ import annotations

import difflib
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lab.azure.plugin import schema
from lab.azure.plugin.diff import RANDOM_NAME
from lab.azure.plugin.properties import API_VERSION
from lab.azure.plugin.schema import Shape
from lab.azure.plugin.types import ResourceType
from lab.azure.plugin.values import UNKNOWN, Unknown, Values

Naming = Literal["none", "propose", "enforce", "disable"]

SUFFIX = 8  # hexadecimal digits


@dataclass(frozen=True, kw_only=True)
class Name:
    """What the engine says of a resource's name.

    Attributes:
        logical: in the program.
        seed: the same for the same resource in one run, so that a preview and its update agree.
        mode: of the stack's `pulumi:autonaming`; "none" when it is not set.
        proposed: by that.
    """

    logical: str
    seed: bytes = b""
    mode: Naming = "none"
    proposed: str = ""


@dataclass(frozen=True)
class Failure:
    """What is wrong with one input, by its path."""

    path: str
    reason: str


LocationOf = Callable[[str], str | None]
"""Asks where a resource group is; None when there is no such group."""


def with_defaults(
    type_: ResourceType,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    name: Name,
    location: Callable[[Mapping[str, Any], Mapping[str, Any]], Any],
) -> Values:
    """Inputs with a name, a location and the api-version.

    Args:
        old: checked inputs of the last update: a name that was made up then stays.
        location: see `default_location`; called only when there is none and the type has one.
    """
    values = dict(new)
    parameter = type_.name_parameter
    if parameter not in values and parameter not in schema.inputs(type_).required:
        values |= _named(type_, parameter, old, name)
    if "location" in schema.inputs(type_).fields and "location" not in values:
        found = location(old, values)
        if found is not None:
            values["location"] = found
    values.setdefault(API_VERSION, type_.version)
    return values


def _named(type_: ResourceType, parameter: str, old: Mapping[str, Any], name: Name) -> Values:
    if parameter in old:
        made_up = {RANDOM_NAME: True} if old.get(RANDOM_NAME) is True else {}
        return {parameter: old[parameter], **made_up}
    if name.mode == "disable":
        return {}
    if name.mode == "enforce" or (name.mode == "propose" and type_.auto_name != "uuid"):
        return {parameter: name.proposed, RANDOM_NAME: True}
    digits = hashlib.sha256(name.seed or uuid.uuid4().bytes).hexdigest()
    match type_.auto_name:
        case "random":
            return {parameter: name.logical + digits[:SUFFIX], RANDOM_NAME: True}
        case "uuid":
            return {parameter: str(uuid.UUID(digits[:32])), RANDOM_NAME: True}
        case "copy":
            return {parameter: name.logical}


def default_location(
    old: Mapping[str, Any], new: Mapping[str, Any], *, configured: str | None, group: LocationOf
) -> Any:
    """Where a resource goes that does not say it: where it is, else as configured, else where its group is."""
    if "location" in old:
        return old["location"]
    if configured:
        return configured
    name = new.get("resourceGroupName")
    if name is None:
        return None
    return UNKNOWN if isinstance(name, Unknown) else group(str(name))


def failures(type_: ResourceType, inputs: Mapping[str, Any]) -> list[Failure]:
    """All that is wrong with inputs, by what the SDK's classes say of them."""
    shape = schema.inputs(type_)
    own = {k: v for k, v in inputs.items() if k != API_VERSION and not k.startswith("__")}
    found = list(_object(shape, own, ""))
    found += [
        Failure(name, f"missing required property '{name}'")
        for name in type_.parameters
        if name not in own and name not in shape.required
    ]
    if "location" in type_.replaces and "location" not in own:
        how = (
            "Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
        )
        found.append(Failure("location", f"missing required property 'location'. {how}"))
    return found


def _object(shape: Shape, values: Mapping[str, Any], base: str) -> Iterator[Failure]:
    for name in sorted(shape.required - values.keys()):
        yield Failure(_join(base, name), f"missing required property '{_join(base, name)}'")
    for name, value in values.items():
        path = _join(base, name)
        if name in shape.fields:
            yield from _value(shape.fields[name], value, path)
        else:
            near = difflib.get_close_matches(name, shape.fields, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            yield Failure(path, f"unknown property '{path}'{hint}")


def _value(shape: Shape, value: Any, path: str) -> Iterator[Failure]:
    if isinstance(value, Unknown) or shape.kind == "any":
        return
    if not _fits(shape, value):
        expected = {"map": "object"}.get(shape.kind, shape.kind)
        yield Failure(path, f"'{path}' should be of type '{expected}' but got {_article(value)}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _value(shape.item or schema.ANY, item, f"{path}[{i}]")
    elif shape.kind == "map":
        for key, item in value.items():
            yield from _value(shape.item or schema.ANY, item, f"{path}.{key}")
    elif shape.kind == "object":
        yield from _object(shape, value, path)


def _fits(shape: Shape, value: Any) -> bool:
    match shape.kind:
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
    return isinstance(value, dict)


def _article(value: Any) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "an object")


def _join(base: str, name: str) -> str:
    return f"{base}.{name}" if base else name
