"""`lab azure`: a stand-in for Azure beside the lab's clusters."""

from __future__ import annotations

from typing import Annotated

import typer

from lab import lifecycle, preflight, supplies, topology
from lab.azure.control import ADDRESS, Control
from lab.cli.base import Json, clock, console, opened, print_json, state
from lab.images.source import ImageSource
from lab.network import netns
from lab.tools.tool import Source

WAIT_SECONDS = 300.0

app = typer.Typer(
    help="A stand-in for Azure: resource manager, tokens, DNS, and AKS clusters that are real.",
    no_args_is_help=True,
)


@app.command()
def start() -> None:
    """Start the stand-in, and a lab without clusters if none is up. Returns once it answers."""
    preflight.require_linux_and_root()
    here, say = state(), clock()
    record = here.record()
    if record is None or not netns.exists(here.layout(record).fabric):  # no lab, or one from before a reboot
        lifecycle.up(
            here,
            topology.parse({"clusters": [], "pod_routing": True}) if record is None else None,
            lambda: supplies.make(say, Source.AUTO, ImageSource.AUTO),
            say,
        )
    here, _, layout = opened()
    with here.lock("azure start", wait=WAIT_SECONDS):
        done = Control(here, layout).start()
    console.print(
        f"{'up' if done else 'nothing to do: it is up'}: https://{ADDRESS}, DNS on {ADDRESS}; "
        "`lab exec` runs programs that use it",
        markup=False,
    )


@app.command()
def stop(
    purge: Annotated[bool, typer.Option("--purge", help="forget all resources, ids and keys")] = False,
) -> None:
    """End the stand-in. Its resources are there again at the next start, and its clusters stay up."""
    here, _, layout = opened()
    with here.lock("azure stop", wait=WAIT_SECONDS):
        was_up = Control(here, layout).stop(purge=purge)
    console.print("ended" if was_up else "nothing to do: it is not up", markup=False)


@app.command()
def status(as_json: Json = False) -> None:
    """Show whether it is up, and its resources."""
    here, _, layout = opened()
    control = Control(here, layout)
    process, found = control.process(), control.inventory()
    if as_json:
        print_json({"up": process is not None, "address": ADDRESS, "resources": found})
        return
    console.print(f"up, process {process.pid}" if process else "not up", markup=False)
    for row in found:
        console.print(f"{row['state'] or '':10} {row['id']}", markup=False)
