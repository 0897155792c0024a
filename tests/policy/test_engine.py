"""The pack in the real engine: it stops, mends, is configured, and looks at what is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    Engine,
    Project,
    engine_fixture,
    project_fixture,
    stack_fixture,
)
from tests.policy.preview_fixtures import PACK

# Each call of the engine has a limit of its own; beside tests with clusters it takes five times as long.
pytestmark = pytest.mark.timeout(900)

LABEL = "pod-security.kubernetes.io/enforce"
WITH_PACK = ("--policy-pack", str(PACK))


def configured(folder: Path, **policies: Any) -> tuple[str, ...]:
    """Options for the pack with a configuration: keys are ids in lower case."""
    names = {"p02": "p02-wildcard-role", "p22": "p22-namespaces"}
    file = folder / "policies.json"
    file.write_text(json.dumps({names[key]: value for key, value in policies.items()}))
    return (*WITH_PACK, "--policy-pack-config", str(file))


def namespaces(project: Path) -> list[dict[str, Any]]:
    """The manifests that the provider has written."""
    return [yaml.safe_load(file.read_text()) for file in (project / "manifests").rglob("*.yaml")]


def test_a_violation_stops_the_update_before_anything_is_made(engine: Engine, stack: Project) -> None:
    rendered = stack("rendered")
    for verb in (("preview",), ("up", "--yes", "--skip-preview")):
        refused = engine(rendered, *verb, *WITH_PACK)
        assert refused.returncode != 0
        assert "- [mandatory] [severity: medium]  p22-namespaces" in refused.stdout
        assert "Next: " in refused.stdout
        assert "[P22, docs/policies.md#p22]" in refused.stdout
    assert namespaces(rendered) == []
    assert engine.processes() == []


def test_what_is_mended_is_what_is_made(engine: Engine, stack: Project, tmp_path: Path) -> None:
    rendered = stack("rendered")
    options = configured(tmp_path, p22="remediate")
    said = engine.does(rendered, "preview", *options)
    assert "p22-namespaces" in said
    engine.does(rendered, "up", "--yes", *options)
    assert [each["metadata"]["labels"][LABEL] for each in namespaces(rendered)] == ["restricted"] * 2
    engine.does(rendered, "up", "--yes", "--expect-no-changes", *options)


def test_an_exception_lets_it_pass_and_is_said(engine: Engine, stack: Project, tmp_path: Path) -> None:
    exceptions = [
        {"subject": name, "reason": "because of a test", "expires": "2999-12-31"} for name in ("east", "west")
    ]
    said = engine.does(stack("rendered"), "preview", *configured(tmp_path, p22={"exceptions": exceptions}))
    assert said.count("excused until 2999-12-31: ") == 2
    assert "(because of a test). [P22]" in said


def test_a_configuration_that_is_wrong_is_refused(engine: Engine, stack: Project, tmp_path: Path) -> None:
    rendered = stack("rendered")
    for wrong in ({"unheard": 1}, {"exceptions": [{"subject": "x", "reason": "because of a test"}]}):
        refused = engine(rendered, "preview", *configured(tmp_path, p02=wrong))
        assert refused.returncode != 0
        assert "p02-wildcard-role" in refused.stdout
        assert "Traceback" not in refused.stdout


def test_the_same_pack_looks_at_what_is_deployed(engine: Engine, stack: Project, tmp_path: Path) -> None:
    rendered = stack("rendered")
    engine.does(rendered, "up", "--yes")
    state = tmp_path / "state.json"
    engine.does(rendered, "stack", "export", "--file", str(state))
    for source in (("--stack", "dev"), ("--file", str(state))):
        refused = engine(rendered, "policy", "analyze", *source, *WITH_PACK)
        assert refused.returncode != 0
        assert refused.stdout.count("says no Pod Security Standard") >= 2, refused.stdout
        engine.does(rendered, "policy", "analyze", *source, *configured(tmp_path, p22="disabled"))
    assert engine.processes() == []
