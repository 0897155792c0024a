"""`lab fault`: break nodes on purpose, and mend them."""

from __future__ import annotations

from typing import Annotated

import typer

from lab.cli.base import clock, console, opened
from lab.cluster import Booter
from lab.faults import Fault, Hand
from lab.images import catalog
from lab.tools.toolbox import Toolbox

app = typer.Typer(help="Break nodes on purpose, and mend them.", no_args_is_help=True)


def _inflict(fault: Fault, name: str) -> None:
    here, record, layout = opened()
    with here.lock(f"fault {fault.value}"):
        changed = Hand(here, record, layout).inflict(fault, name)
    console.print(_told(fault.value, [n.name for n in changed]), markup=False)


def _told(done: str, names: list[str]) -> str:
    return f"{done}: {', '.join(names)}" if names else "nothing to do: it is so already"


@app.command("kill")
def fault_kill(name: Annotated[str, typer.Argument(metavar="CLUSTER|NODE")]) -> None:
    """Cut the power: every process ends at once, the disk stays."""
    _inflict(Fault.KILL, name)


@app.command("pause")
def fault_pause(name: Annotated[str, typer.Argument(metavar="CLUSTER|NODE")]) -> None:
    """Freeze: every process stops where it is, and answers nobody."""
    _inflict(Fault.PAUSE, name)


@app.command("cut")
def fault_cut(name: Annotated[str, typer.Argument(metavar="CLUSTER|NODE")]) -> None:
    """Pull the network cable: everything runs on, unreachable."""
    _inflict(Fault.CUT, name)


@app.command("restore")
def fault_restore(name: Annotated[str, typer.Argument(metavar="CLUSTER|NODE")]) -> None:
    """Undo every fault. Returns once the machines are on; Kubernetes takes some seconds more to see it."""
    here, record, layout = opened()
    booter = Booter(
        state=here,
        record=record,
        layout=layout,
        program=Toolbox().path,
        image=catalog.reference,
        archives=(),
        say=clock(),
    )
    with here.lock("fault restore"):
        changed = Hand(here, record, layout).restore(name, booter.power_on)
    console.print(_told("restored", [n.name for n in changed]), markup=False)
