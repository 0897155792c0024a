"""Resources as rules see them: plain data, whatever sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from policy.objects import KubernetesObject, kubernetes_objects
from policy.properties import Property

DYNAMIC = "pulumi-python:dynamic/"
"""Start of the type of a dynamic resource in Python; the rest is "module:Name"."""
FEDERATION = f"{DYNAMIC}federation:"
"""Start of the types of this project's own."""
SHORTEST_SECRET = 4
"""Characters; what is shorter would black out words of every message."""


@dataclass(frozen=True)
class Resource:
    """A resource of the stack: what the program asks for, or, of a deployed stack, what is there.

    Attributes:
        type: such as "kubernetes:apps/v1:Deployment".
        name: as the program calls it.
        urn: its name in the stack, unique.
        raw: its properties as JSON, with the engine's marks for secrets and unknown values.
        protect: the engine refuses to delete it.
        parent: URN of the component that it belongs to; empty if none.
        provider: properties of its provider, as JSON.
    """

    type: str
    name: str
    urn: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    protect: bool = False
    parent: str = ""
    provider: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def props(self) -> Property:
        """Its properties."""
        return Property(self.raw)

    @cached_property
    def objects(self) -> list[KubernetesObject]:
        """The Kubernetes objects in it: itself, or those that it carries."""
        return kubernetes_objects(self.type, self.props)

    def is_a(self, *types: str) -> bool:
        """Whether it is of one of these types, whatever API version their tokens name.

        "azure-native:dns:Zone" is azure-native:dns:Zone and azure-native:dns/v20180501:Zone.
        """
        return self._plain_type in types

    @cached_property
    def _plain_type(self) -> str:
        parts = self.type.split(":")
        if parts[0] == "azure-native" and len(parts) == 3:
            return f"{parts[0]}:{parts[1].partition('/')[0]}:{parts[2]}"
        return self.type

    @property
    def is_command(self) -> bool:
        """Whether it runs a shell: "command:local:Command", "command:remote:Command", and others of that name."""
        return self.type.endswith(":Command")

    @cached_property
    def secret_texts(self) -> frozenset[str]:
        """All texts in it that are marked as secret, but for those too short to be one."""
        texts = (leaf.raw for _, leaf in self.props.leaves() if leaf.secret and isinstance(leaf.raw, str))
        return frozenset(text for text in texts if len(text) >= SHORTEST_SECRET)

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"{self.type.rpartition(':')[2]} {self.name!r}"


@dataclass(frozen=True)
class Stack:
    """All resources of a stack.

    Attributes:
        resources: in the order of their creation.
        name: of the stack, such as "westus"; empty if nobody said it.
        secrets_provider: kind of what its secrets are encrypted with; empty if nobody said it.
    """

    resources: tuple[Resource, ...]
    name: str = ""
    secrets_provider: str = ""

    def of(self, *types: str) -> list[Resource]:
        """Those of these types."""
        return [resource for resource in self.resources if resource.is_a(*types)]

    def objects(self, *kinds: str) -> Iterable[tuple[Resource, KubernetesObject]]:
        """All Kubernetes objects of these kinds, each with what carries it."""
        for resource in self.resources:
            for found in resource.objects:
                if found.kind in kinds:
                    yield resource, found
