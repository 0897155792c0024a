"""What the pack adds to a preview of 200 resources."""

from __future__ import annotations

from pathlib import Path

from bench.policy_speed import GOAL, added, measure


def test_the_pack_costs_a_preview_of_two_hundred_resources_at_most_three_seconds(tmp_path: Path) -> None:
    without, checked = measure(tmp_path, rounds=3)
    assert added(without, checked) <= GOAL, (without, checked)
