"""Markdown out of texts that are not to be trusted: no name or message breaks a table, becomes markup or pings anybody.

What is foreign is either plain words, or inside of a code span or a code block, where GitHub, GitLab and Azure DevOps
neither read markup nor look for @mentions, references to issues and links. Entities would not do: the platforms look
for mentions after these are read. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode: control characters, marks of direction and the like."""
_IN_CODE = str.maketrans({"`": "'", "|": "¦"})
"""No way to write these in a code span inside of a table is read alike everywhere."""
_CODE = re.compile(r"`([^`]*[^`\s][^`]*)`")
_PLAIN = re.compile(r"[(\"']?[^\W_]+(?:[-/.',:=+][^\W_]+)*[)\"']?[.,;:)?…]?|[-=+%]|[).,;:]+")
"""Words that mean nothing to any platform: letters and digits, with some punctuation between them or behind."""
_MEANING = re.compile(r"(?i)www\.|://|\.[a-z]+/|^\W*[a-z]+-\d+\W*$|^\W*(?=\w*\d)[0-9a-f]{7,}\W*$")
"""Of these, what a platform makes a link of: hosts, keys of tickets (GH-1), hashes of commits."""


def clean(text: str) -> str:
    """In one line, without what cannot be seen."""
    text = "".join(" " if ch.isspace() else ch for ch in text if ch.isspace() or _seen(ch))
    return " ".join(text.split())


def _seen(char: str) -> bool:
    return unicodedata.category(char) not in _INVISIBLE


def cut(text: str, length: int) -> str:
    """At most so many characters, with "…" for what is left out."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def code(text: str, length: int = 80) -> str:
    """A name as a code span, also for tables; "-" if there is none."""
    shown = cut(clean(text), length).translate(_IN_CODE)
    return f"`{shown}`" if shown else "-"


def prose(text: str, length: int = 240) -> str:
    """A message: plain words as they are, all others as code spans, and so what is one in the message itself."""
    parts = _CODE.split(cut(clean(text), length))
    shown = "".join(code(part, length) if place % 2 else _words(part) for place, part in enumerate(parts))
    return shown.replace("``", "` `")


def _words(text: str) -> str:
    runs: list[tuple[bool, list[str]]] = []
    for word in text.split():
        plain = _PLAIN.fullmatch(word) is not None and not _MEANING.search(word)
        if runs and runs[-1][0] is plain:
            runs[-1][1].append(word)
        else:
            runs.append((plain, [word]))
    shown = " ".join(" ".join(words) if plain else _span(" ".join(words)) for plain, words in runs)
    return f"{' ' if text.startswith(' ') else ''}{shown}{' ' if shown and text.endswith(' ') else ''}"


def _span(words: str) -> str:
    """A code span, without the punctuation of the sentence around it."""
    inner = words.rstrip(".,;:")
    if "(" not in inner:
        inner = inner.rstrip(")")
    end = words[len(inner) :]
    start = "(" if inner.startswith("(") and ")" not in inner else ""
    inner = inner.removeprefix(start)
    return f"{start}{code(inner, len(inner))}{end}" if inner else code(words, len(words))


def listed(texts: Sequence[str], length: int = 200) -> str:
    """Names as code spans, as many as there is room for; at least one."""
    shown, used = list[str](), 0
    for text in texts:
        span = code(text)
        used += len(span) + 2
        if shown and used > length:
            return f"{', '.join(shown)} and {len(texts) - len(shown)} more"
        shown.append(span)
    return ", ".join(shown)


def row(*cells: str) -> str:
    """A line of a table; cells are Markdown."""
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def block(lines: Iterable[str], length: int = 200) -> list[str]:
    """Lines for a code block: nothing in them ends it."""
    return [cut("".join(ch for ch in line if _seen(ch)).replace("`", "'").rstrip(), length) for line in lines]
