"""The pipelines of the three platforms, in one shape: jobs with their scripts, as the platform would run them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ci.changed import stacks_of

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
GITLAB = ROOT / ".gitlab-ci.yml"
AZURE = ROOT / "azure-pipelines.yml"
STACKS = sorted(stacks_of(ROOT))
EACH = re.compile(r"\$\{\{ each stack in parameters\.stacks \}\}")
NOT_JOBS = {"stages", "default"}


@dataclass(frozen=True)
class Step:
    """A script of a job.

    Attributes:
        env: variables that the step sets, beside those of the job.
        always: it runs where a step before it has failed, too.
    """

    script: str
    env: Mapping[str, str] = field(default_factory=dict)
    always: bool = False


@dataclass(frozen=True)
class Job:
    """One job, with the document that it is in and its part there."""

    platform: str
    name: str
    steps: tuple[Step, ...]
    part: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What it does, by the name that it has on all platforms: test, changed, preview, comment, apply, drift."""
        return self.name.partition("_")[0]

    @property
    def targets(self) -> tuple[str, ...]:
        """The targets of the Makefile that it makes, in their order."""
        return tuple(target for step in self.steps for target in targets(step.script))

    def __str__(self) -> str:
        return f"{self.platform}:{self.name}"


def targets(script: str) -> list[str]:
    return re.findall(r"\bmake (?:--silent )?([a-z][a-z-]*)", script)


@cache
def load(file: Path) -> Any:
    """A file; `on` of GitHub is the word, which YAML 1.1 takes for true."""
    document = yaml.safe_load(file.read_text())
    return {("on" if key is True else key): value for key, value in document.items()}


def github() -> Iterator[Job]:
    """Jobs by the name of their workflow; those that only list stacks are called `changed`."""
    for file in WORKFLOWS:
        for name, part in load(file)["jobs"].items():
            steps = tuple(
                Step(
                    step["run"],
                    step.get("env", {}),
                    any(word in step.get("if", "") for word in ("always", "failure")),
                )
                for step in part["steps"]
                if "run" in step
            )
            yield Job("github", "changed" if name == "stacks" else name, steps, part)


def gitlab() -> Iterator[Job]:
    document = load(GITLAB)
    for name, part in document.items():
        if name not in NOT_JOBS and not name.startswith("."):
            lines = list(_flat(part["script"]))
            yield Job("gitlab", name, (Step("\n".join(lines)),), merged(document, part))


def merged(document: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """A job of GitLab with what it extends."""
    names = part.get("extends", [])
    whole: dict[str, Any] = {}
    for name in [names] if isinstance(names, str) else names:
        whole |= document[name]
    return whole | {key: value for key, value in part.items() if key != "extends"}


def azure() -> Iterator[Job]:
    for stage in azure_document()["stages"]:
        for part in stage["jobs"]:
            steps = part.get("steps") or part["strategy"]["runOnce"]["deploy"]["steps"]
            scripts = tuple(
                Step(
                    step.get("bash") or step["inputs"]["inlineScript"],
                    step.get("env", {}),
                    "condition" in step,
                )
                for step in steps
                if "bash" in step or "inlineScript" in step.get("inputs", {})
            )
            yield Job("azure", part.get("job") or part["deployment"], scripts, part)


@cache
def azure_document() -> Any:
    """The file with its loops over stacks unrolled, as Azure DevOps does before it reads anything else."""
    document = load(AZURE)
    stacks = document["parameters"][0]["default"]
    return _unrolled(document, stacks)


def jobs() -> list[Job]:
    return [*github(), *gitlab(), *azure()]


def _unrolled(part: Any, stacks: list[str]) -> Any:
    if isinstance(part, dict):
        return {key: _unrolled(value, stacks) for key, value in part.items()}
    if isinstance(part, list):
        return [item for each in part for item in _items(each, stacks)]
    return part


def _items(item: Any, stacks: list[str]) -> list[Any]:
    if isinstance(item, dict) and len(item) == 1 and EACH.fullmatch(str(next(iter(item)))):
        (body,) = item.values()
        return [_unrolled(_with(one, stack), stacks) for stack in stacks for one in body]
    return [_unrolled(item, stacks)]


def _with(part: Any, stack: str) -> Any:
    if isinstance(part, dict):
        return {key: _with(value, stack) for key, value in part.items()}
    if isinstance(part, list):
        return [_with(item, stack) for item in part]
    if isinstance(part, str):
        name = part.replace("${{ replace(stack, '-', '_') }}", stack.replace("-", "_"))
        return name.replace("${{ stack }}", stack)
    return part


def _flat(script: Any) -> Iterator[str]:
    """Lines of a script of GitLab: anchors in it are lists of lines."""
    for line in script:
        if isinstance(line, str):
            yield line
        else:
            yield from _flat(line)
