"""Where everything of a graph stands; from the top: workloads, control plane, clusters by region, zones, names. Pure.

Joins are a tree of right angles that crosses nothing: a trunk under the control plane, a bus over each row of regions,
a rail beside each column of clusters. The bus of a second row is fed along the left margin.
"""

from __future__ import annotations

from dataclasses import dataclass

from federation.graph.cards import PAD, broken, of_cluster, of_nodes
from federation.graph.model import ClusterNode, Graph, counted
from federation.graph.shapes import STYLES, Box, Drawing, Line, Shape, Text

WIDTH = 1000.0
MARGIN = 28.0
GAP = 16.0
RAIL = 22.0
"""Room left of each column of clusters, for its rail."""
ELBOW = 20.0
"""From the top of a cluster to where its join arrives."""
COLUMNS = 3
WIDEST = 440.0
"""Of a cluster."""
ARROW = 46.0
"""Room for an arrow between two boxes."""
LEVEL = 150.0
"""Column of levels, left of the names."""
MOST_SERVICES = 6
MOST_LEVELS = 14
"""Of a service; what is beyond is counted only."""
INNER = WIDTH - 2 * MARGIN


def draw(graph: Graph, *, heading: bool = True) -> Drawing:
    """The drawing of a graph; without its heading, for a page that has one."""
    sheet = _Sheet(graph)
    if heading:
        sheet.heading()
    sheet.top()
    sheet.regions()
    sheet.zones()
    sheet.names()
    height = round(sheet.y + MARGIN, 1)
    return Drawing(WIDTH, height, f"Federation {graph.name}", _told(graph), tuple(sheet.shapes))


def _told(graph: Graph) -> str:
    """In words, what boxes and arrows say."""
    clusters = ", ".join(f"{c.name}{f' in {c.region}' if c.region else ''}" for c in graph.clusters)
    zones = f" Names: {'; '.join(node.title for node in graph.zones)}." if graph.zones else ""
    return f"{graph.summary}; {graph.plane.title}. Clusters: {clusters}.{zones}"


@dataclass(frozen=True)
class _Region:
    """A region with its clusters in columns.

    Attributes:
        rows: of cards, from the top.
        width: of each card.
    """

    label: str
    rows: tuple[tuple[ClusterNode, ...], ...]
    width: float

    @property
    def columns(self) -> int:
        return len(self.rows[0])

    @property
    def outer(self) -> float:
        return 2 * PAD + self.columns * (RAIL + self.width) + (self.columns - 1) * PAD

    @property
    def heads(self) -> tuple[str, ...]:
        return broken(self.label, "label", self.width)

    @property
    def heights(self) -> list[float]:
        """Of each row of cards."""
        return [max(of_cluster(c).height(self.width) for c in row) for row in self.rows]

    @property
    def height(self) -> float:
        head = STYLES["label"].leading * len(self.heads)
        return 2 * PAD + head + sum(self.heights) + PAD * (len(self.rows) - 1)


class _Sheet:
    """A drawing that grows downwards: everything above `y` is done."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.shapes: list[Shape] = []
        self.y = MARGIN - 6
        self._trunk = MARGIN
        self._feet: list[float] = []

    def heading(self) -> None:
        for text, style in ((self._graph.name, "title"), (self._graph.summary, "text")):
            for line in broken(text, style, INNER):
                self.y += STYLES[style].leading
                self.shapes.append(Text(MARGIN, self.y - 6, line, style, INNER))
        self.y += GAP - 4

    def top(self) -> None:
        """Workloads lead into the control plane, from which the trunk hangs."""
        plane, workloads = of_nodes((self._graph.plane,), "plane"), self._graph.workloads
        width = (INNER - ARROW) / 2
        left, height = MARGIN, plane.height(width)
        if workloads:
            work = of_nodes(workloads, "workload")
            left, height = MARGIN + width + ARROW, max(height, work.height(width))
            self.shapes += work.at(MARGIN, self.y, width, height)
            middle = self.y + height / 2
            self.shapes.append(Line(((MARGIN + width, middle), (left, middle))))
        self.shapes += plane.at(left, self.y, width, height)
        self._trunk = left + width / 2
        self.y += height

    def regions(self) -> None:
        """Row by row, each under its bus."""
        start, buses = self.y, list[tuple[float, list[float]]]()
        for row in _packed(self._graph):
            bus, top, x, rails = self.y + ARROW / 2, self.y + ARROW, MARGIN, list[float]()
            height = max(region.height for region in row)
            for region in row:
                self.shapes.append(Box(x, top, region.outer, height, "region"))
                rails += self._clusters(region, x + PAD, top + PAD, bus)
                x += region.outer + GAP
            buses.append((bus, rails))
            self.y = top + height
            self._feet = _middles(row)
        self._joins(start, buses)

    def _clusters(self, region: _Region, x: float, y: float, bus: float) -> list[float]:
        """The clusters of a region, and rails down to its members. Returns where these hang on the bus."""
        for head in region.heads:
            self.shapes.append(Text(x + RAIL, y + 9, head, "label", region.width))
            y += STYLES["label"].leading
        ends: dict[float, float] = {}
        for row, height in zip(region.rows, region.heights, strict=True):
            for column, cluster in enumerate(row):
                left = x + column * (RAIL + region.width + PAD) + RAIL
                self.shapes += of_cluster(cluster).at(left, y, region.width, height)
                if cluster.member:
                    rail, elbow = left - RAIL / 2, y + ELBOW
                    ends[rail] = elbow
                    self.shapes.append(Line(((rail, elbow), (left, elbow))))
            y += height + PAD
        self.shapes += [Line(((rail, bus), (rail, end)), plain=True) for rail, end in ends.items()]
        return list(ends)

    def _joins(self, start: float, buses: list[tuple[float, list[float]]]) -> None:
        """The trunk, and what leads from it to all rails."""
        if not any(rails for _, rails in buses):
            return
        (first, rails), *rest = buses
        further, edge = [(bus, below) for bus, below in rest if below], MARGIN / 2
        ends = [self._trunk, *rails, *([edge] if further else [])]
        lines = [((self._trunk, start), (self._trunk, first)), ((min(ends), first), (max(ends), first))]
        lines += [((edge, bus), (max(below), bus)) for bus, below in further]
        if further:
            lines.append(((edge, first), (edge, further[-1][0])))
        self.shapes += [Line(points, plain=True) for points in lines]
        self.shapes.append(Text(self._trunk + 8, start + 15, "joins", "text", 60))

    def zones(self) -> None:
        """Side by side, as each holds all names."""
        zones = self._graph.zones
        if not zones:
            return
        width = (INNER - GAP * (len(zones) - 1)) / len(zones)
        cards = [of_nodes((node,), "zone") for node in zones]
        height, middles = max(card.height(width) for card in cards), _shares(len(zones))
        self._down("addresses of Services on all members", self._feet, middles)
        for card, middle in zip(cards, middles, strict=True):
            self.shapes += card.at(middle - width / 2, self.y, width, height)
        self.y += height

    def _down(self, label: str, starts: list[float], ends: list[float]) -> None:
        """From all of these to all of those."""
        if starts == ends:
            bus = self.y
        else:
            bus = self.y + ARROW / 3
            everything = (*starts, *ends)
            self.shapes.append(Line(((min(everything), bus), (max(everything), bus)), plain=True))
            self.shapes += [Line(((x, self.y), (x, bus)), plain=True) for x in starts]
        self.shapes += [Line(((x, bus), (x, self.y + ARROW))) for x in ends]
        self.shapes.append(Text(ends[0] + 10, self.y + ARROW * 0.7, label, "text", WIDTH / 3))
        self.y += ARROW

    def names(self) -> None:
        """A table: what the zones answer for."""
        services = self._graph.services
        if not services or not self._graph.zones:
            return
        middles = _shares(len(self._graph.zones))
        self._down("names", middles, middles)
        place, top = len(self.shapes), self.y
        self.y += PAD - 5
        for number, service in enumerate(services[:MOST_SERVICES]):
            self.y += STYLES["gap"].leading if number else 0
            self._cell(MARGIN + PAD, service.service, "head", INNER - 2 * PAD)
            for level, name in service.rows[:MOST_LEVELS]:
                y = self.y
                self._cell(MARGIN + PAD, level, "text", LEVEL - PAD)
                low, self.y = self.y, y
                self._cell(MARGIN + PAD + LEVEL, name, "name", INNER - 2 * PAD - LEVEL)
                self.y = max(low, self.y)
            self._rest(len(service.rows) - MOST_LEVELS, "level")
        self._rest(len(services) - MOST_SERVICES, "service")
        self.y += PAD
        self.shapes.insert(place, Box(MARGIN, top, INNER, self.y - top, "names"))

    def _rest(self, count: int, noun: str) -> None:
        if count > 0:
            self._cell(MARGIN + PAD, f"and {counted(count, f'more {noun}')}", "text", INNER - 2 * PAD)

    def _cell(self, x: float, text: str, style: str, room: float) -> None:
        for line in broken(text, style, room):
            self.y += STYLES[style].leading
            self.shapes.append(Text(x, self.y, line, style, room))


def _shares(count: int) -> list[float]:
    """Middles of that many boxes beside each other, all of one width."""
    width = (INNER - GAP * (count - 1)) / count
    return [MARGIN + width / 2 + place * (width + GAP) for place in range(count)]


def _middles(row: list[_Region]) -> list[float]:
    """Of the frames of a row that have members, or of all if none has."""
    x, found = MARGIN, list[tuple[float, bool]]()
    for region in row:
        found.append((x + region.outer / 2, any(c.member for clusters in region.rows for c in clusters)))
        x += region.outer + GAP
    return [x for x, member in found if member] or [x for x, _ in found]


def _packed(graph: Graph) -> list[list[_Region]]:
    """Rows of regions, with cards as wide as the fullest row allows."""
    rows: list[list[tuple[str | None, int]]] = []
    for region, clusters in graph.regions.items():
        columns = min(len(clusters), COLUMNS)
        taken = (row for row in rows if sum(count for _, count in row) + columns <= COLUMNS)
        if (row := next(taken, None)) is None:
            rows.append(row := [])
        row.append((region, columns))
    width = min(WIDEST, *(_room(row) for row in rows))
    return [
        [
            _Region(f"region {name}" if name else "no region", _table(graph.regions[name], columns), width)
            for name, columns in row
        ]
        for row in rows
    ]


def _room(row: list[tuple[str | None, int]]) -> float:
    """Width of a card, if the row is all there is in it."""
    columns = sum(count for _, count in row)
    used = sum(2 * PAD + count * RAIL + (count - 1) * PAD for _, count in row) + GAP * (len(row) - 1)
    return (INNER - used) / columns


def _table(clusters: tuple[ClusterNode, ...], columns: int) -> tuple[tuple[ClusterNode, ...], ...]:
    return tuple(clusters[n : n + columns] for n in range(0, len(clusters), columns))
