"""`fedctl leave`: take a member out of a federation by hand, or clean one up that was dead when it left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from federation.cli import app
from federation.cli.reach import connect
from federation.deadline import Deadline
from federation.errors import FederationError
from federation.karmada import cleanup, leave
from federation.karmada.member import TIMEOUT_SECONDS, MemberSpec
from federation.kube import Kube

OnLeave = Literal["keep", "remove"]


@app.command("leave")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    member: Annotated[str, typer.Argument(help="the member's name in the federation")],
    federation: Annotated[str, typer.Option(help="the federation's name")],
    kubeconfig: Annotated[
        Path | None, typer.Option(help="of the member; without it, the member is given up as it is")
    ] = None,
    context: Annotated[str | None, typer.Option(help="in that file; its current one by default")] = None,
    federation_kubeconfig: Annotated[
        Path | None, typer.Option(help="of the federation: pulumi stack output kubeconfig --show-secrets")
    ] = None,
    clean: Annotated[
        bool, typer.Option("--cleanup", help="only remove what is left on the member, by names and labels")
    ] = False,
    namespaces: Annotated[
        OnLeave, typer.Option(help="those the federation has made on the member, unless its join recorded it")
    ] = "keep",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="with --cleanup: change nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    timeout: Annotated[float, typer.Option(help="seconds")] = TIMEOUT_SECONDS,
) -> None:
    """Take a member out of a federation, or with --cleanup, remove what one has left on a member.

    A clean-up asks the member only. It does not touch what Karmada has left while another federation calls the
    cluster by the same name: nothing there tells whose it is.
    """
    spec = MemberSpec(
        name=member,
        federation=federation,
        on_leave=namespaces,
        kubeconfig_path=str(kubeconfig) if kubeconfig else None,
        kubeconfig_context=context,
    )
    there = _connect(kubeconfig, spec.subject, context)
    if clean:
        _clean(spec, _needed(there, "--kubeconfig"), Deadline(timeout), dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        raise FederationError(
            spec.subject, "--dry-run is for --cleanup only", "add --cleanup, or leave it out"
        )
    plane = _connect(federation_kubeconfig, f"federation {federation}", None)
    told: list[str] = []
    say = told.append if as_json else print
    leave.leave(
        spec, there, _needed(plane, "--federation-kubeconfig"), Deadline(timeout, progress=say), say=say
    )
    if as_json:
        print(json.dumps({"member": member, "federation": federation, "left": True, "notes": told}))
    else:
        print(f"{spec.subject} has left federation {federation}")


def _clean(spec: MemberSpec, member: Kube, deadline: Deadline, *, dry_run: bool, as_json: bool) -> None:
    steps = cleanup.plan(spec, member, virtual_ips=True)
    if as_json:
        lines = [str(action) for action in steps.actions]
        print(json.dumps({"actions": lines, "leftAlone": steps.left_alone, "done": not dry_run}))
    else:
        for action in steps.actions:
            print(f"would {action}" if dry_run else action)
        if steps.left_alone:
            print(f"left alone: objects with {cleanup.MANAGED}, as {steps.left_alone}")
        if not steps.actions:
            print("nothing to do")
    if not dry_run:
        cleanup.execute(steps, member, deadline)


def _connect(path: Path | None, name: str, context: str | None) -> Kube | None:
    return connect(path, name, context=context) if path else None


def _needed(client: Kube | None, option: str) -> Kube:
    if client is None:
        raise FederationError("fedctl leave", f"it needs {option}", f"add {option} FILE")
    return client
