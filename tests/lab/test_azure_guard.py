"""The guard of a cluster in Azure, and tags that are somebody else's, in the real engine; no cluster, no Azure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.engine_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    Engine,
    Project,
    engine_fixture,
    project_fixture,
    stack_fixture,
)

WEST: dict[str, Any] = {"location": "westus"}


TAGS = {"costs": "1", "owner": "a"}


@pytest.fixture(name="guard")
def guard_fixture(engine: Engine, stack: Project) -> Path:
    """A stack that is up."""
    guard = stack("guard")
    describe(guard, WEST)
    engine.does(guard, "up", "--yes", "--skip-preview")
    return guard


def describe(guard: Path, cluster: dict[str, Any], tags: dict[str, str] = TAGS) -> None:
    """The configuration, as `pulumi config set` would write it."""
    file = guard / "Pulumi.dev.yaml"
    known = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**known, "config": {"guard:cluster": cluster, "guard:tags": tags}}))


def test_what_makes_another_cluster_warns_in_the_preview(engine: Engine, guard: Path) -> None:
    describe(guard, {"location": "eastus", "zones": []})
    shown = engine.does(guard, "preview")
    assert "warning: cluster west: location changes from westus to eastus: the cluster is REPLACED" in shown


def test_what_azure_would_refuse_is_refused_in_the_preview(engine: Engine, guard: Path) -> None:
    describe(guard, {**WEST, "system_pool": {"vm_size": "Standard_D8ds_v5"}})
    done = engine(guard, "preview")
    assert done.returncode != 0
    assert (
        "system_pool.vm_size is Standard_D4ds_v5 for the life of the cluster. Next: put it back"
        in done.stdout
    )
    describe(guard, {**WEST, "vm_size": "Standard_D8ds_v5"})
    done = engine(guard, "up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "the lock on the cluster is in the way. Next: set protect: false for this update" in done.stdout
    describe(guard, {**WEST, "vm_size": "Standard_D8ds_v5", "protect": False})
    engine.does(guard, "up", "--yes", "--skip-preview")


def test_a_foreign_tag_is_left_alone_and_ours_is_not(engine: Engine, guard: Path) -> None:
    for others in ({"costs": "2"}, {}):
        describe(guard, WEST, {"owner": "a", **others})
        engine.does(guard, "preview", "--expect-no-changes")
    describe(guard, WEST, {"costs": "2", "owner": "b"})
    assert "1 to update" in engine.does(guard, "preview")
