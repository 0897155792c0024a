"""Drawings of topologies: what they show, that they are current, and that no text becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.graph import Graph, draw, mermaid, svg
from federation.graph.model import ClusterNode, Node, ServiceNames
from federation.graph.shapes import STYLES, Box, Drawing, Line, Text
from federation.graph.text import width, wrap
from tests.unit.graph_fixtures import GRAPHS, ROOT, STACKS, large, of, of_stack

HOSTILE = """a"];click plane href "x"<b onload='y'>&amp;#35;{}|`\n%%{init}%%\x00\u202e"""
NAMESPACE = "{http://www.w3.org/2000/svg}"


def boxes(drawing: Drawing, style: str) -> list[Box]:
    return [shape for shape in drawing.shapes if isinstance(shape, Box) and shape.style.split()[0] == style]


def texts(drawing: Drawing) -> list[Text]:
    return [shape for shape in drawing.shapes if isinstance(shape, Text)]


@pytest.mark.parametrize("name", STACKS)
def test_the_drawings_in_the_documentation_are_those_of_the_stacks(name: str) -> None:
    graph, folder = of_stack(name), ROOT / "docs" / "graphs"
    assert (folder / f"{name}.mmd").read_text() == mermaid(graph), "run `make graphs`"
    assert (folder / f"{name}.svg").read_text() == svg(draw(graph)), "run `make graphs`"


def test_a_graph_has_what_the_topology_says_and_its_defaults() -> None:
    assert of_stack("icp") == Graph(
        name="fc-federated-cluster",
        domain="fc-federated.com",
        clusters=(
            ClusterNode(
                name="fc01",
                kind="existing cluster",
                region="us",
                zones=("east",),
                host=True,
                facts=("virtual IPs 10.250.0.0/24",),
            ),
            ClusterNode(
                name="fc02",
                kind="existing cluster",
                region="us",
                zones=("west",),
                facts=("virtual IPs 10.250.1.0/24",),
            ),
        ),
        plane=Node(
            "control plane in fc01",
            (
                "Karmada 1.18.2, API of Kubernetes 1.36.3",
                "etcd: 1 member, 10Gi each",
                "namespace federation-system, node port 32443",
            ),
        ),
        zones=(
            Node(
                "zone fc-federated.com",
                (
                    "CoreDNS in fc01, 2 replicas, etcd of 1 member",
                    "nameservers: a node port of fc01",
                    "asked by the cluster DNS of all members",
                    "controller in fc01",
                ),
            ),
        ),
        workloads=(Node("apps/nginx", ("Deployment default/nginx, 4 replicas", "Service default/nginx")),),
        services=(
            ServiceNames(
                "default/nginx",
                (
                    ("global", "nginx.default.fc-federated-cluster.svc.fc-federated.com"),
                    ("region us", "nginx.default.fc-federated-cluster.svc.us.fc-federated.com"),
                    ("zone east", "nginx.default.fc-federated-cluster.svc.east.us.fc-federated.com"),
                    ("zone west", "nginx.default.fc-federated-cluster.svc.west.us.fc-federated.com"),
                ),
            ),
        ),
    )


def test_clusters_and_zones_in_azure_say_what_is_known_before_they_are_made() -> None:
    graph = of_stack("westus")
    assert graph.clusters[1] == ClusterNode(
        name="eastuscluster1",
        kind="AKS, made by the stack",
        region="eastus",
        zones=("1", "2", "3"),
        version="1.36",
        facts=("5 nodes at first",),
    )
    assert graph.plane.lines[-1] == "namespace federation-system, a load balancer"
    assert graph.zones == (
        Node(
            "zone syncweek.com",
            (
                "Azure DNS, resource group fed-dns-rg",
                "nameservers of Azure",
                "controller in westuscluster1",
            ),
        ),
    )


def test_zones_say_where_they_are_and_who_answers() -> None:
    assert [node.lines for node in large().zones] == [
        (
            "CoreDNS in eu-fra1, 2 replicas, etcd of 1 member",
            "nameservers: 10.1.0.9",
            "asked by the cluster DNS of all members",
            "controller in eu-fra1",
        ),
        (
            "Azure DNS, resource group dns",
            "delegated from com",
            "global names by Traffic Manager",
            "nameservers of Azure",
            "controller in ops",
        ),
    ]


def test_without_dns_there_are_no_names() -> None:
    graph = of([{"name": "fc01"}], workloads=[{"path": "apps/nginx"}])
    assert (graph.zones, graph.services) == ((), ())
    assert "names of" not in mermaid(graph)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_text_is_drawn_whole_and_fits_its_room(name: str) -> None:
    graph = replace(GRAPHS[name](), services=())
    drawing = draw(graph)
    drawn = "".join(text.content for text in texts(drawing)).replace(" ", "")
    for node in (graph.plane, *graph.zones, *graph.workloads):
        for text in (node.title, *node.lines):
            assert text.replace(" ", "") in drawn
    for cluster in graph.clusters:
        for text in (cluster.name, *cluster.lines):
            assert text.replace(" ", "") in drawn
    for line in texts(drawing):
        font = STYLES[line.style]
        assert width(line.content, font.size, bold=font.bold, mono=font.mono) <= line.room
        assert 0 < line.x < line.x + line.room < drawing.width
        assert 0 < line.y < drawing.height


@pytest.mark.parametrize("name", GRAPHS)
def test_boxes_stand_apart(name: str) -> None:
    drawing = draw(GRAPHS[name]())
    solid = [
        box for style in ("cluster", "plane", "workload", "zone", "names") for box in boxes(drawing, style)
    ]
    for n, one in enumerate(solid):
        assert one.x > 0
        assert one.x + one.width < drawing.width
        assert one.y + one.height < drawing.height
        for other in solid[n + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y
    for cluster in boxes(drawing, "cluster"):
        around = [
            region
            for region in boxes(drawing, "region")
            if region.x < cluster.x and cluster.x + cluster.width < region.x + region.width
            if region.y < cluster.y and cluster.y + cluster.height < region.y + region.height
        ]
        assert len(around) == 1


@pytest.mark.parametrize("name", GRAPHS)
def test_a_join_arrives_at_every_member_and_at_no_other_cluster(name: str) -> None:
    graph = GRAPHS[name]()
    drawing = draw(graph)
    lines = [shape for shape in drawing.shapes if isinstance(shape, Line)]
    arrows = {line.points[-1] for line in lines if not line.plain}
    joined = [
        any(x == box.x and box.y < y < box.y + box.height for x, y in arrows)
        for box in boxes(drawing, "cluster")
    ]
    ordered = [cluster for clusters in graph.regions.values() for cluster in clusters]
    assert joined == [cluster.member for cluster in ordered]
    upright = all(
        a[0] == b[0] or a[1] == b[1]
        for line in lines
        for a, b in zip(line.points, line.points[1:], strict=False)
    )
    assert upright, "lines have right angles only"


@pytest.mark.parametrize("name", GRAPHS)
def test_lines_of_joins_run_beside_clusters_and_not_through_them(name: str) -> None:
    drawing = draw(GRAPHS[name]())
    solid = [
        box for style in ("cluster", "plane", "workload", "zone", "names") for box in boxes(drawing, style)
    ]
    for line in (shape for shape in drawing.shapes if isinstance(shape, Line)):
        for (ax, ay), (bx, by) in zip(line.points, line.points[1:], strict=False):
            for box in solid:
                apart = max(ax, bx) <= box.x or min(ax, bx) >= box.x + box.width
                assert apart or max(ay, by) <= box.y or min(ay, by) >= box.y + box.height


def test_a_member_has_the_colour_and_the_word_of_its_state() -> None:
    graph = of([{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}])
    drawing = draw(graph.with_states({"a": "ready", "b": "not ready", "c": "not joined"}))
    assert [box.style for box in boxes(drawing, "cluster")] == [
        "cluster ready",
        "cluster unready",
        "cluster unready",
        "cluster",
    ]
    words = [(t.content, t.style) for t in texts(drawing) if t.style in {"good", "bad"}]
    assert words == [("ready", "good"), ("not ready", "bad"), ("not joined", "bad")]


def test_what_is_beyond_a_limit_is_counted() -> None:
    rows = (("global", "x.example.com"), *((f"zone {n}", f"x.{n}.example.com") for n in range(20)))
    services = tuple(ServiceNames(f"default/s{n}", rows) for n in range(8))
    drawn = [text.content for text in texts(draw(replace(of_stack("icp"), services=services)))]
    assert drawn.count("and 7 more levels") == 6
    assert drawn[-1] == "and 2 more services"


def hostile() -> Graph:
    node = Node(HOSTILE, (HOSTILE,))
    cluster = ClusterNode(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, host=True, facts=(HOSTILE,))
    names = ServiceNames(HOSTILE, ((HOSTILE, HOSTILE),))
    return Graph(HOSTILE, HOSTILE, (cluster,), node, (node,), (node,), (names,))


def test_an_svg_is_one_document_without_scripts_and_references() -> None:
    for graph in (large(), hostile()):
        text = svg(draw(graph))
        root = ET.fromstring(text)  # noqa: S314  our own
        kinds = {element.tag.removeprefix(NAMESPACE) for element in root.iter()}
        assert kinds == {"svg", "title", "desc", "style", "rect", "text", "polyline", "polygon"}
        names = {name for element in root.iter() for name in element.attrib}
        assert not [name for name in names if "href" in name or name.startswith("on")]
        assert not re.search(r"url\(|@import|\x00", text)


def test_an_svg_says_what_it_shows_to_those_who_do_not_see_it() -> None:
    root = ET.fromstring(svg(draw(of_stack("icp"))))  # noqa: S314  our own
    assert root.attrib["role"] == "img"
    said = {element.attrib["id"]: element.text for element in root.iter() if "id" in element.attrib}
    assert said == {
        "graph-title": "Federation fc-federated-cluster",
        "graph-text": (
            "fc-federated.com, 2 members, 1 region; control plane in fc01. Clusters: fc01 in us, fc02 in us. "
            "Names: zone fc-federated.com."
        ),
    }
    assert root.attrib["aria-labelledby"].split() == [*said]


@pytest.mark.parametrize("name", [*GRAPHS, "hostile"])
def test_a_flowchart_declares_each_node_once_and_nothing_else_has_a_meaning(name: str) -> None:
    text = mermaid(GRAPHS[name]() if name in GRAPHS else hostile())
    label = r'\["(?:[^"#]|#\d+;)*"\]'
    forms = {
        "node": rf"  (?:  )?(\w+){label}:::(?:plane|cluster|zone|workload|names)",
        "subgraph": rf"  subgraph (\w+){label}",
        "edge": r'  (\w+) (?:-- "\w+" )?--> (\w+)',
    }
    found: dict[str, list[tuple[str, ...]]] = {kind: [] for kind in forms}
    for line in text.splitlines()[5:]:
        hits = [(kind, hit) for kind, form in forms.items() if (hit := re.fullmatch(form, line))]
        if not hits:
            assert line == "  end" or line.startswith("  classDef "), line
        for kind, hit in hits:
            found[kind].append(hit.groups())
    declared = [row[0] for kind in ("node", "subgraph") for row in found[kind]]
    assert len(declared) == len(set(declared))
    assert {end for row in found["edge"] for end in row} <= set(declared)
    assert text.splitlines()[2] == "flowchart TB"


@given(st.text(max_size=80), st.integers(20, 400), st.booleans(), st.booleans())
def test_broken_text_is_whole_and_fits(text: str, room: int, bold: bool, mono: bool) -> None:
    lines = wrap(text, room, 12, bold=bold, mono=mono)
    assert all(width(line, 12, bold=bold, mono=mono) <= room for line in lines)
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    assert "".join(lines).replace(" ", "") == kept.replace(" ", "")


def test_text_is_broken_after_punctuation_before_it_is_broken_anywhere() -> None:
    assert wrap("nginx.default.example.com", 100, 12, mono=True) == ("nginx.", "default.", "example.com")
    assert wrap("two words", 50, 12, mono=True) == ("two", "words")
    assert wrap("abcdefghij", 40, 12, mono=True) == ("abcde", "fghij")
