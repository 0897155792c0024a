"""What a drawing is made of. Coordinates and sizes are pixels from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle; `style` is a class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True)
class Text:
    """One line of text, from its left end on the base line.

    Attributes:
        style: one of `STYLES`.
        room: no wider than this.
    """

    x: float
    y: float
    content: str
    style: str
    room: float


@dataclass(frozen=True)
class Line:
    """A way through points, with an arrow head at its end unless `plain`."""

    points: tuple[tuple[float, float], ...]
    plain: bool = False


Shape = Box | Text | Line


@dataclass(frozen=True)
class Font:
    """How letters of a style look: size in pixels, and the distance of two lines."""

    size: float
    leading: float
    bold: bool = False
    mono: bool = False


STYLES = {
    "title": Font(22, 28, bold=True),
    "head": Font(14, 19, bold=True),
    "label": Font(12, 16, bold=True),
    "text": Font(12.5, 17),
    "name": Font(12, 17, mono=True),
    "good": Font(12, 17, bold=True),
    "bad": Font(12, 17, bold=True),
    "accent": Font(12, 17, bold=True),
    "gap": Font(1, 7),
}


@dataclass(frozen=True)
class Drawing:
    """A picture. `title` and `description` are for those who do not see it."""

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]
