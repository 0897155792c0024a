"""INI files as kubefed's DNS providers read them, with the Go package `gcfg`: the format of `git config`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SECTION = re.compile(r'\s*\[\s*([A-Za-z][A-Za-z0-9.-]*)\s*(?:"(?:[^"\\]|\\.)*")?\s*\]\s*(?:[#;].*)?')
_SETTING = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*?))?\s*", re.DOTALL)
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|[^"#;]+|[#;].*', re.DOTALL)


class IniError(Exception):
    """A line that is no INI. Holds nothing of the text but the number of the line."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, repr=False)
class Setting:
    """One setting; never printed, as it may be a secret.

    Attributes:
        section: as written, such as "Global".
        key: as written.
        value: without quotes and comments; "true" if there is no `=`.
        line: where it is, from 1.
    """

    section: str
    key: str
    value: str
    line: int


def looks_like_ini(text: str) -> bool:
    """Whether the first line that is no comment is the head of a section."""
    lines = (line for line in text.splitlines() if line.strip() and line.lstrip()[0] not in "#;")
    return _SECTION.fullmatch(next(lines, "")) is not None


def settings(text: str) -> Iterator[Setting]:
    """All settings in order. Raises `IniError`."""
    section = ""
    for number, line in _lines(text):
        if not line.strip() or line.lstrip()[0] in "#;":
            continue
        if head := _SECTION.fullmatch(line):
            section = head[1]
            continue
        hit = _SETTING.fullmatch(line)
        if hit is None or not section:
            raise IniError(number)
        yield Setting(section, hit[1], "true" if hit[2] is None else _value(hit[2], number), number)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers; one that ends with a backslash goes on in the next."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        first, before = begun or (number, "")
        whole = before + line
        begun = (first, whole[:-1]) if whole.endswith("\\") else None
        if begun is None:
            yield first, whole
    if begun is not None:
        yield begun


def _value(text: str, line: int) -> str:
    found, at = "", 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise IniError(line)
        at = piece.end()
        if piece[0][0] in "#;":
            break
        found += re.sub(r"\\(.)", r"\1", piece[0][1:-1]) if piece[0][0] == '"' else piece[0]
    return found.strip()
