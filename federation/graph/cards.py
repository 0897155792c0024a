"""Boxes with text in them: how high they are, and their shapes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from federation.graph.model import ClusterNode, Node
from federation.graph.shapes import STYLES, Box, Shape, Text
from federation.graph.text import wrap

PAD = 12.0
STATES = {
    "ready": ("cluster ready", "good"),
    "not ready": ("cluster unready", "bad"),
    "not joined": ("cluster unready", "bad"),
}
"""What is known of a member → styles of its box and of that text."""


@dataclass(frozen=True)
class Card:
    """A box with text in it: pieces of text with their styles, each of which begins a line."""

    style: str
    texts: tuple[tuple[str, str], ...]

    def lines(self, width: float) -> list[tuple[str, str]]:
        """The same, broken into lines that fit."""
        return [(line, style) for text, style in self.texts for line in broken(text, style, width - 2 * PAD)]

    def height(self, width: float) -> float:
        """At that width."""
        return sum(STYLES[style].leading for _, style in self.lines(width)) + 2 * PAD - 3

    def at(self, x: float, y: float, width: float, height: float | None = None) -> Iterator[Shape]:
        """Its shapes."""
        yield Box(x, y, width, height or self.height(width), self.style)
        base = y + PAD - 5
        for line, style in self.lines(width):
            base += STYLES[style].leading
            if line:
                yield Text(x + PAD, base, line, style, width - 2 * PAD)


def broken(text: str, style: str, room: float) -> tuple[str, ...]:
    """A text in lines of its style."""
    font = STYLES[style]
    return wrap(text, room, font.size, bold=font.bold, mono=font.mono)


def of_nodes(nodes: tuple[Node, ...], style: str) -> Card:
    """One or several in one box."""
    texts = list[tuple[str, str]]()
    for node in nodes:
        gap = [("", "gap")] if texts else []
        texts += [*gap, (node.title, "head"), *((line, "text") for line in node.lines)]
    return Card(style, tuple(texts))


def of_cluster(cluster: ClusterNode) -> Card:
    """A cluster with its state, if that is known."""
    style, tone = STATES.get(cluster.state, ("cluster" if cluster.member else "cluster idle", "text"))
    texts = [(cluster.name, "head"), *((line, "text") for line in cluster.lines)]
    if cluster.state:
        texts.insert(1, (cluster.state, tone))
    if cluster.host:
        texts.append(("hosts the control plane", "accent"))
    return Card(style, tuple(texts))
