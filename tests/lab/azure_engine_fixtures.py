"""The real engine with the plugin azure-native of the stand-in, and the stand-in for Azure on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.azure import aks
from lab.azure.plugin.safety import CA_VARIABLE, HOST_VARIABLE
from lab.deadline import Deadline
from tests.lab.engine_fixtures import DEADLINE, Engine
from tests.wire.azure_arm_wire import Running, running
from tests.wire.azure_plugin_fixtures import KINDS


def variables(azure: Running) -> dict[str, str]:
    """What `lab exec` adds."""
    settings = azure.settings
    return {
        HOST_VARIABLE: azure.url.removeprefix("https://"),
        CA_VARIABLE: azure.authority,
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_TENANT_ID": settings.tenant_id,
        "ARM_SUBSCRIPTION_ID": settings.subscription_id,
        "ARM_CLIENT_ID": settings.client_id,
        "ARM_CLIENT_SECRET": settings.client_secret,
    }


@pytest.fixture(name="azure")
def azure_fixture(tmp_path: Path) -> Iterator[Running]:
    """Clusters in it are entries in its inventory, and no machines."""
    with running(tmp_path / "stand-in", (*KINDS, *aks.KINDS), retry_after=0) as server:
        yield server


@pytest.fixture(name="cloud")
def cloud_fixture(engine: Engine, azure: Running) -> Engine:
    return replace(engine, env={**engine.env, **variables(azure)})


def names(azure: Running) -> set[str]:
    """Of all resources that there are."""
    return {entry.resource_id.name for entry in azure.service.store.all()}


def faults(azure: Running, *rules: Any) -> None:
    """The script of faults; without any, operations that hang go on."""
    azure.service.faults.replace(json.dumps(rules).encode())


def _dynamic_servers(cloud: Engine) -> list[int]:
    """Process ids of those that this engine has started."""
    mark = f"PULUMI_HOME={cloud.env['PULUMI_HOME']}\0".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"pulumi.dynamic" not in (process / "cmdline").read_bytes():
                continue
            if mark in (process / "environ").read_bytes() + b"\0":
                found.append(int(process.name))
    return found


def killed_up(cloud: Engine, program: Path, when: Callable[[], str | None]) -> None:
    """Start an update, and kill the engine once `when` gives None; return when all its processes are gone.

    Ours end by themselves; the SDK's server of dynamic resources does not notice that its engine has died.
    """
    argv = [str(cloud.pulumi), "up", "--yes", "--skip-preview", "--non-interactive"]
    with (program / "log").open("ab") as log:
        process = subprocess.Popen(argv, cwd=program, env=cloud.env, stdout=log, stderr=log)
    try:
        Deadline(DEADLINE).until(
            "the point to kill it at",
            lambda: None if process.poll() is not None else when(),
            fix=f"read {program / 'log'}",
            interval=0.01,
        )
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE)
    for server in _dynamic_servers(cloud):
        os.kill(server, signal.SIGKILL)
    left = Deadline(10)
    left.until("the engine", lambda: "; ".join(cloud.processes()) or None, fix="end what is left")
    cloud.does(program, "cancel", "--yes")
