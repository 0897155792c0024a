"""The scripts of jobs for pull requests, run in a clean clone: the real engine, no login, no state, no network.

Those of `apply` and `drift` run against a stack that is deployed, in tests/lab/federation/test_pipelines.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci import pipelines
from tests.ci.api_fixtures import HEAD, TOKEN, AzureDevOps, GitHub, GitLab, served
from tests.ci.clone_fixtures import Clone
from tests.ci.pipelines import Job, Step, jobs

pytestmark = pytest.mark.timeout(900)
MARK = "<!-- fedctl comment -->"


@pytest.fixture(name="clone", scope="module")
def clone_fixture(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """On top of everything, a change that touches the stack `icp` alone."""
    clone = Clone(tmp_path_factory.mktemp("ci"))
    with (clone.root / "Pulumi.icp.yaml").open("a") as file:
        file.write("# touched\n")
    clone.commit()
    return clone


def job_of(platform: str, kind: str, stack: str = "icp") -> Job:
    found = [j for j in jobs() if j.platform == platform and j.kind == kind]
    return next((j for j in found if j.name.endswith(f"_{stack}")), found[0])


@pytest.fixture(name="github")
def github_fixture() -> Iterator[tuple[GitHub, dict[str, str]]]:
    """The platform, and the variables of a job there."""
    api = GitHub()
    with served(api, GitHub.header) as url, tempfile.TemporaryDirectory() as made:
        place = Path(made)
        run = {
            "event": "pull_request",
            "head_branch": "main",
            "head_sha": HEAD,
            "head_repository": {"owner": {"login": "somebody"}},
        }
        event = {"repository": {"default_branch": "main"}, "workflow_run": run}
        (place / "event.json").write_text(json.dumps(event))
        yield (
            api,
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": url,
                "GITHUB_EVENT_PATH": str(place / "event.json"),
                "GITHUB_OUTPUT": str(place / "output"),
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_STEP_SUMMARY": str(place / "summary"),
                "GITHUB_TOKEN": TOKEN,
                "RUNNER_TEMP": made,
                "STACK": "icp",
            },
        )


def test_the_list_of_changed_stacks_is_an_output_of_its_job(
    clone: Clone, github: tuple[GitHub, dict[str, str]]
) -> None:
    _, env = github
    changed = [job for job in jobs() if job.kind == "changed" and job.platform == "github"]
    before = {"BEFORE": clone.git("rev-parse", "HEAD^1")}
    for job in changed:
        clone.does(job, env | before)
    told = sorted(Path(env["GITHUB_OUTPUT"]).read_text().splitlines())
    assert told == [
        'stacks=["icp", "westus"]',
        'stacks=["icp"]',
        'stacks=["icp"]',
    ]  # of drift, preview and apply


def test_a_list_of_changed_stacks_on_azure_devops_is_a_variable(clone: Clone) -> None:
    (said,) = clone.does(job_of("azure", "changed"), {})
    assert said == '##vso[task.setvariable variable=stacks;isOutput=true]["icp"]\n'


def test_a_pull_request_on_github_gets_its_comment_without_any_secret(
    clone: Clone, github: tuple[GitHub, dict[str, str]]
) -> None:
    api, env = github
    said = clone.does(job_of("github", "preview"), env)
    assert "no snapshot of icp is to be had: the preview is from nothing" in said[1]
    events = clone.root / "build/events/icp.jsonl"
    assert any("summaryEvent" in line for line in events.read_text().splitlines())
    assert Path(env["GITHUB_STEP_SUMMARY"]).read_text().startswith(MARK)
    assert clone.git("status", "--porcelain") == ""
    # The artifact goes from one workflow to the other.
    (Path(env["RUNNER_TEMP"]) / "events").mkdir()
    (Path(env["RUNNER_TEMP"]) / "events/icp.jsonl").write_bytes(events.read_bytes())
    clone.does(job_of("github", "comment"), env)
    (comment,) = api.comments
    assert comment["body"].startswith(MARK)
    assert "fc01" in comment["body"]
    assert Path(env["GITHUB_OUTPUT"]).read_text().splitlines()[-1] == "count=1"


def test_a_pull_request_on_azure_devops_gets_the_same_comment(
    clone: Clone, github: tuple[GitHub, dict[str, str]]
) -> None:
    api = AzureDevOps()
    with served(api, AzureDevOps.header) as url:
        api.address = url
        env = {
            "TF_BUILD": "True",
            "BUILD_REPOSITORY_ID": "repo",
            "PIPELINE_WORKSPACE": str(clone.root / "build"),
            "STACK": "icp",
            "SYSTEM_ACCESSTOKEN": TOKEN,
            "SYSTEM_COLLECTIONURI": f"{url}/org/",
            "SYSTEM_DEFINITIONID": "3",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_TEAMPROJECTID": "project",
        }
        said = clone.does(job_of("azure", "preview"), env)
        assert said[-1] == f"##vso[task.uploadsummary]{clone.root}/build/comment.md\n"
        first = clone.root / "build/events/icp.jsonl"
        nested = clone.root / "build/events/events-icp/icp.jsonl"  # as the task lays out an artifact
        nested.parent.mkdir()
        nested.write_bytes(first.read_bytes())
        clone.does(job_of("azure", "comment"), env)
    (thread,) = api.threads
    assert thread["comments"][0]["content"] == (clone.root / "build/comment.md").read_text()


def test_a_merge_request_on_gitlab_shows_a_page_for_the_stack_that_is_touched_alone(clone: Clone) -> None:
    with served(GitLab(), GitLab.header) as url:
        env = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": url,
            "CI_JOB_TOKEN": TOKEN,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": clone.git("rev-parse", "HEAD^1"),
            "CI_PROJECT_ID": "5",
        }
        (_,) = clone.does(job_of("gitlab", "changed"), env)
        assert json.loads((clone.root / "build/changed.json").read_text()) == ["icp"]
        (other,) = clone.does(job_of("gitlab", "preview"), env | {"STACK": "westus"})
        assert other == "westus is not touched\n"
        (said,) = clone.does(job_of("gitlab", "preview"), env | {"STACK": "icp"})
    assert (clone.root / "build/comment.md").read_text() in said


@pytest.mark.parametrize("platform", ["github", "gitlab"])
def test_a_preview_that_fails_fails_its_job_and_is_commented_all_the_same(
    platform: str, clone: Clone, github: tuple[GitHub, dict[str, str]]
) -> None:
    file = clone.root / "Pulumi.icp.yaml"
    good = file.read_text()
    file.write_text(good.replace("domain: fc-federated.com", "domain: fc_federated"))
    clone.commit()
    (clone.root / "build/comment.md").unlink(missing_ok=True)
    (clone.root / "build/changed.json").write_text('["icp"]')
    try:
        with served(GitLab(), GitLab.header) as url:
            gitlab = {"GITLAB_CI": "true", "CI_API_V4_URL": url, "CI_JOB_TOKEN": TOKEN, "CI_PROJECT_ID": "5"}
            env = github[1] if platform == "github" else gitlab | {"STACK": "icp"}
            ran = [(status, said) for _, status, said in clone.runs(job_of(platform, "preview"), env)]
    finally:
        file.write_text(good)
        clone.commit()
    assert [status for status, _ in ran] == ([0, 0, 2, 0] if platform == "github" else [2])
    comment = (clone.root / "build/comment.md").read_text()
    assert comment.startswith(MARK)
    assert "fc_federated" in comment


def test_a_snapshot_that_is_published_on_gitlab_is_what_a_merge_request_finds(clone: Clone) -> None:
    """Both sides: the job on the main branch, and the one of a merge request."""
    (publish,) = {
        line
        for job in pipelines.gitlab()
        for line in job.steps[0].script.splitlines()
        if line.startswith("curl ")
    }
    (fetch,) = {
        line for line in job_of("gitlab", "preview").steps[0].script.splitlines() if "fetch-snapshot" in line
    }
    file = clone.root / "snapshots/icp.json"
    file.parent.mkdir(exist_ok=True)
    with served(GitLab(), GitLab.header) as url:
        env = {"CI_API_V4_URL": url, "CI_JOB_TOKEN": TOKEN, "CI_PROJECT_ID": "5", "STACK": "icp"}
        env["GITLAB_CI"] = "true"
        file.write_text("one\n")
        assert clone.run(Step(publish), env).stdout == '{"message": "201 Created"}'
        file.unlink()
        assert clone.run(Step(fetch), env).returncode == 0
    assert file.read_text() == "one\n"
    file.unlink()


def test_every_job_for_pull_requests_was_run_here() -> None:
    ran = {(p, k) for p in ("github", "azure") for k in ("changed", "preview", "comment")}
    ran |= {("gitlab", "changed"), ("gitlab", "preview")}
    apart = {(p, k) for p in ("github", "gitlab", "azure") for k in ("test", "apply", "drift")}
    assert {(job.platform, job.kind) for job in pipelines.jobs()} == ran | apart
