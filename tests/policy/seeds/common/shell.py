"""What a walk-through does in a shell: commands that it runs, and files that it writes.

None of it is ever done: a preview only shows what would be, and nobody runs `up` on these programs.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class PretendedProvider(ResourceProvider):  # type: ignore[misc]  # untyped upstream
    """Stateless, and does nothing."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Say that it is done."""
        return CreateResult("done", props)


class Command(Resource, module="seed", name="Command"):  # type: ignore[misc, call-arg]  # untyped upstream
    """A line of a shell; `delete` is the line that undoes it, where the walk-through has one."""

    def __init__(
        self, name: str, create: str, *, delete: str = "", opts: pulumi.ResourceOptions | None = None
    ) -> None:
        undo = {"delete": delete} if delete else {}
        super().__init__(PretendedProvider(), name, {"create": create, **undo}, opts)


class File(Resource, module="seed", name="File"):  # type: ignore[misc, call-arg]  # untyped upstream
    """A file and what is in it."""

    def __init__(
        self, path: str, content: pulumi.Input[str], *, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(PretendedProvider(), path, {"path": path, "content": content}, opts)
