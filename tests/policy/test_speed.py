"""What the pack adds to a preview of 200 resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.policy_speed import GOAL, added, measure

# Each call of the engine has a limit of its own; beside tests with clusters it takes five times as long.
pytestmark = pytest.mark.timeout(900)


def test_the_pack_costs_a_preview_of_two_hundred_resources_at_most_three_seconds(tmp_path: Path) -> None:
    without, checked = measure(tmp_path, rounds=3)
    assert added(without, checked) <= GOAL, (without, checked)
