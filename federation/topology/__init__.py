"""The topology of a federation: the only configuration of a stack, checked once.

topology = load(config.require_object("topology"))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from federation.topology.advisories import advisories
from federation.topology.azure_checks import AZURE_CHECKS
from federation.topology.checks import CHECKS
from federation.topology.mistakes import Mistake, MistakesError, translate
from federation.topology.models import Topology
from federation.topology.schema import schema


def examine(document: Any) -> tuple[Topology | None, tuple[Mistake, ...]]:
    """A parsed YAML or JSON document, checked: the topology, or None and all that is wrong."""
    topology, mistakes = None, []
    try:
        topology = Topology.model_validate(document)
    except ValidationError as error:
        mistakes = [translate(details) for details in error.errors(include_url=False) if _is_one(details)]
    if isinstance(document, Mapping):
        mistakes += [mistake for check in (*CHECKS, *AZURE_CHECKS) for mistake in check(document)]
    return (None, tuple(dict.fromkeys(mistakes))) if mistakes else (topology, ())


def _is_one(details: ErrorDetails) -> bool:
    """A list is also called too short when there is something wrong with all that it has."""
    return details["type"] != "too_short" or not details["input"]


def load(document: Any) -> Topology:
    """The topology in a parsed YAML or JSON document.

    Raises `MistakesError` (a `TopologyError`) about all mistakes at once, a line for each: path, value, what is wrong
    with it, and the fix.
    """
    topology, mistakes = examine(document)
    if topology is None:
        raise MistakesError(mistakes)
    return topology


__all__ = ["Mistake", "MistakesError", "Topology", "advisories", "examine", "load", "schema"]
