"""`pulumi` dies at any moment, without a chance to end in order: the next run goes on from there.

A sample of it, on a federation with names, is how those of test_service_names.py come and go.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab.federation.conftest import Inventory, unlike
from tests.lab.federation.workloads import becomes
from tests.lab.labs import TestLab, eventually
from tests.lab.stacks import Stack

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(3600)]
POINTS = [2, 5, 9, 14, 20, 26, 32, 38, 44, 50, 56, 62, 67, 72, 77]
"""After so many resources were made, or removed, `pulumi` is killed. There are about 80 lines of either kind."""


def test_the_next_run_converges(
    empty_stack: Stack,
    three: TestLab,
    before: dict[str, Inventory],
    objects: Callable[[str], Inventory],
) -> None:
    stack = empty_stack
    for count in POINTS:
        assert stack.killed_after(count, " created (", "up"), f"up has less than {count} steps"
        stack.up()
        stack.up("--expect-no-changes")
        assert [row["ready"] for row in stack.output("members")] == [True, True]
        becomes(three, fc01=2, fc02=2)
        assert stack.killed_after(count, " deleted (", "destroy"), f"destroy has less than {count} steps"
        stack.destroy()
        for cluster in ("fc01", "fc02"):
            eventually(
                lambda c=cluster: unlike(before[c], objects(c)),  # type: ignore[misc]
                60,
                f"{cluster} as before, killed at {count}",
            )
