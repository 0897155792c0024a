"""`fedctl drain`: move workloads off a member before maintenance, ready elsewhere before they end there."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from federation.cli import app, drain_names
from federation.cli.exits import FINDINGS
from federation.cli.reach import FEDERATION_KUBECONFIG, connect
from federation.deadline import Deadline
from federation.errors import FederationError
from federation.karmada import drain
from federation.karmada.drain_plan import Obstacle, Plan
from federation.karmada.drain_workload import Workload

MEMBER = typer.Argument(help="the member's name in the federation")
JSON = typer.Option("--json", help="print JSON")
TIMEOUT = typer.Option(help="seconds for all of it")


@app.command("drain")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    member: Annotated[str, MEMBER],
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    topology: Annotated[
        Path | None, typer.Option(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON), for names")
    ] = None,
    nameserver: Annotated[
        list[str] | None,
        typer.Option(help="ADDRESS:PORT that must not lead there any more; with --topology, may be repeated"),
    ] = None,
    settle: Annotated[
        float | None,
        typer.Option(help="seconds that clients may keep an old answer; by default the TTL and 5"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show what moves where; change nothing")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="begin although something cannot move; it stays there")
    ] = False,
    as_json: Annotated[bool, JSON] = False,
    timeout: Annotated[float, TIMEOUT] = drain.TIMEOUT_SECONDS,
) -> None:
    """Move workloads off a member: they are ready elsewhere, and names lead elsewhere, before they end there.

    The member gets a taint that keeps new replicas away until fedctl undrain. What every member has stays there:
    Services, ConfigMaps, DaemonSets. Exit status 0 if it is drained, 3 if something is left there, 1 if it is refused
    or not done in time; the same command then goes on.
    """
    names = drain_names.names(topology, nameserver or (), settle)
    plane = connect(federation_kubeconfig)
    what = drain.look(member, plane, force=force)
    console = console_of(as_json=as_json)
    show(what, console)
    refused = None if force else what.refusal()
    stuck: list[str] = []
    if not dry_run:
        if refused:
            raise refused

        def say(text: str) -> None:
            console.print(text, markup=False)

        deadline = Deadline(timeout, progress=say)

        def quit_names() -> None:
            stuck.extend(drain_names.leave(member, plane, names, deadline))

        drain.drain(what, plane, deadline, quit_names=quit_names, say=say)
    if as_json:
        print(json.dumps(as_document(what, refused, done=not dry_run, stuck=stuck), indent=2))
    else:
        _conclude(what, console, refused, done=not dry_run, stuck=stuck)
    if refused or what.left or what.alone or stuck:
        raise typer.Exit(FINDINGS)


def console_of(*, as_json: bool) -> Console:
    """For what people read; beside JSON, it goes to the standard error. No line is broken for a file or a pipe."""
    width = None if sys.stdout.isatty() else 500
    return Console(stderr=as_json, soft_wrap=True, highlight=False, width=width)


def as_document(
    what: Plan, refused: FederationError | None, *, done: bool, stuck: Sequence[str]
) -> dict[str, Any]:
    """A plan in its public form.

    Returns:
        member; done (false: nothing was changed); refused (why it would be, or null); moves, a list of kind, namespace,
        name, here and replicas (numbers), to (names of members that may take them) and policy; left, the same with
        reason; stays, kind to number of objects; names, services that nobody else serves.
    """

    def workload(one: Workload) -> dict[str, Any]:
        keys = ("kind", "namespace", "name", "here", "replicas", "policy")
        return {key: getattr(one, key) for key in keys} | {"to": list(one.to)}

    return {
        "member": what.member,
        "done": done,
        "refused": refused.cause if refused else None,
        "moves": [workload(one) for one in what.moves],
        "left": [workload(each.workload) | {"reason": each.reason} for each in what.left],
        "stays": dict(what.stays),
        "names": list(stuck),
    }


def show(what: Plan, console: Console) -> None:
    """The plan, for people."""
    table = Table("WORKLOAD", "NAMESPACE", "HERE", "OF", "ELSEWHERE", box=None)
    for one in what.moves:
        table.add_row(
            f"{one.kind} {one.name}", one.namespace, str(one.here), str(one.replicas), " or ".join(one.to)
        )
    if table.row_count:
        console.print(table)
    else:
        console.print(f"no workload moves off {what.subject}")
    for each in what.obstacles:
        console.print(f"{_verdict(each, what)}: {each}", markup=False)
    if what.stays:
        counts = ", ".join(f"{count} {kind}" for kind, count in what.stays.items())
        console.print(f"stays there, as every member has it: {counts}", markup=False)
    if not what.ready:
        console.print(f"note: {what.subject} is not Ready: what ran there is removed when it is back")


def _verdict(each: Obstacle, what: Plan) -> str:
    return "left there" if each in what.left else "moved all the same"


def _conclude(
    what: Plan, console: Console, refused: FederationError | None, *, done: bool, stuck: Sequence[str]
) -> None:
    if refused:
        console.print(f"would be refused: {refused}", markup=False)
    elif not done:
        console.print("nothing was changed", markup=False)
    else:
        for each in stuck:
            console.print(f"names still lead there: {each}", markup=False)
        rest = " as far as it can be" if what.left or what.alone or stuck else ""
        console.print(
            f"{what.subject} is drained{rest}; afterwards: fedctl undrain {what.member}", markup=False
        )
