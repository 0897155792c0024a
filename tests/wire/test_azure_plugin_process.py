"""The plugin as a process: how the engine starts and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from lab.deadline import Deadline
from lab.engine.environment import AZURE_WRAPPER

SECONDS = 60


@pytest.fixture(name="wrapper")
def wrapper_fixture(tmp_path: Path) -> Path:
    file = tmp_path / "pulumi-resource-azure-native"
    file.write_text(AZURE_WRAPPER)
    file.chmod(0o755)
    return file


@pytest.fixture(name="process")
def process_fixture(wrapper: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Started where a program's own `json.py` lies, as the engine does."""
    (tmp_path / "json.py").write_text("raise SystemExit('imported')\n")
    env = {"PATH": os.environ["PATH"], "FEDERATION_PYTHON": sys.executable}
    with subprocess.Popen(
        [wrapper, "127.0.0.1:1"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_port_serves_and_ends_at_once(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port(process)}") as channel:
        assert ResourceProviderStub(channel).GetPluginInfo(Empty(), timeout=SECONDS).version == "3.29.0"
    process.send_signal(number)
    assert process.wait(4) == 0


def test_it_does_not_outlive_an_engine_that_was_killed(wrapper: Path, tmp_path: Path) -> None:
    program = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"
    env = {"PATH": os.environ["PATH"], "FEDERATION_PYTHON": sys.executable}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(wrapper)],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    ) as engine:
        assert engine.stdout is not None
        plugin = Path("/proc", engine.stdout.readline().strip())
        engine.stdout.readline()  # its port
        assert plugin.exists()
        engine.kill()
    Deadline(10).until(
        "the plugin", lambda: "it runs" if plugin.exists() and _runs(plugin) else None, fix="end it"
    )


def _runs(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
