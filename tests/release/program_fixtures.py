"""Projects that others make out of this one: by its template, and with its package."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from release.project import ROOT
from tests.components.plane_fixtures import definitions
from tests.lab.engine_fixtures import Engine
from tests.unit import kubeconfig_fixtures

CONSUMER = Path(__file__).with_name("programs") / "consumer"
CLUSTERS = {"one": "10.250.0.0/24", "two": "10.250.1.0/24"}
SECRET = "t0ken-of-the-kubeconfig"
PYTHON = "PULUMI_PYTHON_CMD"

Topology = dict[str, Any]


@pytest.fixture(name="kubeconfig")
def kubeconfig_fixture(tmp_path: Path) -> Path:
    """A file with a context for each cluster, and nothing behind them."""
    config = kubeconfig_fixtures.config("nowhere", cluster={}, user={"token": SECRET})
    (cluster,), (context,) = config["clusters"], config["contexts"]
    cluster["cluster"]["server"] = "https://127.0.0.1:1"
    config["contexts"] = [{**context, "name": name} for name in CLUSTERS]
    config["current-context"] = "one"
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(name="topology")
def topology_fixture(tmp_path: Path) -> Callable[..., Topology]:
    """The topology of two clusters with names and one workload; the keyword says where kubeconfigs are."""
    crds = str(definitions(tmp_path))

    def make(**kubeconfig: str) -> Topology:
        clusters = [
            {
                "name": name,
                "kubeconfig": {**kubeconfig, "context": name},
                "region": "europe",
                "zone": name,
                "vips": {"cidr": network},
            }
            for name, network in CLUSTERS.items()
        ]
        return {
            "name": "fed",
            "domain": "example.com",
            "clusters": clusters,
            "control_plane": {"crds": crds},
            "dns": [{"provider": "coredns"}],
            "workloads": [{"path": str(ROOT / "apps/nginx")}],
        }

    return make


@pytest.fixture(name="consumer")
def consumer_fixture(
    engine: Engine, tmp_path: Path, kubeconfig: Path, topology: Callable[..., Topology]
) -> Path:
    """A program of another project that uses the package, with a stack `dev`."""
    target = tmp_path / "consumer"
    shutil.copytree(CONSUMER, target, ignore=shutil.ignore_patterns("__pycache__"))
    copy_package(target / "package")
    engine.does(target, "stack", "init", "dev")
    engine.does(target, "config", "set", "--secret", "kubeconfig", kubeconfig.read_text())
    engine.does(target, "config", "set", "given", "shared")
    settings = yaml.safe_load((target / "Pulumi.dev.yaml").read_text())
    settings["config"]["consumer:topology"] = topology(secret="shared")
    (target / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    return target


def copy_package(target: Path) -> None:
    """The package as a checkout has it, but in the environment of the tests, where nothing need be installed."""
    shutil.copytree(ROOT / "package", target, ignore=shutil.ignore_patterns("__pycache__"))
    use_this_environment(target / "PulumiPlugin.yaml")
    (target / "requirements.txt").write_text("")


def use_this_environment(file: Path) -> None:
    """Let a project's file name the virtual environment that the tests run in."""
    text, count = re.subn(r"virtualenv: .*", f"virtualenv: {sys.prefix}", file.read_text())
    assert count == 1
    file.write_text(text)


def without_environment(engine: Engine) -> Engine:
    """An engine for programs without a virtual environment, as those in other languages are."""
    return replace(engine, env={**engine.env, PYTHON: sys.executable})


def planned(engine: Engine, project: Path) -> set[tuple[str, str]]:
    """Type and name of each resource that a preview would create; it must create nothing else and find no error."""
    plan = json.loads(engine.does(project, "preview", "--json"))
    assert {step["op"] for step in plan["steps"]} == {"create"}
    urns = [step["urn"].split("::") for step in plan["steps"]]
    return {(urn[2].rpartition("$")[2], urn[3]) for urn in urns}


__all__ = ["Topology", "copy_package", "planned", "use_this_environment", "without_environment"]
