"""A federation as a drawing: what its topology says, as Mermaid and as SVG. Pure.

graph = describe(topology, workloads)
mermaid(graph)                            text for a page in Markdown
svg(draw(graph))                          a picture that stands alone
"""

from __future__ import annotations

from federation.graph.layout import draw
from federation.graph.mermaid import mermaid
from federation.graph.model import Graph, describe
from federation.graph.svg import svg

__all__ = ["Graph", "describe", "draw", "mermaid", "svg"]
