"""How wide text is, and where it is broken so that it stays in its box. Pure.

No font is asked: widths are those of DejaVu Sans, which is wider than the fonts that systems prefer to it, so that what
fits here fits there. Text is never cut off.
"""

from __future__ import annotations

import re

BOLD = 1.13
"""How much wider bold letters are."""
MONO = 0.61
"""Width of each letter of a monospaced font, in ems."""
_WIDE = 1.0
_EMS = {
    **dict.fromkeys(" .,:;!'|ijlI()[]/\\-", 0.41),
    **dict.fromkeys("frt", 0.42),
    **dict.fromkeys("0123456789", 0.64),
    **dict.fromkeys("acegknoszvxybdhpqu_", 0.64),
    **dict.fromkeys("ABCDEFHJKLNPRSTUVXYZ", 0.76),
    **dict.fromkeys("GOQ", 0.8),
}
"""Letter → width; what is not here is as wide as it is high."""
_BREAKS = re.compile(r"[^ ./,:-]*[ ./,:-]+|[^ ./,:-]+")


def width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """Pixels, at a font size of so many pixels; never less than it is."""
    if mono:
        ems = MONO * sum(1 if ord(letter) < 0x1100 else 2 for letter in text)
    else:
        ems = sum(_EMS.get(letter, _WIDE) for letter in text) * (BOLD if bold else 1)
    return ems * size


def wrap(text: str, room: float, size: float, *, bold: bool = False, mono: bool = False) -> tuple[str, ...]:
    """Lines that are no wider than `room` pixels: broken after spaces and punctuation, else anywhere."""

    def fits(line: str) -> bool:
        return width(line.rstrip(), size, bold=bold, mono=mono) <= room

    lines, line = [], ""
    for word in _BREAKS.findall(printable(text)):
        if not fits(line + word) and line:
            lines.append(line.rstrip())
            line = ""
        line += word
        while not fits(line):
            end = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or fits(line[:n]))
            lines.append(line[:end])
            line = line[end:]
    return (*lines, line.rstrip()) if line.strip() else tuple(lines) or ("",)


def printable(text: str) -> str:
    """Without what XML cannot hold, and without line breaks (XML 1.0, production Char)."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
