"""What rules need that look at several resources, and at the programs in containers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from policy.properties import Property, UnknownValueError
from policy.rule import Undecided, Verdicts
from policy.stack import FEDERATION, Resource

T = TypeVar("T")
Looks = tuple[Callable[[], Verdicts], ...]
Signs = tuple[Callable[[], bool], ...]

PROTECTION = f"{FEDERATION}Protection"
"""Our own: names in `protects` what `pulumi destroy` must not remove."""
ZONES = (
    "azure-native:dns:Zone",
    "azure-native:network:Zone",
    "azure-native:network:PrivateZone",
    "azure-native:privatedns:PrivateZone",
)


def known_any(things: Iterable[T], holds: Callable[[T], bool]) -> bool:
    """Whether it holds for any of them.

    Raises `UnknownValueError` if that hangs on a value that is not known yet, and not before all have been asked.
    """
    unknown: UnknownValueError | None = None
    for thing in things:
        try:
            if holds(thing):
                return True
        except UnknownValueError as error:
            unknown = error
    if unknown is not None:
        raise unknown
    return False


def known(things: Iterable[T], urn: str) -> Iterator[T | Undecided]:
    """The things, up to the first that hangs on a value that is not known yet."""
    try:
        yield from things
    except UnknownValueError as error:
        yield Undecided(error.path, urn)


def same_cluster(one: Resource, other: Resource) -> bool:
    """Whether both go to the same cluster, as far as their providers tell."""
    return all(one.provider.get(key) == other.provider.get(key) for key in ("kubeconfig", "context"))


def made_here(resource: Resource) -> bool:
    """Whether a resource of azure-native is this program's. One that is only looked at (`.get`) has no inputs."""
    return "resourceGroupName" in resource.raw


def image_name(container: Property) -> str:
    """The last part of an image, without tag and digest: "etcd" of registry.k8s.io/etcd:3.6.14-0."""
    return container.at("image").text().partition("@")[0].rpartition("/")[2].partition(":")[0]


def shown(value: Property) -> str:
    """A text for messages, or "?" in its place; never raises."""
    try:
        return value.text() or "?"
    except UnknownValueError:
        return "?"


def parsed(text: Property) -> Property:
    """What a text of JSON says; nothing if it is none."""
    try:
        return Property(json.loads(text.text()), text.path)
    except (ValueError, RecursionError):
        return Property(None, text.path)
