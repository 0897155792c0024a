"""Programs that the lab runs, and how they fail."""

from __future__ import annotations

import sys
from pathlib import Path

from lab.shell import run
from tests.unit.lab_fixtures import refusal


def python(code: str) -> list[str]:
    return [sys.executable, "-S", "-c", code]


def test_output_is_kept_and_input_given() -> None:
    assert run(["cat"], stdin="said").stdout == "said"
    assert run(["cat"]).stdout == "", "nobody waits for a terminal"


def test_input_can_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("from a file")
    with (tmp_path / "in").open("rb") as stream:
        assert run(["cat"], stdin_file=stream).stdout == "from a file"


def test_a_missing_program_is_told(tmp_path: Path) -> None:
    assert refusal(lambda: run([tmp_path / "no", "x"])) == (
        f"{tmp_path}/no: the program is not installed. Next: run `make venv` or install it."
    )


def test_a_file_that_is_no_program_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("no program")
    fix = "Next: put a program that runs here in its place."
    assert refusal(lambda: run([file])) == f"{file}: it can't be started (Permission denied). {fix}"
    file.chmod(0o755)
    assert refusal(lambda: run([file])) == f"{file}: it can't be started (Exec format error). {fix}"


def test_a_failure_has_the_command_the_status_and_the_last_word() -> None:
    assert refusal(lambda: run(["sh", "-c", "echo out; echo err >&2; exit 3"])) == (
        "sh -c echo out; echo err >&2; exit 3: exit status 3; it said: err. "
        "Next: mend that and run the command again."
    )
    assert "exit status 4; it said: out. " in refusal(lambda: run(["sh", "-c", "echo out; exit 4"]))
    assert "exit status 5; it said: nothing. " in refusal(lambda: run(["sh", "-c", "exit 5"]))


def test_a_failure_can_be_the_callers_to_judge() -> None:
    assert run(["false"], check=False).returncode == 1


def test_what_takes_too_long_is_ended() -> None:
    assert refusal(lambda: run(["sleep", "30"], timeout=0.1)) == (
        "sleep 30: not done within 0.1 s. Next: see what it waits for, then run it again."
    )


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert (
        run(python(r"import sys; sys.stdout.buffer.write(b'a\xff')")).stdout == "a\N{REPLACEMENT CHARACTER}"
    )
