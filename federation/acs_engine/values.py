"""How a report shows places and values of a file, in one line, without harm to a terminal."""

from __future__ import annotations

import json
import re

Scalar = str | int | float | bool | None
Loc = tuple[str | int, ...]

LONGEST = 60
"""Characters of a value that are shown."""
HIDDEN = "(not shown)"
"""In the place of what is, or may be, a secret."""


def dotted(loc: Loc) -> str:
    """A path as one reads it, such as `properties.agentPoolProfiles[0].vmSize`; unusual keys stand in brackets."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_-][A-Za-z0-9_-]*", part) and len(part) <= LONGEST:
            path += f".{part}" if path else part
        else:
            path += f"[{shown(part)}]"
    return path


def printable(text: str) -> bool:
    """Whether a text can stand in a topology as it is."""
    return text.isprintable() and len(text) <= 512


def shown(value: object) -> str:
    """A plain value as JSON, shortened; what a terminal might act on is escaped."""
    if isinstance(value, str) and len(value) > LONGEST:
        value = value[: LONGEST - 1] + "…"
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
