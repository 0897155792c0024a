"""What pyproject.toml says of this project, and where its files are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"


@cache
def project() -> Mapping[str, Any]:
    """The table `[project]`."""
    found: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def dependencies() -> tuple[str, ...]:
    """Names of the distributions that the program imports, as pyproject.toml has them."""
    return tuple(Requirement(line).name for line in project()["dependencies"])
