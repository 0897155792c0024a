"""What several rules read in the same way."""

from __future__ import annotations

from policy.objects import KubernetesObject
from policy.properties import REDACTED, Property
from policy.stack import Resource


def shown(value: Property) -> str:
    """A text as messages may show it: what is marked as a secret stays one."""
    return REDACTED if value.opened().secret else value.text()


def whole(resource: Resource) -> list[KubernetesObject]:
    """The objects in it in which something can be missing: no patches, and no changes of an OverridePolicy."""
    if resource.type.endswith("Patch"):
        return []
    return [found for found in resource.objects if not found.partial]
