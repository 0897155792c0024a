"""One version, wherever it stands; and the files that a release has for people."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from federation.cli import app as fedctl
from federation.topology.models import VERSION as TOPOLOGY
from lab.images.catalog import VERSION as IMAGES
from policy.pack import VERSION as POLICIES
from release.project import ROOT, project
from tests.unit.test_architecture import tracked

VERSION: str = project()["version"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
SECRETS = next(
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
    if hook["id"] == "secrets"
)


def loaded(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_every_part_has_the_version_of_the_project() -> None:
    pack = loaded("policy/PulumiPolicy.yaml")["version"]
    template = (ROOT / "template/requirements.txt").read_text().strip().rpartition("==")[2]
    assert {TOPOLOGY, IMAGES, POLICIES, pack, template} == {VERSION}


def test_fedctl_tells_the_version() -> None:
    assert CliRunner().invoke(fedctl, ["--version"]).output == f"fedctl {VERSION}\n", "run `make venv`"


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", CHANGELOG, re.MULTILINE)
    released = [(version, day) for version, day in headings if version != "Unreleased"]
    assert released[0][0] == VERSION
    assert all(day for _, day in released)
    numbers = [tuple(map(int, version.split("."))) for version, _ in released]
    assert numbers == sorted(numbers, reverse=True)


def test_the_changelog_uses_the_sections_of_keep_a_changelog() -> None:
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE)) <= known


@pytest.mark.parametrize(
    "file", [ROOT / "README.md", ROOT / "Dockerfile", *sorted((ROOT / "docs").glob("*.md"))]
)
def test_the_tags_of_our_image_are_this_version(file: Path) -> None:
    assert set(re.findall(r"federation-controllers:(\d[\w.]*)", file.read_text())) <= {VERSION}


def test_this_minor_version_gets_fixes() -> None:
    (minor,) = re.findall(r"^\| (\d+\.\d+) \| yes \|$", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    assert VERSION.startswith(f"{minor}.")


def test_the_configuration_of_updates_is_one_of_dependabots() -> None:
    schema = get_builtin_schema("vendor.dependabot")
    assert [
        error.message for error in Draft7Validator(schema).iter_errors(loaded(".github/dependabot.yml"))
    ] == []


def test_every_ecosystem_of_the_project_gets_updates() -> None:
    updates = {each["package-ecosystem"] for each in loaded(".github/dependabot.yml")["updates"]}
    assert updates == {"pip", "github-actions", "gomod", "docker"}


def test_every_hook_before_a_commit_is_of_this_checkout() -> None:
    repositories = loaded(".pre-commit-config.yaml")["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    programs = [hook["entry"].split()[0] for hook in repositories[0]["hooks"] if hook["language"] == "system"]
    assert programs == [".venv/bin/ruff", ".venv/bin/ruff", ".venv/bin/mypy"]
    linted = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert all(program.replace(".venv", "$(VENV)") in linted for program in programs)


@pytest.mark.parametrize(
    "text",
    [
        *(f"-----BEGIN {kind}PRIVATE KEY-----\n{'MIIE' * 16}" for kind in ("", "RSA ", "OPENSSH ")),
        "AKIA" + "A1B2" * 4,
        "ghp" + "_" + "a1B2" * 9,
        "glpat" + "-" + "a1B2" * 5,
        "pul" + "-" + "0a1b" * 10,
        "    client-key-data: " + "LS0t" * 12,
    ],
)
def test_a_secret_does_not_get_into_a_commit(text: str) -> None:
    assert re.search(SECRETS["entry"], text)


def test_no_file_of_the_checkout_has_a_secret() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {hit[0][:40]}"
        for file in tracked()
        for hit in re.finditer(SECRETS["entry"], file.read_text(errors="replace"))
    ]
    assert found == []


def test_the_licence_is_named_to_whoever_installs_the_project() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (table["license"], table["license-files"]) == ("Apache-2.0", ["LICENSE"])
