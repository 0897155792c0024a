"""Shapes of JSON as the official SDK's model classes describe them.

The SDK has two generations of generated models. The newer one (`rest_field`; network, AKS, ...) describes a field with
a type annotation and a list of the calls it may appear in. The older one (`_attribute_map`; DNS, authorization,
monitor, ...) has tables of strings, in which a dotted key is a field of a nested object. Both become the same shapes.
"""

from __future__ import annotations

import datetime
import enum
import inspect
import re
import sys
import types
import typing
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

Basic = Literal["str", "int", "float", "bool", "datetime", "any"]


@dataclass(frozen=True)
class Scalar:
    """A single value; `choices` are an enumeration's values."""

    basic: Basic
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListOf:
    """A JSON array."""

    item: Shape


@dataclass(frozen=True)
class MapOf:
    """A JSON object with any keys."""

    value: Shape


@dataclass(frozen=True)
class Model:
    """A JSON object that a class of the SDK describes; `fields_of` looks into it."""

    cls: type


@dataclass
class Fields:
    """A JSON object whose fields are known; if it is `open`, it may have others, too."""

    fields: dict[str, Field] = field(default_factory=dict)
    open: bool = False


Shape = Scalar | ListOf | MapOf | Model | Fields


@dataclass
class Field:
    """A field of an object."""

    shape: Shape
    required: bool = False
    readonly: bool = False


ANY = Scalar("any")
_BASIC: dict[Any, Scalar] = {
    str: Scalar("str"),
    int: Scalar("int"),
    float: Scalar("float"),
    bool: Scalar("bool"),
    bytes: Scalar("str"),
    datetime.datetime: Scalar("datetime"),
    datetime.date: Scalar("str"),
    datetime.time: Scalar("str"),
    datetime.timedelta: Scalar("str"),
    Any: ANY,
}
_NAMED: dict[str, Scalar] = {
    "str": Scalar("str"),
    "int": Scalar("int"),
    "long": Scalar("int"),
    "float": Scalar("float"),
    "bool": Scalar("bool"),
    "iso-8601": Scalar("datetime"),
    "duration": Scalar("str"),
    "object": ANY,
}


@cache
def fields_of(cls: type) -> Fields:
    """The fields of one of the SDK's classes, by their names in JSON. Not to be changed."""
    if hasattr(cls, "_attribute_map"):
        return _from_table(cls)
    return _from_annotations(cls)


# The newer generation


def _from_annotations(cls: type) -> Fields:
    found = Fields()
    for base in reversed(cls.__mro__):
        names = _names_for(base)
        if names is None:
            continue
        holder = types.SimpleNamespace(__annotations__=inspect.get_annotations(base))
        hints = typing.get_type_hints(holder, globalns=names)
        for attribute, hint in hints.items():
            rest: Any = base.__dict__.get(attribute)
            if not hasattr(rest, "_visibility"):
                continue
            shape, optional = _hinted(hint)
            readonly = rest._visibility == ["read"]
            found.fields[rest._rest_name_input or attribute] = Field(
                shape, required=not optional and not readonly, readonly=readonly
            )
    return found


def _names_for(base: type) -> dict[str, Any] | None:
    """What the annotations of a model's module refer to: its imports, and the package of models as `_models`."""
    package, _, module = base.__module__.rpartition(".")
    if not module.startswith(("_models", "_patch")):
        return None
    return {**vars(sys.modules[base.__module__]), "_models": sys.modules[package]}


def _hinted(hint: Any) -> tuple[Shape, bool]:
    """A type's shape, and whether it may be left out."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        kept = [a for a in arguments if a is not type(None)]
        enums = [a for a in kept if isinstance(a, type) and issubclass(a, enum.Enum)]
        shape = _enumeration(enums[0]) if enums else _hinted(kept[0])[0] if len(kept) == 1 else ANY
        return shape, len(kept) < len(arguments)
    if origin is Literal:
        return _literal(arguments), False
    if origin is list:
        return ListOf(_hinted(arguments[0])[0]), False
    if origin is dict:
        return MapOf(_hinted(arguments[1])[0]), False
    return _classed(hint), False


def _classed(hint: Any) -> Shape:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _enumeration(hint)
    if isinstance(hint, type) and _is_model(hint):
        return Model(hint)
    return _BASIC.get(hint, ANY)


def _is_model(cls: type) -> bool:
    return hasattr(cls, "_attribute_map") or any(base.__name__ == "Model" for base in cls.__mro__)


def _enumeration(cls: type[enum.Enum]) -> Scalar:
    return Scalar("str", tuple(str(member.value) for member in cls))


def _literal(arguments: tuple[Any, ...]) -> Scalar:
    values = tuple(str(a.value if isinstance(a, enum.Enum) else a) for a in arguments)
    return Scalar("str", values)


# The older generation


def _from_table(cls: Any) -> Fields:
    found = Fields()
    rules = getattr(cls, "_validation", {})
    for attribute, row in cls._attribute_map.items():
        if not row["key"]:
            found.open = True
            continue
        rule = rules.get(attribute, {})
        *path, last = [word.replace("\\.", ".") for word in re.split(r"(?<!\\)\.", row["key"])]
        inner = found
        for word in path:
            nested = inner.fields.setdefault(word, Field(Fields()))
            if not isinstance(nested.shape, Fields):
                raise TypeError(f"{cls.__name__}: {row['key']} goes through a field of another kind")
            nested.required = nested.required or bool(rule.get("required"))
            inner = nested.shape
        inner.fields[last] = Field(
            _named(row["type"], cls),
            required=bool(rule.get("required")) and not rule.get("readonly"),
            readonly=bool(rule.get("readonly")),
        )
    return found


def _named(name: str, cls: type) -> Shape:
    if name[0] == "[":
        return ListOf(_named(name[1:-1], cls))
    if name[0] == "{":
        return MapOf(_named(name[1:-1], cls))
    if name in _NAMED:
        return _NAMED[name]
    package = sys.modules[cls.__module__.rpartition(".")[0]]
    found = getattr(package, name, None)
    if isinstance(found, type) and issubclass(found, enum.Enum):
        return _enumeration(found)
    return Model(found) if isinstance(found, type) else Scalar("str")
