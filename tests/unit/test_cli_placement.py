"""`fedctl placement`: JSON in, JSON out, and one line when the JSON is wrong."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from federation.cli import main

MORE = "More: docs/troubleshooting.md#placement\n"
NGINX = '{"key": "default/nginx", "replicas": 3, "clusters": ["fc02", "fc01"]}'
ANSWER = {"replicas": {"fc01": 1, "fc02": 2}, "overflow": {}}


def run(monkeypatch: pytest.MonkeyPatch, *words: str, stdin: bytes = b"") -> int:
    """The exit status of `fedctl placement`."""
    monkeypatch.setattr(sys, "argv", ["fedctl", "placement", *words])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_a_request_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, stdin=NGINX.encode()) == 0
    assert json.loads(capsys.readouterr().out) == ANSWER


def test_a_request_of_many_lines_from_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "request.json").write_text(json.dumps(json.loads(NGINX), indent=2))
    assert run(monkeypatch, str(tmp_path / "request.json")) == 0
    assert json.loads(capsys.readouterr().out) == ANSWER


def test_a_stream_has_one_answer_for_each_line_that_is_not_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--stream", stdin=f"{NGINX}\n\n{NGINX}".encode()) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [ANSWER, ANSWER]


def test_a_bad_line_of_a_stream_is_named_after_the_answers_to_those_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--stream", stdin=f"{NGINX}\n\n{{\n".encode()) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1
    assert said.err == (
        "error: line 3: Invalid JSON: EOF while parsing an object at line 2 column 0. "
        f"Next: see `fedctl placement --help` for the form of a request.\n{MORE}"
    )


@pytest.mark.parametrize(
    "text", [b"", b"no", b'{"replicas": -1, "clusters": []}', b"\xff\xfe", b'{"replicas": 1}']
)
def test_a_bad_request_is_one_line_with_a_place_to_read_on_and_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: bytes
) -> None:
    assert run(monkeypatch, stdin=text) == 1
    said = capsys.readouterr()
    assert said.out == ""
    line, more = said.err.splitlines()
    assert line.startswith("error: request: ")
    assert f"{more}\n" == MORE


def test_a_file_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "missing.json"
    assert run(monkeypatch, str(missing)) == 1
    assert capsys.readouterr().err == (
        f"error: {missing}: No such file or directory. Next: name a file that can be read, or - for stdin.\n{MORE}"
    )
