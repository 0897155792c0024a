"""What is measured, what it should be, and how it came out. Pure: from seconds and MiB to verdicts, a page and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import median
from typing import Literal

Samples = Mapping[str, Sequence[float]]
"""Name of a figure to what was measured, once for each repetition; in the unit of its goal."""
Unit = Literal["s", "MiB", "MB", "answers"]
Statistic = Literal["median", "p99", "max"]


def p99(values: Sequence[float]) -> float:
    """By the nearest rank: of fewer than a hundred values, the largest."""
    return sorted(values)[ceil(0.99 * len(values)) - 1]


STATISTICS: Mapping[Statistic, Callable[[Sequence[float]], float]] = {
    "median": median,
    "p99": p99,
    "max": max,
}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What one figure should be.

    Attributes:
        what: the figure in words.
        of: its name among the samples.
        per: name of the figure that it is divided by; the goal is a ratio then.
        limit: in the unit, or a ratio; None for a figure that is only told.
        unit: of the figure.
        by: what of all its runs is held against the limit; of the figure that divides it, it is the median.
    """

    what: str
    of: str
    per: str | None = None
    limit: float | None = None
    unit: Unit = "s"
    by: Statistic = "median"


GOALS = (
    Goal(what="control plane, from nothing to healthy", of="plane", per="karmadactl init", limit=0.5),
    Goal(what="one join, until Ready", of="join", per="karmadactl join", limit=0.5),
    Goal(what="`pulumi up` that adds 8 members", of="8 members", per="1 member", limit=2.5),
    Goal(what="`pulumi up` of the icp stack, nothing to do", of="unchanged", limit=8),
    Goal(what="preview of 20 members, nothing deployed", of="preview of 20", limit=8),
    Goal(what="preview of 20 members, plane deployed", of="preview of 20, deployed", limit=8),
    Goal(what="preview of 100 members, nothing deployed", of="preview of 100", limit=20),
    Goal(what="preview of 100 members, plane deployed", of="preview of 100, deployed", limit=20),
    Goal(what="memory of that, nothing deployed", of="memory of 100", limit=3072, unit="MiB"),
    Goal(what="memory of that, plane deployed", of="memory of 100, deployed", limit=3072, unit="MiB"),
    Goal(what="`pulumi destroy` of the icp stack", of="destroy"),
)


@dataclass(frozen=True)
class Outcome:
    """A goal beside what was measured.

    Attributes:
        goal: that was set.
        measured: the goal's statistic of the figure.
        compared: median of the figure it is divided by, if it is.
        runs: how often it was measured.
        middle: median of the figure.
    """

    goal: Goal
    measured: float
    compared: float | None
    runs: int
    middle: float

    @property
    def value(self) -> float:
        """What is held against the limit: the figure itself, or its ratio to the other one."""
        return self.measured if self.compared is None else self.measured / self.compared

    @property
    def met(self) -> bool | None:
        """None where there is no limit."""
        return None if self.goal.limit is None else self.value <= self.goal.limit


@dataclass(frozen=True)
class Machine:
    """Where it was measured; `load` is the load average of the minute before (getloadavg(3))."""

    processors: int
    memory_mib: int
    kernel: str
    load: float

    @property
    def busy(self) -> bool:
        """Whether something else took so much of it that times are no more than upper bounds."""
        return self.load > self.processors / 2

    def __str__(self) -> str:
        return (
            f"{self.processors} processors, {self.memory_mib / 1024:.0f} GiB, Linux {self.kernel}, "
            f"load {self.load:.1f} before the start"
        )


def judge(samples: Samples, goals: Sequence[Goal] = GOALS) -> list[Outcome]:
    """The goals whose figures were all measured, in their order."""
    return [
        Outcome(
            goal,
            STATISTICS[goal.by](samples[goal.of]),
            median(samples[goal.per]) if goal.per else None,
            len(samples[goal.of]),
            median(samples[goal.of]),
        )
        for goal in goals
        if samples.get(goal.of) and (goal.per is None or samples.get(goal.per))
    ]


BUSY = (
    "**The machine was busy with something else.** Seconds are upper bounds, and so is the ratio of control "
    "planes: karmadactl mostly waits."
)
HEADINGS = ("figure", "goal", "result", "measured", "met")


def row(outcome: Outcome) -> tuple[str, str, str, str, str]:
    """The outcome in the columns of `HEADINGS`."""
    goal = outcome.goal
    unit = "times" if goal.per else goal.unit
    limit = "" if goal.limit is None else f"<= {goal.limit:g} {unit}"
    result = _amount(outcome.value, unit)
    measured = _amount(outcome.measured, goal.unit)
    if outcome.compared is not None:
        measured += f"; {goal.per}: {_amount(outcome.compared, goal.unit)}"
    if goal.by != "median":
        measured = f"{goal.by} of {outcome.runs}: {measured}; median: {_amount(outcome.middle, goal.unit)}"
    verdict = {True: "yes", False: "NO", None: ""}[outcome.met]
    return goal.what, limit, result, measured, verdict


def _amount(value: float, unit: str) -> str:
    return f"{value:.2f} {unit}" if unit in ("s", "times") else f"{value:.0f} {unit}"


def page(
    outcomes: Sequence[Outcome],
    machine: Machine,
    *,
    how: str,
    date: str,
    title: str = "Benchmarks",
    busy: str = BUSY,
) -> str:
    """`docs/benchmarks.md`, or another page of figures.

    Args:
        outcomes: of one run.
        machine: it ran on.
        how: the text around the table: what each figure means.
        date: of the run.
        title: of the page.
        busy: said of a machine that had something else to do.
    """
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *map(row, outcomes)]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in rows)
    least = "" if all(o.goal.by == "median" for o in outcomes) else "where nothing else is said, "
    runs = f"{least}each figure is the median of up to {max((o.runs for o in outcomes), default=0)} runs"
    where = f"Written by `make bench` on {date}: {machine}; {runs}."
    parts = [f"# {title}", where, *([busy] if machine.busy else []), table, how.strip()]
    return "\n\n".join(parts) + "\n"


def as_json(outcomes: Sequence[Outcome], machine: Machine, samples: Samples) -> str:
    """Everything, for programs."""
    verdicts = [
        {
            "figure": o.goal.what,
            "limit": o.goal.limit,
            "unit": "ratio" if o.goal.per else o.goal.unit,
            "value": o.value,
            "met": o.met,
        }
        for o in outcomes
    ]
    return json.dumps({"machine": asdict(machine), "goals": verdicts, "samples": dict(samples)}, indent=2)
