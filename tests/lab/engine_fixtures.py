"""The real engine with a home, a backend and programs of its own; no cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.engine.environment import engine_environment, kubernetes_plugin
from lab.tools.toolbox import Toolbox

PROGRAMS = Path(__file__).with_name("programs")
DEADLINE = 240  # seconds for one call, on a machine that has other work too


@dataclass(frozen=True)
class Engine:
    pulumi: Path
    env: Mapping[str, str]

    def __call__(self, project: Path, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.pulumi, *args, "--non-interactive", "--color=never"],
            cwd=project,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE,
            check=False,
        )

    def does(self, project: Path, *args: str) -> str:
        """Like calling it, for what must succeed; everything the engine has printed."""
        done = self(project, *args)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def processes(self) -> list[str]:
        """The processes started with this engine's home, zombies aside: the engine and all it has begun."""
        mark = f"PULUMI_HOME={self.env['PULUMI_HOME']}\0".encode()
        return [line for p in Path("/proc").glob("[0-9]*") if (line := _command(p, mark))]


def _command(process: Path, mark: bytes) -> str | None:
    try:
        if mark not in (process / "environ").read_bytes() + b"\0":
            return None
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode() or None
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None


Project = Callable[[str], Path]


@pytest.fixture(name="engine")
def engine_fixture(tmp_path: Path) -> Engine:
    tools = Toolbox()
    pulumi = tools.path("pulumi")
    env = engine_environment(
        pulumi=pulumi,
        home=tmp_path / "home",
        plugins=kubernetes_plugin(tools.path("pulumi-resource-kubernetes")),
        backend=tmp_path / "state",
        passphrase="test",
        base=os.environ,
    )
    return Engine(pulumi, env)


@pytest.fixture(name="project")
def project_fixture(tmp_path: Path) -> Project:
    """Copies a program and tells it the virtual environment the tests run in."""

    def copy(name: str) -> Path:
        target = tmp_path / name
        shutil.copytree(PROGRAMS / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        for file in target.rglob("Pulumi*.yaml"):
            file.write_text(file.read_text().replace("@VENV@", sys.prefix))
        return target

    return copy


@pytest.fixture(name="stack")
def stack_fixture(engine: Engine, project: Project) -> Project:
    """A copied program with a stack `dev` that is selected."""

    def make(name: str) -> Path:
        directory = project(name)
        engine.does(directory, "stack", "init", "dev")
        return directory

    return make
