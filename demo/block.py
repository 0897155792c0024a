"""Blocks of the README that a program writes, between two comments that are not shown."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def read(name: str, file: Path = README) -> str:
    """The text between the block's two comments. Raises `ValueError` if they are not there."""
    _, start, rest = file.read_text().partition(_start(name))
    text, end, _ = rest.partition(_end(name))
    if not start or not end:
        raise ValueError(f"{file.name} has no block {name}")
    return text


def write(name: str, text: str, file: Path = README) -> None:
    """Put the text between the block's two comments."""
    before, after = (_start(name) + part + _end(name) for part in (read(name, file), f"\n{text.strip()}\n"))
    file.write_text(file.read_text().replace(before, after))


def _start(name: str) -> str:
    return f"<!-- {name} -->"


def _end(name: str) -> str:
    return f"<!-- /{name} -->"
