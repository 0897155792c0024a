"""The stack's clusters in Azure, of the real engine on the stand-in: what changes, what is killed, what fails.

Their machines are on paper; tests/lab/azure has real ones.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.lab.azure_engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    azure_fixture,
    cloud_fixture,
    faults,
    killed_up,
    names,
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

POINTS = (1, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39)
"""Numbers of resources in the inventory at which an update is killed; at the end there are 46."""
SAMPLE = (21,)
SEEDS = tuple(range(8))


def steps(cloud: Engine, program: Path) -> dict[str, set[str]]:
    """What a preview would do: kind of step → names of resources."""
    found: dict[str, set[str]] = {}
    for step in json.loads(cloud.does(program, "preview", "--json"))["steps"]:
        found.setdefault(step["op"], set()).add(step["urn"].split("::")[-1])
    return found


@pytest.mark.long
def test_clusters_stay_as_they_are_until_something_changes(
    cloud: Engine, azure: Running, stack: Project
) -> None:
    program = stack("azure_clusters")
    cloud.does(program, "up", "--yes", "--skip-preview")
    assert {"west", "east", "west-network", "nodes"} <= names(azure)
    cloud.does(program, "preview", "--expect-no-changes")
    cloud.does(program, "refresh", "--yes", "--expect-no-changes")
    before = {e.id: e.document for e in azure.service.store.all()}

    cloud.does(program, "config", "set", "count", "4")
    cloud.does(program, "config", "set", "weekday", "Tuesday")
    planned = steps(cloud, program)
    assert planned.keys() == {"same", "update"}, planned
    assert "west-aksManagedAutoUpgradeSchedule" in planned["update"]
    assert any(name.startswith("west-user") for name in planned["update"]), planned["update"]

    cloud.does(program, "config", "set", "team", "blue")
    planned = steps(cloud, program)
    assert "west-cluster" in planned["update"]
    assert planned.keys() == {"same", "update"}, planned
    assert "replaced" not in cloud.does(program, "up", "--yes", "--skip-preview")
    assert {e.id for e in azure.service.store.all()} == before.keys(), (
        "an update has made or removed something"
    )
    cloud.does(program, "preview", "--expect-no-changes")

    cloud.does(program, "config", "set", "region", "westus2")
    said = cloud.does(program, "preview")
    assert "cluster west: location changes from westus to westus2: the cluster is REPLACED" in said
    planned = steps(cloud, program)
    assert "west-cluster" in planned["replace"]
    assert not {name for name in planned["replace"] if name.startswith("east")}
    cloud.does(program, "destroy", "--yes", "--skip-preview")
    assert names(azure) == set()


def test_kubeconfigs_are_in_no_state_in_clear(cloud: Engine, azure: Running, stack: Project) -> None:
    program = stack("azure_clusters")
    cloud.does(program, "up", "--yes", "--skip-preview")
    state = cloud.does(program, "stack", "export")
    assert "clusters:" in cloud.does(program, "stack", "output", "west", "--show-secrets")
    for secret in ("certificate-authority-data", "kubelogin", azure.settings.client_secret):
        assert secret not in state


@pytest.mark.parametrize(
    "point", [pytest.param(p, marks=() if p in SAMPLE else pytest.mark.long) for p in POINTS]
)
def test_an_update_killed_anywhere_converges(
    cloud: Engine, azure: Running, stack: Project, point: int
) -> None:
    program = stack("azure_clusters")
    killed_up(
        cloud, program, lambda: None if len(names(azure)) >= point else f"{len(names(azure))} resources"
    )
    cloud.does(program, "up", "--yes", "--skip-preview")
    cloud.does(program, "preview", "--expect-no-changes")
    cloud.does(program, "destroy", "--yes", "--skip-preview")
    assert names(azure) == set()


@pytest.mark.parametrize("seed", [pytest.param(s, marks=() if s == 0 else pytest.mark.long) for s in SEEDS])
def test_a_throttled_and_failing_cloud_leaves_nothing_orphaned(
    cloud: Engine, azure: Running, stack: Project, seed: int
) -> None:
    program = stack("azure_clusters")
    dice = random.Random(seed)
    ways = (
        {"status": 429, "code": "TooManyRequests", "retry_after": 1},
        {"status": 503},
        {"drop": "before"},
        {"drop": "after"},
        {"operation": "fail-after", "code": "InternalError"},
        {"operation": "fail", "code": "InternalError"},
        {"status": 500},
    )
    faults(
        azure,
        *({"match": {"method": "PUT", "skip": dice.randrange(9)}, **dice.choice(ways)} for _ in range(12)),
    )
    tries = 0
    while cloud(program, "up", "--yes", "--skip-preview").returncode != 0:
        tries += 1
        assert tries < 8
    faults(azure)
    cloud.does(program, "preview", "--expect-no-changes")
    cloud.does(program, "destroy", "--yes", "--skip-preview")
    assert names(azure) == set()
