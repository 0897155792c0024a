"""Inputs that decide which resources there are."""

from typing import Any

import pulumi

from federation.errors import TopologyError


def plain(name: str, given: Any) -> Any:
    """The value of an input. Raises `TopologyError` if it is an output, which cannot be looked into."""
    if isinstance(given, pulumi.Output):
        raise TopologyError(
            f"input {name}",
            "a part of it is secret, or not known in a preview",
            "give plain values; secrets are named",
        )
    return given
