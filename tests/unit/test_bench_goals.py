"""Verdicts of the benchmark: pure, from samples to ratios, words and a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import goals
from bench.goals import GOALS, Goal, Machine

MACHINE = Machine(processors=2, memory_mib=24105, kernel="6.18.5", load=0.31)
RATIO = Goal(what="one join", of="join", per="karmadactl join", limit=0.5)
SECONDS = Goal(what="nothing to do", of="unchanged", limit=8)
MEMORY = Goal(what="memory", of="memory of 100", limit=3072, unit="MiB")
TOLD = Goal(what="removed", of="destroy")
SAMPLES = {
    "join": [1.0, 3.0, 2.0],
    "karmadactl join": [4.0, 5.0],
    "unchanged": [8.01],
    "memory of 100": [537.4],
    "destroy": [12.0],
}


def test_a_ratio_divides_medians() -> None:
    [outcome] = goals.judge(SAMPLES, [RATIO])
    assert (outcome.measured, outcome.compared, outcome.runs) == (2.0, 4.5, 3)
    assert outcome.value == pytest.approx(2 / 4.5)
    assert outcome.met is True


@pytest.mark.parametrize(
    ("goal", "cells"),
    [
        (RATIO, ("one join", "<= 0.5 times", "0.44 times", "2.00 s; karmadactl join: 4.50 s", "yes")),
        (SECONDS, ("nothing to do", "<= 8 s", "8.01 s", "8.01 s", "NO")),
        (MEMORY, ("memory", "<= 3072 MiB", "537 MiB", "537 MiB", "yes")),
        (TOLD, ("removed", "", "12.00 s", "12.00 s", "")),
    ],
)
def test_a_row_says_the_goal_the_result_and_the_verdict(goal: Goal, cells: tuple[str, ...]) -> None:
    [outcome] = goals.judge(SAMPLES, [goal])
    assert goals.row(outcome) == cells


def test_what_was_not_measured_has_no_verdict() -> None:
    assert goals.judge({"join": [1.0], "unchanged": []}, [RATIO, SECONDS]) == []


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_goal_is_met_up_to_its_limit_and_not_beyond(ours: float, theirs: float) -> None:
    [outcome] = goals.judge({"join": [ours], "karmadactl join": [theirs]}, [RATIO])
    assert outcome.met is (ours / theirs <= 0.5)


def test_the_page_has_machine_date_table_and_explanation() -> None:
    outcomes = goals.judge(SAMPLES, [RATIO, TOLD])
    assert goals.page(outcomes, MACHINE, how="## How\n", date="2026-11-21") == (
        "# Benchmarks\n\n"
        "Written by `make bench` on 2026-11-21: 2 processors, 24 GiB, Linux 6.18.5, load 0.3 before the start; "
        "each figure is the median of up to 3 runs.\n\n"
        "| figure | goal | result | measured | met |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| one join | <= 0.5 times | 0.44 times | 2.00 s; karmadactl join: 4.50 s | yes |\n"
        "| removed |  | 12.00 s | 12.00 s |  |\n\n"
        "## How\n"
    )


def test_the_page_says_when_the_machine_had_something_else_to_do() -> None:
    busy = Machine(processors=2, memory_mib=24105, kernel="6.18.5", load=8.0)
    assert goals.BUSY in goals.page([], busy, how="", date="2026-11-21")
    assert goals.BUSY not in goals.page([], MACHINE, how="", date="2026-11-21")


def test_json_has_verdicts_and_every_sample() -> None:
    found = json.loads(goals.as_json(goals.judge(SAMPLES, [SECONDS, RATIO]), MACHINE, SAMPLES))
    assert found["machine"] == {"processors": 2, "memory_mib": 24105, "kernel": "6.18.5", "load": 0.31}
    assert found["goals"][0] == {
        "figure": "nothing to do",
        "limit": 8,
        "unit": "s",
        "value": 8.01,
        "met": False,
    }
    assert found["goals"][1]["unit"] == "ratio"
    assert found["samples"] == SAMPLES


def test_every_figure_of_a_goal_is_one_that_is_measured() -> None:
    source = (Path(__file__).parents[2] / "bench/measure.py").read_text()
    for goal in GOALS:
        for figure in filter(None, (goal.of, goal.per)):
            # "preview of 20, deployed" is put together there.
            kind = figure.partition(" of ")[0] if " of " in figure else figure
            assert f'"{kind}' in source, figure
