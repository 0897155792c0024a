"""The texts that an expression may become, as far as the source tells; … stands for the rest. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from federation.catalogue.sources import Function, Source, bindings

REST = "…"
MOST = 12
"""Texts that one expression may become; one that may become more is too general to be listed."""
DEEPEST = 6
"""Names and calls that a text is followed through."""


@dataclass(frozen=True)
class Place:
    """Where an expression is evaluated.

    Attributes:
        sources: all modules.
        source: this one.
        function: the one around the expression, if there is one.
        names: what has been looked up on the way here; none is looked up within itself.
    """

    sources: Mapping[str, Source]
    source: Source
    function: Function | None = None
    names: tuple[str, ...] = ()

    def within(self, name: str) -> Place:
        """Where the value of a name of this place is."""
        return replace(self, names=(*self.names, f"{self.source.module}.{name}"))

    def knows(self, name: str) -> bool:
        """Whether the name is being looked up already, or too many are."""
        return f"{self.source.module}.{name}" in self.names or len(self.names) >= DEEPEST


def texts(node: ast.expr, place: Place) -> tuple[str, ...]:
    """All texts that the expression may become, each in one line, in the order of the source; at least one."""
    return tuple(dict.fromkeys(map(_tidy, _choices(node, place))))


def _choices(node: ast.expr, place: Place) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_texts(node, place)))
    return found if found and len(found) <= MOST else (REST,)


def _texts(node: ast.expr, place: Place) -> Iterable[str]:
    found: Iterable[str] = (REST,)
    match node:
        case ast.Constant(value=str() as text):
            found = (text,)
        case ast.Constant(value=int() | float() as number):
            found = (f"{number:g}",)
        case ast.JoinedStr(values=parts):
            found = _joined(parts, place)
        case ast.FormattedValue(value=inner) | ast.NamedExpr(value=inner):
            found = _texts(inner, place)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            found = _joined((left, right), place)
        case ast.IfExp(body=yes, orelse=no):
            found = (*_texts(yes, place), *_texts(no, place))
        case ast.BoolOp(values=parts):
            found = [text for part in parts for text in _texts(part, place)]
        case ast.Name(id=name):
            found = _named(name, place)
        case ast.Call():
            found = _answered(node, place)
    return found


def _joined(parts: Sequence[ast.expr], place: Place) -> Iterable[str]:
    choices = [_choices(part, place) if _says(part) else (REST,) for part in parts]
    count = 1
    for each in choices:
        count *= len(each)
    if count > MOST:  # what is the same in all of them is told
        choices = [each if len(each) == 1 else (REST,) for each in choices]
    return ("".join(combination) for combination in product(*choices))


def _says(part: ast.expr) -> bool:
    """Not what is shown with quotes: its own words are values."""
    return not (isinstance(part, ast.FormattedValue) and part.conversion == ord("r"))


def _named(name: str, place: Place) -> Iterable[str]:
    if place.knows(name):
        return (REST,)
    place, function = place.within(name), place.function
    if function is not None:
        local = [value for node in ast.walk(function) for bound, value in bindings(node) if bound == name]
        if local:
            return [text for value in local for text in _texts(value, place)]
        arguments = function.args
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        if name in names or name in [argument.arg for argument in arguments.kwonlyargs]:
            return _given(function, name, names, place)
    return _global(name, place)


def _given(function: Function, name: str, names: Sequence[str], place: Place) -> Iterable[str]:
    """What callers in the same module give for a parameter; those of a class are not looked for."""
    if function.name == "__init__":
        return (REST,)
    names = names[1:] if names[:1] in (["self"], ["cls"]) else names
    found: list[str] = []
    for call in place.source.calls(function.name):
        given = {word.arg: word.value for word in call.keywords} | dict(zip(names, call.args, strict=False))
        if name in given:
            there = replace(place, function=place.source.scopes.get(call))
            found += _texts(given[name], there)
    return found or (REST,)


def _global(name: str, place: Place) -> Iterable[str]:
    if name in place.source.constants:
        return _texts(place.source.constants[name], replace(place, function=None))
    module, there = place.source.imports.get(name, ("", ""))
    if module in place.sources:
        return _global(there, replace(place, source=place.sources[module], function=None))
    return (REST,)


def _answered(call: ast.Call, place: Place) -> Iterable[str]:
    """What a function of the same module returns; a method of a text changes its form only."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in {"strip", "rstrip", "removesuffix"}:
        return _texts(call.func.value, place)
    if isinstance(call.func, ast.Name) and (function := place.source.functions.get(call.func.id)):
        if place.knows(function.name):
            return (REST,)
        there = replace(place.within(function.name), function=function)
        returned = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
        return [text for value in returned if value is not None for text in _texts(value, there)]
    return (REST,)


def _tidy(text: str) -> str:
    """In one line, and with one … where several stand side by side."""
    return re.sub(rf"{REST}(?:[\s,;]*{REST})+", REST, " ".join(text.split()))
