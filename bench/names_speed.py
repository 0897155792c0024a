"""How soon names and virtual IPs follow what happens, beside external-dns on the same lab: `make bench`.

Brings a lab of three clusters up, measures in it (bench/names_measure.py), takes it down, and says which goals are
met. A goal that is missed is no failure of this program: it ends with 0. One that could not be measured is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import goals
from bench.federation_speed import a_lab, errors, measured, show, this_machine, today
from bench.names_goals import BUSY, GOALS
from bench.names_measure import PARTS
from bench.names_site import LAB
from lab.errors import LabError
from lab.tools.toolbox import Toolbox

NAME = "bench-names"
HOW = Path(__file__).with_name("how_names.md")


def main(
    repeat: Annotated[int, typer.Option(min=1, help="how often most figures are measured")] = 3,
    services: Annotated[int, typer.Option(min=1, help="Services that are created")] = 5,
    kills: Annotated[int, typer.Option(min=1, help="how often a member is killed")] = 3,
    part: Annotated[
        list[str] | None, typer.Option(help=f"one of {', '.join(PARTS)}; all if left out")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="a page for the documentation")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON for programs")] = False,
) -> None:
    """Measure names and virtual IPs, beside external-dns on the same lab."""
    machine, words = this_machine(), (f"--repeat={repeat}", f"--services={services}", f"--kills={kills}")
    try:
        Toolbox().path("external-dns")  # said before anything is started
        with a_lab(NAME, LAB) as env:
            samples = measured(env, "bench.names_measure", *words, "--parts", *(part or PARTS))
    except LabError as error:
        errors.print(f"error: {error}", markup=False)
        raise typer.Exit(1) from None
    outcomes = goals.judge(samples, GOALS)
    if write:
        how = HOW.read_text()
        write.write_text(
            goals.page(outcomes, machine, how=how, date=today(), title="Benchmarks of names", busy=BUSY)
        )
    if as_json:
        print(goals.as_json(outcomes, machine, samples))
    else:
        show(outcomes, machine)
    if not part and (missing := [goal.what for goal in GOALS if goal not in [o.goal for o in outcomes]]):
        errors.print(
            f"error: not measured: {'; '.join(missing)}. Next: mend what it says above.", markup=False
        )
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
