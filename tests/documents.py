"""Commands that a document tells its reader to run: the lines of its blocks marked `sh`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = "README.md"
QUICKSTART, QUICKSTART_AZURE = "docs/quickstart.md", "docs/quickstart-azure.md"
RUNNABLE = (README, QUICKSTART, QUICKSTART_AZURE)
"""Documents of which every command is run by a test."""
_TITLE = re.compile(r"^#+ (.*)$", re.MULTILINE)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """What stands between two fences.

    Attributes:
        language: behind the first fence, such as "sh"; may be empty.
        text: between the fences.
        line: of the first fence, from 1.
        title: of the section that it is in.
    """

    document: str
    language: str
    text: str
    line: int
    title: str


def blocks(document: str) -> tuple[Block, ...]:
    """All blocks of a document, in their order."""
    text = (ROOT / document).read_text()

    def block(hit: re.Match[str]) -> Block:
        title = _TITLE.findall(_FENCE.sub("", text[: hit.start()]))[-1]
        return Block(document, hit[1], hit[2], text.count("\n", 0, hit.start()) + 1, title)

    return tuple(block(hit) for hit in _FENCE.finditer(text))


def commands(document: str) -> tuple[Block, ...]:
    """The blocks that a reader is to run."""
    return tuple(block for block in blocks(document) if block.language == "sh")


def titles(document: str) -> tuple[str, ...]:
    """Of the sections that have commands, in their order."""
    return tuple(dict.fromkeys(block.title for block in commands(document)))
