"""README.md, command by command, in a clean checkout: both demos and their removal, and nothing is left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents import README
from tests.lab.inventory import difference, inventory
from tests.lab.labs import TestLab
from tests.lab.reader import Reader

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(1800)]
EAST, WEST = "10.250.0.2", "10.250.1.2"


@pytest.fixture
def reader(tmp_path: Path, state_root: Path) -> Iterator[Reader]:
    place = state_root / "readme"
    yield Reader(README, tmp_path, {**os.environ, "FEDERATION_STATE": str(place)}, lab=False)
    for left in ("lab", "demo-azure"):  # by names of the demos' own
        TestLab(left, place)("down", "--force")


def test_the_demos_come_up_and_go_without_a_trace(reader: Reader) -> None:
    before = inventory()
    try:
        said = reader.section("k8s-federation")
    finally:
        gone = reader.section("Remove everything")
    assert said.count("unchanged") >= 2
    assert f"{EAST} {WEST}" in said
    assert "77" in said, "the calculator"
    assert "deleted" in gone
    assert difference(before, inventory()) == {}


def test_what_the_demos_needed_goes_too(reader: Reader, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "tools" / "etcd").mkdir(parents=True)
    reader.env["FEDERATION_CACHE"] = str(cache)  # that of the tests is needed
    reader.section("And what they needed")
    assert not (reader.checkout / ".venv").exists()
    assert list(cache.iterdir()) == []
