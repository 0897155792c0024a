"""The real engine with the stand-in's plugin, and the stand-in for Azure on loopback: no cluster."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from lab.azure.plugin.safety import CA_VARIABLE, HOST_VARIABLE
from lab.deadline import Deadline
from tests.lab.engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    DEADLINE,
    Engine,
    Project,
    engine_fixture,
    project_fixture,
    stack_fixture,
)
from tests.wire.azure_arm_wire import Running, running
from tests.wire.azure_plugin_fixtures import KINDS

RESOURCES = {"test", "net", "nodes", "example.test", "keep-soa", "controller"}


@pytest.fixture(name="azure")
def azure_fixture(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "stand-in", KINDS, retry_after=0) as server:
        yield server


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


@pytest.fixture(name="cloud")
def cloud_fixture(engine: Engine, azure: Running) -> Engine:
    return replace(engine, env={**engine.env, **variables(azure)})


def names(azure: Running) -> set[str]:
    return {entry.resource_id.name for entry in azure.service.store.all()}


def test_a_stack_is_made_kept_changed_and_destroyed(cloud: Engine, azure: Running, stack: Project) -> None:
    program = stack("azure")
    assert "+ azure:" not in cloud.does(program, "preview")
    assert names(azure) == set()
    assert "8 created" in cloud.does(program, "up", "--yes")
    assert names(azure) >= RESOURCES
    outputs = json.loads(cloud.does(program, "stack", "output", "--json"))
    assert len(outputs["nameServers"]) == 4
    assert outputs["subnet"].endswith("/virtualNetworks/net/subnets/nodes")
    cloud.does(program, "preview", "--expect-no-changes")
    cloud.does(program, "refresh", "--yes", "--expect-no-changes")
    cloud.does(program, "preview", "--expect-no-changes")

    cloud.does(program, "config", "set", "team", "other")
    said = cloud.does(program, "up", "--yes")
    assert "3 updated" in said
    assert "replace" not in said
    assert "nodes" in names(azure), "an update of the network has removed its subnet"

    cloud.does(program, "config", "set", "region", "eastus")
    assert "replace" in cloud.does(program, "preview")

    assert "8 deleted" in cloud.does(program, "destroy", "--yes")
    assert names(azure) == set()
    assert cloud.processes() == []


@pytest.mark.parametrize("at", ["virtualNetworks/net$", "dnsZones/example.test$"])
def test_a_run_killed_in_the_middle_of_a_create_goes_on_at_the_next(
    cloud: Engine, azure: Running, stack: Project, at: str
) -> None:
    program = stack("azure")
    script = [{"match": {"method": "PUT", "path": at}, **WHILE_IT_RUNS[at]}]
    azure.service.faults.replace(json.dumps(script).encode())
    with (program / "log").open("wb") as log:
        argv = [str(cloud.pulumi), "up", "--yes", "--non-interactive"]
        process = subprocess.Popen(argv, cwd=program, env=cloud.env, stdout=log, stderr=log)
    name = at.rpartition("/")[2].rstrip("$")
    try:
        Deadline(DEADLINE).until(f"{name} of the stand-in", lambda: _missing(azure, name), fix="read the log")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(DEADLINE)
    Deadline(10).until("the engine", lambda: "; ".join(cloud.processes()) or None, fix="end what is left")
    azure.service.faults.replace(b"[]")

    cloud.does(program, "cancel", "--yes")
    cloud.does(program, "up", "--yes")
    cloud.does(program, "preview", "--expect-no-changes")
    assert names(azure) >= RESOURCES
    cloud.does(program, "destroy", "--yes")
    assert names(azure) == set()


WHILE_IT_RUNS: Mapping[str, Mapping[str, object]] = {
    "virtualNetworks/net$": {"operation": "hang"},
    "dnsZones/example.test$": {"drop": "after"},
}
"""A network is being made when the engine dies; a zone was made, and nobody has heard of it."""


def _missing(azure: Running, name: str) -> str | None:
    return None if name in names(azure) else f"{name} is not there"


def test_an_operation_that_fails_is_noted_and_the_next_run_repairs_it(
    cloud: Engine, azure: Running, stack: Project
) -> None:
    program = stack("azure")
    rule = {
        "match": {"method": "PUT", "path": "virtualNetworks/net$"},
        "operation": "fail-after",
        "code": "InternalNetworkError",
        "message": "A switch has lost its way.",
    }
    azure.service.faults.replace(json.dumps([rule]).encode())
    failed = cloud(program, "up", "--yes")
    assert failed.returncode != 0
    assert (
        "network:VirtualNetwork net: InternalNetworkError: A switch has lost its way. "
        "Next: run `pulumi up` again; it goes on with what is there."
    ) in failed.stdout, failed.stdout
    state = json.loads(cloud.does(program, "stack", "export"))
    noted = {r["urn"].split("::")[-1] for r in state["deployment"]["resources"] if r.get("initErrors")}
    assert noted == {"net"}, "nobody would ever delete it"
    cloud.does(program, "up", "--yes")
    cloud.does(program, "preview", "--expect-no-changes")
    cloud.does(program, "destroy", "--yes")
    assert names(azure) == set()


@pytest.mark.parametrize("host", ["management.azure.com", None])
def test_no_run_reaches_azure_itself(
    engine: Engine, azure: Running, stack: Project, host: str | None
) -> None:
    env = {**engine.env, **variables(azure)}
    env.pop(HOST_VARIABLE)
    refused = replace(engine, env={**env, HOST_VARIABLE: host} if host else env)(stack("azure"), "preview")
    assert refused.returncode != 0
    assert "the plugin azure-native of this machine is a stand-in" in refused.stdout
    assert HOST_VARIABLE in refused.stdout
    assert names(azure) == set()
