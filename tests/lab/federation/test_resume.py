"""`pulumi` dies at any moment, without a chance to end in order: the next run goes on from there."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.lab.federation.conftest import Inventory, unlike
from tests.lab.federation.workloads import becomes
from tests.lab.labs import TestLab, eventually
from tests.lab.stacks import Stack

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]
SWEEP = [2, 5, 9, 14, 20, 26, 32, 38, 44, 50, 56, 62, 67, 72, 77]
"""After so many resources were made, or removed, `pulumi` is killed. There are about 80 lines of either kind."""
SAMPLE = random.Random(4).sample(SWEEP, 1)


def killed_after(stack: Stack, count: int, mark: str, *words: str) -> bool:
    """Run and kill at the count-th line with the mark. False if the run ended before."""
    seen = 0
    with stack.start(*words, "--yes", "--skip-preview") as running:
        assert running.stdout is not None
        for line in running.stdout:
            seen += mark in line
            if seen >= count:
                stack.kill(running)
                return True
    return False


@pytest.mark.parametrize(
    "points", [pytest.param(SAMPLE, id="sample"), pytest.param(SWEEP, id="sweep", marks=pytest.mark.long)]
)
def test_the_next_run_converges(
    empty_stack: Stack,
    three: TestLab,
    before: dict[str, Inventory],
    objects: Callable[[str], Inventory],
    points: list[int],
) -> None:
    stack = empty_stack
    for count in points:
        assert killed_after(stack, count, " created (", "up"), f"up has less than {count} steps"
        stack.up()
        stack.up("--expect-no-changes")
        assert [row["ready"] for row in stack.output("members")] == [True, True]
        becomes(three, fc01=2, fc02=2)
        assert killed_after(stack, count, " deleted (", "destroy"), f"destroy has less than {count} steps"
        stack.destroy()
        for cluster in ("fc01", "fc02"):
            eventually(
                lambda c=cluster: unlike(before[c], objects(c)),  # type: ignore[misc]
                60,
                f"{cluster} as before, killed at {count}",
            )
