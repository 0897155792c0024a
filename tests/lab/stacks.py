"""A stack of this project in a lab, driven by the real engine as a user drives it."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from lab.tools.toolbox import Toolbox
from tests.lab.labs import LAB, TestLab
from tests.lab.reader import Reader

ROOT = Path(__file__).parents[2]
FEDERATION = "fc-federated-cluster"
KEY = "federation:topology"
RUN_SECONDS = 420.0
CHANGES = ("create", "update", "replace", "delete")
Topology = dict[str, Any]


def walk_through(*clusters: str, kubeconfig: str = "$KUBECONFIG") -> Topology:
    """The topology of the walk-through, for clusters of a lab."""
    zones = {"fc01": "east", "fc02": "west", "fc03": "north"}
    return {
        "name": FEDERATION,
        "domain": "fc-federated.com",
        "clusters": [
            {
                "name": name,
                "kubeconfig": {"path": kubeconfig, "context": name},
                "region": "us",
                "zone": zones[name],
            }
            for name in clusters
        ],
        # What a lab has built; a user's stack downloads the pinned release.
        "control_plane": {"crds": str(Toolbox().share("karmada", "crds"))},
    }


def copy_project(directory: Path) -> None:
    """The checkout's program into a directory that is not there yet; it runs in the environment of the tests."""
    directory.mkdir(parents=True)
    shutil.copy(ROOT / "__main__.py", directory)
    for folder in ("apps", "examples"):
        shutil.copytree(ROOT / folder, directory / folder)
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    project["runtime"]["options"]["virtualenv"] = sys.prefix
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(project))


class Stack:
    """One stack in a copy of the project.

    Args:
        lab: that is up.
        directory: for the copy; must not exist.
        topology: of the federation; change it with `edited`.

    Attributes:
        settled: the last run was an `up` that succeeded, and the topology is still the same.
        empty: nothing was made since the last removal.
    """

    def __init__(self, lab: TestLab, directory: Path, topology: Topology) -> None:
        self.lab, self.directory, self.topology = lab, directory, copy.deepcopy(topology)
        self.env = lab.env
        self.name = f"t{os.getpid()}-{directory.parent.name}"
        self.settled, self.empty = False, True
        self.begin()
        self.write()

    def begin(self) -> None:
        """Make the copy and the stack, of which nothing is there."""
        copy_project(self.directory)
        self("stack", "init", self.name)

    @property
    def settings(self) -> Path:
        return self.directory / f"Pulumi.{self.name}.yaml"

    @property
    def kubeconfig(self) -> Path:
        """The stack's output, in a file."""
        file = self.directory / "admin.kubeconfig"
        if not file.exists():
            file.write_text(self.output("kubeconfig"))
        return file

    def write(self) -> None:
        """The topology into the stack's configuration."""
        settings = yaml.safe_load(self.settings.read_text()) or {}
        settings.setdefault("config", {})[KEY] = self.topology
        self.settings.write_text(yaml.safe_dump(settings))

    @contextmanager
    def edited(self) -> Iterator[Topology]:
        """Change the topology for good."""
        self.settled = False
        yield self.topology
        self.write()

    def cluster(self, name: str) -> dict[str, Any]:
        """A cluster of the topology, to be changed in `edited`."""
        return next(c for c in self.topology["clusters"] if c["name"] == name)

    def argv(self, *words: str) -> list[str]:
        return [
            *LAB,
            "exec",
            "--",
            "pulumi",
            "--cwd",
            str(self.directory),
            "--non-interactive",
            "--color=never",
            *words,
        ]

    def run(self, *words: str, timeout: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
        self.empty = self.empty and "up" not in words
        return subprocess.run(
            self.argv(*words), env=self.env, text=True, capture_output=True, timeout=timeout, check=False
        )

    def __call__(self, *words: str, timeout: float = RUN_SECONDS) -> str:
        """What a run that must succeed prints."""
        done = self.run(*words, timeout=timeout)
        assert done.returncode == 0, f"pulumi {' '.join(words)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *words: str, timeout: float = RUN_SECONDS) -> str:
        """What a run that must fail prints."""
        self.settled = False
        done = self.run(*words, timeout=timeout)
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr

    def up(self, *words: str) -> str:
        said = self("up", "--yes", "--skip-preview", *words)
        self.settled = True
        return said

    def checked(self) -> str:
        """What the policies say about what is deployed; fails if they are against it."""
        return self("policy", "analyze", "--stack", self.name, "--policy-pack", str(ROOT / "policy"))

    def destroy(self, *words: str) -> str:
        """What a removal of everything prints; nothing if nothing was made since the last one."""
        self.settled = False
        (self.directory / "admin.kubeconfig").unlink(missing_ok=True)  # the next has another authority
        said = "" if self.empty else self("destroy", "--yes", "--skip-preview", *words)
        self.empty = True
        return said

    def preview(self) -> dict[str, list[str]]:
        """Kind of change → names of resources; without those that stay as they are."""
        # The program's own output must not be mixed with the plan.
        plan = json.loads(self("preview", "--json"))
        found: dict[str, list[str]] = {}
        for step in plan["steps"]:
            if step["op"] != "same":
                found.setdefault(step["op"], []).append(step["urn"].rpartition("::")[2])
        return {kind: sorted(names) for kind, names in found.items()}

    def output(self, name: str) -> Any:
        return json.loads(self("stack", "output", name, "--json", "--show-secrets"))

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """kubectl in the federation API, as its administrator."""
        return self.lab(
            "exec",
            "--",
            "kubectl",
            "--kubeconfig",
            str(self.kubeconfig),
            "--context",
            self.topology["name"],
            *words,
            stdin=stdin,
        )

    def get(self, *words: str) -> Any:
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A run that goes on while the test does, with all its processes in a group of their own."""
        self.settled = False
        self.empty = self.empty and "up" not in words
        return subprocess.Popen(
            self.argv(*words),
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self, running: subprocess.Popen[str]) -> None:
        """As a power cut would: nothing of the run gets a chance to end in order."""
        os.killpg(running.pid, signal.SIGKILL)
        running.wait(timeout=10)
        self("cancel", "--yes")

    def killed_after(self, count: int, mark: str, *words: str) -> bool:
        """Run and kill at the count-th line with the mark. False if the run ended before."""
        seen = 0
        with self.start(*words, "--yes", "--skip-preview") as running:
            assert running.stdout is not None
            for line in running.stdout:
                seen += mark in line
                if seen >= count:
                    self.kill(running)
                    return True
        return False

    def remove(self) -> None:
        """The stack's record, whatever is left of it."""
        self("stack", "rm", "--yes", "--force")


class DocumentedStack(Stack):
    """One that a reader makes as a document says, and that tests go on with.

    Args:
        reader: of the document.
        name: of the stack in it.
        begin: titles of the sections up to the stack's settings.
        up: title of the section that brings it up for the first time.
    """

    def __init__(self, lab: TestLab, reader: Reader, *, name: str, begin: Sequence[str], up: str) -> None:
        self.reader, self._named, self._begin, self._up = reader, name, begin, up
        self._is_new = True
        super().__init__(lab, reader.checkout, {})

    def begin(self) -> None:
        for title in self._begin:
            self.reader.section(title)
        self.name, self.env = self._named, self.reader.env
        self.read()
        self._first = copy.deepcopy(self.topology)

    def read(self) -> None:
        """The topology as the document's commands have left it, with what a lab has built instead of a download."""
        self.topology = yaml.safe_load(self.settings.read_text())["config"][KEY]
        self.topology["control_plane"] = {"crds": str(Toolbox().share("karmada", "crds"))}

    def removed(self) -> None:
        """To be told when the reader has removed it, its record too: it is begun anew, with its first topology."""
        (self.directory / "admin.kubeconfig").unlink(missing_ok=True)
        self("stack", "init", self.name)
        self.settled, self.empty, self.topology = False, True, copy.deepcopy(self._first)
        self.write()

    def up(self, *words: str) -> str:
        """The first time as the document says."""
        if words or not self._is_new:
            return super().up(*words)
        self.empty = False
        said = self.reader.section(self._up)
        self._is_new, self.settled = False, True
        return said


def told(said: str, obj: str) -> str:
    """The line about an object. There is a next step in it, and no stack trace anywhere."""
    assert "Traceback" not in said
    lines = {
        line[line.index(obj) :].strip() for line in said.splitlines() if f"{obj}:" in line and "Next:" in line
    }
    assert len(lines) == 1, said
    return lines.pop()
