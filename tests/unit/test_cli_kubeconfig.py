"""`fedctl kubeconfig`: from the engine or a file, into a file that nobody else can read."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from federation.cli import kubeconfig
from federation.cli.commands import app
from federation.errors import FederationError
from federation.kubeconfig import access
from tests.unit.test_kubeconfig_addition import own, stack

PULUMI = """\
#!/bin/sh
echo "$@" > "$0.asked"
case "$*" in *--stack=gone*|*"--stack gone"*) echo "error: no stack named 'gone' found" >&2; exit 255;; esac
cat "$0.says"
"""


@pytest.fixture(name="pulumi")
def pulumi_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine that knows one output."""
    program = tmp_path / "pulumi"
    program.write_text(PULUMI)
    program.chmod(0o755)
    program.with_suffix(".says").write_text(stack())
    monkeypatch.setenv("PULUMI", str(program))
    return program


def run(*words: str, given: str | None = None) -> Any:
    return CliRunner().invoke(app, ["kubeconfig", *words], input=given)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_stacks_output_becomes_a_file_for_its_owner_alone(pulumi: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "fed.kubeconfig"
    done = run("--stack", "icp", "--output", str(target))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{target}: added fc01, fed; the current context is fed\n"
    assert mode(target) == 0o600
    assert access(target.read_text()).server == "https://fed:5443"
    assert pulumi.with_suffix(".asked").read_text() == (
        "stack output kubeconfig --show-secrets --non-interactive --stack icp\n"
    )
    assert [file.name for file in target.parent.iterdir()] == ["fed.kubeconfig"], "no lock, no half file"


def test_it_is_added_to_the_file_of_the_operator(pulumi: Path, tmp_path: Path) -> None:
    target = tmp_path / "config"
    target.write_text(yaml.safe_dump(own()))
    target.chmod(0o644)
    done = run("--merge", str(target), "--context", "fed")
    assert done.stdout == f"{target}: added fed; the current context is home\n"
    assert [c["name"] for c in yaml.safe_load(target.read_text())["contexts"]] == ["home", "fed"]
    assert mode(target) == 0o600
    before = target.stat()
    assert run("--merge", str(target), "--context", "fed").stdout == (
        f"{target}: nothing to do; the current context is home\n"
    )
    assert target.stat().st_mtime_ns == before.st_mtime_ns


def test_a_link_stays_one(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "config"
    real.write_text(yaml.safe_dump(own()))
    link.symlink_to(real)
    assert run("--from", "-", "--merge", str(link), given=stack()).exit_code == 0
    assert link.is_symlink()
    assert access(real.read_text(), "fed").server == "https://fed:5443"


@pytest.mark.parametrize(
    "given",
    [
        stack(),
        json.dumps(stack()),
        json.dumps({"endpoint": "https://fed:5443", "kubeconfig": stack()}),
        json.dumps(yaml.safe_load(stack())),
    ],
    ids=["text", "output as JSON", "all outputs", "kubeconfig in JSON"],
)
def test_the_source_may_be_any_form_of_the_output(tmp_path: Path, given: str) -> None:
    source, target = tmp_path / "given", tmp_path / "config"
    source.write_text(given)
    assert run("--from", str(source), "--output", str(target)).exit_code == 0
    assert access(target.read_text()).server == "https://fed:5443"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            '{"kubeconfig": "[secret]"}',
            "the output is hidden. Next: write it with `pulumi stack output kubeconfig --show-secrets`.",
        ),
        (
            "",
            (
                "the output is empty. "
                "Next: deploy the stack, then write it with `pulumi stack output kubeconfig --show-secrets`."
            ),
        ),
        (
            '{"members": []}',
            "it has no contexts. Next: write it with `pulumi stack output kubeconfig --show-secrets`.",
        ),
    ],
)
def test_a_source_without_one_is_an_error(tmp_path: Path, given: str, message: str) -> None:
    done = run("--from", "-", "--output", str(tmp_path / "x"), given=given)
    assert str(done.exception) == f"kubeconfig: {message}"
    assert not (tmp_path / "x").exists()


def test_a_dry_run_and_json_say_what_happens_without_secrets(pulumi: Path, tmp_path: Path) -> None:
    target = tmp_path / "config"
    done = run("--merge", str(target), "--dry-run")
    assert done.stdout == f"{target}: would have added fc01, fed; the current context is fed\n"
    done = run("--merge", str(target), "--dry-run", "--json")
    expected = {
        "file": str(target),
        "added": ["fc01", "fed"],
        "updated": [],
        "unchanged": [],
        "currentContext": "fed",
        "written": False,
    }
    assert json.loads(done.stdout) == expected
    assert not target.exists()
    done = run("--merge", str(target), "--json")
    assert json.loads(done.stdout) == expected | {"written": True}
    assert "secret-of" not in done.output


def test_a_file_with_somebody_elses_contexts_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "config"
    before = yaml.safe_dump(own())
    target.write_text(before)
    done = run("--from", "-", "--output", str(target), given=stack())
    assert str(done.exception) == (
        f"{target}: is there already, with contexts that are not ours: home. "
        "Next: add to it with --merge, or replace it with --overwrite."
    )
    assert target.read_text() == before
    assert run("--from", "-", "--output", str(target), "--overwrite", given=stack()).exit_code == 0
    assert [c["name"] for c in yaml.safe_load(target.read_text())["contexts"]] == ["fc01", "fed"]


def test_the_engines_reason_is_told(pulumi: Path, tmp_path: Path) -> None:
    done = run("--stack", "gone", "--output", str(tmp_path / "x"))
    assert str(done.exception) == (
        "stack gone: `pulumi stack output` has failed: no stack named 'gone' found. "
        "Next: look with `pulumi stack ls`, and run it where Pulumi.yaml is."
    )
    pulumi.unlink()
    assert str(run("--output", str(tmp_path / "x")).exception) == (
        f"{pulumi}: it is not on the PATH. Next: install it, or give its output with --from."
    )


def test_an_engine_that_hangs_is_ended(pulumi: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(kubeconfig, "PULUMI_SECONDS", 0.1)
    done = run("--output", str(tmp_path / "x"))
    assert str(done.exception) == (
        "the selected stack: `pulumi stack output` has not ended within 0.1 s. "
        "Next: see whether the backend can be reached."
    )


def test_a_file_that_another_program_changes_is_left_to_it(tmp_path: Path) -> None:
    target, lock = tmp_path / "config", tmp_path / "config.lock"
    lock.touch()
    done = run("--from", "-", "--merge", str(target), given=stack())
    assert str(done.exception) == (
        f"{target}: config.lock says that another program is changing it. "
        "Next: try again, or remove that file if there is none."
    )
    assert lock.exists()


def test_a_target_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("--from", "-", "--merge", str(tmp_path / "file" / "config"), given=stack())
    assert str(done.exception).startswith(f"{tmp_path}/file/config: cannot be written: ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "it needs one of --output and --merge. Next: add --merge ~/.kube/config."),
        (
            ("--output", "a", "--merge", "b"),
            "it needs one of --output and --merge. Next: add --merge ~/.kube/config.",
        ),
        (
            ("--output", "a", "--stack", "b", "--from", "c"),
            "--stack and --from are two sources. Next: leave one out.",
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(words: tuple[str, ...], message: str) -> None:
    done = run(*words)
    assert isinstance(done.exception, FederationError)
    assert str(done.exception) == f"fedctl kubeconfig: {message}"
