"""The tests of the pack notice when a rule of it is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.mutation import GOAL, copy, run, sample

SAMPLE = 23
LEAST = 80


@pytest.mark.timeout(900)
def test_a_sample_of_mutants_is_noticed(tmp_path: Path) -> None:
    copy(tmp_path)
    score = run(tmp_path, [sample(SAMPLE)], children=1)
    assert sum(score.counts.values()) >= LEAST
    assert score.share >= GOAL, str(score)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_mutants_are_noticed(tmp_path: Path) -> None:
    copy(tmp_path)
    score = run(tmp_path)
    assert score.share >= GOAL, str(score)
