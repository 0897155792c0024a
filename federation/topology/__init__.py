"""The topology of a federation: the only configuration of a stack, checked once.

topology = load(config.require_object("topology"))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from federation.errors import TopologyError
from federation.topology.checks import CHECKS
from federation.topology.mistakes import Mistake, translate
from federation.topology.models import Topology
from federation.topology.schema import schema

NEXT = "correct the stack's federation:topology and look with `fedctl validate FILE`"


def examine(document: Any) -> tuple[Topology | None, tuple[Mistake, ...]]:
    """A parsed YAML or JSON document, checked: the topology, or None and all that is wrong."""
    topology, mistakes = None, []
    try:
        topology = Topology.model_validate(document)
    except ValidationError as error:
        mistakes = [translate(details) for details in error.errors(include_url=False) if _is_one(details)]
    if isinstance(document, Mapping):
        mistakes += [mistake for check in CHECKS for mistake in check(document)]
    return (None, tuple(dict.fromkeys(mistakes))) if mistakes else (topology, ())


def _is_one(details: ErrorDetails) -> bool:
    """A list is also called too short when there is something wrong with all that it has."""
    return details["type"] != "too_short" or not details["input"]


def load(document: Any) -> Topology:
    """The topology in a parsed YAML or JSON document.

    Raises `TopologyError` about all mistakes at once, a line for each: path, value, what is wrong, and the fix.
    """
    topology, mistakes = examine(document)
    if topology is None:
        raise error_of(mistakes)
    return topology


def error_of(mistakes: tuple[Mistake, ...]) -> TopologyError:
    """All of them in one error, a line for each."""
    count = f"{len(mistakes)} mistakes" if len(mistakes) > 1 else "a mistake"
    return TopologyError("topology", "\n  ".join([count, *map(str, mistakes)]) + "\n", NEXT)


__all__ = ["NEXT", "Mistake", "Topology", "error_of", "examine", "load", "schema"]
