"""`fedctl comment`: where events come from, its forms, and its exit statuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from federation.cli.commands import app
from federation.errors import FederationError
from tests.preview import comment_events as events
from tests.preview.comment_events import JOIN, lines, step

CREATED = "\n".join(lines(events.create(JOIN, "fc03-join", {"member": "fc03"})))
Write = Callable[[str, str], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def make(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return name

    return make


def fedctl(*words: str, stdin: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["comment", *words], input=stdin)


def failure(*words: str, stdin: str = "") -> str:
    done = fedctl(*words, stdin=stdin)
    assert done.exit_code == 1
    assert isinstance(done.exception, FederationError)
    return str(done.exception)


def test_events_come_from_files_or_from_standard_input(write: Write) -> None:
    file = write("events.jsonl", CREATED)
    from_file, from_stdin, from_dash = fedctl(file), fedctl(stdin=CREATED), fedctl("-", stdin=CREATED)
    assert from_file.exit_code == 0
    assert from_file.stdout.splitlines()[1] == "### `icp`: 1 to create"
    assert from_file.stdout == from_stdin.stdout == from_dash.stdout


def test_several_files_are_one_comment_and_a_stack_may_be_named(write: Write) -> None:
    west = "\n".join(lines(step("same", JOIN, "a", stack="west")))
    done = fedctl(write("a.jsonl", CREATED), "--stack", f"production={write('b.jsonl', west)}")
    assert done.stdout.splitlines()[3:5] == [
        "| `icp` | 1 to create |",
        "| `production` | 1 unchanged |",
    ]


def test_a_stack_that_no_event_names_is_called_as_its_file(write: Write) -> None:
    assert fedctl(write("west.jsonl", "\n".join(lines()))).stdout.splitlines()[1] == (
        "**No changes** in `west`; resources: 0"
    )


def test_json_has_the_comment_and_what_it_was_made_of(write: Write) -> None:
    file = write("events.jsonl", CREATED)
    told: dict[str, Any] = json.loads(fedctl(file, "--json", "--key", "nightly").stdout)
    assert told["marker"] == "<!-- fedctl comment nightly -->"
    assert told["body"] == fedctl(file, "--key", "nightly").stdout
    assert told["stacks"] == [
        {
            "stack": "icp",
            "finished": True,
            "counts": {"create": 1},
            "losses": [],
            "parts": [{"title": "cluster", "name": "fc03", "facts": ["joins"], "counts": {"create": 1}}],
            "zones": {},
            "policies": [],
            "errors": [],
            "warnings": [],
            "unknown": [],
            "groups": [{"op": "create", "kind": "Join", "names": ["fc03-join"], "paths": []}],
        }
    ]


def test_violations_and_failures_are_no_failure_of_the_command(write: Write) -> None:
    bad = write("bad.jsonl", "\n".join(lines(events.violation("p01", "no"), events.diagnostic("boom"))))
    assert fedctl(bad).exit_code == 0


def test_a_preview_that_wrote_nothing_is_told_as_a_failure(write: Write) -> None:
    done = fedctl(write("west.jsonl", ""))
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1] == "### `west`: the preview FAILED"


def test_the_limit_and_the_form_are_those_of_the_platform() -> None:
    gone = "\n".join(lines(events.delete(JOIN, "a")))
    assert "> [!CAUTION]" in fedctl("--platform", "gitlab", stdin=gone).stdout
    assert "> [!CAUTION]" not in fedctl("--platform", "azure-devops", stdin=gone).stdout
    assert len(fedctl("--limit", "1000", stdin=gone * 50).stdout) <= 1000


def test_what_is_not_utf_8_does_no_harm() -> None:
    assert fedctl(stdin=b"\xff\xfe\n" + CREATED.encode()).exit_code == 0


def test_a_file_without_events_is_an_error_that_says_how_to_write_them(write: Write) -> None:
    file = write("digest.json", '{\n  "steps": []\n}\n')
    how = (
        "it has no event of the engine. Next: write it with fedctl preview --events FILE, or with "
        "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json."
    )
    assert failure(file) == f"digest.json: {how}"
    assert failure(stdin="hello\n") == f"standard input: {how}"


def test_a_file_that_cannot_be_read_is_an_error() -> None:
    assert (
        failure("missing.jsonl")
        == "missing.jsonl: No such file or directory. Next: name a file that can be read."
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--limit", "10"), "must be 0, or at least 1000"),
        (("--stack", "west"), "'west' is not NAME=FILE"),
        (("--platform", "bitbucket"), "'bitbucket' is not one of"),
    ],
)
def test_a_wrong_option_is_exit_status_2(words: tuple[str, ...], message: str) -> None:
    done = fedctl(*words)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
