"""`apply` and `drift` by the real engine, in a clean clone whose program makes next to nothing; no cluster.

On a federation that is deployed: tests/lab/federation/test_pipelines.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ci.clone_fixtures import Clone
from tests.ci.pipelines import Step, github

pytestmark = pytest.mark.timeout(900)
JOBS = {job.kind: job for job in github()}
BEFORE = 'import pulumi\n\npulumi.export("members", [])\n'
AFTER = f'{BEFORE}from pulumi_kubernetes import Provider\n\nProvider("host", kubeconfig="{{}}")\n'


def test_an_apply_settles_a_stack_and_a_drift_is_found_when_it_is_not_settled_any_more(
    tmp_path: Path,
) -> None:
    clone = Clone(tmp_path)
    (clone.root / "__main__.py").write_text(BEFORE)
    (clone.root / "Pulumi.tiny.yaml").write_text("{}\n")
    project = clone.root / "Pulumi.yaml"
    project.write_text(project.read_text().partition("config:")[0])  # no topology is asked for
    clone.commit()
    (tmp_path / "state").mkdir()
    env = {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "STACK": "tiny",
    }
    clone.run(Step("make engine && .venv/bin/pulumi stack init tiny"), env).check_returncode()

    applied = clone.does(JOBS["apply"], env)
    assert "+ 1 created" in applied[2]
    (only,) = json.loads((clone.root / "snapshots/tiny.json").read_text())["deployment"]["resources"]
    assert only["type"] == "pulumi:pulumi:Stack"
    settled = list(clone.runs(JOBS["drift"], env))
    assert [status for _, status, _ in settled] == [0] * len(settled), settled[-1][2]

    (clone.root / "__main__.py").write_text(AFTER)
    clone.commit()
    (tmp_path / "summary").unlink(missing_ok=True)
    found = [(status, said) for _, status, said in clone.runs(JOBS["drift"], env)]
    assert [status for status, _ in found] == [0, 0, 0, 2, 0], found[-1][1]
    assert "error: no changes were expected for preview but changes were proposed" in found[3][1]
    assert "`tiny`: 1 to create, 1 unchanged" in (tmp_path / "summary").read_text()
