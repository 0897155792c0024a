"""The Pulumi engine, as a program that is run: previews with their events, and states that are exported."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from federation.errors import FederationError

LOGGING = {"PULUMI_DEBUG_COMMANDS": "true"}
"""Without it, `pulumi preview` has no option --event-log."""
TAIL = 12
"""Lines of what it has printed that an error shows: its last ones say why."""


class EngineError(FederationError):
    """The Pulumi engine is not there, or a run of it has failed."""


@dataclass(frozen=True)
class Engine:
    """One engine and one project.

    Attributes:
        program: name or path of `pulumi`.
        project: folder with Pulumi.yaml.
        env: variables that it runs with.
    """

    program: str
    project: Path
    env: Mapping[str, str]

    @classmethod
    def found(cls, project: Path, *, program: str | None = None) -> Engine:
        """With the environment as it is; `PULUMI` names the program if nothing else does."""
        return cls(program or os.environ.get("PULUMI") or "pulumi", project, {**os.environ, **LOGGING})

    def ask(self, *words: str, stdin: str | None = None) -> str:
        """What a run prints. Raises `EngineError` if it fails."""
        done = self._run(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            fix = "correct that, and run the same command again"
            raise EngineError(f"pulumi {' '.join(words[:2])}", _tail(done.stderr or done.stdout), fix)
        return str(done.stdout)

    def preview(self, stack: str, *, policies: Path | None, events: Path) -> int:
        """A preview; returns the exit status of the engine, which is not 0 for a violation of a policy, too.

        Args:
            stack: its name.
            policies: folder of a policy pack.
            events: file that gets the engine's events, one a line.
        """
        return self._run(_preview(stack, policies, events)).returncode

    def quiet_preview(self, stack: str, *, policies: Path | None, events: Path) -> tuple[int, str]:
        """The same without a display: exit status, and the last lines of what it would have shown."""
        words = [*_preview(stack, policies, events), "--non-interactive", "--color=never"]
        done = self._run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, _tail(done.stdout)

    def _run(
        self,
        words: Sequence[str],
        *,
        stdin: str | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        argv = [self.program, "--cwd", str(self.project), *words]
        feed = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
        try:
            return subprocess.run(
                argv, env=self.env, text=True, check=False, stdout=stdout, stderr=stderr, **feed
            )
        except OSError as error:
            fix = "install Pulumi (https://www.pulumi.com/docs/iac/download-install/), or set PULUMI to its path"
            raise EngineError(f"program {self.program}", str(error.strerror), fix) from None


def _preview(stack: str, policies: Path | None, events: Path) -> list[str]:
    pack = ["--policy-pack", str(policies)] if policies else []
    return ["preview", "--stack", stack, "--event-log", str(events), *pack]


def _tail(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-TAIL:]).rstrip(".") or "it has printed nothing"
