"""Which stacks a change touches."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ci.changed import ChangedError, changed, files_since, main, touched
from tests.ci.pipelines import ROOT

STACKS = {
    "icp": "config:\n  federation:topology:\n    workloads:\n      - path: apps/nginx\n",
    "westus": 'acs_engine: "examples/k8s.json"\nworkloads: [{path: ./apps/calculator/}, {path: apps/nginx-2}]\n',
}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("Pulumi.icp.yaml", ("icp",)),
        ("Pulumi.gone.yaml", ()),
        ("Pulumi.yaml", ("icp", "westus")),
        ("__main__.py", ("icp", "westus")),
        ("components/stack.py", ("icp", "westus")),
        ("federation/names.py", ("icp", "westus")),
        ("policy/pack.py", ("icp", "westus")),
        ("requirements.lock", ("icp", "westus")),
        ("Makefile", ("icp", "westus")),
        ("something/new.txt", ("icp", "westus")),
        ("apps/nginx/deployment.yaml", ("icp",)),
        ("apps/nginx-2/deployment.yaml", ("westus",)),
        ("apps/calculator/a/b.yaml", ("westus",)),
        ("apps/other/a.yaml", ()),
        ("examples/k8s.json", ("westus",)),
        ("examples/k8s.json.bak", ()),
        ("README.md", ()),
        ("docs/names.md", ()),
        ("tests/unit/test_names.py", ()),
        ("lab/cluster.py", ()),
        ("ci/changed.py", ()),
        (".github/workflows/apply.yml", ()),
        (".gitlab-ci.yml", ()),
        ("azure-pipelines.yml", ()),
        ("snapshots/icp.json", ()),
    ],
)
def test_a_file_touches_the_stacks_whose_preview_can_differ(file: str, expected: tuple[str, ...]) -> None:
    assert touched([file], STACKS) == expected


def test_files_add_up() -> None:
    assert touched(["Pulumi.westus.yaml", "docs/x.md", "apps/nginx/x.yaml"], STACKS) == ("icp", "westus")
    assert touched([], STACKS) == ()


def test_what_this_projects_stacks_name_is_found() -> None:
    found = {stack: (ROOT / f"Pulumi.{stack}.yaml").read_text() for stack in ("icp", "westus")}
    assert touched(["apps/nginx/nginx.yaml"], found) == ("icp",)
    assert touched(["examples/k8s.json"], found) == ("westus",)


class Repository:
    """A small one, with two stacks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")
        for stack, text in STACKS.items():
            self.write(f"Pulumi.{stack}.yaml", text)
        self.base = self.commit()

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        argv = ["git", *identity, *words]
        return subprocess.run(argv, cwd=self.root, text=True, capture_output=True, check=True).stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture(name="repository")
def repository_fixture(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_what_came_to_the_other_branch_meanwhile_does_not_count(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create=feature")
    repository.write("Pulumi.icp.yaml", "a: 1\n")
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write("components/x.py", "")
    repository.commit()
    repository.git("switch", "--quiet", "feature")
    assert changed("main", repository.root) == ("icp",)


def test_a_file_that_is_renamed_counts_under_both_names(repository: Repository) -> None:
    repository.write("apps/nginx/ä b.yaml", "x: 1\n")
    before = repository.commit()
    repository.git("mv", "apps/nginx/ä b.yaml", "docs.yaml")
    repository.commit()
    assert files_since(before, repository.root) == ("apps/nginx/ä b.yaml", "docs.yaml")


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_without_a_commit_to_compare_with_all_stacks_are_touched(base: str, repository: Repository) -> None:
    assert changed(base, repository.root) == ("icp", "westus")


@pytest.mark.parametrize("base", ["f" * 40, "--output=x", "nowhere"])
def test_a_commit_that_is_not_here_is_an_error(base: str, repository: Repository) -> None:
    with pytest.raises(ChangedError) as caught:
        changed(base, repository.root)
    assert caught.value.obj == f"changes since {base}"
    assert caught.value.fix == "fetch the history (`git fetch --unshallow`), or leave BASE out: all stacks"
    assert not (repository.root / "x").exists()


def test_the_command_prints_a_list_in_json(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write("Pulumi.icp.yaml", "a: 1\n")
    repository.commit()
    monkeypatch.chdir(repository.root)
    assert main([repository.base]) == 0
    assert json.loads(capsys.readouterr().out) == ["icp"]
    assert main(["nowhere"]) == 1
    assert capsys.readouterr().err.startswith("error: changes since nowhere: fatal: ")
    assert main(["a", "b"]) == 2


def test_it_needs_no_package() -> None:
    argv = ["/usr/bin/env", "python3", "-I", "-S", "-c"]
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import ci.changed"
    done = subprocess.run([*argv, program], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
