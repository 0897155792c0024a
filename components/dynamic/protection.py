"""`Protection`: what stops a `pulumi destroy` of a stack with protected parts before it has removed anything.

The engine removes what depends on others first, and comes to a protected cluster last, when all that ran in it is gone.
This resource depends on everything, so it is the first in turn, and refuses as long as any part is protected. The
engine's own `protect` would not do for it: with a graph of this depth, 3.259 then computes without an end.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource
from federation.errors import RejectedError


class ProtectionProvider(Provider):
    """Nothing is made, and nothing removed."""

    compared = ("protects",)

    def create(self, props: Props) -> CreateResult:
        """Only noted."""
        return CreateResult("protection", props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Only noted."""
        return UpdateResult(news)

    def delete(self, _id: str, props: Props) -> None:
        """Raises `RejectedError` if anything is protected."""
        if props["protects"]:
            raise RejectedError(
                f"federation {props['federation']}",
                f"not removed, as parts of it are protected: {', '.join(props['protects'])}",
                "set protect: false for each of them in the topology, run `pulumi up`, and then this again",
            )


class Protection(Resource, module="federation", name="Protection"):
    """Keeps a stack from being removed by accident.

    Args:
        name: of the resource.
        federation: its name.
        protects: the parts that may not be removed, such as "cluster westuscluster1"; empty: it may go.
        opts: `depends_on` names everything else.
    """

    def __init__(
        self, name: str, federation: str, protects: Sequence[str], opts: pulumi.ResourceOptions
    ) -> None:
        props = {"federation": federation, "protects": list(protects)}
        super().__init__(ProtectionProvider(), name, props, opts)
