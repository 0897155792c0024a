"""README's demo: nginx in both clusters by the real engine, no changes the second time, and nothing afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.inventory import difference, inventory
from tests.lab.labs import TestLab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo_lab(state_root: Path) -> Iterator[TestLab]:
    lab = TestLab(f"t-demo-{os.getpid()}", state_root)
    yield lab
    lab("down", "--force")


def demo(lab: TestLab, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "demo/run.py", *words],
        cwd=ROOT,
        env=lab.env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_demo_deploys_changes_nothing_twice_and_goes_without_a_trace(demo_lab: TestLab) -> None:
    before = inventory()
    said = demo(demo_lab)
    assert "+ 11 created" in said
    assert "11 unchanged" in said
    for url in ("http://10.99.1.10:30080/", "http://10.99.2.10:30080/"):
        assert f"{url} │ Welcome to nginx!" in said
        assert demo_lab.answers(url) is None
    again = demo(demo_lab)
    assert "created" not in again
    assert again.count("11 unchanged") == 2
    assert "- 11 deleted" in demo(demo_lab, "--down")
    assert difference(before, inventory()) == {}
