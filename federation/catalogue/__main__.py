"""Prints docs/troubleshooting.md: python -m federation.catalogue > docs/troubleshooting.md (`make schema` does it)."""

from __future__ import annotations

from pathlib import Path

from federation.catalogue import ROOMS
from federation.catalogue.page import page
from federation.catalogue.sources import parse, read

if __name__ == "__main__":
    print(page(parse(read(Path(__file__).parents[2], *ROOMS))), end="")
