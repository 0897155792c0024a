"""Previews of programs by the real engine with the policy pack, and what the pack says about them."""

from __future__ import annotations

import json
import shutil
import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.tools.toolbox import Toolbox
from policy.server import TODAY as DAY
from tests.lab.engine_fixtures import Engine, Project
from tests.lab.stacks import ROOT, copy_project
from tests.policy.case_fixtures import TODAY
from tests.unit import kubeconfig_fixtures

PACK = ROOT / "policy"
SEEDS = Path(__file__).with_name("seeds")
STREAM = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""Without it, `preview --json` says that it failed, and nothing of policies."""
NOWHERE = "https://127.0.0.1:1"
"""Of clusters that a preview from nothing does not ask."""


@pytest.fixture(name="seed")
def seed_fixture(engine: Engine, tmp_path: Path) -> Project:
    """A copied program, with the modules that both have beside it, and a stack `dev` that is selected."""

    def make(name: str) -> Path:
        target = tmp_path / f"seed-{name}"
        for source in (SEEDS / "common", SEEDS / name):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignored, dirs_exist_ok=True)
        file = target / "Pulumi.yaml"
        file.write_text(file.read_text().replace("@VENV@", sys.prefix))
        engine.does(target, "stack", "init", "dev")
        return target

    return make


@dataclass(frozen=True)
class Told:
    """What a pack says in a preview.

    Attributes:
        mandatory: violations, by policy and sorted.
        advisory: advice, likewise.
    """

    mandatory: dict[str, list[str]]
    advisory: dict[str, list[str]]


def told(engine: Engine, project: Path, pack: Path) -> Told:
    """What a preview with a policy pack says; asserts that it meets no other error.

    A policy's title stands in a line of its own before each message; it is left out.
    """
    streaming = replace(engine, env={**engine.env, STREAM: "true", DAY: TODAY.isoformat()})
    done = streaming(project, "preview", "--json", "--policy-pack", str(pack))
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    errors = [
        event["diagnosticEvent"]["message"]
        for event in events
        if event.get("diagnosticEvent", {}).get("severity") == "error"
    ]
    # the last line of any preview that fails, and all there is of one that policies have stopped
    assert set(errors) <= {"preview failed\n"}
    assert any("summaryEvent" in event for event in events), done.stdout[-1000:]
    said = Told(_by_policy(events, "mandatory"), _by_policy(events, "advisory"))
    assert (done.returncode != 0) == bool(said.mandatory), done.stdout[-1000:]
    return said


def _by_policy(events: list[dict[str, Any]], level: str) -> dict[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for event in events:
        policy = event.get("policyEvent", {})
        if policy.get("enforcementLevel") == level:
            found[policy["policyName"]].append(policy["message"].partition("\n")[2].strip())
    return {policy: sorted(messages) for policy, messages in found.items()}


@pytest.fixture(name="own")
def own_fixture(engine: Engine, tmp_path: Path) -> Project:
    """A copy of the checkout's program with one of its stacks; kubeconfigs lead nowhere."""

    def make(name: str) -> Path:
        target = tmp_path / f"own-{name}"
        copy_project(target)
        engine.does(target, "stack", "init", name)
        file = target / f"Pulumi.{name}.yaml"
        kept = yaml.safe_load(file.read_text())
        settings = yaml.safe_load((ROOT / file.name).read_text())
        topology = settings["config"]["federation:topology"]
        topology["control_plane"] = {"crds": str(Toolbox().share("karmada", "crds"))}
        for cluster in topology["clusters"]:
            if "kubeconfig" in cluster:
                cluster["kubeconfig"] = {"path": str(target / "kubeconfig"), "context": cluster["name"]}
        file.write_text(yaml.safe_dump({**kept, **settings}))
        (target / "kubeconfig").write_text(yaml.safe_dump(_kubeconfig(topology)))
        return target

    return make


def _kubeconfig(topology: dict[str, Any]) -> dict[str, Any]:
    """One with a context for each cluster, and nothing behind it."""
    config = kubeconfig_fixtures.config("nowhere", cluster={})
    (cluster,), (context,) = config["clusters"], config["contexts"]
    cluster["cluster"]["server"] = NOWHERE
    config["contexts"] = [{**context, "name": each["name"]} for each in topology["clusters"]]
    return config
