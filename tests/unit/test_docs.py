"""Promises and bugs in docs/ name a test or a command: each of them must exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(d.read_text() for d in DOCUMENTS)


@pytest.mark.parametrize("reference", sorted(set(re.findall(r"tests/[a-z_/]+\.py(?:::\w+)?", TEXT))))
def test_a_test_that_a_document_names_exists(reference: str) -> None:
    file, _, name = reference.partition("::")
    assert (ROOT / file).is_file()
    assert not name or f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize(("place", "word"), sorted(set(re.findall(r"`pytest (\S+) -k (\w+)`", TEXT))))
def test_a_command_of_a_document_selects_a_test(place: str, word: str) -> None:
    path = ROOT / place
    files = [path] if path.is_file() else sorted(path.glob("test_*.py"))
    names = re.findall(r"def (test_\w+)\(", "\n".join(f.read_text() for f in files))
    assert any(word in name for name in names)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^)make ([a-z][a-z-]+)", TEXT, re.MULTILINE))))
def test_a_make_target_that_a_document_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
        assert (document.parent / link).exists(), link
