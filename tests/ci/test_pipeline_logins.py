"""What `apply` and `drift` give to the targets that they make: the login, and the stack. `make` is a recorder here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ci.pipelines import Job, jobs

MAKE = """#!/bin/sh
echo "$*" >> "$RECORDS/made"
env | grep ^ARM_ > "$RECORDS/login-$1"
[ ! -e "$ARM_OIDC_TOKEN_FILE_PATH" ] || cp "$ARM_OIDC_TOKEN_FILE_PATH" "$RECORDS/token"
case "$*" in *COMMENT=*) mkdir -p build; echo page > build/comment.md;; esac
[ "$1" != "$FAILING" ] || exit 2
"""
AZ = "#!/bin/sh\necho subscription\n"
CURL = '#!/bin/sh\nfor last; do :; done\necho "$last" >> "$RECORDS/published"\n'
LOGIN = {
    # What the workflow takes from variables, and what each platform gives a job that may log in.
    "github": {"ARM_CLIENT_ID": "client", "ARM_TENANT_ID": "tenant", "ARM_SUBSCRIPTION_ID": "subscription"},
    "gitlab": {"ARM_CLIENT_ID": "client", "ARM_TENANT_ID": "tenant", "ARM_SUBSCRIPTION_ID": "subscription"},
    "azure": {"servicePrincipalId": "client", "tenantId": "tenant", "idToken": "id-token"},
}
MADE = {
    "apply": ["engine", "kubelogin", "apply STACK=icp", "snapshot STACK=icp"],
    "drift": [
        "engine",
        "kubelogin",
        "snapshot STACK=icp",
        "drift STACK=icp EVENTS=build/events/icp.jsonl",
    ],
}
PAGE = "comment EVENTS=build/events/icp.jsonl COMMENT=build/comment.md"


class Runner:
    """A machine where `make`, `az` and `curl` are recorders."""

    def __init__(self, place: Path) -> None:
        self.records, self._bin, self._checkout = place / "records", place / "bin", place / "checkout"
        for folder in (self.records, self._bin, self._checkout):
            folder.mkdir()
        for name, text in (("make", MAKE), ("az", AZ), ("curl", CURL)):
            (self._bin / name).write_text(text)
            (self._bin / name).chmod(0o755)

    def run(self, job: Job, env: Mapping[str, str], failing: str = "") -> tuple[int, str]:
        """Exit status of the job, and what it printed; after a failure, steps with a condition run."""
        variables = {
            "PATH": f"{self._bin}:{os.defpath}",
            "RECORDS": str(self.records),
            "FAILING": failing,
            "TMPDIR": str(self.records),
            "STACK": "icp",
            **env,
        }
        status, said = 0, ""
        for step in job.steps:
            if status and not step.always:
                continue
            if step.always and not status and job.kind == "drift":
                continue  # of what is not as it shall be
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", step.script],
                cwd=self._checkout,
                env=variables,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            status, said = status or done.returncode, said + done.stdout
        return status, said

    @property
    def made(self) -> list[str]:
        return (self.records / "made").read_text().splitlines()

    def login(self, target: str) -> dict[str, str]:
        lines = (self.records / f"login-{target}").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture(name="runner")
def runner_fixture(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def variables(platform: str, runner: Runner) -> dict[str, str]:
    own = {
        "github": {"GITHUB_STEP_SUMMARY": str(runner.records / "summary"), "ARM_USE_OIDC": "true"},
        "gitlab": {
            "ARM_USE_OIDC": "true",
            "AZURE_ID_TOKEN": "id-token",
            "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
            "CI_JOB_TOKEN": "job",
            "CI_PROJECT_ID": "5",
        },
        "azure": {},
    }
    return LOGIN[platform] | own[platform]


def job_of(platform: str, kind: str) -> Job:
    return next(j for j in jobs() if (j.platform, j.kind) == (platform, kind) and "westus" not in j.name)


@pytest.mark.parametrize("kind", ["apply", "drift"])
@pytest.mark.parametrize("platform", ["github", "gitlab", "azure"])
def test_a_target_finds_the_login_of_its_platform(platform: str, kind: str, runner: Runner) -> None:
    status, said = runner.run(job_of(platform, kind), variables(platform, runner))
    assert status == 0, said
    made = [line for line in runner.made if line != PAGE]
    assert made == MADE[kind]
    login = runner.login(kind)
    assert {name: login[name] for name in LOGIN["github"]} == LOGIN["github"]
    assert login["ARM_USE_OIDC"] == "true"
    if platform == "gitlab":
        assert (runner.records / "token").read_text() == "id-token\n"
        place = "https://gitlab.example.com/api/v4/projects/5/packages/generic/snapshots/latest/icp.json"
        assert (runner.records / "published").read_text() == f"{place}\n"
    if platform == "azure":
        assert login["ARM_OIDC_TOKEN"] == "id-token"


@pytest.mark.parametrize("platform", ["github", "gitlab", "azure"])
def test_drift_fails_its_job_and_a_page_says_what_is_different(platform: str, runner: Runner) -> None:
    status, said = runner.run(job_of(platform, "drift"), variables(platform, runner), failing="drift")
    assert status == 2
    assert runner.made == [*MADE["drift"], PAGE]
    page = runner.records.parent / "checkout/build/comment.md"
    assert page.read_text() == "page\n"
    if platform == "github":
        assert (runner.records / "summary").read_text() == "page\n"
    else:
        assert said == {"gitlab": "page\n", "azure": f"##vso[task.uploadsummary]{page}\n"}[platform]


@pytest.mark.parametrize("platform", ["github", "gitlab", "azure"])
def test_an_apply_that_fails_leaves_no_snapshot(platform: str, runner: Runner) -> None:
    status, _ = runner.run(job_of(platform, "apply"), variables(platform, runner), failing="apply")
    assert status == 2
    assert runner.made == MADE["apply"][:3]
    assert not (runner.records / "published").exists()
