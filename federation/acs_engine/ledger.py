"""The report of a conversion: what became of each value of the file, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from federation.acs_engine.sources import ACS
from federation.acs_engine.tree import Leaf, Node
from federation.acs_engine.values import HIDDEN, dotted, shown

Verdict = Literal["kept", "changed", "dropped", "refused"]


@dataclass(frozen=True)
class Line:
    """What became of one value.

    Attributes:
        path: where it is in the file, such as `properties.agentPoolProfiles[0].vmSize`.
        line: of the text, from 1; None if there was none.
        old: the value as JSON, shortened; `(not shown)` if it is a secret.
        verdict: `refused` means that nothing is converted until the file is corrected.
        new: the keys of the topology that come from it, such as `tier: Standard`; empty if none do.
        reason: why.
        source: where that can be read; empty if it is our own choice.
    """

    path: str
    line: int | None
    old: str
    verdict: Verdict
    new: str
    reason: str
    source: str = ""

    @property
    def place(self) -> str:
        """Path and line, for a message."""
        return f"{self.path} (line {self.line})" if self.line else self.path


@dataclass(frozen=True)
class Said:
    """A verdict about a value; see `Line`."""

    verdict: Verdict
    new: str
    reason: str
    source: str = ""


@dataclass
class Ledger:
    """Verdicts while they are found; the first one about a node counts.

    Attributes:
        said: verdict of each node.
        problems: what stops the conversion and is no value of the file, such as a key that is missing.
        notes: what the reader should know or do.
    """

    said: dict[Node, Said] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def keep(self, node: Node | None, new: str, reason: str, source: str = "") -> None:
        """The topology says the same."""
        self._say(node, Said("kept", new, reason, source))

    def change(self, node: Node | None, new: str, reason: str, source: str = "") -> None:
        """The topology says something else."""
        self._say(node, Said("changed", new, reason, source))

    def drop(self, node: Node | None, reason: str, source: str = "") -> None:
        """The topology says nothing of it."""
        self._say(node, Said("dropped", "", reason, source))

    def refuse(self, node: Node | None, reason: str, source: str = "") -> None:
        """Nothing is converted."""
        self._say(node, Said("refused", "", reason, source))

    def refuse_at(self, node: Node | None, path: str, reason: str) -> None:
        """Nothing is converted, for a value that may be missing, or an object where a value should be."""
        if node is not None and node.is_leaf:
            self.refuse(node, reason, ACS)
        else:
            self.problems.append(f"{path}: {reason}")

    def _say(self, node: Node | None, said: Said) -> None:
        if node is not None and node.is_leaf:
            self.said.setdefault(node, said)

    @property
    def refused(self) -> bool:
        """Whether there is a reason not to convert at all."""
        return bool(self.problems) or any(said.verdict == "refused" for said in self.said.values())

    def line(self, leaf: Leaf, hidden: bool) -> Line:
        """The line of the report about a leaf that has its verdict."""
        said = self.said[leaf.node]
        return Line(
            path=dotted(leaf.loc) or "the document",
            line=leaf.node.line,
            old=HIDDEN if hidden else old(leaf.node),
            verdict=said.verdict,
            new=said.new,
            reason=said.reason,
            source=said.source,
        )


def old(node: Node) -> str:
    """A leaf as it stands in the file."""
    if node.fields is not None:
        return "{}"
    return "[]" if node.items is not None else shown(node.value)
