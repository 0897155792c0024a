"""Who may do what: pull requests get no secret, what is pinned is pinned, and an apply waits for its approval."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci import pipelines
from tests.ci.pipelines import AZURE, GITLAB, ROOT, STACKS, WORKFLOWS, Job, azure_document, load

# Each hash was found beside its version in the workflows of several other projects.
ACTIONS = {
    "actions/checkout": ("de0fac2e4500dabe0009e67214ff5f5447ce83dd", "v6.0.2"),
    "actions/download-artifact": ("37930b1c2abaa49bbe596cd826c3c89aef350131", "v7.0.0"),
    "actions/upload-artifact": ("b7c566a772e6b6bfb58ed0dc250532a479d7789f", "v6.0.0"),
    "azure/login": ("7ddb5af1ef8758cf1353cf3b42f940aee27ba21c", "v3.0.2"),
}
PERMISSIONS = {
    "apply.yml/apply": {"contents": "read", "id-token": "write"},
    "apply.yml/changed": {"contents": "read"},
    "comment.yml/comment": {"actions": "read", "contents": "read", "pull-requests": "write"},
    "drift.yml/drift": {"contents": "read", "id-token": "write"},
    "drift.yml/stacks": {"contents": "read"},
    "preview.yml/changed": {"contents": "read"},
    "preview.yml/preview": {"actions": "read", "contents": "read"},
    "test.yml/test": {"contents": "read"},
}
TRIGGERS = {
    "apply.yml": {"push": {"branches": ["main"]}},
    "comment.yml": {"workflow_run": {"workflows": ["preview"], "types": ["completed"]}},
    "drift.yml": {"schedule": [{"cron": "17 3 * * *"}], "workflow_dispatch": None},
    "preview.yml": {"pull_request": {"branches": ["main"]}},
    "test.yml": {"pull_request": None, "push": {"branches": ["main"]}},
}
TEXTS = {file.name: file.read_text() for file in (*WORKFLOWS, GITLAB, AZURE)}


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    zizmor = str(Path(sys.executable).with_name("zizmor"))
    argv = [zizmor, "--offline", "--no-config", "--no-progress", "--color=never", ".github/workflows"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 ignored" in done.stdout  # comment.yml says why


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_every_action_is_pinned_by_the_hash_of_its_version(file: Path) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", file.read_text(), re.MULTILINE)
    known = {f"{name}@{commit} # {version}" for name, (commit, version) in ACTIONS.items()}
    assert used
    assert set(used) <= known


def test_every_pinned_action_is_used() -> None:
    assert [name for name in ACTIONS if f"uses: {name}@" not in "".join(TEXTS.values())] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_permissions_are_none_but_those_of_the_table(file: Path) -> None:
    document = load(file)
    assert document["permissions"] == {}
    found = {f"{file.name}/{name}": part["permissions"] for name, part in document["jobs"].items()}
    assert found == {name: rights for name, rights in PERMISSIONS.items() if name.startswith(f"{file.name}/")}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_what_starts_a_workflow(file: Path) -> None:
    assert load(file)["on"] == TRIGGERS[file.name]


@pytest.mark.parametrize("name", TEXTS)
def test_there_is_no_secret_that_lives_for_long(name: str) -> None:
    forbidden = (
        "secrets.",
        "PASSPHRASE",
        "CLIENT_SECRET",
        "ACCESS_KEY",
        "PULUMI_ACCESS_TOKEN",
        "pull_request_target",
    )
    assert [word for word in forbidden if word in TEXTS[name]] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_a_checkout_leaves_no_token_behind(file: Path) -> None:
    steps = [
        s for part in load(file)["jobs"].values() for s in part["steps"] if "checkout@" in s.get("uses", "")
    ]
    assert [step["with"]["persist-credentials"] for step in steps] == [False] * len(steps)


@pytest.mark.parametrize("job", list(pipelines.github()), ids=str)
def test_nothing_is_put_into_a_script_of_github_but_by_variables(job: Job) -> None:
    assert [step.script for step in job.steps if "${{" in step.script] == []


@pytest.mark.parametrize("job", list(pipelines.azure()), ids=str)
def test_nothing_is_put_into_a_script_of_azure_devops_but_by_variables(job: Job) -> None:
    # $(Name) would be replaced before the shell sees it; $(make ...) has a blank, and no variable has.
    assert [s.script for s in job.steps if "${{" in s.script or re.search(r"\$\([\w.]+\)", s.script)] == []


@pytest.mark.parametrize("name", ["preview.yml", "test.yml"])
def test_what_runs_the_code_of_a_fork_on_github_has_no_login_and_no_variable(name: str) -> None:
    text = TEXTS[name]
    assert [
        word for word in ("vars.", "environment:", "id-token", "azure/login", ": write") if word in text
    ] == []
    told = re.findall(r"\$\{\{ (.*?) \}\}", text)
    assert {word for word in told if not word.startswith(("steps.", "matrix.", "fromJSON(needs."))} <= {
        "github.event.pull_request.number",
        "github.ref",
        "github.token",  # of the job: it reads, and ends with it
    }


def test_what_may_comment_on_github_runs_no_code_of_the_pull_request() -> None:
    (job,) = load(ROOT / ".github/workflows/comment.yml")["jobs"].values()
    (checkout,) = (step for step in job["steps"] if "checkout@" in step.get("uses", ""))
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    (download,) = (step for step in job["steps"] if "download-artifact@" in step.get("uses", ""))
    assert download["with"]["path"].startswith("${{ runner.temp }}/")
    tokens = [step["run"] for step in job["steps"] if "GITHUB_TOKEN" in step.get("env", {})]
    assert tokens == ['make post-comment COMMENT="$RUNNER_TEMP/comment.md"']


def test_what_runs_for_a_merge_request_of_gitlab_has_no_login() -> None:
    for job in pipelines.gitlab():
        if "merge_request_event" in str(job.part["rules"]):
            assert {"id_tokens", "environment"} & job.part.keys() == set(), job


def test_what_runs_for_a_pull_request_of_azure_devops_has_no_login() -> None:
    for stage in azure_document()["stages"]:
        if "PullRequest" in stage["condition"]:
            assert "AzureCLI" not in str(stage)
            assert "deployment" not in str(stage)


@pytest.mark.parametrize(("file", "job", "suffix"), [("apply", "apply", ""), ("drift", "drift", "-drift")])
def test_a_stack_has_an_environment_and_one_run_at_a_time_on_github(file: str, job: str, suffix: str) -> None:
    part = load(ROOT / f".github/workflows/{file}.yml")["jobs"][job]
    assert part["environment"] == "${{ matrix.stack }}" + suffix
    assert part["concurrency"] == {"group": "stack-${{ matrix.stack }}", "cancel-in-progress": False}


@pytest.mark.parametrize(("name", "suffix"), [("apply", ""), ("drift", "-drift")])
def test_a_stack_has_an_environment_and_one_run_at_a_time_on_gitlab(name: str, suffix: str) -> None:
    (job,) = (job for job in pipelines.gitlab() if job.name == name)
    assert job.part["environment"]["name"] == f"$STACK{suffix}"
    assert job.part["resource_group"] == "stack-$STACK"
    assert job.part.get("interruptible", load(GITLAB)["default"]["interruptible"]) is False


def test_an_apply_of_gitlab_is_started_by_hand_on_the_main_branch_only() -> None:
    (job,) = (job for job in pipelines.gitlab() if job.name == "apply")
    (rule,) = job.part["rules"]
    assert rule["when"] == "manual"
    assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"]
    assert '"push"' in rule["if"]


@pytest.mark.parametrize(("name", "suffix"), [("apply", ""), ("drift", "-drift")])
def test_a_stack_has_an_environment_and_one_run_at_a_time_on_azure_devops(name: str, suffix: str) -> None:
    (stage,) = (stage for stage in azure_document()["stages"] if stage["stage"] == name)
    assert stage["lockBehavior"] == "sequential"
    assert "eq(variables['Build.SourceBranch'], 'refs/heads/main')" in stage["condition"]
    environments = [part["environment"] for part in stage["jobs"] if "deployment" in part]
    assert environments == [f"{stack}{suffix}" for stack in STACKS]
