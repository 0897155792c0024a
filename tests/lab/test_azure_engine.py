"""Runs of the real engine against the stand-in for Azure: kept, changed, killed, failed, and never led to Azure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lab.azure.plugin.safety import HOST_VARIABLE
from tests.lab.azure_engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    azure_fixture,
    cloud_fixture,
    faults,
    killed_up,
    names,
    variables,
)
from tests.lab.engine_fixtures import (  # noqa: F401
    Engine,
    Project,
    engine_fixture,
    project_fixture,
    stack_fixture,
)
from tests.wire.azure_arm_wire import Running

# Each call of the engine has a limit of its own; beside tests with clusters it takes five times as long.
pytestmark = pytest.mark.timeout(900)

RESOURCES = {"test", "net", "nodes", "example.test", "keep-soa", "controller"}


def test_a_stack_is_made_kept_changed_and_destroyed(cloud: Engine, azure: Running, stack: Project) -> None:
    program = stack("azure")
    assert "8 to create" in cloud.does(program, "preview")
    assert names(azure) == set()
    assert "8 created" in cloud.does(program, "up", "--yes", "--skip-preview")
    assert names(azure) >= RESOURCES
    outputs = json.loads(cloud.does(program, "stack", "output", "--json"))
    assert len(outputs["nameServers"]) == 4
    assert outputs["subnet"].endswith("/virtualNetworks/net/subnets/nodes")
    cloud.does(program, "refresh", "--yes", "--expect-no-changes")
    cloud.does(program, "preview", "--expect-no-changes")

    cloud.does(program, "config", "set", "team", "other")
    said = cloud.does(program, "up", "--yes")
    assert "3 updated" in said
    assert "replace" not in said
    assert "nodes" in names(azure), "an update of the network has removed its subnet"

    cloud.does(program, "config", "set", "region", "eastus")
    assert "to replace" in cloud.does(program, "preview")

    assert "8 deleted" in cloud.does(program, "destroy", "--yes", "--skip-preview")
    assert names(azure) == set()
    assert cloud.processes() == []


POINTS: Mapping[str, dict[str, Any]] = {
    "virtualNetworks/net": {"operation": "hang"},
    "dnsZones/example.test": {"drop": "after"},
}
"""A network is being made when the engine dies; a zone was made, and nobody has heard of it."""


@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_in_the_middle_of_a_create_goes_on_at_the_next(
    cloud: Engine, azure: Running, stack: Project, point: str
) -> None:
    program = stack("azure")
    faults(azure, {"match": {"method": "PUT", "path": f"{point}$"}, **POINTS[point]})
    name = point.rpartition("/")[2]
    killed_up(cloud, program, lambda: None if name in names(azure) else f"{name} is not there")
    faults(azure)
    cloud.does(program, "up", "--yes", "--skip-preview")
    cloud.does(program, "preview", "--expect-no-changes")
    assert names(azure) >= RESOURCES
    cloud.does(program, "destroy", "--yes", "--skip-preview")
    assert names(azure) == set()


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
    faults(azure, rule)
    failed = cloud(program, "up", "--yes", "--skip-preview")
    assert failed.returncode != 0
    assert (
        "network:VirtualNetwork net: InternalNetworkError: A switch has lost its way. "
        "Next: run `pulumi up` again; it goes on with what is there."
    ) in failed.stdout, failed.stdout
    state = json.loads(cloud.does(program, "stack", "export"))
    noted = {r["urn"].split("::")[-1] for r in state["deployment"]["resources"] if r.get("initErrors")}
    assert noted == {"net"}, "nobody would ever delete it"
    cloud.does(program, "up", "--yes", "--skip-preview")
    cloud.does(program, "preview", "--expect-no-changes")
    cloud.does(program, "destroy", "--yes", "--skip-preview")
    assert names(azure) == set()


def test_a_group_that_was_deleted_by_hand_is_made_again_after_a_refresh(
    cloud: Engine, azure: Running, stack: Project
) -> None:
    program = stack("azure")
    cloud.does(program, "up", "--yes", "--skip-preview")
    scope = f"{azure.subscription}/resourceGroups/test"
    lock = f"{scope}/providers/Microsoft.Network/dnsZones/example.test/SOA/@/providers/Microsoft.Authorization/locks"
    azure.as_operator("DELETE", f"{lock}/keep-soa?api-version=2020-05-01")
    azure.as_operator("DELETE", f"{scope}?api-version=2024-03-01")
    assert azure.service.operations.wait(10)
    assert names(azure) == set()
    cloud.does(program, "up", "--yes", "--refresh", "--skip-preview")
    assert names(azure) >= RESOURCES
    cloud.does(program, "destroy", "--yes", "--skip-preview")


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
