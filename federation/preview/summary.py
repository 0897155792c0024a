"""What there is to tell about a preview, worst first, as plain data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from federation.preview.changes import Change, Finding, Preview, name_of
from federation.preview.kinds import IMPORTANT, LEAST, in_the_world, plain, rank, title
from federation.preview.parts import DONE, Part, parts
from federation.preview.redact import redacted
from federation.preview.zone_diff import zone_diffs

LOSING = ("replace", "delete", "delete-replaced")


@dataclass(frozen=True)
class Loss:
    """Resources of a kind that are destroyed or replaced for one reason.

    Attributes:
        op: one of `LOSING`.
        kind: such as "cluster", or a type's last word if it is not important.
        names: of the resources.
        why: properties that make it another one; empty if it is no longer wanted.
        what: what goes with it; empty if nothing does.
        protected: the engine refuses.
        important: others depend on what is of this kind.
    """

    op: str
    kind: str
    names: tuple[str, ...]
    why: tuple[str, ...]
    what: str = ""
    protected: bool = False
    important: bool = False


@dataclass(frozen=True)
class Group:
    """All resources of a type of which the same becomes.

    Attributes:
        op: one of `DONE`.
        kind: the type's last word, such as "Deployment".
        names: of the resources.
        paths: of all properties that differ.
    """

    op: str
    kind: str
    names: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Violation:
    """What a policy says.

    Attributes:
        policy: its name.
        mandatory: it stops the update.
        resource: its name; empty: the whole stack.
        wrong: what is wrong.
        fix: what to do; empty if the policy does not tell.
        more: further resources of which it says something, as advice.
    """

    policy: str
    mandatory: bool
    resource: str
    wrong: str
    fix: str
    more: int = 0


@dataclass(frozen=True)
class Summary:
    """All of it, of one stack.

    Attributes:
        stack: its name.
        finished: the engine came to its end.
        counts: resources by `Change.op`, and "unknown".
        losses: what is destroyed or replaced, the most important first.
        parts: what changes, by parts of the federation.
        zones: zone to lines of a zone file after a "+" or "-".
        policies: mandatory first; advice once for each policy.
        errors: of the engine.
        warnings: of the engine.
        unknown: names of resources that cannot be compared.
        groups: all changes, by type.
    """

    stack: str
    finished: bool
    counts: Mapping[str, int]
    losses: tuple[Loss, ...]
    parts: tuple[Part, ...]
    zones: Mapping[str, Sequence[str]]
    policies: tuple[Violation, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    unknown: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def quiet(self) -> bool:
        """Whether nothing changes, and nothing is wrong."""
        stopped = any(policy.mandatory for policy in self.policies)
        return self.finished and not (self.groups or self.unknown or self.errors or stopped)

    def as_json(self) -> dict[str, Any]:
        """In its public form (docs/previews.md)."""
        return asdict(self)


def summarize(preview: Preview) -> Summary:
    """What there is to tell; texts of the engine without what looks like a credential."""
    known = [change for change in preview.changes if not change.unknown]
    return Summary(
        stack=preview.stack,
        finished=preview.finished,
        counts=preview.counts,
        losses=tuple(_losses(known)),
        parts=tuple(parts(preview.changes)),
        zones=zone_diffs(preview.changes),
        policies=tuple(_violations(preview.policies)),
        errors=tuple(map(redacted, preview.errors)),
        warnings=tuple(map(redacted, preview.warnings)),
        unknown=tuple(change.name for change in preview.changes if change.unknown),
        groups=tuple(_groups(known)),
    )


def _losses(changes: Iterable[Change]) -> list[Loss]:
    """What is important by kind and reason, everything else by type."""
    lost = [change for change in changes if change.op in LOSING and in_the_world(change)]
    alone: dict[Loss, list[str]] = {}
    for change in sorted(lost, key=lambda each: (rank(each), LOSING.index(each.op), each.name, each.urn)):
        if rank(change) < LEAST:
            alone.setdefault(_loss(change), []).append(change.name)
    others = _groups(change for change in lost if rank(change) == LEAST)
    return [
        *(replace(loss, names=tuple(names)) for loss, names in alone.items()),
        *(Loss(group.op, group.kind, group.names, _why(group.op, group.paths)) for group in others),
    ]


def _loss(change: Change) -> Loss:
    """Of one resource that is important, without its name."""
    kind = IMPORTANT[plain(change.type)]
    return Loss(
        change.op,
        kind.title,
        (),
        _why(change.op, change.replace_paths),
        kind.loss if change.op != "delete-replaced" else "",
        protected=bool(change.old and change.old["protect"]),
        important=True,
    )


def _why(op: str, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(paths) if op == "replace" else ()


def _groups(changes: Iterable[Change]) -> list[Group]:
    """By what becomes of them, what is important first; components, which are nothing by themselves, last."""
    found: dict[tuple[int, int, bool, str], list[Change]] = {}
    order = list(DONE)
    for change in changes:
        if change.op in order:
            place = (order.index(change.op), rank(change), not in_the_world(change), plain(change.type))
            found.setdefault(place, []).append(change)
    return [
        Group(
            order[place[0]],
            title(place[-1]),
            tuple(sorted(change.name for change in each)),
            tuple(sorted({path for change in each for path in (change.replace_paths or change.paths)})),
        )
        for place, each in sorted(found.items())
    ]


def _violations(findings: Iterable[Finding]) -> list[Violation]:
    """Each that is mandatory; what is advice once for each policy."""
    told = list[Violation]()
    advice: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.mandatory:
            told.append(_violation(finding))
        else:
            advice.setdefault(finding.policy, []).append(finding)
    return told + [_violation(found[0], more=len(found) - 1) for found in advice.values()]


def _violation(finding: Finding, more: int = 0) -> Violation:
    """Messages of this project's pack are a title, what is wrong, "Next:" and what to do."""
    heading, _, text = redacted(finding.message).partition("\n")
    wrong, _, fix = (text or heading).partition(" Next: ")
    return Violation(
        finding.policy,
        finding.mandatory,
        redacted(name_of(finding.urn)),
        wrong.strip().removesuffix("."),
        fix.strip(),
        more,
    )
