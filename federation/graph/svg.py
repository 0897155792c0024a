"""A drawing as SVG 1.1: for a file of its own, or to be put into a page. Pure.

ElementTree writes it, so that no text can become markup.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from federation.graph.shapes import STYLES, Box, Drawing, Font, Line, Shape, Text
from federation.graph.text import printable

XML = "http://www.w3.org/2000/svg"
SANS = "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif"
MONO = "'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace"
PAPER = """\
.paper{fill:#ffffff}.text,.name{fill:#3d4757}.title,.head{fill:#1b2330}.label{fill:#55606e}
.good{fill:#1d6b41}.bad{fill:#a3271f}.accent{fill:#2a56ad}
.region{fill:#f3f6fa;stroke:#c6d0dc}.cluster{fill:#ffffff;stroke:#8a99ab}.idle{stroke-dasharray:5 4}
.ready{fill:#eefaf2;stroke:#2f8a57}.unready{fill:#fdecea;stroke:#c0362c}
.plane{fill:#e8f0fe;stroke:#3b6fd4}.zone{fill:#eaf7ef;stroke:#2f8a57}.workload{fill:#fff6e5;stroke:#b7791f}
.names{fill:#ffffff;stroke:#8a99ab}.line{fill:none;stroke:#6b7786;stroke-width:1.5}.tip{fill:#6b7786}
"""
"""Colours on paper. A page that has others leaves these out, and has the classes in its own style sheet."""
_TIP = 8.0
"""Length of an arrow head."""


def svg(drawing: Drawing, *, style: str = PAPER, name: str = "graph") -> str:
    """An `svg` element, with a line break at its end.

    Args:
        drawing: what to draw.
        style: a style sheet for its classes; empty if the page around it has one.
        name: what ids begin with, which are unique in a page.
    """
    root = Element(
        "svg",
        {
            "xmlns": XML,
            "viewBox": f"0 0 {_number(drawing.width)} {_number(drawing.height)}",
            "width": _number(drawing.width),
            "height": _number(drawing.height),
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-text",
            "font-family": SANS,
        },
    )
    SubElement(root, "title", {"id": f"{name}-title"}).text = printable(drawing.title)
    SubElement(root, "desc", {"id": f"{name}-text"}).text = printable(drawing.description)
    if style:
        SubElement(root, "style").text = style
        SubElement(root, "rect", {"class": "paper", "width": "100%", "height": "100%"})
    for shape in drawing.shapes:
        _add(root, shape)
    indent(root)
    return tostring(root, encoding="unicode") + "\n"


def _add(root: Element, shape: Shape) -> None:
    if isinstance(shape, Box):
        place = {key: _number(getattr(shape, key)) for key in ("x", "y", "width", "height")}
        SubElement(root, "rect", {"class": shape.style, **place, "rx": "6"})
    elif isinstance(shape, Text):
        where = {"x": _number(shape.x), "y": _number(shape.y)}
        SubElement(
            root, "text", {"class": shape.style, **where, **_font(STYLES[shape.style])}
        ).text = shape.content
    else:
        _line(root, shape)


def _font(font: Font) -> dict[str, str]:
    found = {"font-size": _number(font.size)}
    if font.bold:
        found["font-weight"] = "bold"
    if font.mono:
        found["font-family"] = MONO
    return found


def _line(root: Element, line: Line) -> None:
    """Arrow heads are shapes of their own: markers are drawn differently by different programs."""
    (x, y), points = line.points[-1], list(line.points)
    if not line.plain:
        dx, dy = _direction(points[-2], points[-1])
        points[-1] = (x - dx * _TIP, y - dy * _TIP)
        tip = [(x, y)]
        tip += [(x - dx * _TIP + s * dy * _TIP / 2, y - dy * _TIP + s * dx * _TIP / 2) for s in (1, -1)]
        SubElement(root, "polygon", {"class": "tip", "points": _points(tip)})
    SubElement(root, "polyline", {"class": "line", "points": _points(points)})


def _direction(start: tuple[float, float], end: tuple[float, float]) -> tuple[int, int]:
    """Of a line that is level or upright."""
    return _sign(end[0] - start[0]), _sign(end[1] - start[1])


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    """With one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")
