"""README's demo: the on-premises walk-through by the real engine, no changes the second time, nothing afterwards.

The tests in tests/lab/federation go the same ways, step by step.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.inventory import difference, inventory
from tests.lab.labs import TestLab

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
RUN_SECONDS = 420


@pytest.fixture
def demo_lab(state_root: Path) -> Iterator[TestLab]:
    lab = TestLab(f"t-demo-{os.getpid()}", state_root)
    yield lab
    lab("down", "--force")


def start(lab: TestLab, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "demo.run", *words],
        cwd=ROOT,
        env=lab.env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def demo(lab: TestLab, *words: str) -> str:
    running = start(lab, *words)
    said, _ = running.communicate(timeout=RUN_SECONDS)
    assert running.returncode == 0, said
    return said


def interrupted_while_it_makes_resources(lab: TestLab) -> None:
    """Ctrl-C, which everything that the terminal has started is told of."""
    running = start(lab)
    assert running.stdout
    for line in running.stdout:
        if re.search(r" created \(", line):
            break
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=RUN_SECONDS)
    assert running.returncode != 0


def settings() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in ROOT.glob("Pulumi*.yaml")}


@pytest.mark.parametrize("interrupted", [False, True], ids=["at once", "after Ctrl-C"])
def test_the_demo_federates_changes_nothing_twice_and_goes_without_a_trace(
    demo_lab: TestLab, interrupted: bool
) -> None:
    before, checkout = inventory(), settings()
    if interrupted:
        interrupted_while_it_makes_resources(demo_lab)
        assert settings() == checkout
    said = demo(demo_lab)
    for row in (
        "│ fc01   │ us     │ east  │ v1.36.3 │ yes   │ https://10.99.1.10:6443 │ 2 pods │",
        "│ fc02   │ us     │ west  │ v1.36.3 │ yes   │ https://10.99.2.10:6443 │ 2 pods │",
    ):
        assert row in said
    assert re.search(r"^nginx +4/4 +4 +4 ", said, re.MULTILINE), "the federation's own count"
    assert len(re.findall(r"^nginx-\S+ +1/1 +Running", said, re.MULTILINE)) == 4
    for place, answer in (
        ("", "10.250.0.2 10.250.1.2"),
        ("us.", "10.250.0.2 10.250.1.2"),
        ("east.us.", "10.250.0.2"),
        ("west.us.", "10.250.1.2"),
    ):
        name = f"nginx.default.fc-federated-cluster.svc.{place}fc-federated.com"
        assert re.search(rf"^│ {re.escape(name)} +│ {re.escape(answer)} +│$", said, re.MULTILINE), name
    assert "HTTP/1.1 200 OK" in said
    again = demo(demo_lab)
    assert not re.search(r"\d+ (created|updated|replaced|deleted)", again)
    assert len(re.findall(r"\d+ unchanged", again)) == 2
    assert re.search(r"- \d+ deleted", demo(demo_lab, "--down"))
    assert settings() == checkout
    assert difference(before, inventory()) == {}
