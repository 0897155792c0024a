"""The `lab` command as the tests use it: by its command line, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.deadline import Deadline

LAB = (sys.executable, "-m", "lab")
COMMAND_SECONDS = 120.0
SHARED = "t-shared"
"""The name of the lab that many tests share."""


@dataclass(frozen=True)
class TestLab:
    """One lab, named so that it stands beside a user's own."""

    __test__ = False  # the name starts like a test's
    name: str
    state_root: Path

    @property
    def topology(self) -> Path:
        return self.state_root / f"{self.name}.yaml"

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "LAB_NAME": self.name, "FEDERATION_STATE": str(self.state_root)}

    def run(
        self, *words: str, timeout: float = COMMAND_SECONDS, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*LAB, *words],
            env=self.env,
            input=stdin,
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def __call__(self, *words: str, timeout: float = COMMAND_SECONDS, stdin: str | None = None) -> str:
        """What a command that must succeed prints."""
        done = self.run(*words, timeout=timeout, stdin=stdin)
        assert done.returncode == 0, (
            f"lab {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def fails(self, *words: str, timeout: float = COMMAND_SECONDS) -> str:
        """What a command that must fail says."""
        done = self.run(*words, timeout=timeout)
        assert done.returncode == 1, (
            f"lab {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stderr

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A command that goes on while the test does."""
        return subprocess.Popen(
            [*LAB, *words],
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def kubectl(self, cluster: str, *words: str, stdin: str | None = None) -> str:
        return self("kubectl", cluster, *words, stdin=stdin)

    def get(self, cluster: str, *words: str) -> Any:
        return json.loads(self.kubectl(cluster, "get", *words, "-o", "json"))

    def curl(self, url: str) -> subprocess.CompletedProcess[str]:
        """Ask from the fabric, where a user of the clusters would be."""
        return self.run("exec", "--", "curl", "--silent", "--show-error", "--fail", "--max-time", "3", url)

    def answers(self, url: str) -> str | None:
        """None when it answers with a page; else why not."""
        done = self.curl(url)
        return (
            None
            if done.returncode == 0 and "<html>" in done.stdout
            else f"{url}: {done.stderr or done.stdout}"
        )

    def nodes(self) -> dict[str, dict[str, Any]]:
        status = json.loads(self("status", "--json"))
        return {node["name"]: node for cluster in status["clusters"] for node in cluster["nodes"]}

    def applied(self, cluster: str, *objects: dict[str, Any]) -> None:
        self.kubectl(cluster, "apply", "-f", "-", stdin=yaml.safe_dump_all(objects))

    @contextmanager
    def namespace(self, name: str, *clusters: str) -> Iterator[str]:
        """A namespace of the test's own in these clusters; its removal goes on while the next test runs."""
        for cluster in clusters:
            self.kubectl(cluster, "create", "namespace", name)
        try:
            yield name
        finally:
            for cluster in clusters:
                self.kubectl(cluster, "delete", "namespace", name, "--wait=false")


@contextmanager
def booted(state_root: Path, name: str, topology: str) -> Iterator[TestLab]:
    """A lab of its own for some tests, while the block runs."""
    lab = TestLab(name, state_root)
    lab.topology.write_text(topology)
    try:
        lab("up", str(lab.topology), timeout=300)
        yield lab
    finally:
        lab("down", "--force")


def eventually(probe: Callable[[], str | None], within: float, what: str) -> None:
    """Wait until `probe` returns None."""
    Deadline(within).until(what, probe, fix="read the logs", interval=0.5)


def stays(probe: Callable[[], str | None], seconds: float) -> None:
    """`probe` returns None each time for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert (reason := probe()) is None, reason
        time.sleep(0.5)
