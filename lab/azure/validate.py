"""Checks request bodies with the official SDK's own models (azure-mgmt-*).

Fields that the models do not know are refused, as are values of another type, values that an enumeration lacks, and
missing fields that are required. Read-only fields are dropped, as the real service ignores them; so is `null`.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lab.azure.http import ArmError, Document
from lab.azure.kinds import Kind
from lab.azure.shapes import Fields, ListOf, MapOf, Model, Scalar, Shape, fields_of

CODE = "InvalidRequestContent"
_TAGS, _TAG_NAME, _TAG_VALUE = 50, 512, 256
_SHOWN = 5
_CORE = frozenset({"id", "name", "type", "etag", "systemData"})
"""Read-only everywhere, also where a model is only of what may be sent."""


def checked(kind: Kind, body: Document) -> Document:
    """The body without read-only fields. Raises `ArmError` (400) that names the path of each mistake."""
    if kind.model is None:
        return {k: v for k, v in body.items() if v is not None and k not in _CORE}
    found = check(kind.model, body, kind.extra)
    _require_tags(found.get("tags"))
    return found


def check(model: type | Fields, body: Document, extra: frozenset[str] = frozenset()) -> Document:
    """`body` checked against a class of the SDK; see `Kind.extra`. Raises `ArmError` (400)."""
    walk = _Walk(extra)
    fields = model if isinstance(model, Fields) else fields_of(model)
    needed = {name for name, row in fields.fields.items() if row.required}
    kept = walk.object(fields, {k: v for k, v in body.items() if k not in _CORE - needed}, "")
    if walk.mistakes:
        raise _invalid(walk.mistakes)
    return kept


def _invalid(mistakes: list[tuple[str, str]]) -> ArmError:
    said = [f"Path '{path}': {why}" for path, why in mistakes]
    more = f" (and {len(said) - _SHOWN} more)" if len(said) > _SHOWN else ""
    return ArmError(
        400,
        CODE,
        f"The request content was invalid and could not be deserialized: {' '.join(said[:_SHOWN])}{more}",
        details=[{"code": CODE, "message": why, "target": path} for path, why in mistakes],
    )


def _require_tags(tags: Any) -> None:
    if not tags:
        return
    long = [k for k, v in tags.items() if len(k) > _TAG_NAME or len(v) > _TAG_VALUE]
    if len(tags) > _TAGS or long:
        raise ArmError(
            400,
            "InvalidTagNameLength" if long else "TooManyTags",
            f"A resource may have {_TAGS} tags, of names up to {_TAG_NAME} and values up to {_TAG_VALUE} characters"
            + (f"; too long: {', '.join(name[:40] for name in long)}." if long else f", not {len(tags)}."),
        )


@dataclass
class _Walk:
    """One body's way through the shapes."""

    extra: frozenset[str]
    mistakes: list[tuple[str, str]] = field(default_factory=list)

    def _wrong(self, path: str, why: str) -> None:
        self.mistakes.append((path or "(body)", why))

    def value(self, shape: Shape, value: Any, path: str) -> Any:
        """The value without what is read-only."""
        if isinstance(shape, Model):
            return self.value(fields_of(_narrowed(shape.cls, value)), value, path)
        if isinstance(shape, Scalar):
            self._scalar(shape, value, path)
            return value
        if not isinstance(value, wanted := list if isinstance(shape, ListOf) else dict):
            self._wrong(path, f"expected {_called(wanted)}, got {_called(type(value))}{_shown(value)}.")
            return value
        return self._compound(shape, value, path)

    def _compound(self, shape: ListOf | MapOf | Fields, value: Any, path: str) -> Any:
        if isinstance(shape, ListOf):
            return [self.value(shape.item, item, f"{path}[{i}]") for i, item in enumerate(value)]
        if isinstance(shape, MapOf):
            return {k: self.value(shape.value, v, f"{path}.{k}") for k, v in value.items() if v is not None}
        return self.object(shape, value, path)

    def object(self, shape: Fields, value: Document, path: str) -> Document:
        """An object's known fields; unknown and missing ones are mistakes."""
        kept: Document = {}
        spelled = {name.lower(): name for name in shape.fields}
        for given, inner in value.items():
            here = f"{path}.{given}" if path else given
            known = shape.fields.get(
                name := spelled.get(given.lower(), given)
            )  # ARM ignores the case of names
            if known is None:
                if shape.open or _plain(here) in self.extra:
                    kept[given] = inner
                elif inner is not None:
                    self._wrong(here, _unknown(given, list(shape.fields)))
            elif not known.readonly and inner is not None:
                kept[name] = self.value(known.shape, inner, here)
        for name, known in shape.fields.items():
            if known.required and name not in kept:
                self._wrong(f"{path}.{name}" if path else name, "this field is required.")
        return kept

    def _scalar(self, shape: Scalar, value: Any, path: str) -> None:
        if not _IS[shape.basic](value):
            self._wrong(path, f"expected {_SAID[shape.basic]}, got {_called(type(value))}{_shown(value)}.")
        elif shape.choices and value.lower() not in {choice.lower() for choice in shape.choices}:
            self._wrong(path, f"'{value}' is none of {', '.join(shape.choices)}.")


def _narrowed(cls: type, value: Any) -> type:
    """For a model with subclasses that a field's value tells apart: the one that this value is for."""
    mapping = cls.__dict__.get("__mapping__") or {}
    if mapping and isinstance(value, dict):
        for inner in value.values():
            if isinstance(inner, str) and isinstance(mapping.get(inner), type):
                return mapping[inner]  # type: ignore[no-any-return]
    return cls


def _plain(path: str) -> str:
    return "".join(word.partition("[")[0] + "." for word in path.split(".")).rstrip(".")


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"could not find member '{name}'" + (f"; did you mean '{near[0]}'?" if near else ".")


def _is_time(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_IS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "str": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool),
    "int": _is_int,
    "float": lambda v: _is_int(v) or isinstance(v, float),
    "datetime": _is_time,
}
_SAID = {
    "str": "a string",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "datetime": "a time in ISO 8601",
}


def _called(cls: type) -> str:
    names = {
        dict: "an object",
        list: "an array",
        str: "the string ",
        bool: "",
        int: "the number ",
        float: "the number ",
    }
    return names.get(cls, cls.__name__).rstrip() if cls in (dict, list) else names.get(cls, cls.__name__)


def _shown(value: Any) -> str:
    return "" if isinstance(value, dict | list) else repr(value)[:60]
