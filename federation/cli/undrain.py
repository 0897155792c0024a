"""`fedctl undrain`: a member that was drained takes its share of the workloads again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from federation.cli import app
from federation.cli.drain import JSON, MEMBER, TIMEOUT, console_of
from federation.cli.reach import FEDERATION_KUBECONFIG, connect
from federation.deadline import Deadline
from federation.karmada import drain


@app.command("undrain")
def command(
    member: Annotated[str, MEMBER],
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say whether it is drained; change nothing")
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--rebalance", help="divide workloads anew also if it is not drained, as after a failover"
        ),
    ] = False,
    as_json: Annotated[bool, JSON] = False,
    timeout: Annotated[float, TIMEOUT] = drain.TIMEOUT_SECONDS,
) -> None:
    """Give a drained member back: workloads are divided anew, as their placement says, and its share is waited for.

    A member that is not drained is left as it is. Exit status 0 if it takes part again, 1 if not in time.
    """
    plane = connect(federation_kubeconfig)
    console = console_of(as_json=as_json)

    def say(text: str) -> None:
        console.print(text, markup=False)

    if dry_run:
        changed = drain.is_drained(member, plane)
    else:
        changed = drain.undrain(member, plane, Deadline(timeout, progress=say), say=say, again=again)
    if as_json:
        print(json.dumps({"member": member, "wasDrained": changed, "done": not dry_run}))
    elif dry_run:
        print(f"member {member} is {'' if changed else 'not '}drained")
    else:
        print(f"member {member} {'runs its share again' if changed or again else 'is not drained'}")
