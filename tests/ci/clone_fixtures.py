"""A clean clone of this checkout, in which scripts of jobs run as their platforms run them, without the network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab.engine.environment import prepare_home
from lab.paths import cache_dir
from lab.tools.toolbox import Toolbox
from tests.ci.pipelines import ROOT, Job, Step
from tests.work_tree import copy_to

DEADLINE = 400  # seconds for one script; the longest makes a preview
# What may be known of the machine: nothing of a user's login, kubeconfig or engine.
KEPT = ("LANG", "PIP_CACHE_DIR", "TMPDIR", "TZ")
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
ENTRY = """#!{python}
import sys
from {module} import main
sys.exit(main())
"""
NOTHING = "#!/bin/sh\n# Stands for a program that would ask the network.\n"


class Clone:
    """A clone with all files of the work tree, and a machine of its own: home, cache of the program, engine's home.

    `.venv` has the packages of the tests' environment and the clone's own code; its `.done` is younger than the lock,
    so that `make` installs nothing.

    Args:
        place: a folder that is there, for all of it.
        prefix: leads the command line of each script, such as `lab exec --`.
        machine: variables in place of a machine's own, for what the prefix needs.

    Attributes:
        root: the checkout.
        env: of a machine for pipelines, before a platform adds its variables.
    """

    def __init__(
        self, place: Path, *, prefix: Sequence[str] = (), machine: Mapping[str, str] | None = None
    ) -> None:
        self.root, self._place, self._prefix = place / "clone", place, prefix
        self._machine = machine or {}
        self._ran: dict[str, subprocess.CompletedProcess[str]] = {}
        self._cloned()
        self._environment_made()
        self._bin = place / "bin"
        for program in ("az", "go"):
            self._write_program(self._bin / program, NOTHING)
        crds = place / "cache/k8s-federation/karmada-v1.18.2"
        crds.parent.mkdir(parents=True)
        crds.symlink_to(Toolbox().share("karmada", "crds"))
        prepare_home(
            place / "pulumi", {}
        )  # a release has its language host beside the engine; a build has none

    @property
    def env(self) -> dict[str, str]:
        """Of a machine for pipelines, before a platform adds its variables."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**self._machine, **kept} | {
            # The scripts of a build's language host; of a release they lie beside the host.
            "PATH": f"{self._bin}:{os.defpath}:/usr/sbin:/usr/local/bin:{Toolbox().path('pulumi').parent}",
            "HOME": str(self._place / "home"),
            "XDG_CACHE_HOME": str(self._place / "cache"),
            "FEDERATION_CACHE": str(cache_dir()),  # the tools of the lab
            "FEDERATION_PYTHON": sys.executable,
            "PULUMI_HOME": str(self._place / "pulumi"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "MAKEFLAGS": "",
        }

    def git(self, *words: str) -> str:
        argv = ["git", *IDENTITY, *words]
        return subprocess.run(argv, cwd=self.root, text=True, capture_output=True, check=True).stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        self._ran.clear()
        return self.git("rev-parse", "HEAD")

    def run(self, step: Step, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """A script, as runners start it. One that is the same with the same variables has run already.

        Args:
            step: its expressions are of the platform; `env` has their values.
            env: variables of the job.
        """
        used = {*re.findall(r"\$\{?([A-Z_]+)", step.script), *step.env}
        key = repr((step.script, sorted((name, env.get(name)) for name in used)))
        if key not in self._ran:
            self._ran[key] = subprocess.run(
                [*self._prefix, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script],
                cwd=self.root,
                env={**self.env, **env},
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=DEADLINE,
                check=False,
            )
        return self._ran[key]

    def runs(self, job: Job, env: Mapping[str, str]) -> Iterator[tuple[Step, int, str]]:
        """Scripts of a job, each with its exit status and what it printed; after a failure those that run always."""
        failed = False
        for step in job.steps:
            if step.always or not failed:
                done = self.run(step, env)
                failed = failed or done.returncode != 0
                yield step, done.returncode, done.stdout

    def does(self, job: Job, env: Mapping[str, str]) -> list[str]:
        """What each script of a job has printed; each must succeed."""
        said = []
        for step, status, printed in self.runs(job, env):
            assert status == 0, f"{job}: {step.script}\n{printed}"
            said.append(printed)
        return said

    def _cloned(self) -> None:
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, self.root], check=True)
        copy_to(self.root)
        self.commit()

    def _environment_made(self) -> None:
        venv = self.root / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        (packages,) = venv.glob("lib/python3*/site-packages")
        (packages / "clone.pth").write_text(f"{self.root}\n{sysconfig.get_path('purelib')}\n")
        for program, module in (("fedctl", "federation.cli"), ("lab", "lab.cli")):
            self._write_program(
                venv / "bin" / program, ENTRY.format(python=venv / "bin/python", module=module)
            )
        (venv / ".done").touch()

    @staticmethod
    def _write_program(file: Path, text: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
