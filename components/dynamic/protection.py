"""`Protection`: what stops a `pulumi destroy` of a stack with protected parts before it has removed anything.

The engine removes what depends on others first, and comes to a protected cluster last, when all that ran in it is gone.
This resource depends on everything, so it is the first in turn; it is protected as long as any part is.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource


class ProtectionProvider(Provider):
    """Nothing is made and nothing removed: it is for the engine to see."""

    compared = ("protects",)

    def create(self, props: Props) -> CreateResult:
        """Only noted."""
        return CreateResult("protection", props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Only noted."""
        return UpdateResult(news)


class Protection(Resource, module="federation", name="Protection"):
    """Keeps a stack from being removed by accident.

    Args:
        name: of the resource.
        protects: the parts that may not be removed, such as "cluster westuscluster1"; empty: it may go.
        opts: `depends_on` names everything else.
    """

    def __init__(self, name: str, protects: Sequence[str], opts: pulumi.ResourceOptions) -> None:
        own = pulumi.ResourceOptions(protect=bool(protects))
        props = {"protects": list(protects)}
        super().__init__(ProtectionProvider(), name, props, pulumi.ResourceOptions.merge(opts, own))
