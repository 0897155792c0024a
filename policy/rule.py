"""What a policy is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from policy.properties import UnknownValueError
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

S = TypeVar("S", bound=PolicySettings)
T = TypeVar("T")


class Level(StrEnum):
    """What a violation does (Pulumi, enforcement levels)."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    REMEDIATE = "remediate"
    DISABLED = "disabled"


class Severity(StrEnum):
    """How bad a violation is."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Finding:
    """A violation.

    Attributes:
        subject: the thing that is wrong, by which an exception can name it, such as an image.
        message: what is wrong with it, and where; never a value that may be a secret.
        urn: of the resource; empty for the one that was looked at.
        fix: how to mend this one; empty for the policy's own remedy.
    """

    subject: str
    message: str
    urn: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Undecided:
    """A value that is needed is known after the update only.

    Attributes:
        path: of the property.
        urn: of the resource; empty for the one that was looked at.
    """

    path: str
    urn: str = ""


@dataclass(frozen=True)
class Context(Generic[S]):
    """What a rule knows beside the resource.

    Attributes:
        settings: of its policy.
        today: for dates of calendars and exceptions.
    """

    settings: S
    today: date


Verdicts = Iterator[Finding | Undecided]
Check = Callable[[Resource, Context[Any]], Verdicts]
StackCheck = Callable[[Stack, Context[Any]], Verdicts]
Fix = Callable[[Resource, Context[Any]], dict[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One of P01 to P30.

    Attributes:
        id: such as "P01".
        name: unique, as configuration and messages call it, such as "p01-cluster-admin".
        title: what it demands, in a few words.
        why: what it prevents, in one sentence.
        remedy: what to do about a violation.
        source: where the rule comes from.
        seed: the line of a walk-through that it keeps from coming back.
        severity: of a violation.
        level: of what `checks` and `stack_checks` find, unless configuration says otherwise.
        settings: of it.
        checks: look at one resource, before it is made.
        stack_checks: look at all of them, after the program has ended.
        advice: checks of one resource whose findings are advisory.
        stack_advice: the same over all of them.
        fix: gives the properties as they should be, or None; for the level "remediate".
    """

    id: str
    name: str
    title: str
    why: str
    remedy: str
    source: str
    seed: str
    severity: Severity = Severity.HIGH
    level: Level = Level.MANDATORY
    settings: type[PolicySettings] = PolicySettings
    checks: tuple[Check, ...] = ()
    stack_checks: tuple[StackCheck, ...] = ()
    advice: tuple[Check, ...] = ()
    stack_advice: tuple[StackCheck, ...] = ()
    fix: Fix | None = None


def each(things: Iterable[T], look: Callable[[T], Verdicts], urn: str = "") -> Verdicts:
    """What is found in each thing, of which one that is not known yet does not hide the others."""
    for thing in things:
        try:
            yield from look(thing)
        except UnknownValueError as error:
            yield Undecided(error.path, urn)


def each_resource(resources: Iterable[Resource], look: Callable[[Resource], Verdicts]) -> Verdicts:
    """What is found in each resource; what is not known yet is said of the one that it belongs to."""
    for resource in resources:
        yield from each([resource], look, resource.urn)
