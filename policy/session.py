"""One run of the engine with the pack: its configuration, and what is said about each resource and about the stack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pydantic import ValidationError

from policy.evaluate import Excused, Outcome, check_resource, check_stack
from policy.properties import UnknownValueError
from policy.rule import Context, Level, Policy, Undecided
from policy.settings import Exemption
from policy.stack import Resource, Stack

SHOWN = 5
"""So many of a list are named, and the rest is counted."""


class ConfigurationError(Exception):
    """The configuration of a policy is wrong; the message says which and where."""


@dataclass(frozen=True)
class Configured:
    """What the engine says about one policy.

    Attributes:
        level: of its violations.
        properties: its settings, as JSON.
    """

    level: Level
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Diagnostic:
    """Something to show.

    Attributes:
        policy: that says it.
        level: MANDATORY stops the update.
        urn: of the resource; empty for the stack.
        message: for the operator.
    """

    policy: Policy
    level: Level
    urn: str
    message: str


class Session:
    """Keeps what was excused or could not be decided, so that it is said once at the end and not for each resource.

    It also keeps what the program has asked for: at the end the engine sends what providers have answered. In that,
    names and scopes of azure-native's resources are missing, and a preview knows little of the rest.

    Args:
        policies: of the pack.
        today: for dates of calendars and exceptions.
    """

    def __init__(self, policies: Iterable[Policy], today: date) -> None:
        self._today = today
        self._levels = {policy: policy.level for policy in policies}
        self._contexts: dict[str, Context[Any]] = {
            policy.name: Context(policy.settings(), today) for policy in self._levels
        }
        self._excused: dict[Policy, dict[tuple[str, str], Excused]] = {}
        self._undecided: dict[Policy, dict[Undecided, None]] = {}
        self._inputs: dict[str, Mapping[str, Any]] = {}

    def configure(self, given: Mapping[str, Configured]) -> None:
        """Levels and settings, by the policies' names. Raises `ConfigurationError`."""
        for policy in self._levels:
            if found := given.get(policy.name):
                settings = _settings(policy, found.properties)
                self._levels[policy] = found.level
                self._contexts[policy.name] = Context(settings, self._today)

    def on_resource(self, resource: Resource) -> list[Diagnostic]:
        """What is wrong with a resource that is about to be made, changed or kept."""
        self._inputs[resource.urn] = resource.raw
        return [
            diagnostic
            for policy, context in self._active()
            if policy.checks or policy.advice
            for diagnostic in self._said(policy, check_resource(policy, resource, context))
        ]

    def on_stack(self, stack: Stack) -> list[Diagnostic]:
        """What is wrong with all of them together, and what was kept for the end."""
        asked = (replace(each, raw=self._inputs.pop(each.urn, each.raw)) for each in stack.resources)
        whole = replace(stack, resources=tuple(asked))
        said = [
            diagnostic
            for policy, context in self._active()
            if policy.stack_checks or policy.stack_advice
            for diagnostic in self._said(policy, check_stack(policy, whole, context))
        ]
        return said + self._kept()

    @property
    def mends(self) -> bool:
        """Whether any policy may change resources."""
        return any(policy.fix and level is Level.REMEDIATE for policy, level in self._levels.items())

    def fixed(self, resource: Resource) -> list[tuple[Policy, dict[str, Any]]]:
        """What policies at the level "remediate" make of the resource, each of what the last one has made.

        What depends on a value that is not known yet is left to the update.
        """
        changes = list[tuple[Policy, dict[str, Any]]]()
        for policy, context in self._active():
            if policy.fix is None or self._levels[policy] is not Level.REMEDIATE:
                continue
            try:
                made = policy.fix(resource, context)
            except UnknownValueError:
                continue
            if made is not None:
                changes.append((policy, made))
                resource = replace(resource, raw=made)
        return changes

    def _active(self) -> list[tuple[Policy, Context[Any]]]:
        return [
            (policy, self._contexts[policy.name])
            for policy, level in self._levels.items()
            if level is not Level.DISABLED
        ]

    def _said(self, policy: Policy, outcome: Outcome) -> list[Diagnostic]:
        self._excused.setdefault(policy, {}).update({(e.urn, e.subject): e for e in outcome.excused})
        self._undecided.setdefault(policy, {}).update(dict.fromkeys(outcome.undecided))
        return [
            Diagnostic(policy, self._level(policy, advisory=each.advisory), each.urn, each.text)
            for each in outcome.violations
        ]

    def _level(self, policy: Policy, *, advisory: bool) -> Level:
        """Of a violation; one that is left after all remedies is as bad as a mandatory one."""
        level = Level.ADVISORY if advisory else self._levels[policy]
        return Level.MANDATORY if level is Level.REMEDIATE else level

    def _kept(self) -> list[Diagnostic]:
        return [
            Diagnostic(policy, Level.ADVISORY, "", text)
            for policy in self._levels
            for text in (
                *_excuses(policy, self._excused.pop(policy, {}).values()),
                *_doubts(policy, self._undecided.pop(policy, {})),
            )
        ]


def _settings(policy: Policy, properties: Mapping[str, Any]) -> Any:
    try:
        return policy.settings.model_validate(dict(properties))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'settings'}: {each['msg']}" for each in error.errors()
        )
        raise ConfigurationError(
            f"policy {policy.name}: {wrong}. Next: mend it in the pack's configuration;"
            " policy/config.schema.json says what can stand there"
        ) from None


def _excuses(policy: Policy, excused: Iterable[Excused]) -> list[str]:
    """One sentence for each exception that was used."""
    by_exemption: dict[Exemption, list[str]] = {}
    for each in excused:
        by_exemption.setdefault(each.exemption, []).append(each.subject)
    return [
        f"excused until {exemption.expires}: {_listed(sorted(set(subjects)))} ({exemption.reason}). [{policy.id}]"
        for exemption, subjects in by_exemption.items()
    ]


def _doubts(policy: Policy, undecided: Iterable[Undecided]) -> list[str]:
    """One sentence for all that could not be decided."""
    places = sorted({f"{each.urn.rpartition('::')[2]}: {each.path}" for each in undecided})
    if not places:
        return []
    later = f"The update itself checks them, and so does `make policy-state` after it. [{policy.id}]"
    return [f"not decided, as these values are known after the update only: {_listed(places)}. {later}"]


def _listed(things: list[str]) -> str:
    more = f" and {len(things) - SHOWN} more" if len(things) > SHOWN else ""
    return ", ".join(things[:SHOWN]) + more
