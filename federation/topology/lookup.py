"""Finding things in a topology as it was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from federation.topology.mistakes import Loc

Document = Mapping[str, Any]
EACH = object()
"""In a pattern: every entry of a list, or every value of a mapping."""


def found(document: object, *pattern: object, loc: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """All places of the document that the pattern leads to, with what is there, in the order of the document."""
    if not pattern:
        yield loc, document
        return
    first, *rest = pattern
    for key, value in entries(document):
        if first is EACH or (isinstance(document, Mapping) and key == first):
            yield from found(value, *rest, loc=(*loc, key))


def entries(section: object) -> Iterator[tuple[Any, Any]]:
    """Keys and values of a mapping, indices and values of a list; nothing of anything else."""
    if isinstance(section, Mapping):
        yield from section.items()
    elif isinstance(section, list | tuple):
        yield from enumerate(section)


def names(document: Document) -> list[tuple[Loc, str]]:
    """The names of clusters, and where they are."""
    return [(loc, name) for loc, name in found(document, "clusters", EACH, "name") if isinstance(name, str)]
