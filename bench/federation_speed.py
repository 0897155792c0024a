"""How fast a federation is, beside karmadactl on the same lab: `make bench`.

Brings a lab of two clusters up, measures in it (bench/measure.py), takes it down, and says which goals are met. A goal
that is missed is no failure of this program: it ends with 0.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench import goals
from bench.goals import Machine, Samples
from bench.measure import HOST, MEMBER, PARTS
from lab.errors import LabError

LAB = (sys.executable, "-m", "lab")
NAME = "bench-federation"
TOPOLOGY = {"clusters": [{"name": HOST}, {"name": MEMBER}], "images": ["workload", "federation"]}
RUN_SECONDS = 7200.0
HOW = Path(__file__).with_name("how.md")

errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def a_lab(name: str, topology: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Clusters; the variables that lead to them. Raises `LabError` if they do not come up."""
    with tempfile.TemporaryDirectory(prefix="k8s-federation-bench-", dir=Path.home()) as directory:
        env = {**os.environ, "LAB_NAME": name, "FEDERATION_STATE": directory}
        file = Path(directory) / "bench.yaml"
        file.write_text(json.dumps(topology))
        try:
            _lab(env, "up", str(file))
            yield env
        finally:
            _lab(env, "down", "--force")


def _lab(env: dict[str, str], *words: str) -> None:
    """Its progress goes to standard error. Raises `LabError`."""
    done = subprocess.run([*LAB, *words], env=env, stdout=sys.stderr, timeout=RUN_SECONDS, check=False)
    if done.returncode != 0:
        raise LabError(f"lab {words[0]}", f"exit status {done.returncode}", "mend what it says above")


def measured(env: dict[str, str], module: str, *words: str) -> Samples:
    """What a module such as bench.measure finds where the clusters can be reached. Raises `LabError`."""
    done = subprocess.run(
        [*LAB, "exec", "--", sys.executable, "-m", module, *words],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise LabError(
            "bench", f"exit status {done.returncode}; measured: {done.stdout}", "mend what it says above"
        )
    # The last line: functions that are measured may say something themselves.
    samples: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return samples


def this_machine() -> Machine:
    """Before it has something to do."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(os.cpu_count() or 1, total >> 20, platform.release(), os.getloadavg()[0])


def today() -> str:
    """As pages are dated."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def show(outcomes: Sequence[goals.Outcome], machine: Machine) -> None:
    """The table."""
    table = Table(*goals.HEADINGS, title=str(machine))
    for outcome in outcomes:
        table.add_row(*goals.row(outcome))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def main(
    repeat: Annotated[int, typer.Option(min=1, help="how often each figure is measured")] = 3,
    part: Annotated[
        list[str] | None, typer.Option(help=f"one of {', '.join(PARTS)}; all if left out")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="a page for the documentation")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for programs")] = False,
) -> None:
    """Measure a federation beside karmadactl on the same lab."""
    machine = this_machine()
    try:
        with a_lab(NAME, TOPOLOGY) as env:
            samples = measured(env, "bench.measure", f"--repeat={repeat}", "--parts", *(part or PARTS))
    except LabError as error:
        errors.print(f"error: {error}", markup=False)
        raise typer.Exit(1) from None
    outcomes = goals.judge(samples)
    if write:
        write.write_text(goals.page(outcomes, machine, how=HOW.read_text(), date=today()))
    if as_json:
        print(goals.as_json(outcomes, machine, samples))
    else:
        show(outcomes, machine)


if __name__ == "__main__":
    typer.run(main)
