"""The processes of the language host: what they are given, what comes back, and that none outlives it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import language_pb2 as rpc

from lab.engine.languagehost import plugin_arguments
from tests.wire.language_host_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    SOON,
    Host,
    Start,
    alive,
    gone,
    host_fixture,
    program,
    read_line,
    start_fixture,
)

# What stands in for `pulumi-language-python-exec`: it tells what it was given.
TELLTALE = """
import json, os, pathlib, sys
config = {k: v for k, v in os.environ.items() if k.startswith(("PULUMI_CONFIG", "VIRTUAL_ENV"))}
pathlib.Path("told").write_text(json.dumps({"argv": sys.argv[1:], "env": config, "cwd": os.getcwd()}))
"""
SPEAK = """
import os, sys
print(os.environ["WORD"], sys.argv[1])
sys.stderr.write("no")
raise SystemExit(5)
"""
WAIT = "import os, signal\nprint(os.getpid(), flush=True)\nsignal.pause()\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT


def run(start: Start, directory: Path, executor: str, **facts: Any) -> rpc.RunResponse:
    (directory / "executor.py").write_text(executor)
    host = start("-use-executor", str(directory / "executor.py"))
    info = program(directory, virtualenv=sys.prefix)
    request = rpc.RunRequest(info=info, pwd=str(directory), **facts)
    answer: rpc.RunResponse = host.stub.Run(request, timeout=SOON)
    return answer


def plugin(host: Host, directory: Path, source: str, **facts: Any) -> Any:
    (directory / "__main__.py").write_text(source)
    info = program(directory, virtualenv=sys.prefix)
    return host.stub.RunPlugin(rpc.RunPluginRequest(info=info, pwd=str(directory), **facts), timeout=SOON)


def test_a_program_gets_every_fact_of_its_run(start: Start, tmp_path: Path) -> None:
    answer = run(
        start,
        tmp_path,
        TELLTALE,
        project="pro",
        stack="dev",
        organization="org",
        monitor_address="127.0.0.1:3",
        parallel=7,
        dryRun=True,
        config={"pro:region": "west", "pro:token": "t"},
        configSecretKeys=["pro:token"],
        args=["--loud"],
    )
    assert (answer.error, answer.bail) == ("", False)
    told = json.loads((tmp_path / "told").read_text())
    flags = {
        "--monitor": "127.0.0.1:3",
        "--engine": "127.0.0.1:1",
        "--project": "pro",
        "--root_directory": str(tmp_path),
        "--stack": "dev",
        "--pwd": str(tmp_path),
        "--dry_run": "true",
        "--parallel": "7",
        "--organization": "org",
    }
    assert told["argv"] == [word for flag in flags.items() for word in flag] + [".", "--loud"]
    assert told["cwd"] == str(tmp_path)
    assert json.loads(told["env"]["PULUMI_CONFIG"]) == {"pro:region": "west", "pro:token": "t"}
    assert json.loads(told["env"]["PULUMI_CONFIG_SECRET_KEYS"]) == ["pro:token"]
    assert told["env"]["VIRTUAL_ENV"] == sys.prefix


@pytest.mark.parametrize(
    ("executor", "error", "bail"),
    [
        ("raise SystemExit(32)", "", True),
        ("raise SystemExit(3)", "the program ended with exit code 3", False),
        ("import os; os.kill(os.getpid(), 9)", "the program was ended by SIGKILL", False),
    ],
)
def test_a_program_that_fails_is_reported_unless_it_did_so_itself(
    start: Start, tmp_path: Path, executor: str, error: str, bail: bool
) -> None:
    answer = run(start, tmp_path, executor)
    assert (answer.error, answer.bail) == (error, bail)


def test_a_debugger_is_refused(start: Start, tmp_path: Path) -> None:
    assert run(start, tmp_path, TELLTALE, attach_debugger=True).error.startswith(
        "this language host cannot attach a debugger"
    )


def test_a_type_checker_that_objects_stops_the_program(start: Start, tmp_path: Path) -> None:
    (tmp_path / "executor.py").write_text(TELLTALE)
    (tmp_path / "__main__.py").write_text("x: int = 'text'\n")
    host = start("-use-executor", str(tmp_path / "executor.py"))
    info = program(tmp_path, virtualenv=sys.prefix, typechecker="mypy")
    with pytest.raises(grpc.RpcError) as caught:
        host.stub.Run(rpc.RunRequest(info=info, pwd=str(tmp_path)), timeout=120)
    assert caught.value.details() == "typechecker mypy: it failed. Next: mend what it reports above."
    assert not (tmp_path / "told").exists()


def test_a_plugin_streams_both_outputs_and_its_exit_code(host: Host, tmp_path: Path) -> None:
    answers = list(plugin(host, tmp_path, SPEAK, env=["WORD=yes"], args=["127.0.0.1:9"]))
    assert b"".join(a.stdout for a in answers) == b"yes 127.0.0.1:9\n"
    assert b"".join(a.stderr for a in answers) == b"no"
    assert (answers[-1].WhichOneof("output"), answers[-1].exitcode) == ("exitcode", 5)


def test_a_directory_that_is_no_plugin_is_refused(host: Host, tmp_path: Path) -> None:
    info = program(tmp_path, virtualenv=sys.prefix)
    with pytest.raises(grpc.RpcError) as caught:
        list(host.stub.RunPlugin(rpc.RunPluginRequest(info=info, kind="resource"), timeout=SOON))
    assert caught.value.details() == (
        f"plugin {tmp_path}: it has neither a __main__.py nor a pyproject.toml that can be built. "
        "Next: add one."
    )


def test_a_plugin_that_is_a_package_runs_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "my-components"\n'
    )
    request = rpc.RunPluginRequest(info=program(tmp_path), kind="resource", args=["127.0.0.1:9"])
    assert plugin_arguments(request) == ["-m", "pulumi.run.plugin", "my-components", "127.0.0.1:9"]


def test_a_policy_pack_runs_in_the_module_of_the_sdk(tmp_path: Path) -> None:
    info = program(tmp_path)
    request = rpc.RunPluginRequest(info=info, kind="analyzer", args=["-v=9", "127.0.0.1:9"])
    assert plugin_arguments(request) == ["-m", "pulumi.policy", "-v=9", "127.0.0.1:9", str(tmp_path)]


def test_a_plugin_never_runs_in_the_ambient_python(host: Host, tmp_path: Path) -> None:
    (tmp_path / "PulumiPlugin.yaml").touch()
    with pytest.raises(grpc.RpcError) as caught:
        list(host.stub.RunPlugin(rpc.RunPluginRequest(info=program(tmp_path)), timeout=SOON))
    assert str(caught.value.details()).startswith(
        f"option 'virtualenv' in PulumiPlugin.yaml: it is 'venv', but {tmp_path}/venv doesn't exist."
    )


def test_a_plugin_speaks_while_it_runs_and_ends_with_its_call(host: Host, tmp_path: Path) -> None:
    answers = plugin(host, tmp_path, WAIT)
    pid = int(next(answers).stdout)
    assert alive(pid)
    answers.cancel()
    gone(pid)


def test_cancel_ends_what_runs_and_the_host_goes_on(host: Host, tmp_path: Path) -> None:
    answers = plugin(host, tmp_path, WAIT)
    pid = int(next(answers).stdout)
    host.stub.Cancel(rpc.AboutRequest(), timeout=SOON)
    assert list(answers)[-1].exitcode == -signal.SIGTERM
    gone(pid)
    assert host.stub.About(rpc.AboutRequest(), timeout=SOON).version


def test_a_signal_that_lands_on_another_thread_ends_the_host_too(host: Host) -> None:
    pid = host.process.pid
    others = [int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if int(task.name) != pid]
    assert others, "gRPC has threads of its own"
    assert ctypes.CDLL(None).tgkill(pid, others[0], signal.SIGINT) == 0
    assert host.process.wait(3) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_host_and_its_child_at_once(host: Host, tmp_path: Path, number: int) -> None:
    answers = plugin(host, tmp_path, WAIT)
    pid = int(next(answers).stdout)
    since = time.monotonic()
    host.process.send_signal(number)
    assert host.process.wait(SOON) == 0
    assert time.monotonic() - since < 1
    assert alive(pid) is None


def test_a_child_that_will_not_end_is_killed_before_the_engine_loses_patience(
    host: Host, tmp_path: Path
) -> None:
    answers = plugin(host, tmp_path, STUBBORN)
    pid = int(next(answers).stdout)
    since = time.monotonic()
    host.process.send_signal(signal.SIGINT)
    assert host.process.wait(SOON) == 0
    assert time.monotonic() - since < 5  # then it would kill the host, and the child would stay
    gone(pid)


def test_a_host_goes_when_the_engine_dies_without_a_word() -> None:
    engine = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"
    argv = [
        sys.executable,
        "-c",
        engine,
        sys.executable,
        "-P",
        "-m",
        "lab.engine",
        "-use-executor",
        "/nowhere",
    ]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        pid, _port = int(read_line(process)), int(read_line(process))
        process.kill()
    gone(pid)


def test_a_host_without_an_executor_says_where_it_should_be(tmp_path: Path) -> None:
    argv = [sys.executable, "-P", "-m", "lab.engine", "127.0.0.1:1"]
    done = subprocess.run(
        argv,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=SOON,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "pulumi-language-python-exec: it is neither on the PATH nor beside the engine. "
        "Next: copy it there from the Go SDK's python/cmd.\n"
    )
