"""What inputs and outputs a resource has: read off the classes of the SDK, which are made from the API's description.

The SDK's private module `pulumi._types` resolves the classes' annotations; the versions of both are pinned.
"""

from __future__ import annotations

import enum
import functools
import importlib
import threading
import types
import typing
from collections import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pulumi import _types as sdk

from lab.azure.plugin.nested import FLATTENED, RENAMED
from lab.azure.plugin.types import ENVELOPE, ResourceType

Kind = Literal["any", "string", "number", "boolean", "array", "map", "object"]


@dataclass(frozen=True)
class Shape:
    """What a value may be.

    Attributes:
        kind: `object` has known fields, `map` has any keys.
        item: of a list's or a map's values.
        cls: the SDK's class of an object.
    """

    kind: Kind
    item: Shape | None = None
    cls: type | None = None

    @property
    def fields(self) -> Mapping[str, Shape]:
        """An object's fields by their name in the SDK's wire format (`addressPrefix`)."""
        return _fields(self.cls) if self.cls else {}

    @property
    def name(self) -> tuple[str, str]:
        """Module and type of an object: `("network", "Subnet")`, for arguments and responses alike."""
        return _name(self.cls) if self.cls else ("", "")

    @property
    def is_flattened(self) -> bool:
        """Whether an object is a document with `properties` in a request, which the SDK shows flat."""
        module, name = self.name
        return name in FLATTENED.get(module, ())

    @property
    def required(self) -> frozenset[str]:
        """Fields of an input that must be there: the SDK's class has no default for them."""
        return _required(self.cls) if self.cls and sdk.is_input_type(self.cls) else frozenset()

    def wire(self, field: str) -> str:
        """The name that ARM has for a field."""
        return RENAMED.get(self.name, {}).get(field, field)

    @functools.cached_property
    def by_wire(self) -> Mapping[str, str]:
        """ARM's name of a field → the SDK's."""
        return {self.wire(field): field for field in self.fields}

    def container(self, field: str) -> str:
        """`properties` if a nested object's field is in there, else empty."""
        return "properties" if self.is_flattened and field not in ENVELOPE else ""


ANY = Shape("any")


@functools.cache
def inputs(type_: ResourceType) -> Shape:
    """The inputs of a resource, path parameters included."""
    return Shape("object", cls=_arguments(type_))


@functools.cache
def outputs(type_: ResourceType) -> Shape:
    """The outputs of a resource."""
    return Shape("object", cls=_resource(type_))


_importing = threading.Lock()
"""Two threads that import modules which import each other can see one half made."""


def _resource(type_: ResourceType) -> type:
    _, module, name = type_.name.split(":")
    with _importing:
        found: type = getattr(importlib.import_module(f"pulumi_azure_native.{module}"), name)
    return found


def _arguments(type_: ResourceType) -> type:
    resource = _resource(type_)
    module = importlib.import_module(resource.__module__)
    # Where a nested type has the same name, the resource's own arguments are called InitArgs.
    found: type = getattr(module, f"{resource.__name__}InitArgs", None) or getattr(
        module, f"{resource.__name__}Args"
    )
    return found


@functools.cache
def _required(cls: type) -> frozenset[str]:
    names = {python: name for python, name, _ in sdk._py_properties(cls)}
    code = cls.__init__.__code__  # type: ignore[misc]
    with_default = cls.__init__.__kwdefaults__ or {}  # type: ignore[misc]
    given = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    return frozenset(names[python] for python in given if python not in with_default and python in names)


@functools.cache
def _fields(cls: type) -> Mapping[str, Shape]:
    if sdk.is_input_type(cls):
        found = sdk.input_type_types(cls)
    elif sdk.is_output_type(cls):
        found = sdk.output_type_types(cls)
    else:
        found = sdk.resource_types(cls)
        found = {name: found[name] for name in found if name not in ("id", "urn")}
    return {name: _shape(annotation) for name, annotation in found.items()}


def _name(cls: type) -> tuple[str, str]:
    name = cls.__name__.removesuffix("Args").removesuffix("Init")
    # Not at the end only: `ManagedClusterPropertiesResponseAutoScalerProfile`.
    return cls.__module__.split(".")[1], name.replace("Response", "")


def _shape(annotation: Any) -> Shape:
    options = _options(annotation)
    shapes = [_single(option) for option in options]
    kinds = {shape.kind for shape in shapes}
    if len(shapes) == 1 or (len(kinds) == 1 and kinds <= {"string", "number", "boolean"}):
        return shapes[0]
    return ANY  # one of several objects


def _options(annotation: Any) -> list[Any]:
    """The types that `Input[Optional[Union[A, B]]]` stands for; what is there for programs only is left out."""
    origin = typing.get_origin(annotation)
    if origin is typing.Union or origin is types.UnionType:
        return [option for part in typing.get_args(annotation) for option in _options(part)]
    if annotation is type(None) or origin is abc.Awaitable or _is_output(annotation, origin):
        return []
    return [annotation]


def _is_output(annotation: Any, origin: Any) -> bool:
    name = getattr(origin or annotation, "__name__", "")
    return name == "Output"


_SCALARS: Mapping[type, Kind] = {str: "string", bool: "boolean", int: "number", float: "number"}


def _single(option: Any) -> Shape:
    origin = typing.get_origin(option)
    if origin in (abc.Sequence, list):
        return Shape("array", item=_shape(typing.get_args(option)[0]))
    if origin in (abc.Mapping, dict):
        return Shape("map", item=_shape(typing.get_args(option)[1]))
    if not isinstance(option, type):
        return ANY
    if sdk.is_input_type(option) or sdk.is_output_type(option):
        return Shape("object", cls=option)
    if issubclass(option, enum.Enum):
        return Shape("string")
    return Shape(_SCALARS.get(option, "any"))
