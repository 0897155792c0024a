"""`fedctl graph`: to the standard output or a file, and what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from federation.cli.commands import app
from federation.errors import FederationError
from tests.unit.graph_fixtures import ROOT

STACK = str(ROOT / "Pulumi.icp.yaml")


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["graph", *words])


@pytest.mark.parametrize(("options", "name"), [((), "icp.mmd"), (("--format", "svg"), "icp.svg")])
def test_the_drawing_is_printed_or_written(tmp_path: Path, options: tuple[str, ...], name: str) -> None:
    expected = (ROOT / "docs" / "graphs" / name).read_text()
    assert run(STACK, *options).stdout == expected
    done = run(STACK, *options, "--output", str(tmp_path / "drawing"))
    assert (done.exit_code, done.stdout) == (0, "")
    assert (tmp_path / "drawing").read_text() == expected


def test_json_is_what_would_be_drawn() -> None:
    found = json.loads(run(STACK, "--json").stdout)
    assert (found["name"], found["domain"]) == ("fc-federated-cluster", "fc-federated.com")
    assert [(c["name"], c["host"], c["member"]) for c in found["clusters"]] == [
        ("fc01", True, True),
        ("fc02", False, True),
    ]
    assert found["services"][0]["rows"][1] == [
        "region us",
        "nginx.default.fc-federated-cluster.svc.us.fc-federated.com",
    ]


def test_workloads_are_found_beside_the_topology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Deployment default/nginx, 4 replicas" in run(STACK).stdout


def test_manifests_that_are_missing_are_an_error(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    clusters = [{"name": "fc01", "kubeconfig": "k"}]
    topology = {"name": "fed", "domain": "example.com", "clusters": clusters, "workloads": [{"path": "apps"}]}
    file.write_text(yaml.safe_dump(topology))
    assert str(run(str(file)).exception).startswith(f"{tmp_path}/apps: ")


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    done = run(STACK, "--output", str(tmp_path / "none" / "x.svg"))
    assert isinstance(done.exception, FederationError)
    assert str(done.exception) == (
        f"{tmp_path}/none/x.svg: cannot be written: No such file or directory. "
        "Next: name a file in a folder that is there."
    )
