"""The bill of materials: valid, complete, and the same for the same commit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from lab.images.python import closure
from lab.tools.catalog import TOOLS
from release.go_parts import modules
from release.lock import entries
from release.project import LOCK, ROOT, dependencies, project
from release.sbom import document


@cache
def made() -> dict[str, Any]:
    return document()


def named(kind: str, scope: str) -> set[str]:
    """Names of components by kind and scope."""
    return {
        c["name"]
        for c in made()["components"]
        if c["purl"].startswith(f"pkg:{kind}/") and c["scope"] == scope
    }


def test_it_is_valid_by_the_schema_of_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made())) is None


def test_it_says_what_it_is_of() -> None:
    root = made()["metadata"]["component"]
    assert (root["name"], root["version"]) == (project()["name"], project()["version"])
    assert root["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_it_has_every_line_of_the_lock_and_what_the_program_needs_is_required() -> None:
    needed = {canonicalize_name(each.name) for each in closure(dependencies())}
    assert named("pypi", "required") == needed
    assert named("pypi", "excluded") == set(entries(LOCK.read_text())) - needed


def test_all_that_is_required_has_a_version_hashes_and_a_licence() -> None:
    for component in made()["components"]:
        if component["scope"] == "required":
            (reference,) = component["externalReferences"]
            assert component["version"]
            assert {each["alg"] for each in reference["hashes"]} == {"SHA-256"}
            assert component["licenses"]


def test_every_tool_of_the_lab_is_there_with_the_modules_that_it_is_built_from() -> None:
    assert named("generic", "excluded") == {tool.name for tool in TOOLS}
    built = {each["ref"]: each["dependsOn"] for each in made()["dependencies"] if "dependsOn" in each}
    for tool in TOOLS:
        assert built[f"pkg:generic/{tool.name}@{tool.version}"]
    assert "k8s.io/api" in named("golang", "excluded")


def test_modules_are_read_from_go_mod_with_gos_own_hashes() -> None:
    go_mod = "module lab\n\ngo 1.26\n\nrequire a.io/b v1.0.0\n\nrequire (\n\tc.io/d v2.0.0 // indirect\n)\n"
    go_sum = "a.io/b v1.0.0 h1:AAEC\na.io/b v1.0.0/go.mod h1:AwQF\n"
    assert list(modules(go_mod, go_sum)) == [("a.io/b", "v1.0.0", "000102"), ("c.io/d", "v2.0.0", None)]


@pytest.mark.parametrize(("epoch", "time"), [("", None), ("86400", "1970-01-02T00:00:00+00:00")])
def test_the_same_commit_gives_the_same_bytes(epoch: str, time: str | None, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "release.sbom", tmp_path / seed],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": epoch},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == f"{tmp_path / seed}: {len(made()['components'])} components\n"
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert json.loads((tmp_path / "1").read_text())["metadata"].get("timestamp") == time
