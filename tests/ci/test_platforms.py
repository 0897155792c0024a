"""What jobs ask their platforms for: the comment to a pull request, and the last snapshot of a stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.__main__ import fetch_snapshot, main, post_comment
from ci.discussion import Comment, post
from ci.web import PipelineError
from tests.ci.api_fixtures import HEAD, TOKEN, AzureDevOps, GitHub, GitLab, archive, served

MARK = "<!-- fedctl comment -->"
OURS = "github-actions[bot]"
RUN = {"event": "pull_request", "head_branch": "main", "head_sha": HEAD}
RUN_OF_FORK = {**RUN, "head_repository": {"owner": {"login": "somebody"}}}
Env = dict[str, str]


@pytest.fixture(name="github")
def github_fixture() -> GitHub:
    return GitHub()


@pytest.fixture(name="github_env")
def github_env_fixture(github: GitHub, tmp_path: Path) -> Iterator[Env]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"repository": {"default_branch": "main"}, "workflow_run": RUN_OF_FORK}))
    with served(github, GitHub.header) as url:
        yield {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": url,
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_TOKEN": TOKEN,
        }


@pytest.fixture(name="azure")
def azure_fixture() -> AzureDevOps:
    return AzureDevOps()


@pytest.fixture(name="azure_env")
def azure_env_fixture(azure: AzureDevOps) -> Iterator[Env]:
    with served(azure, AzureDevOps.header) as url:
        azure.address = url
        yield {
            "TF_BUILD": "True",
            "BUILD_REPOSITORY_ID": "repo",
            "SYSTEM_ACCESSTOKEN": TOKEN,
            "SYSTEM_COLLECTIONURI": f"{url}/org/",
            "SYSTEM_DEFINITIONID": "3",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_TEAMPROJECTID": "project",
        }


@pytest.fixture(name="comment")
def comment_fixture(tmp_path: Path) -> Path:
    file = tmp_path / "comment.md"
    file.write_text(f"{MARK}\nnew\n")
    return file


def test_the_first_comment_to_a_pull_request_of_a_fork_is_written(
    github: GitHub, github_env: Env, comment: Path
) -> None:
    github.add("somebody", "Looks good")
    assert post_comment(github_env, comment) == "comment written"
    assert [(c["user"]["login"], c["body"]) for c in github.comments] == [
        ("somebody", "Looks good"),
        (OURS, f"{MARK}\nnew\n"),
    ]


def test_the_former_comment_is_rewritten_wherever_it_stands(
    github: GitHub, github_env: Env, comment: Path
) -> None:
    for number in range(250):
        github.add("somebody", f"word {number}")
    github.add(OURS, f"{MARK}\r\nold")
    assert post_comment(github_env, comment) == "comment rewritten"
    assert len(github.comments) == 251
    assert github.comments[-1]["body"] == f"{MARK}\nnew\n"


def test_a_comment_that_says_the_same_is_left_alone(github: GitHub, github_env: Env, comment: Path) -> None:
    github.add(OURS, f"{MARK}\nnew")  # platforms drop what is blank at the end
    assert post_comment(github_env, comment) == "comment unchanged"
    assert github.comments[0]["body"] == f"{MARK}\nnew"


def test_a_comment_of_somebody_else_is_never_rewritten_even_with_our_mark(
    github: GitHub, github_env: Env, comment: Path
) -> None:
    github.add("somebody", f"{MARK}\nmine")
    assert post_comment(github_env, comment) == "comment written"
    assert github.comments[0]["body"] == f"{MARK}\nmine"


@pytest.mark.parametrize(
    "run",
    [{**RUN_OF_FORK, "head_sha": "c" * 40}, {**RUN, "head_repository": None}],
    ids=["moved on", "fork gone"],
)
def test_a_commit_that_no_pull_request_has_any_more_gets_no_comment(
    run: object, github: GitHub, github_env: Env, comment: Path
) -> None:
    Path(github_env["GITHUB_EVENT_PATH"]).write_text(json.dumps({"workflow_run": run}))
    assert post_comment(github_env, comment) == "no open pull request has this commit any more"
    assert github.comments == []


def test_a_run_that_no_pull_request_has_started_is_refused(github_env: Env, comment: Path) -> None:
    Path(github_env["GITHUB_EVENT_PATH"]).write_text(json.dumps({"workflow_run": {**RUN, "event": "push"}}))
    with pytest.raises(PipelineError) as caught:
        post_comment(github_env, comment)
    assert str(caught.value) == (
        "the comment: no run for a pull request is behind this one. Next: see docs/ci.md."
    )


def test_a_token_without_the_right_is_told_with_what_the_platform_says_and_is_not_shown(
    github: GitHub,
    github_env: Env,
    comment: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    github.refused = True
    for name, value in github_env.items():
        monkeypatch.setenv(name, value)
    assert main(["post-comment", str(comment)]) == 1
    said = capsys.readouterr().err
    assert said == (
        f"error: {github_env['GITHUB_API_URL']}/repos/o/r: pulls: GET is refused: 403 Resource not accessible by"
        " integration. Next: give the job's token the rights of docs/ci.md.\n"
    )
    assert TOKEN not in said


def test_a_comment_without_a_mark_is_refused(github_env: Env, comment: Path) -> None:
    comment.write_text("# Preview\n")
    with pytest.raises(PipelineError) as caught:
        post_comment(github_env, comment)
    assert str(caught.value) == (
        "the comment: its first line is '# Preview' and no mark. Next: write it with `make comment`."
    )


def test_a_comment_of_azure_devops_is_written_once_and_then_rewritten(
    azure: AzureDevOps, azure_env: Env, comment: Path
) -> None:
    azure.add("somebody", f"{MARK}\nmine")
    assert post_comment(azure_env, comment) == "comment written"
    comment.write_text(f"{MARK}\nnewer\n")
    assert post_comment(azure_env, comment) == "comment rewritten"
    assert [t["comments"][0]["content"] for t in azure.threads] == [f"{MARK}\nmine", f"{MARK}\nnewer\n"]


def test_a_snapshot_of_github_is_the_last_one_of_the_main_branch_and_never_one_of_a_fork(
    github: GitHub, github_env: Env, tmp_path: Path
) -> None:
    github.keep("snapshot-icp", archive("icp.json", b"old"))
    github.keep("snapshot-icp", archive("icp.json", b"last"))
    github.keep("snapshot-icp", archive("icp.json", b"of a branch"), branch="feature")
    github.keep("snapshot-icp", archive("icp.json", b"of a fork's main"), repository=2)
    github.keep("snapshot-westus", archive("westus.json", b"another"))
    file = tmp_path / "snapshots/icp.json"
    assert fetch_snapshot(github_env, "icp", file) == f"the last snapshot of icp is in {file}"
    assert file.read_bytes() == b"last"


def test_a_snapshot_that_has_expired_is_none(github: GitHub, github_env: Env, tmp_path: Path) -> None:
    github.keep("snapshot-icp", archive("icp.json", b"old"))
    github.artifacts[0]["expired"] = True
    said = fetch_snapshot(github_env, "icp", tmp_path / "icp.json")
    assert said == "no snapshot of icp is to be had: the preview is from nothing"
    assert not (tmp_path / "icp.json").exists()


def test_an_artifact_without_the_snapshot_is_an_error(
    github: GitHub, github_env: Env, tmp_path: Path
) -> None:
    github.keep("snapshot-icp", archive("other.json", b""))
    with pytest.raises(PipelineError) as caught:
        fetch_snapshot(github_env, "icp", tmp_path / "icp.json")
    assert str(caught.value) == (
        "artifact with icp.json: the file is not in it. Next: run the job on the main branch again."
    )


def test_a_snapshot_of_azure_devops_is_that_of_the_last_build_which_has_one(
    azure: AzureDevOps, azure_env: Env, tmp_path: Path
) -> None:
    azure.builds = {
        12: {"events-icp": b""},
        11: {"snapshot-icp": archive("snapshot-icp/icp.json", b"last")},
        10: {"snapshot-icp": archive("snapshot-icp/icp.json", b"old")},
    }
    fetch_snapshot(azure_env, "icp", tmp_path / "icp.json")
    assert (tmp_path / "icp.json").read_bytes() == b"last"
    assert fetch_snapshot(azure_env, "westus", tmp_path / "w.json").startswith("no snapshot of westus")


def test_a_snapshot_of_gitlab_is_the_target_projects_and_hidden_from_a_fork_it_is_none(
    tmp_path: Path,
) -> None:
    with served(GitLab({"snapshots/latest/icp.json": b"last"}), GitLab.header) as url:
        env = {"GITLAB_CI": "true", "CI_API_V4_URL": url, "CI_JOB_TOKEN": TOKEN, "CI_PROJECT_ID": "9"}
        fork = {**env, "CI_MERGE_REQUEST_PROJECT_ID": "5"}
        fetch_snapshot(fork, "icp", tmp_path / "icp.json")
        assert (tmp_path / "icp.json").read_bytes() == b"last"
        stranger = {**fork, "CI_JOB_TOKEN": "of nobody"}
        assert fetch_snapshot(stranger, "icp", tmp_path / "x.json").startswith("no snapshot of icp")


def test_outside_of_a_pipeline_the_variables_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError) as caught:
        fetch_snapshot({}, "icp", tmp_path / "icp.json")
    assert str(caught.value) == (
        "this job: none of GITHUB_ACTIONS, GITLAB_CI, TF_BUILD is set. Next: run it in a pipeline: docs/ci.md."
    )


def test_a_platform_that_is_not_there_is_an_error_and_not_a_preview_from_nothing(tmp_path: Path) -> None:
    env = {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": "http://127.0.0.1:1",
        "CI_JOB_TOKEN": "",
        "CI_PROJECT_ID": "5",
    }
    with pytest.raises(PipelineError) as caught:
        fetch_snapshot(env, "icp", tmp_path / "icp.json")
    assert str(caught.value) == (
        "http://127.0.0.1:1: projects/5/packages/generic/snapshots/latest/icp.json: GET is not answered:"
        " ConnectionError. Next: run the job again."
    )


def test_of_several_former_comments_the_first_one_is_kept_up_to_date() -> None:
    class Thread:
        done: tuple[str, ...] = ()

        def ours(self) -> list[Comment]:
            return [Comment("1", "hello"), Comment("2", f"{MARK}\na"), Comment("3", f"{MARK}\nb")]

        def write(self, text: str) -> None:
            raise AssertionError(text)

        def rewrite(self, comment: Comment, text: str) -> None:
            self.done += (comment.id,)

    thread = Thread()
    assert post(thread, f"{MARK}\nc") == "rewritten"
    assert thread.done == ("2",)
