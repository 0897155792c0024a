"""A graph as Mermaid, which GitHub, GitLab and Azure DevOps draw in Markdown. Pure.

Labels are in quotes, with what has a meaning there as `#number;` (Mermaid, "Entity codes to escape characters").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from federation.graph.model import Graph
from federation.graph.text import printable

HEAD = (
    "%% made by `fedctl graph`",
    '%%{init: {"flowchart": {"wrappingWidth": 600}}}%%',  # else names break where they must not
)
CLASSES = (
    "classDef plane fill:#e8f0fe,stroke:#3b6fd4,color:#1b2330",
    "classDef cluster fill:#ffffff,stroke:#8a99ab,color:#1b2330",
    "classDef zone fill:#eaf7ef,stroke:#2f8a57,color:#1b2330",
    "classDef workload fill:#fff6e5,stroke:#b7791f,color:#1b2330",
    "classDef names fill:#ffffff,stroke:#8a99ab,color:#1b2330,text-align:left",
)
_SPECIAL = re.compile(r"""["'#&<>`\\;|{}\[\]()]""")


def mermaid(graph: Graph) -> str:
    """A flowchart, with a line break at its end."""
    lines = [
        *HEAD,
        "flowchart TB",
        f"  accTitle: {_plain(graph.name)}",
        f"  accDescr: {_plain(graph.summary)}",
        *_nodes(graph),
        *_edges(graph),
        *(f"  {line}" for line in CLASSES),
    ]
    return "\n".join(lines) + "\n"


def _nodes(graph: Graph) -> Iterator[str]:
    yield f"  plane[{_label(graph.plane.title, graph.plane.lines)}]:::plane"
    for place, (region, clusters) in enumerate(graph.regions.items()):
        yield f"  subgraph r{place}[{_label(f'region {region}' if region else 'no region')}]"
        for cluster in clusters:
            lines = (*cluster.lines, *(["hosts the control plane"] if cluster.host else []))
            yield f"    c{graph.clusters.index(cluster)}[{_label(cluster.name, lines)}]:::cluster"
        yield "  end"
    for prefix, kind, nodes in (("w", "workload", graph.workloads), ("z", "zone", graph.zones)):
        for place, node in enumerate(nodes):
            yield f"  {prefix}{place}[{_label(node.title, node.lines)}]:::{kind}"
    for place, service in enumerate(graph.services):
        rows = [name for _, name in service.rows]
        yield f"  n{place}[{_label(f'names of {service.service}', rows)}]:::names"


def _edges(graph: Graph) -> Iterator[str]:
    for place, _ in enumerate(graph.workloads):
        yield f"  w{place} --> plane"
    for place, cluster in enumerate(graph.clusters):
        if cluster.member:
            yield f'  plane -- "joins" --> c{place}'
    for zone, _ in enumerate(graph.zones):
        for region, clusters in enumerate(graph.regions.values()):
            if any(cluster.member for cluster in clusters):
                yield f'  r{region} -- "addresses" --> z{zone}'
        for service, _ in enumerate(graph.services):
            yield f"  z{zone} --> n{service}"


def _label(title: str, lines: Iterable[str] = ()) -> str:
    return '"' + "<br/>".join([f"<b>{_escaped(title)}</b>", *map(_escaped, lines)]) + '"'


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda hit: f"#{ord(hit[0])};", printable(text))


def _plain(text: str) -> str:
    """For the title and description, which end with the line."""
    return " ".join(re.sub(r"[{}%;#]", " ", printable(text)).split())
