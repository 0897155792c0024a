"""What a preview says, by resource: the engine's events, read and put together. Pure.

The engine tells a replacement in up to three steps of one resource; here a resource has one change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from federation.preview.events import Event, opened, plaintexts, read, without

REPLACING = ("replace", "create-replacement", "import-replacement")
ORDER = ("replace", "delete", "create", "import", "update", "delete-replaced", "drift", "read", "same")
"""Of several steps of a resource, the first of these is its change; all other kinds of steps change nothing.

"delete-replaced" alone removes what an interrupted replacement has left behind; "drift" is what a refresh has found.
"""
SHORTEST_SECRET = 4
"""Characters; what is shorter would black out words of every message."""
_COLOURS = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*[mK]")

State = dict[str, Any]
Step = Mapping[str, Any]
"""What an event tells of one step of a resource (`StepEventMetadata`)."""


@dataclass(frozen=True)
class Change:
    """What becomes of one resource.

    Attributes:
        urn: its name in the stack, unique.
        type: such as "pulumi-python:dynamic/federation:Join".
        name: as the program calls it.
        op: one of `ORDER`.
        paths: properties that differ, such as "spec.replicas", sorted.
        replace_paths: those of them that make it another resource, sorted.
        old: as it is: `id`, `parent`, `protect`, `inputs` and `outputs`, with `events.SECRET` for each secret and
            `events.UNKNOWN` for what is not known yet; None if there is none.
        new: as it shall be, likewise.
        unknown: it cannot be compared without access (the key "unknown" of the step is true, as `fedctl preview
            --offline` writes it), so `op` and `paths` are not what an update would do.
    """

    urn: str
    type: str
    name: str
    op: str
    paths: tuple[str, ...] = ()
    replace_paths: tuple[str, ...] = ()
    old: State | None = None
    new: State | None = None
    unknown: bool = False


@dataclass(frozen=True)
class Finding:
    """What a policy says of one resource.

    Attributes:
        policy: its name, such as "p01-cluster-admin".
        pack: name of its pack.
        mandatory: it stops the update.
        severity: "low" to "critical", or empty.
        urn: of the resource; empty: it is about the whole stack.
        message: as the policy words it.
    """

    policy: str
    pack: str
    mandatory: bool
    severity: str
    urn: str
    message: str


@dataclass(frozen=True)
class Preview:
    """What a preview says.

    Attributes:
        stack: its name; empty if no event tells.
        changes: one for each resource, also for those that stay the same, by URN.
        policies: what policies say, mandatory first, then by policy and resource.
        errors: of the engine, the program and its providers, in their order; without those that policies explain.
        warnings: likewise.
        counts: resources by `Change.op`; those that cannot be compared are "unknown".
        finished: the engine came to its end, and `changes` are all there are.
    """

    stack: str
    changes: tuple[Change, ...]
    policies: tuple[Finding, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    counts: Mapping[str, int]
    finished: bool


def parse(lines: Iterable[str]) -> Preview:
    """Read the lines of a preview; whatever is no event of the engine is left out.

    A secret that an event shows in plain text (`--show-secrets`) is nowhere in the result.
    """
    events = list(read(lines))
    if secrets := {text for text in plaintexts(events) if len(text) >= SHORTEST_SECRET}:
        events = [without(event, secrets) for event in events]
    changes, policies = _changes(events), _policies(events)
    errors = _errors(events, policies)
    urns = [change.urn for change in changes] or [finding.urn for finding in policies]
    return Preview(
        stack=next((stack_of(urn) for urn in urns if stack_of(urn)), ""),
        changes=changes,
        policies=policies,
        errors=errors,
        warnings=_messages(events, "warning"),
        counts=dict(sorted(Counter("unknown" if c.unknown else c.op for c in changes).items())),
        finished=any("summaryEvent" in event for event in events) and not errors,
    )


def stack_of(urn: str) -> str:
    """The stack in a URN (urn:pulumi:STACK::PROJECT::TYPES::NAME); empty if there is none."""
    head, _, rest = urn.partition("::")
    return head.removeprefix("urn:pulumi:") if rest and head.startswith("urn:pulumi:") else ""


def name_of(urn: str) -> str:
    """The name in a URN, which may have "::" in it; all of it if it is no URN."""
    return urn.split("::", 3)[-1]


def _changes(events: Iterable[Event]) -> tuple[Change, ...]:
    steps: dict[str, list[tuple[str, Step]]] = {}
    for event in events:
        if (step := _step(event, "resourcePreEvent")) is not None:
            steps.setdefault(step["urn"], []).append((_op(step), step))
        elif (step := _step(event, "resOutputsEvent")) is not None:
            before = steps.get(step["urn"], [])
            # what a refresh has found; all other steps repeat what was said before
            if before and before[-1][1].get("op") == "refresh" and step.get("op") in ("update", "delete"):
                before.append(("drift", step))
    return tuple(_change(urn, steps[urn]) for urn in sorted(steps))


def _step(event: Event, kind: str) -> Step | None:
    body = event.get(kind)
    step = body.get("metadata") if isinstance(body, Mapping) else None
    return step if isinstance(step, Mapping) and isinstance(step.get("urn"), str) else None


def _op(step: Step) -> str:
    op = step.get("op")
    if op in REPLACING:
        return "replace"
    return op if isinstance(op, str) and op in ORDER else "same"


def _change(urn: str, steps: list[tuple[str, Step]]) -> Change:
    op = min((op for op, _ in steps), key=ORDER.index)
    told = [step for each, step in steps if each == op]
    replaces = _replacing(told) if op == "replace" else set()
    paths = (_paths(told) | replaces) or {name for step in told for name in _unlike(step)}
    return Change(
        urn=urn,
        type=next((text for step in told if (text := _text(step, "type"))), ""),
        name=name_of(urn),
        op=op,
        paths=tuple(sorted(paths)) if op in ("replace", "update", "drift") else (),
        replace_paths=tuple(sorted(replaces)),
        old=next((state for step in told if (state := _state(step.get("old")))), None),
        new=next((state for step in told if (state := _state(step.get("new")))), None),
        unknown=any(step.get("unknown") is True for _, step in steps),
    )


def _replacing(steps: Sequence[Step]) -> set[str]:
    """As exactly as any step of a replacement tells it."""
    kinds = {path: kind for step in steps for path, kind in _detailed(step).items()}
    found = {path for path, kind in kinds.items() if kind.endswith("-replace")}
    return found or {name for step in steps for name in _names(step.get("keys"))}


def _paths(steps: Sequence[Step]) -> set[str]:
    return {path for step in steps for path in _detailed(step)} or {
        name for step in steps for name in _names(step.get("diffs"))
    }


def _unlike(step: Step) -> set[str]:
    """Inputs that differ, for a provider that tells nothing, as those of dynamic resources do."""
    old, new = _state(step.get("old")), _state(step.get("new"))
    if old is None or new is None:
        return set()
    before, after = old["inputs"], new["inputs"]
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} - {"__provider"}


def _detailed(step: Step) -> dict[str, str]:
    """Path to what kind of difference it is."""
    found = step.get("detailedDiff")
    if not isinstance(found, Mapping):
        return {}
    return {path: _text(diff, "diffKind") for path, diff in found.items() if isinstance(diff, Mapping)}


def _names(value: Any) -> set[str]:
    return {name for name in value if isinstance(name, str)} if isinstance(value, list) else set()


def _state(state: Any) -> State | None:
    if not isinstance(state, Mapping):
        return None
    inputs, outputs = opened(state.get("inputs")), opened(state.get("outputs"))
    return {
        "id": _text(state, "id"),
        "parent": _text(state, "parent"),
        "protect": state.get("protect") is True,
        "inputs": inputs if isinstance(inputs, dict) else {},
        "outputs": outputs if isinstance(outputs, dict) else {},
    }


def _policies(events: Iterable[Event]) -> tuple[Finding, ...]:
    bodies = (event.get("policyEvent") for event in events)
    found = {
        Finding(
            policy=_text(body, "policyName"),
            pack=_text(body, "policyPackName"),
            mandatory=_text(body, "enforcementLevel") == "mandatory",
            severity=_text(body, "severity"),
            urn=_text(body, "resourceUrn"),
            message=_message(body),
        )
        for body in bodies
        if isinstance(body, Mapping)
    }
    return tuple(
        sorted(found, key=lambda f: (not f.mandatory, f.policy, f.urn, f.message, f.pack, f.severity))
    )


def _errors(events: Iterable[Event], policies: Iterable[Finding]) -> tuple[str, ...]:
    """Without the engine's last words if there is a better reason: another error, or a policy."""
    found = _messages(events, "error")
    reasons = tuple(text for text in found if text != "preview failed")
    return reasons if reasons or any(finding.mandatory for finding in policies) else found


def _messages(events: Iterable[Event], severity: str) -> tuple[str, ...]:
    """Each once, in the order of the events."""
    bodies = (event.get("diagnosticEvent") for event in events)
    texts = (
        _message(body) for body in bodies if isinstance(body, Mapping) and body.get("severity") == severity
    )
    return tuple(dict.fromkeys(text for text in texts if text))


def _message(body: Mapping[str, Any]) -> str:
    """Without the engine's marks for colours, which it leaves in unless NO_COLOR is set."""
    return _COLOURS.sub("", _text(body, "message")).strip()


def _text(values: Mapping[str, Any], key: str) -> str:
    found = values.get(key)
    return found if isinstance(found, str) else ""
