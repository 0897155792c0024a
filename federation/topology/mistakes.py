"""What pydantic finds wrong, in the words of this project: path, value, cause and fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from federation.errors import TopologyError
from federation.topology.models import Topology

Loc = tuple[int | str, ...]
LONGEST_VALUE = 60
"""Characters of a value that a message shows."""

NEXT = "correct the stack's federation:topology and look with `fedctl validate FILE`"

_SECTIONS_WITH_TAG = ("clusters", "dns")
"""Lists of sections of several kinds: pydantic puts the kind behind the index."""

_CAUSES = {
    "bool_parsing": ("is neither true nor false", "write one of them"),
    "bool_type": ("is neither true nor false", "write one of them"),
    "dict_type": ("is not a mapping", "write key: value"),
    "float_parsing": ("is not a number", "write a number"),
    "float_type": ("is not a number", "write a number"),
    "int_from_float": ("is not a whole number", "write a whole number"),
    "int_parsing": ("is not a whole number", "write a whole number"),
    "int_parsing_size": ("is too big", "write a smaller number"),
    "int_type": ("is not a whole number", "write a whole number"),
    "finite_number": ("is not a whole number", "write a whole number"),
    "invalid_key": ("is no text, as keys are", "put it in quotes"),
    "model_type": ("is not a mapping", "write key: value"),
    "model_attributes_type": ("is not a mapping", "write key: value"),
    "string_too_short": ("is empty", "fill it in, or leave the key out"),
    "string_type": ("is not a text", "put it in quotes"),
    "string_unicode": ("is not valid Unicode", "write it anew"),
    "too_short": ("is empty", "give at least one"),
    "tuple_type": ("is not a list", "write each entry in a line of its own, after '- '"),
}
_BOUNDS = {
    "greater_than": ("gt", "is too small", "let it be more than"),
    "greater_than_equal": ("ge", "is too small", "let it be at least"),
    "less_than_equal": ("le", "is too big", "let it be at most"),
}


@dataclass(frozen=True)
class Mistake:
    """One thing to correct in a topology.

    Attributes:
        path: where, such as "clusters[1].name"; empty for the whole.
        value: what stands there, shortened; empty if nothing does, or a whole section.
        cause: what is wrong with it.
        fix: what to write instead.
    """

    path: str
    value: str
    cause: str
    fix: str

    def __str__(self) -> str:
        what = f"{self.value} {self.cause}" if self.value else self.cause
        return f"{self.path or 'topology'}: {what}; {self.fix}"


class MistakesError(TopologyError):
    """All that is wrong with a topology, a line for each mistake.

    Attributes:
        mistakes: the same as data.
    """

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        count = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "a mistake"
        super().__init__("topology", "\n  ".join([count, *map(str, mistakes)]), NEXT)
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        return f"{self.obj}: {self.cause}\nNext: {self.fix}."


def dotted(loc: Sequence[object]) -> str:
    """A path as one reads it: keys with dots between them, indices and unusual keys in brackets."""
    path = ""
    for part in loc:
        if isinstance(part, str) and re.fullmatch(r"[A-Za-z_*][A-Za-z0-9_*-]*", part):
            path += f".{part}" if path else part
        else:
            path += f"[{shown(part)}]"
    return path


def shown(value: object) -> str:
    """A plain value as one would type it, shortened.

    Nothing for a section, which is long, and for a text of several lines: it is a file, perhaps with credentials.
    """
    if isinstance(value, Mapping | list | tuple | set | BaseModel):
        return ""
    if isinstance(value, str) and "\n" in value:
        return ""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        text = repr(value)
    except ValueError:  # a number of more digits than Python writes
        return "a very long number"
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def translate(error: ErrorDetails) -> Mistake:
    """What pydantic says, as a mistake."""
    loc, found = _own(error["loc"]), error["input"]
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _unknown_kind(loc, found)
    if kind == "mistake":
        if context["key"]:
            loc, found = (*loc, context["key"]), _below(found, context["key"])
        return Mistake(dotted(loc), shown(found), context["cause"], context["fix"])
    if kind in ("missing", "extra_forbidden"):
        cause, fix = ("is missing", _example) if kind == "missing" else ("unknown key", _known)
        return Mistake(dotted(loc), "", cause, fix(error["loc"]))
    return Mistake(dotted(loc), shown(found), *_words(error))


def _words(error: ErrorDetails) -> tuple[str, str]:
    """Cause and fix of a mistake in one value."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "literal_error":
        return _choice(error["input"], _quoted(context["expected"]))
    if kind in _BOUNDS:
        bound, cause, fix = _BOUNDS[kind]
        return cause, f"{fix} {context[bound]:g}"
    return _CAUSES.get(kind, (f"is wrong: {error['msg']}", "correct it"))


def _own(loc: Loc) -> Loc:
    """Without pydantic's additions: the kind of a section, and the mark of a mapping's key."""
    if len(loc) > 2 and loc[0] in _SECTIONS_WITH_TAG:
        loc = (*loc[:2], *loc[3:])
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _below(section: Any, key: str) -> Any:
    """What stands there; a section, which is not shown, if nothing does."""
    return section.get(key, ()) if isinstance(section, Mapping) else ()


def _unknown_kind(loc: Loc, section: Any) -> Mistake:
    if not isinstance(section, Mapping):
        return Mistake(dotted(loc), shown(section), *_CAUSES["model_type"])
    key, known = ("kind", ["existing", "aks"]) if loc[0] == "clusters" else ("provider", ["coredns", "azure"])
    path = dotted((*loc, key))
    if key not in section:
        return Mistake(path, "", "is missing", "write one of " + ", ".join(known))
    return Mistake(path, shown(section[key]), *_choice(section[key], known))


def _quoted(expected: str) -> list[str]:
    """The alternatives in pydantic's "'a', 'b' or 'c'"; numbers have no quotes."""
    return re.findall(r"'([^']*)'", expected) or re.findall(r"\d+", expected)


def _choice(found: object, known: Sequence[str]) -> tuple[str, str]:
    """Cause and fix of a word that is none of those known."""
    near = difflib.get_close_matches(found[:99], known, n=1) if isinstance(found, str) else []
    fix = f"did you mean {near[0]!r}?" if near else "write one of them"
    return "is not one of " + ", ".join(known), fix


def _known(loc: Loc) -> str:
    """What to do about the unknown key at the end of `loc`."""
    known = sorted({key for model in _models(loc[:-1]) for key in model.model_fields})
    near = difflib.get_close_matches(str(loc[-1])[:99], known, n=1)
    return f"did you mean {near[0]!r}?" if near else "remove it; known here are " + ", ".join(known)


def _example(loc: Loc) -> str:
    """What a missing key is for, from its description."""
    field = next((m.model_fields[str(loc[-1])] for m in _models(loc[:-1]) if loc[-1] in m.model_fields), None)
    return f"add it: {field.description}" if field and field.description else "add it"


def _models(loc: Loc) -> list[type[BaseModel]]:
    """The models that the section at `loc` may be of, the kind in the path narrowing them down."""
    found: list[type[BaseModel]] = [Topology]
    for part in loc:
        below = [m.model_fields[part].annotation for m in found if part in m.model_fields]
        tagged = [m for m in found if part in _tags(m)]
        found = [model for annotation in below for model in _inside(annotation)] or tagged or found
    return found


def _tags(model: type[BaseModel]) -> tuple[object, ...]:
    return next(
        (get_args(model.model_fields[k].annotation) for k in ("kind", "provider") if k in model.model_fields),
        (),
    )


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation such as `tuple[Annotated[A | B, …], ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _inside(argument)
