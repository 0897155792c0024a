"""`Delegation`: says, when a zone is made and at each refresh, if the world does not find it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource
from federation.dns.delegation import delegated_to, problem


class DelegationProvider(Provider):
    """It is never an error: who has a zone made may still have to tell its servers to somebody else."""

    compared = ("zone", "servers")

    def create(self, props: Props) -> CreateResult:
        """Warns."""
        _warn(props)
        return CreateResult("delegation", props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Warns."""
        _warn(news)
        return UpdateResult(news)

    def read(self, id_: str, props: Props) -> ReadResult:
        """Warns. What others have set is no drift of this stack."""
        _warn(props)
        return ReadResult(id_, props)


def _warn(props: Props) -> None:
    if text := problem(props["zone"], props["servers"], delegated_to(props["zone"])):
        print(f"warning: {text}")


class Delegation(Resource, module="federation", name="Delegation"):
    """Looks whether a public zone is delegated.

    Args:
        name: of the resource.
        zone: its name.
        servers: that answer for it.
    """

    def __init__(
        self,
        name: str,
        zone: str,
        servers: pulumi.Input[Sequence[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(DelegationProvider(), name, {"zone": zone, "servers": servers}, opts)
