"""The sections of a comment on a preview, of which rows may be left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from federation.preview.markdown import block, code, listed, prose, row
from federation.preview.parts import DONE
from federation.preview.summary import Group, Loss, Summary, Violation

ERROR_LINES = 8
FACTS = 4
"""So much is told of one part."""


@dataclass(frozen=True)
class Section:
    """A part of the comment.

    Attributes:
        head: lines before its rows.
        rows: lines of which some may be left out.
        more: the line that stands for a number of rows that were left out.
        foot: lines after its rows.
        minor: other sections have their rows first.
    """

    head: Sequence[str]
    rows: Sequence[str]
    more: Callable[[int], str]
    foot: Sequence[str] = ()
    minor: bool = False

    @property
    def frame(self) -> int:
        """Lines without the rows."""
        return len(self.head) + len(self.foot)

    def lines(self, room: int) -> list[str]:
        """With at most so many lines for the rows, at least one."""
        if len(self.rows) <= room:
            return [*self.head, *self.rows, *self.foot]
        shown = self.rows[: room - 1]
        return [*self.head, *shown, self.more(len(self.rows) - len(shown)), *self.foot]


def sections(summary: Summary, platform: str) -> Iterator[Section]:
    """In their order, which is that of their importance, too."""
    if summary.errors or not summary.finished:
        yield _failure(summary.errors)
    if summary.losses:
        yield _destroyed(summary.losses, platform)
    if summary.parts:
        yield _parts(summary)
    if summary.zones:
        yield _names(summary)
    if stopped := [policy for policy in summary.policies if policy.mandatory]:
        yield _policies(stopped)
    if summary.unknown:
        text = f"**Cannot be compared without access: {len(summary.unknown)}** ({listed(summary.unknown)})"
        yield Section(["", text], [], str)
    if summary.groups:
        yield _details(summary.groups)
    advice = [policy for policy in summary.policies if not policy.mandatory]
    if advice or summary.warnings:
        yield _advice(advice, summary.warnings)


def _failure(errors: Sequence[str]) -> Section:
    lines = [line for error in errors for line in _short(block(error.splitlines()))]
    lines = lines or ["The engine did not come to its end, and said no error. The job's log may tell more."]
    head = ["", "**The preview failed**, so there may be more changes than are shown here.", "```text"]
    return Section(head, lines, lambda n: f"… and {n} more lines", ["```"])


def _short(lines: Sequence[str]) -> list[str]:
    """The first line and the last ones: between them is, if it is long, a traceback."""
    told = [line for line in lines if line.strip()]
    return told if len(told) <= ERROR_LINES else [told[0], "…", *told[2 - ERROR_LINES :]]


def _destroyed(losses: Sequence[Loss], platform: str) -> Section:
    """As a warning where the platform has a form for it."""
    count = sum(len(loss.names) for loss in losses)
    quote = "" if platform == "azure-devops" else "> "
    alert = [] if platform == "azure-devops" else ["> [!CAUTION]"]
    title = f"{quote}**{count} destroyed or replaced**"
    alone = [loss for loss in losses if loss.important or loss.why]
    rest = [loss for loss in losses if not (loss.important or loss.why)]
    counts = [len(loss.names) for loss in alone]
    rows = [f"{quote}- {_loss(loss)}" for loss in alone]
    if rest:
        kinds = [loss.kind + _many(loss.names) for loss in rest]
        counts.append(count - sum(counts))
        rows.append(f"{quote}- {f'{counts[-1]} of other kinds: ' if alone else ''}{listed(kinds)}")
    head = ["", *alert, title, *([] if quote else [""])]
    return Section(head, rows, lambda n: f"{quote}- … and {sum(counts[-n:])} more")


def _loss(loss: Loss) -> str:
    text = f"{DONE[loss.op]}: {prose(loss.kind)}{_many(loss.names)} {listed(loss.names)}"
    if loss.why:
        text += f", because of {listed(loss.why, 120)}"
    if loss.what:
        text += f"; {loss.what}"
    return text + ("; **protected, so the engine refuses**" if loss.protected else "")


def _many(names: Sequence[str]) -> str:
    return f" ({len(names)})" if len(names) > 1 else ""


def _parts(summary: Summary) -> Section:
    rows = []
    for part in summary.parts:
        counts = ", ".join(f"{part.counts[op]} {DONE[op]}" for op in DONE if part.counts.get(op))
        name = f"{part.title} {code(part.name)}" if part.name else part.title
        facts = [prose(fact, 120) for fact in part.facts[:FACTS]]
        if len(part.facts) > FACTS:
            facts.append(f"and {len(part.facts) - FACTS} more")
        rows.append(row(name, "; ".join(facts) or "-", counts))
    head = ["", "| clusters and other parts | what happens | resources |", "|---|---|---|"]
    return Section(head, rows, lambda n: row(f"… and {n} more", "", ""))


def _names(summary: Summary) -> Section:
    """All zones in one block; a zone's name is a line that starts with "@@", which stands out in a diff."""
    lines = [
        line
        for zone, records in summary.zones.items()
        for line in block([f"@@ zone {zone} @@", *records], 120)
    ]
    return Section(["", "```diff"], lines, lambda n: f"# … and {n} more", ["```"])


def _policies(policies: Sequence[Violation]) -> Section:
    title = f"**policies stop this update: {len(policies)}**"
    rows = [row(code(each.policy), _wrong(each), prose(each.fix) or "see the policy") for each in policies]
    head = ["", f"| {title} | what is wrong | what to do |", "|---|---|---|"]
    return Section(head, rows, lambda n: row(f"… and {n} more", "", ""))


def _wrong(policy: Violation) -> str:
    more = f" (and {policy.more} more)" if policy.more else ""
    return (prose(policy.wrong) or code(policy.resource)) + more


def _advice(policies: Sequence[Violation], warnings: Sequence[str]) -> Section:
    """Collapsed, as most of it is the same each time: exceptions, and what is not known before the update."""
    rows = [row("warning", prose(text)) for text in warnings]
    rows += [row(code(each.policy), _wrong(each)) for each in policies]
    head = _collapsed(f"Warnings and advice: {len(rows)}", "", "")
    return Section(head, rows, lambda n: row("", f"… and {n} more"), ["", "</details>"], minor=True)


def _collapsed(summary: str, *columns: str) -> list[str]:
    opened = f"<details><summary>{summary}</summary>"
    return ["", opened, "", row(*columns), "|" + "---|" * len(columns)]


def _details(groups: Sequence[Group]) -> Section:
    count = sum(len(group.names) for group in groups)
    rows = []
    for group in groups:
        paths = f": {listed(group.paths, 120)}" if group.paths else ""
        kind = code(group.kind) + _many(group.names)
        rows.append(row(DONE[group.op], kind, listed(group.names) + paths))
    head = _collapsed(f"Changes by type: {count}", "", "type", "names")
    return Section(head, rows, lambda n: row("", f"… and {n} more types", ""), ["", "</details>"], minor=True)
