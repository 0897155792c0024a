"""A stack of this project for measuring: its program in a directory of its own, run by the engine of the lab."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.memory import Peak
from lab.errors import LabError
from lab.tools.toolbox import Toolbox

ROOT = Path(__file__).parents[1]
FEDERATION = "fc-federated-cluster"
RUN_SECONDS = 900.0
Topology = dict[str, Any]
Cluster = dict[str, Any]


def cluster(name: str, kubeconfig: str, **more: Any) -> Cluster:
    """A cluster of a topology, with the context of its own name."""
    return {"name": name, "kubeconfig": {"path": kubeconfig, "context": name}, "region": "us", **more}


def topology(*clusters: Mapping[str, Any], crds: str, workloads: Sequence[str] = ()) -> Topology:
    """The walk-through's federation, of these clusters; `crds` and `workloads` are paths."""
    return {
        "name": FEDERATION,
        "domain": "fc-federated.com",
        "clusters": [dict(c) for c in clusters],
        "control_plane": {"crds": crds},
        "workloads": [{"path": path} for path in workloads],
    }


def crds() -> Path:
    """Karmada's, which the lab's tools bring along; a user's stack downloads the pinned release once."""
    return Toolbox().share("karmada", "crds")


@dataclass(frozen=True)
class Run:
    """What a command took.

    Attributes:
        seconds: from its start to its end.
        memory: most MiB that its processes held at once.
        said: its standard output.
    """

    seconds: float
    memory: float
    said: str


class Stack:
    """One stack.

    Args:
        name: of the stack.
        directory: for a copy of the program; must not exist.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self.name, self.directory = name, directory
        directory.mkdir(parents=True)
        shutil.copy(ROOT / "__main__.py", directory)
        shutil.copytree(ROOT / "apps", directory / "apps")
        project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        project["runtime"]["options"]["virtualenv"] = sys.prefix
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.run("stack", "init", name)

    def configure(self, wanted: Topology) -> None:
        """The topology into the stack's configuration."""
        file = self.directory / f"Pulumi.{self.name}.yaml"
        settings = yaml.safe_load(file.read_text()) if file.exists() else {}
        settings = settings or {}
        settings.setdefault("config", {})["federation:topology"] = copy.deepcopy(wanted)
        file.write_text(yaml.safe_dump(settings))

    def run(self, *words: str) -> Run:
        """A command of the engine, measured. Raises `LabError` with what it said if it fails."""
        argv = ["pulumi", f"--cwd={self.directory}", "--non-interactive", "--color=never", *words]
        start = time.monotonic()
        with (
            subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            ) as process,
            Peak(process.pid) as peak,
        ):
            try:
                out, err = process.communicate(timeout=RUN_SECONDS)
            except BaseException:
                process.terminate()  # the engine ends its children itself
                raise
        seconds = time.monotonic() - start
        if process.returncode != 0:
            raise LabError(f"pulumi {' '.join(words)}", out + err, "mend that, and run the benchmark again")
        return Run(seconds, peak.bytes / (1 << 20), out)

    def up(self, *words: str) -> Run:
        """Without a preview before it."""
        return self.run("up", "--yes", "--skip-preview", *words)

    def preview(self) -> Run:
        """What would be done."""
        return self.run("preview")

    def destroy(self) -> Run:
        """All that it has made."""
        return self.run("destroy", "--yes", "--skip-preview")

    def output(self, name: str) -> Any:
        """One of its outputs, secret or not."""
        return json.loads(self.run("stack", "output", name, "--json", "--show-secrets").said)

    def remove(self) -> None:
        """The record of the stack."""
        self.run("stack", "rm", "--yes", "--force")
