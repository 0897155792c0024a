"""A stand-in for Azure beside one cluster that is there already, and the stack westus on it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.documents import QUICKSTART_AZURE
from tests.lab.labs import TestLab, booted
from tests.lab.reader import Reader
from tests.lab.stacks import ROOT, DocumentedStack, Stack

LAB = """\
clusters:
  - {name: onprem, region: us, zone: north, vips: 10.250.2.0/24}
images: [workload, federation, edge]
"""
WEST, EAST = "westuscluster1", "eastuscluster1"
SERVER = "10.98.0.1"


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


AZ = """\
#!/bin/sh
# A stand-in for the Azure CLI: whoever calls it is logged in to the stand-in for Azure already, by variables.
case "$*" in
  login) ;;
  "account set --subscription $AZURE_SUBSCRIPTION_ID") ;;
  "provider register --namespace Microsoft."*) ;;
  *) echo "az: no such command: $*" >&2; exit 2 ;;
esac
"""
SKOPEO = """\
#!/bin/sh
# In place of a registry, which no machine of the lab has: what is to be pushed is looked at, and its name.
set -e
[ "$1" = copy ] && [ "$3" = "docker://$REGISTRY/federation-controllers:%(version)s" ]
exec %(skopeo)s inspect --format '{{.Os}}' "$2"
"""


@pytest.fixture(scope="package")
def stack(azure: Azure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentedStack]:
    """The stack westus of the quick start; up or not."""
    home = tmp_path_factory.mktemp("reader")
    environment = json.loads(
        (azure.lab.state_root / azure.lab.name / "azure" / "environment.json").read_text()
    )
    own = {
        "PATH": f"{programs(home / 'bin')}{os.pathsep}{os.environ['PATH']}",
        "SUBSCRIPTION": environment["AZURE_SUBSCRIPTION_ID"],
        "RANGE": "203.0.113.0/24",
        "REGISTRY": "docker.io/library",  # the name under which the lab's clusters have the image
    }
    reader = Reader(QUICKSTART_AZURE, home, azure.lab.env | own, lab=True)
    for title in ("1. The tools, and who you are", "2. The image of the controllers"):
        reader.section(title)
    made = DocumentedStack(azure.lab, reader, name="westus", begin=("3. The topology",), up="4. Up")
    try:
        yield made
    finally:
        if azure.inventory():
            unprotect(made)
            made.up()
            made.destroy()
        made.remove()


def programs(folder: Path) -> Path:
    """A folder with stand-ins for what a machine of the tests has not: the Azure CLI, and a registry to push to."""
    folder.mkdir()
    texts = {
        "az": AZ,
        "skopeo": SKOPEO % {"skopeo": shutil.which("skopeo"), "version": version("k8s-federation")},
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


def unprotect(stack: Stack) -> None:
    """As an operator who means it."""
    with stack.edited() as topology:
        for part in (*topology["clusters"], *topology["dns"]):
            if part.get("kind") == "aks" or part.get("provider") == "azure":
                part["protect"] = False
