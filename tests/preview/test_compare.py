"""Two previews side by side, as the script for it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from federation.cli.commands import app
from federation.errors import FederationError
from federation.preview.compare import compare, read
from tests.preview.state_fixtures import urn

KIND = "kubernetes:apps/v1:Deployment"


def written(file: Path, ops: dict[str, str], **more: Any) -> Path:
    """Events of a preview: name of a resource to what becomes of it; `more` is in each changed step."""
    steps = [
        {"urn": urn(KIND, name), "type": KIND, "op": op, **(more if op not in ("same", "create") else {})}
        for name, op in ops.items()
    ]
    lines = [{"resourcePreEvent": {"metadata": step}} for step in steps] + [{"summaryEvent": {}}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_previews_that_say_the_same_are_alike(tmp_path: Path) -> None:
    ops = {"a": "same", "b": "create", "c": "update"}
    first, second = (written(tmp_path / name, ops, diffs=["spec"]) for name in ("1", "2"))
    found = compare(read(first), read(second))
    assert found.fine
    assert found.lines() == ["3 of 3 resources are alike (100.0%)"]


def test_other_properties_and_what_is_missing_are_differences(tmp_path: Path) -> None:
    first = written(tmp_path / "1", {"a": "update", "b": "same"}, diffs=["spec.replicas"])
    second = written(tmp_path / "2", {"a": "update", "c": "create"}, diffs=["spec.image"])
    found = compare(read(first), read(second))
    assert found.lines() == [
        "0 of 3 resources are alike (0.0%)",
        f"{urn(KIND, 'a')}: update spec.replicas | update spec.image",
        f"{urn(KIND, 'b')}: same | -",
        f"{urn(KIND, 'c')}: - | create",
    ]


def test_one_wrong_replacement_among_a_hundred_is_not_fine_and_an_unknown_one_is(tmp_path: Path) -> None:
    ops = {f"r{n}": "same" for n in range(100)}
    first = written(tmp_path / "1", ops)
    wrong = compare(read(first), read(written(tmp_path / "2", ops | {"r7": "replace"})))
    assert (wrong.share, wrong.replacements, wrong.fine) == (0.99, (urn(KIND, "r7"),), False)
    unknown = compare(read(first), read(written(tmp_path / "3", ops | {"r7": "replace"}, unknown=True)))
    assert (unknown.replacements, unknown.fine) == ((), True)
    assert unknown.lines()[1] == f"{urn(KIND, 'r7')}: same | unknown"


@pytest.mark.parametrize(("differing", "status"), [(5, 0), (6, 3)])
def test_ninety_five_of_a_hundred_are_enough(tmp_path: Path, differing: int, status: int) -> None:
    first = written(tmp_path / "1", {f"r{n}": "same" for n in range(100)})
    second = written(tmp_path / "2", {f"r{n}": "create" if n < differing else "same" for n in range(100)})
    words = ["preview", "--compare", str(first), str(second), "--json"]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, json.loads(done.stdout)["share"]) == (status, 1 - differing / 100)
    script = [sys.executable, "-m", "federation.preview.compare", str(first), str(second)]
    assert subprocess.run(script, check=False, capture_output=True).returncode == status


def test_a_file_without_resources_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text("{}\n")
    with pytest.raises(FederationError) as refused:
        read(file)
    assert str(refused.value) == (
        f"events {file}: there is no resource in it. Next: make it with `fedctl preview --stack STACK --events FILE`."
    )
