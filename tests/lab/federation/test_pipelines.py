"""The jobs `apply` and `drift` of a pipeline, in a clean clone, on a federation that is deployed.

The scripts are those of GitHub: nothing but targets of the Makefile, which the other platforms make too
(tests/ci/test_pipelines.py); what these put around them is in tests/ci/test_pipeline_logins.py.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.ci.clone_fixtures import Clone
from tests.ci.pipelines import github
from tests.lab.labs import LAB
from tests.lab.stacks import Stack

# With a stack of one resource, the same is in tests/ci/test_pipeline_deployments.py.
pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]
JOBS = {job.kind: job for job in github()}


@pytest.fixture(name="clone")
def clone_fixture(stack: Stack, tmp_path: Path) -> Clone:
    """With the stack's own file and workloads, on a machine that reaches its clusters and its state."""
    clone = Clone(tmp_path, prefix=[*LAB, "exec", "--"], machine=stack.env)
    shutil.copy(stack.settings, clone.root)
    shutil.copytree(stack.directory / "apps", clone.root / "apps", dirs_exist_ok=True)
    clone.commit()
    return clone


def test_an_apply_changes_nothing_that_is_as_it_shall_be_and_a_drift_is_found(
    stack: Stack, clone: Clone, tmp_path: Path
) -> None:
    env = {"STACK": stack.name, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    applied = clone.does(JOBS["apply"], env)[2]
    assert " unchanged" in applied
    assert [word for word in (" created", " updated", " deleted", " replaced") if word in applied] == []
    assert json.loads((clone.root / f"snapshots/{stack.name}.json").read_text())["deployment"]["resources"]

    fine = [(status, said) for step, status, said in clone.runs(JOBS["drift"], env) if not step.always]
    assert [status for status, _ in fine] == [0, 0, 0, 0], fine[-1][1]

    stack.kubectl("delete", "service", "nginx")
    clone.commit()  # so that the scripts run again
    ran = list(clone.runs(JOBS["drift"], env))
    assert [status for _, status, _ in ran] == [0, 0, 0, 2, 0], ran[-1][2]
    assert "error: no changes were expected for preview but changes were proposed" in ran[3][2]
    page = (tmp_path / "summary").read_text()
    assert "nginx" in page
    stack.up("--refresh")
    assert stack.get("service", "nginx")["kind"] == "Service"
