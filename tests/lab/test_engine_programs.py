"""The real engine runs Python programs through our language host."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.deadline import Deadline
from tests.lab.engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    DEADLINE,
    Engine,
    Project,
    engine_fixture,
    project_fixture,
    stack_fixture,
)


def test_a_dynamic_resource_is_created_kept_and_destroyed(engine: Engine, stack: Project) -> None:
    greeting = stack("greeting")
    engine.does(greeting, "config", "set", "word", "hello")
    first = engine.does(greeting, "up", "--yes")
    assert "pulumi-python:dynamic/test:Greeting hello" in first
    assert "2 created" in first
    assert json.loads(engine.does(greeting, "stack", "output", "--json")) == {"text": "hello, world"}
    engine.does(greeting, "up", "--yes", "--expect-no-changes")
    engine.does(greeting, "config", "set", "word", "moin")
    assert "1 updated" in engine.does(greeting, "up", "--yes")
    assert "2 deleted" in engine.does(greeting, "destroy", "--yes")
    assert engine.processes() == []


def test_a_state_is_one_file_as_a_run_may_be_killed_between_two(
    engine: Engine, stack: Project, tmp_path: Path
) -> None:
    greeting = stack("greeting")
    engine.does(greeting, "config", "set", "word", "hello")
    engine.does(greeting, "up", "--yes")
    states = [path.name for path in (tmp_path / "state").rglob("dev*") if path.is_file()]
    assert "dev.json" in states
    assert not [name for name in states if name.endswith(".attrs")]


def test_a_policy_pack_blocks_a_preview_until_the_value_is_right(
    engine: Engine, stack: Project, project: Project
) -> None:
    greeting, rules = stack("greeting"), project("rules")
    engine.does(greeting, "config", "set", "word", "rude")
    refused = engine(greeting, "preview", "--policy-pack", str(rules))
    assert refused.returncode != 0
    assert "[mandatory]" in refused.stdout
    assert "word is 'rude'; set a kind one, such as 'hello'" in refused.stdout
    engine.does(greeting, "config", "set", "word", "hello")
    engine.does(greeting, "preview", "--policy-pack", str(rules))
    assert engine.processes() == []


def test_a_provider_may_be_a_python_program(engine: Engine, stack: Project) -> None:
    plugged = stack("plugged")
    assert "2 created" in engine.does(plugged, "up", "--yes")
    assert json.loads(engine.does(plugged, "stack", "output", "--json")) == {"text": "hello, plugin"}
    engine.does(plugged, "preview", "--expect-no-changes")
    assert "2 deleted" in engine.does(plugged, "destroy", "--yes")
    assert engine.processes() == []


def test_the_kubernetes_plugin_is_found_in_the_home_without_a_warning(engine: Engine, stack: Project) -> None:
    rendered = stack("rendered")
    said = engine.does(rendered, "up", "--yes")
    assert "4 created" in said
    assert "warning" not in said
    written = {path.name for path in (rendered / "manifests").rglob("*.yaml")}
    assert written == {"v1-namespace-default-east.yaml", "v1-namespace-default-west.yaml"}
    assert engine.processes() == []


def test_a_program_may_be_a_file_below_the_project(engine: Engine, stack: Project) -> None:
    failing = stack("failing")
    (failing / "source").mkdir()
    (failing / "__main__.py").rename(failing / "source" / "app.py")
    (failing / "venv").symlink_to(sys.prefix)
    file = failing / "Pulumi.yaml"
    file.write_text(f"{file.read_text().replace(sys.prefix, 'venv')}main: source/app.py\n")
    assert "ZeroDivisionError" in engine(failing, "preview").stdout


def test_a_project_is_installed_by_the_engine(engine: Engine, project: Project) -> None:
    failing = project("failing")
    file = failing / "Pulumi.yaml"
    file.write_text(file.read_text().replace(sys.prefix, "venv"))
    engine.does(failing, "install")
    assert f"{failing}/venv/bin/python" in engine.does(failing, "about")


def test_an_exception_is_shown_with_its_traceback(engine: Engine, stack: Project) -> None:
    failed = engine(stack("failing"), "preview")
    assert failed.returncode != 0
    assert "Program failed with an unhandled exception:" in failed.stdout
    assert "in settle" in failed.stdout
    assert "ZeroDivisionError" in failed.stdout


def test_a_missing_virtual_environment_is_explained(engine: Engine, stack: Project) -> None:
    failing = stack("failing")
    file = failing / "Pulumi.yaml"
    file.write_text(file.read_text().replace('virtualenv: "', 'virtualenv: "/nowhere'))
    failed = engine(failing, "preview")
    assert failed.returncode != 0
    assert "option 'virtualenv' in Pulumi.yaml" in failed.stdout
    assert "run `pulumi install`" in failed.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_to_the_engine_ends_a_program_that_hangs_and_leaves_no_process(
    engine: Engine, stack: Project, number: signal.Signals
) -> None:
    hanging = stack("hanging")
    argv = [str(engine.pulumi), "preview", "--non-interactive"]
    with (hanging / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=hanging, env=engine.env, stdout=log, stderr=log)
    try:
        Deadline(DEADLINE).until("the program", lambda: _missing(hanging / "started"), fix="read its log")
        assert len(engine.processes()) >= 3, "engine, language host and program"
        since = time.monotonic()
        process.send_signal(number)
        assert process.wait(DEADLINE) != 0
        assert time.monotonic() - since < 4, "the engine has waited its 5 s for a language host"
    finally:
        process.kill()
        process.wait(DEADLINE)
    Deadline(5).until("the engine", lambda: "; ".join(engine.processes()) or None, fix="end what is left")


def _missing(path: Path) -> str | None:
    return None if path.exists() else f"{path.name} is not there"
