"""A stand-in for Azure beside one cluster that is there already, and the stack westus on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.tools.toolbox import Toolbox
from tests.lab.labs import TestLab, booted
from tests.lab.stacks import ROOT, Stack, Topology

LAB = """\
clusters:
  - {name: onprem, region: us, zone: north, vips: 10.250.2.0/24}
images: [workload, federation, edge]
"""
WEST, EAST = "westuscluster1", "eastuscluster1"
SERVER = "10.98.0.1"


def westus() -> Topology:
    """The checkout's own stack file, with what a lab has built instead of a download."""
    settings = yaml.safe_load((ROOT / "Pulumi.westus.yaml").read_text())
    topology: Topology = settings["config"]["federation:topology"]
    topology["control_plane"] = {"crds": str(Toolbox().share("karmada", "crds"))}
    return topology


@dataclass(frozen=True)
class Azure:
    """The stand-in in a lab."""

    lab: TestLab

    def inventory(self) -> list[str]:
        """Ids of all resources."""
        found: list[str] = [
            each["id"] for each in json.loads(self.lab("azure", "status", "--json"))["resources"]
        ]
        return found

    def dig(self, name: str, *words: str) -> str:
        """As its nameserver answers."""
        return self.lab("exec", "--", "dig", f"@{SERVER}", "+time=2", "+tries=1", name, *words)

    def addresses(self, name: str) -> set[str]:
        """Of an A record."""
        return set(self.dig(name, "+short").split())

    def arm(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One call as the operator: status and answer."""
        words = ("-m", "tests.lab.azure.call", method, path, json.dumps(body))
        status, answer = json.loads(self.lab("exec", "--", str(ROOT / ".venv/bin/python"), *words))
        return int(status), answer


@pytest.fixture(scope="package")
def azure(state_root: Path) -> Iterator[Azure]:
    """A lab of one cluster and the stand-in."""
    with booted(state_root, "t-azure", LAB) as lab:
        lab("azure", "start")
        yield Azure(lab)


@pytest.fixture(scope="package")
def stack(azure: Azure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack westus; up or not."""
    made = Stack(azure.lab, tmp_path_factory.mktemp("azure") / "westus", westus())
    try:
        yield made
    finally:
        if azure.inventory():
            unprotect(made)
            made.up()
            made.destroy()
        made.remove()


def unprotect(stack: Stack) -> None:
    """As an operator who means it."""
    with stack.edited() as topology:
        for part in (*topology["clusters"], *topology["dns"]):
            if part.get("kind") == "aks" or part.get("provider") == "azure":
                part["protect"] = False
