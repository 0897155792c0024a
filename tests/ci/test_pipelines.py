"""What must hold for the files of the three platforms; none of it needs the network."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema

from tests.ci import pipelines
from tests.ci.pipelines import AZURE, GITLAB, ROOT, STACKS, WORKFLOWS, Job, azure_document, jobs, load

MAKEFILE = (ROOT / "Makefile").read_text()
# Beside targets of the Makefile: what puts a file or a value where the platform looks for it.
COMMANDS = set(
    ".ci/run cat curl echo exit export grep make mkdir printenv set sudo az find mktemp wc".split()
)
KINDS = ("changed", "preview", "apply", "drift")


@pytest.mark.parametrize("file", [*WORKFLOWS, GITLAB, AZURE], ids=lambda f: f.name)
def test_a_file_fits_the_schema_of_its_platform(file: Path) -> None:
    assert _mistakes(file, lambda document: None) == []


def _no_runner(document: Any) -> None:
    document["jobs"]["test"].pop("runs-on")


def _unknown_key(document: Any) -> None:
    document["changed"]["artefacts"] = {"paths": ["build"]}


def _unknown_step(document: Any) -> None:
    document["stages"][0]["jobs"][0]["steps"].append({"bsh": "make"})


@pytest.mark.parametrize(
    ("file", "spoil"),
    [(ROOT / ".github/workflows/test.yml", _no_runner), (GITLAB, _unknown_key), (AZURE, _unknown_step)],
    ids=["github", "gitlab", "azure"],
)
def test_a_mistake_does_not_fit_it(file: Path, spoil: Callable[[Any], None]) -> None:
    assert len(_mistakes(file, spoil)) == 1


def _mistakes(file: Path, change: Callable[[Any], None]) -> list[str]:
    """What the schema that check-jsonschema comes with says to a file with a change."""
    name = {GITLAB: "gitlab-ci", AZURE: "azure-pipelines"}.get(file, "github-workflows")
    document = _texts(azure_document()) if file == AZURE else load(file)
    document = json.loads(json.dumps(document))
    change(document)
    validator = jsonschema.Draft7Validator(get_builtin_schema(f"vendor.{name}"))
    return [error.message for error in validator.iter_errors(document)]


def _texts(part: Any) -> Any:
    """As the schema of Azure DevOps wants it: all values are texts, but for inputs of tasks."""
    if isinstance(part, dict):
        return {key: value if key == "inputs" else _texts(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_texts(item) for item in part]
    return str(part).lower() if isinstance(part, bool) else str(part)


@pytest.mark.parametrize("job", jobs(), ids=str)
def test_bash_can_read_every_script(job: Job) -> None:
    for step in job.steps:
        done = subprocess.run(["bash", "-n"], input=step.script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("job", jobs(), ids=str)
def test_every_target_that_a_job_makes_exists(job: Job) -> None:
    missing = [t for t in job.targets if not re.search(rf"^{t}:.*##", MAKEFILE, re.MULTILINE)]
    assert missing == []


@pytest.mark.parametrize("job", jobs(), ids=str)
def test_a_job_does_nothing_that_a_person_could_not_do_with_make(job: Job) -> None:
    words = {word for step in job.steps for line in step.script.splitlines() for word in _commands(line)}
    assert words - COMMANDS == set()


def _commands(line: str) -> list[str]:
    """The first words of the commands in a line, and of those in `$(...)`; enough of a shell for what stands here."""
    inside = re.findall(r"\$\(([^()]*)\)", line)
    outside = re.sub(r'"(\\.|[^"\\])*"', "text", re.sub(r"\$\([^()]*\)", "value", line))
    parts = [part.split() for text in (outside, *inside) for part in re.split(r"\|\||&&|[|;{}]", text)]
    return [words[0] for words in parts if words and not re.match(r"\w+=|#", words[0])]


@pytest.mark.parametrize("kind", KINDS)
def test_the_platforms_make_the_same_targets_for_the_same_work(kind: str) -> None:
    made = {(job.platform, job.targets) for job in jobs() if job.kind == kind}
    assert {platform for platform, _ in made} == {"github", "gitlab", "azure"}
    assert len({targets for _, targets in made}) == 1, made


def test_where_a_comment_may_be_written_it_is_written_the_same_way() -> None:
    made = {job.platform: job.targets for job in jobs() if job.kind == "comment"}
    assert made == {"github": ("comment", "post-comment"), "azure": ("comment", "post-comment")}


@pytest.mark.parametrize("platform", ["github", "gitlab", "azure"])
def test_the_projects_own_tests_run_on_every_platform(platform: str) -> None:
    (test,) = (job for job in jobs() if job.platform == platform and job.kind == "test")
    assert test.steps[0].script in {".ci/run", "sudo .ci/run"}


def test_platforms_with_a_list_of_stacks_have_all_of_them() -> None:
    assert sorted(load(GITLAB)[".stacks"]["parallel"]["matrix"][0]["STACK"]) == STACKS
    assert sorted(load(AZURE)["parameters"][0]["default"]) == STACKS


def test_what_a_job_waits_for_exists() -> None:
    for file in WORKFLOWS:
        known = load(file)["jobs"]
        assert {need for part in known.values() for need in _listed(part.get("needs", []))} <= known.keys()
    assert {n for job in pipelines.gitlab() for n in job.part.get("needs", [])} == {"changed"}
    for stage in azure_document()["stages"]:
        names = {part.get("job") or part.get("deployment") for part in stage["jobs"]}
        assert {need for part in stage["jobs"] for need in _listed(part.get("dependsOn", []))} <= names


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("job", jobs(), ids=str)
def test_no_job_may_hang_for_ever(job: Job) -> None:
    key = {"github": "timeout-minutes", "gitlab": "timeout", "azure": "timeoutInMinutes"}[job.platform]
    assert key in job.part
