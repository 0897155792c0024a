"""The labs that the tests run in: real clusters under names and in a state directory of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from lab.paths import cache_dir
from tests.lab.inventory import difference, inventory
from tests.lab.labs import SHARED, TestLab

TOPOLOGY = """\
clusters:
  - {name: fc01, region: us, zone: east}
  - {name: fc02, region: us, zone: west, workers: 1}
"""


@pytest.fixture(scope="session")
def state_root() -> Iterator[Path]:
    """Nodes' disks need a real file system below them, hence not pytest's own directory, which may be a tmpfs."""
    place = cache_dir().parent
    place.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="k8s-federation-test-", dir=place))
    yield root
    shutil.rmtree(root)


LOGS = Path(__file__).parents[2] / ".logs"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """When a test fails, what the nodes of its lab said is kept: the lab itself will be gone."""
    report = yield
    if report.failed:
        given = (getattr(value, "lab", value) for value in getattr(item, "funcargs", {}).values())
        for lab in {value for value in given if isinstance(value, TestLab)}:
            for source in (lab.state_root / lab.name).glob("nodes/*/var/log/lab"):
                target = LOGS / item.name / source.parts[-4]
                shutil.copytree(source, target, dirs_exist_ok=True)
    return report


@pytest.fixture(scope="session")
def clusters(state_root: Path) -> Iterator[TestLab]:
    """Two clusters, fc01 with one node and fc02 with two, shared by the tests that leave them as they were."""
    before = inventory()
    lab = TestLab(SHARED, state_root)
    (state_root / "shared.yaml").write_text(TOPOLOGY)
    try:
        lab("up", str(state_root / "shared.yaml"), timeout=300)
        yield lab
    finally:
        lab("down")
    assert difference(before, inventory()) == {}, "all tests together leave nothing"


@pytest.fixture
def own_lab(state_root: Path) -> Iterator[TestLab]:
    """A lab that is not up yet, for tests of going up and down; one cluster is enough for them."""
    lab = TestLab(f"t-{os.getpid()}", state_root)
    lab.topology.write_text("clusters: [{name: solo}]\nimages: []\n")
    yield lab
    lab("down", "--force")
