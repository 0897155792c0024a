"""How the remediating variants change properties: in a copy, and through the engine's marks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

from policy.objects import KubernetesObject
from policy.properties import Property, UnknownValueError
from policy.rules.reading import whole
from policy.stack import Resource


def mended(resource: Resource, change: Callable[[KubernetesObject], None]) -> dict[str, Any] | None:
    """Its properties after a change of each Kubernetes object in them; None if they stay as they are.

    The objects are parts of a copy, which `change` may alter. What it cannot do because of a value that is not
    known yet stays undone.
    """
    copy = deepcopy(dict(resource.raw))
    for found in whole(replace(resource, raw=copy)):
        with suppress(UnknownValueError):
            change(found)
    return None if copy == resource.raw else copy


def below(parent: Property, *keys: str) -> dict[str, Any]:
    """The object by these keys, to be altered; it is made if it is missing.

    An object that belongs to nothing if something else is in the way. Raises `UnknownValueError`.
    """
    found = parent.opened().raw
    for key in keys:
        if not isinstance(found, dict):
            return {}
        if found.get(key) is None:
            found[key] = {}
        found = Property(found[key]).opened().raw
    return found if isinstance(found, dict) else {}
