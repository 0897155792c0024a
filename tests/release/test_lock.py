"""The locks fit pyproject.toml, and can be made anew."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from lab.images.python import closure
from release.lock import CONTROLLERS, controllers, entries, mistakes
from release.project import LOCK, ROOT, dependencies

LOCKED = LOCK.read_text()
COMPILE = "uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header"


def test_the_lock_gives_what_pyproject_asks_for_and_each_pin_has_a_hash() -> None:
    assert list(mistakes(LOCKED)) == []


def test_what_a_lock_lacks_is_told() -> None:
    hashed = "--hash=sha256:0"
    text = f"{LOCKED}\n".replace("\ntyper==", "\nother-typer==").replace("\npulumi==3", "\npulumi==2")
    assert list(mistakes(text + f"plain==1 {hashed}\nbare==1\n")) == [
        "pulumi is locked at 2.259.0, and pyproject.toml asks for ==3.259.0",
        "typer is not in the lock",
        "bare has no hash",
    ]


def test_all_that_the_program_needs_in_turn_is_locked_as_it_is_installed() -> None:
    locked = {name: entry.split()[0] for name, entry in entries(LOCKED).items()}
    for each in closure(dependencies()):
        name = canonicalize_name(each.name)
        assert locked[name] == f"{name}=={metadata.version(name)}"


def test_the_lock_of_the_controllers_is_the_part_that_they_need() -> None:
    assert CONTROLLERS.read_text() == controllers(LOCKED), "run `make lock`"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_make_lock_writes_the_same_again(tmp_path: Path) -> None:
    """It asks the package index."""
    assert COMPILE in (ROOT / "Makefile").read_text().replace(" \\\n\t ", "")
    for file in (LOCK, ROOT / "pyproject.toml"):
        shutil.copy(file, tmp_path)
    words = [*COMPILE.split(), "--no-emit-index-url", "--quiet", "-o", "requirements.lock"]
    subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, check=True, timeout=500)
    assert (tmp_path / "requirements.lock").read_text() == LOCKED
