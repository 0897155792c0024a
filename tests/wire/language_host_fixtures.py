"""A language host as a process of its own, driven over gRPC as the engine does it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2 as rpc
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

from lab.deadline import Deadline

SOON = 30  # seconds; only a hanging host needs them


@dataclass
class Host:
    process: subprocess.Popen[str]
    stub: Any


def program(root: Path, **options: Any) -> rpc.ProgramInfo:
    struct = Struct()
    struct.update(options)
    return rpc.ProgramInfo(
        root_directory=str(root), program_directory=str(root), entry_point=".", options=struct
    )


def alive(pid: int) -> str | None:
    """None once the process is gone; a zombie is gone, whoever ought to have buried it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else f"process {pid} is in state {state}"


def gone(pid: int, within: float = SOON) -> None:
    Deadline(within).until(f"process {pid}", lambda: alive(pid), fix="end it", interval=0.05)


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line, byte by byte as the engine reads it: nothing is lost in a buffer."""
    assert process.stdout is not None
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], SOON)
        assert ready, f"the host has said only {line!r}"
        byte = os.read(process.stdout.fileno(), 1)
        assert byte, f"the host has ended after {line!r}"
        line += byte
    return line.decode()


Start = Callable[..., Host]


@pytest.fixture(name="start")
def start_fixture(tmp_path: Path) -> Iterator[Start]:
    """Starts hosts with the given flags; all of them are killed at the end."""
    hosts: list[Host] = []

    def run(*flags: str, **env: str) -> Host:
        argv = [sys.executable, "-P", "-u", "-m", "lab.engine", *flags, "127.0.0.1:1"]
        process = subprocess.Popen(
            argv,
            env=os.environ | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        channel = grpc.insecure_channel(f"127.0.0.1:{int(read_line(process))}")
        hosts.append(Host(process, LanguageRuntimeStub(channel)))
        channels.append(channel)
        return hosts[-1]

    channels: list[grpc.Channel] = []
    yield run
    for channel in channels:
        channel.close()
    for host in hosts:
        host.process.kill()
        host.process.communicate(timeout=SOON)


@pytest.fixture(name="host")
def host_fixture(start: Start) -> Host:
    return start("-use-executor", "/nowhere")
