"""A dynamic provider in a module of its own, as the components of the project have it."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class GreetingProvider(ResourceProvider):  # type: ignore[misc]  # untyped upstream
    """Stateless; the text is all there is."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the text."""
        return CreateResult("greeting", {**props, "text": f"{props['word']}, world"})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare the one input."""
        return DiffResult(changes=olds["word"] != news["word"])

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Make the text anew."""
        return UpdateResult({**news, "text": f"{news['word']}, world"})


class Greeting(Resource, module="test", name="Greeting"):  # type: ignore[misc, call-arg]  # untyped upstream
    """A word and the text made of it."""

    text: pulumi.Output[str]

    def __init__(self, name: str, *, word: str) -> None:
        super().__init__(GreetingProvider(), name, {"word": word, "text": None})
