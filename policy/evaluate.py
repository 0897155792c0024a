"""Runs policies over resources, and sorts what they find. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from policy.properties import REDACTED, UnknownValueError
from policy.rule import Context, Finding, Policy, Undecided, Verdicts
from policy.settings import Exemption
from policy.stack import Resource, Stack


@dataclass(frozen=True)
class Violation:
    """A finding that counts.

    Attributes:
        urn: of the resource.
        advisory: it is advice, whatever the policy's level.
        text: resource, what is wrong, how to fix it, and where to read more.
    """

    urn: str
    advisory: bool
    text: str


@dataclass(frozen=True)
class Excused:
    """A finding that an exception covers."""

    urn: str
    subject: str
    exemption: Exemption


@dataclass(frozen=True)
class Outcome:
    """What one policy has found."""

    violations: tuple[Violation, ...] = ()
    excused: tuple[Excused, ...] = ()
    undecided: tuple[Undecided, ...] = ()


def check_resource(policy: Policy, resource: Resource, context: Context[Any]) -> Outcome:
    """What a policy finds in one resource."""
    found = [
        (verdict, resource, advisory)
        for checks, advisory in ((policy.checks, False), (policy.advice, True))
        for check in checks
        for verdict in guarded(check(resource, context))
    ]
    return _sorted(policy, found, context, [resource])


def check_stack(policy: Policy, stack: Stack, context: Context[Any]) -> Outcome:
    """What a policy finds in all resources together."""
    by_urn = {resource.urn: resource for resource in stack.resources}
    whole = Resource("pulumi:pulumi:Stack", stack.name)
    found = [
        (verdict, by_urn.get(verdict.urn, whole), advisory)
        for checks, advisory in ((policy.stack_checks, False), (policy.stack_advice, True))
        for check in checks
        for verdict in guarded(check(stack, context))
    ]
    return _sorted(policy, found, context, stack.resources)


def guarded(verdicts: Verdicts) -> Verdicts:
    """The same, where what is not known yet is a verdict and not an error."""
    try:
        yield from verdicts
    except UnknownValueError as error:
        yield Undecided(error.path)


def _sorted(
    policy: Policy,
    found: Sequence[tuple[Finding | Undecided, Resource, bool]],
    context: Context[Any],
    resources: Iterable[Resource],
) -> Outcome:
    secrets = {text for resource in resources for text in resource.secret_texts} if found else set()
    violations, excused, undecided = list[Violation](), list[Excused](), list[Undecided]()
    for verdict, resource, advisory in found:
        if isinstance(verdict, Undecided):
            undecided.append(Undecided(verdict.path, verdict.urn or resource.urn))
            continue
        exemption = _exemption(context.settings.exceptions, resource, verdict)
        if exemption and context.today <= exemption.expires:
            excused.append(Excused(resource.urn, _redacted(verdict.subject, secrets), exemption))
        else:
            text = _redacted(_text(policy, resource, verdict, exemption), secrets)
            violations.append(Violation(resource.urn, advisory, text))
    return Outcome(tuple(violations), tuple(excused), tuple(undecided))


def _redacted(text: str, secrets: Iterable[str]) -> str:
    """Without any secret that got into it, such as an object whose name is one."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return text


def _exemption(exemptions: Iterable[Exemption], resource: Resource, finding: Finding) -> Exemption | None:
    """The one about this finding that holds longest."""
    about = [each for each in exemptions if each.covers(resource.name, finding.subject)]
    return max(about, key=lambda each: each.expires, default=None)


def _text(policy: Policy, resource: Resource, finding: Finding, expired: Exemption | None) -> str:
    ended = f" Its exception expired on {expired.expires} ({expired.reason})." if expired else ""
    return (
        f"{resource.title}: {finding.message}.{ended} Next: {finding.fix or policy.remedy}."
        f" [{policy.id}, docs/policies.md#{policy.id.lower()}]"
    )
