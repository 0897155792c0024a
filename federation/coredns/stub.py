"""A server block of ours in a Corefile of somebody else's: put in, found, and taken out again. Pure.

The block stands at the very beginning, between two comments that name the federation. So to take it out leaves the
text as it was before, byte for byte, however it ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEGIN = "# federation {name}: begin; made by `pulumi up`, changes here are lost\n"
_END = "# federation {name}: end\n"


def put(corefile: str, federation: str, block: str) -> str:
    """The Corefile with the block, in place of one that may be there. `block` ends with a newline."""
    marked = _BEGIN.format(name=federation) + block + _END.format(name=federation)
    found = _pattern(federation).search(corefile)
    if found is None:
        return marked + corefile
    return corefile[: found.start()] + marked + corefile[found.end() :]


def get(corefile: str, federation: str) -> str | None:
    """The federation's block without its marks; None if there is none."""
    found = _pattern(federation).search(corefile)
    return found["block"] if found else None


def take(corefile: str, federation: str) -> str:
    """The Corefile without the federation's block."""
    return _pattern(federation).sub("", corefile)


def serves(corefile: str, zone: str) -> bool:
    """Whether a server block is there for exactly that zone, on the usual port: with two, CoreDNS does not start."""
    zones = {word.lower().removeprefix("dns://") for word in _heads(corefile)}
    return bool(zones & {zone, f"{zone}.", f"{zone}:53", f"{zone}.:53"})


def reloads(corefile: str) -> bool:
    """Whether the plugin `reload` is on: CoreDNS then notices a new Corefile by itself, within a minute or two."""
    return re.search(r"^\s*reload\b", corefile, re.MULTILINE) is not None


def _heads(corefile: str) -> Iterator[str]:
    """The words before the braces of server blocks: their zones, and names of snippets."""
    depth = 0
    for word in re.split(r"[\s,]+", re.sub(r"(?:^|(?<=\s))#.*", "", corefile, flags=re.MULTILINE)):
        if word in {"{", "}"}:
            depth += 1 if word == "{" else -1
        elif depth == 0 and word:
            yield word


def _pattern(federation: str) -> re.Pattern[str]:
    begin, end = (re.escape(mark.format(name=federation)) for mark in (_BEGIN, _END))
    return re.compile(f"{begin}(?P<block>.*?){end}", re.DOTALL)
