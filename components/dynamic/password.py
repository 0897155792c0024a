"""`Password`: random text that is made once and kept in the state."""

from __future__ import annotations

import secrets

import pulumi
from pulumi.dynamic import CreateResult, UpdateResult

from components.dynamic.base import Props, Provider, Resource, options

BYTES = 32


class PasswordProvider(Provider):
    """Deleting one only forgets it."""

    compared = ("generation",)

    def create(self, props: Props) -> CreateResult:
        """A new one."""
        return CreateResult(secrets.token_hex(8), {**props, "value": secrets.token_urlsafe(BYTES)})

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        """Another one."""
        return UpdateResult({**news, "value": secrets.token_urlsafe(BYTES)})


class Password(Resource, module="federation", name="Password"):
    """256 bits as 43 characters of A-Z, a-z, 0-9, "-" and "_"; another `generation` is another password.

    Attributes:
        value: the text; secret.
    """

    value: pulumi.Output[str]

    def __init__(self, name: str, *, generation: int = 0, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {"value": None, "generation": generation}
        super().__init__(PasswordProvider(), name, props, options(opts, secrets=["value"]))
