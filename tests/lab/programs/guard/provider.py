"""A thing with tags, of which others keep some."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class TagsProvider(ResourceProvider):  # type: ignore[misc]  # untyped upstream
    """Compares what it is given, as providers do."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Remember."""
        return CreateResult("tags", props)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare the tags alone."""
        return DiffResult(changes=olds.get("tags") != news.get("tags"))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Remember."""
        return UpdateResult(news)


class Tagged(Resource, module="test", name="Tagged"):  # type: ignore[misc, call-arg]  # untyped upstream
    """Has tags."""

    def __init__(self, name: str, tags: dict[str, str] | None, opts: pulumi.ResourceOptions) -> None:
        super().__init__(TagsProvider(), name, {"tags": tags}, opts)
