"""Providers that only tests know, in a module that the dynamic server can import."""

from __future__ import annotations

from typing import ClassVar

from pulumi.dynamic import CreateResult, UpdateResult

from components.dynamic.base import Props, Provider
from federation.errors import UnreachableError


class Sample(Provider):
    """Stores what it is given; some sizes fail."""

    compared: ClassVar = ("size", "labels")
    replacing: ClassVar = ("name",)

    def create(self, props: Props) -> CreateResult:
        if props.get("size") == 13:
            raise UnreachableError(f"member {props['name']}", "its API server is gone", "start it")
        if props.get("size") == 14:
            raise LookupError("a bug in the provider")
        print(f"{props['name']} is made")
        return CreateResult(str(props["name"]), props)

    def update(self, _id: str, _olds: Props, news: Props) -> UpdateResult:
        return UpdateResult(news)
