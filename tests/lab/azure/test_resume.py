"""`pulumi` dies again and again while it makes and removes the stack westus: each next run goes on from there.

A sample of it is how the stack of test_westus.py comes.
"""

from __future__ import annotations

import pytest

from tests.lab.azure.conftest import EAST, WEST, Azure, unprotect
from tests.lab.labs import eventually
from tests.lab.stacks import Stack

pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(3600)]

STEPS = 12
"""After so many resources `pulumi` is killed; some 160 are made, and removed, by turns of these."""
LEAST = 10
NAME = "calculatorlb.default.myfederation.svc.syncweek.com"


def test_up_and_destroy_converge_however_often_they_are_killed(azure: Azure, stack: Stack) -> None:
    if azure.inventory():
        unprotect(stack)
        stack.up()
        stack.destroy()
    kills = 0
    while stack.killed_after(STEPS, " created (", "up"):
        kills += 1
    assert kills >= LEAST
    stack.up()
    stack.up("--expect-no-changes")
    assert {row["name"]: row["ready"] for row in stack.output("members")} == {WEST: True, EAST: True}
    eventually(lambda: None if len(azure.addresses(NAME)) == 2 else "not yet", 60, NAME)

    unprotect(stack)
    stack.up()
    kills = 0
    while stack.killed_after(STEPS, " deleted (", "destroy"):
        kills += 1
    assert kills >= LEAST
    stack.destroy()
    assert azure.inventory() == []
    assert {node["name"] for node in azure.lab.nodes().values()} == {"onprem-control-plane"}
    with stack.edited() as topology:  # as the tests after this one expect it
        for part in (*topology["clusters"], *topology["dns"]):
            part.pop("protect", None)
