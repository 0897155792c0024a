"""Cases of policies: resources, and exactly what a policy says about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policy.evaluate import guarded
from policy.rule import Context, Finding, Policy, Undecided
from policy.stack import DYNAMIC, FEDERATION, Resource, Stack

TODAY = date(2026, 11, 29)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a text that is not known yet."""
ADVICE = "advice: "
"""Before messages that are advisory whatever the level."""


def secret(value: Any) -> dict[str, Any]:
    """As the engine marks it."""
    return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": value}


def resource(
    type_: str, name: str = "it", *, protect: bool = False, parent: str = "", **props: Any
) -> Resource:
    """A resource of any type."""
    return Resource(type_, name, f"urn:pulumi:dev::test::{type_}::{name}", props, protect, parent)


def kubernetes(token: str, name: str = "apps/web", **body: Any) -> Resource:
    """A Kubernetes resource.

    Args:
        token: version and kind, such as "apps/v1:Deployment", or "v1:Service" for the core group.
        name: namespace and name, or the name alone for what is in none or does not say which.
        body: of the manifest; `metadata` is merged with the name.
    """
    api, _, kind = token.partition(":")
    namespace, _, own = name.rpartition("/")
    metadata = {"name": own, **({"namespace": namespace} if namespace else {}), **body.pop("metadata", {})}
    module = api if "/" in api else f"core/{api}"
    return resource(f"kubernetes:{module}:{kind}", own, apiVersion=api, kind=kind, metadata=metadata, **body)


def deployment(
    *containers: dict[str, Any], name: str = "apps/web", kind: str = "Deployment", **pod: Any
) -> Resource:
    """A workload of these containers; further keywords are keys of its pods' specification."""
    return kubernetes(
        f"apps/v1:{kind}", name, spec={"template": {"spec": {"containers": [*containers], **pod}}}
    )


def overriding(
    selects: str, path: str, value: Any, *, name: str = "apps/west", operator: str = "replace"
) -> Resource:
    """An OverridePolicy of Karmada with one change in plain text.

    Args:
        selects: version and kind, such as "apps/v1:Deployment".
        path: JSON pointer.
        value: what is there afterwards.
        name: namespace and name.
        operator: "add", "replace" or "remove".
    """
    api, _, kind = selects.partition(":")
    change = {"path": path, "operator": operator, "value": value}
    spec = {
        "resourceSelectors": [{"apiVersion": api, "kind": kind}],
        "overrideRules": [{"overriders": {"plaintext": [change]}}],
    }
    return kubernetes("policy.karmada.io/v1alpha1:OverridePolicy", name, spec=spec)


def azure(token: str, name: str = "it", **more: Any) -> Resource:
    """A resource of azure-native, such as "containerservice:ManagedCluster"."""
    return resource(f"azure-native:{token}", name, **more)


def federation(kind: str, name: str = "it", **props: Any) -> Resource:
    """A dynamic resource of this project, such as "Join"."""
    return resource(f"{FEDERATION}{kind}", name, **props)


def dynamic(kind: str, name: str = "it", **props: Any) -> Resource:
    """A dynamic resource of somebody else's, such as "seed:Command"."""
    return resource(f"{DYNAMIC}{kind}", name, **props)


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        policy: id, such as "P01".
        title: what is special about it.
        resources: of the stack.
        messages: all findings, in order; those that are advice with `ADVICE` before them.
        undecided: paths that are not known, in order.
        settings: of the policy.
        today: the day of the check.
        secrets_provider: of the stack.
    """

    policy: str
    title: str
    resources: tuple[Resource, ...]
    messages: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    today: date = TODAY
    secrets_provider: str = ""

    def __str__(self) -> str:
        return f"{self.policy}-{self.title.replace(' ', '-')}"


def bad(policy: str, title: str, *resources: Resource, says: str | list[str], **more: Any) -> Case:
    """A violation, and what is said about it."""
    return Case(policy, title, resources, (says,) if isinstance(says, str) else tuple(says), **more)


def good(policy: str, title: str, *resources: Resource, **more: Any) -> Case:
    """No violation, and nothing undecided."""
    return Case(policy, title, resources, **more)


def unknown(policy: str, title: str, *resources: Resource, paths: str | list[str], **more: Any) -> Case:
    """What depends on values that are not known yet; `says` names what is found beside it."""
    says = more.pop("says", [])
    messages = (says,) if isinstance(says, str) else tuple(says)
    undecided = (paths,) if isinstance(paths, str) else tuple(paths)
    return Case(policy, title, resources, messages, undecided, **more)


@dataclass(frozen=True)
class Said:
    """What a policy says about a case.

    Attributes:
        messages: with `ADVICE` before those that are advice.
        undecided: paths that are not known.
        findings: all of them.
        places: URNs that checks of the whole stack name; such a check has to name one.
    """

    messages: list[str]
    undecided: list[str]
    findings: list[Finding]
    places: list[str]


def verdicts(policy: Policy, case: Case) -> Said:
    """Run all checks of a policy on a case."""
    context: Context[Any] = Context(policy.settings.model_validate(case.settings), case.today)
    stack = Stack(case.resources, "dev", case.secrets_provider)
    runs = [
        *((check(one, context), "", False) for one in case.resources for check in policy.checks),
        *((check(stack, context), "", True) for check in policy.stack_checks),
        *((check(one, context), ADVICE, False) for one in case.resources for check in policy.advice),
        *((check(stack, context), ADVICE, True) for check in policy.stack_advice),
    ]
    said = Said([], [], [], [])
    for found, mark, whole in runs:
        for verdict in guarded(found):
            if whole:
                said.places.append(verdict.urn)
            if isinstance(verdict, Undecided):
                said.undecided.append(verdict.path)
            else:
                said.findings.append(verdict)
                said.messages.append(mark + verdict.message)
    return said
