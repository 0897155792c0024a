"""A zone on CoreDNS in a lab's cluster, made by the real engine, and `dig` in the lab's network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab.labs import LAB, TestLab

PROGRAM = Path(__file__).parents[1] / "programs" / "zone"
NAME = "nginx.default.fed.svc.fc-federated.com"
RUN_SECONDS = 420.0


def corefile_of(lab: TestLab, cluster: str) -> str:
    """Of a cluster's own DNS."""
    text: str = lab.get(cluster, "-n", "kube-system", "configmap", "coredns")["data"]["Corefile"]
    return text


class ZoneStack:
    """The program `zone` in a folder of its own.

    Args:
        lab: that is up.
        directory: for the copy; must not exist.
        cluster: of the lab.
        spec: the zone's part of a topology.
    """

    def __init__(self, lab: TestLab, directory: Path, cluster: str, **spec: Any) -> None:
        self.lab, self.cluster, self._directory = lab, cluster, directory
        self._env = {**lab.env, "CLUSTER": cluster, "ZONE": json.dumps(spec)}
        shutil.copytree(PROGRAM, directory)
        project = yaml.safe_load((PROGRAM / "Pulumi.yaml").read_text())
        project["runtime"] = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        self.name = f"t{os.getpid()}-zone"
        self("stack", "init", self.name)

    def __call__(self, *words: str) -> str:
        """What a run that must succeed prints."""
        pulumi = [
            *LAB,
            "exec",
            "--",
            "pulumi",
            "--cwd",
            str(self._directory),
            "--non-interactive",
            "--color=never",
        ]
        done = subprocess.run(
            [*pulumi, *words], env=self._env, text=True, capture_output=True, timeout=RUN_SECONDS, check=False
        )
        assert done.returncode == 0, f"pulumi {' '.join(words)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def up(self, *words: str) -> str:
        return self("up", "--yes", "--skip-preview", *words)

    def changes(self) -> list[str]:
        """Names of resources that the next `up` would change."""
        steps = json.loads(self("preview", "--json"))["steps"]
        return [step["urn"].rpartition("::")[2] for step in steps if step["op"] != "same"]

    def output(self, name: str) -> Any:
        return json.loads(self("stack", "output", name, "--json", "--show-secrets"))

    def remove(self) -> None:
        self("stack", "rm", "--yes", "--force")

    def dig(self, name: str, *words: str, server: str | None = None) -> str:
        """What `dig` prints, with the status in its comments, asked of the zone's first nameserver."""
        address, _, port = (server or self.output("nameservers")[0]).rpartition(":")
        asked = [f"@{address}", "-p", port, "+tries=1", "+time=2", "+nocookie", *words]
        done = self.lab.run("exec", "--", "dig", name, *asked)
        return done.stdout

    def addresses(self, name: str, *words: str, server: str | None = None) -> set[str]:
        return set(self.dig(name, "+short", *words, server=server).split())

    def corefile(self) -> str:
        """Of the cluster's own DNS."""
        return corefile_of(self.lab, self.cluster)

    def store(self, command: str, *words: str, store: Mapping[str, Any] | None = None) -> Any:
        """Runs `tests.lab.federation.store_tool` in the lab's network."""
        told = json.dumps(store or self.output("store"))
        program = ("exec", "--", sys.executable, "-m", "tests.lab.federation.store_tool", command, *words)
        return json.loads(self.lab(*program, stdin=told))
