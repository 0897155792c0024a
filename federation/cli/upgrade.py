"""`fedctl upgrade --check`: what an upgrade of the control plane would be, and what is in its way."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from federation.cli import app
from federation.cli.exits import FINDINGS
from federation.cli.reach import connect
from federation.cli.topology import document
from federation.errors import FederationError
from federation.topology import Topology, load
from federation.topology.advisories import advisories
from federation.topology.versions import is_version
from federation.upgrade.findings import Upgrade, upgrade
from federation.upgrade.look import look
from federation.upgrade.plan import Parts, Seen


@app.command("upgrade")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    topology: Annotated[Path, typer.Option(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON)")],
    check: Annotated[
        bool, typer.Option("--check", help="only look: the upgrade itself is `pulumi up`")
    ] = False,
    federation_kubeconfig: Annotated[
        Path | None, typer.Option(help="of the federation: its members, policies and kinds are looked at")
    ] = None,
    kubeconfig: Annotated[
        Path | None, typer.Option(help="of the host cluster: what runs there is looked at")
    ] = None,
    context: Annotated[str | None, typer.Option(help="in that file; its current one by default")] = None,
    to: Annotated[
        str | None, typer.Option(help="version of Karmada, such as v1.18.2, instead of the topology's")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show the steps from the control plane that runs to the one that the topology wants. Nothing is changed.

    One minor version at a time, with what each step changes. Members that are not ready or too old, flags and fields
    that go away, and a plane that is not healthy are findings: they are to be mended before the first step.

    Exit status 0 if nothing is in the way, 3 if something is, 1 if it cannot be found out.
    """
    if not check:
        cause = "it only looks, and does not upgrade"
        raise FederationError("fedctl upgrade", cause, "add --check; the steps are done with `pulumi up`")
    if not (federation_kubeconfig or kubeconfig):
        cause = "it needs --kubeconfig, --federation-kubeconfig or both"
        raise FederationError("fedctl upgrade", cause, "add one of them")
    wanted = load(document(topology))
    host = connect(kubeconfig, "host cluster", context=context) if kubeconfig else None
    plane = connect(federation_kubeconfig) if federation_kubeconfig else None
    control = wanted.control_plane
    seen = look(host, plane, control.namespace, control.args)
    goal = Parts(_version(to) or control.karmada_version, control.kubernetes_version, _own_etcd(wanted))
    found = upgrade(seen, goal)
    notes = (*found.notes, *(line for line in advisories(wanted) if "support of Kubernetes" in line))
    if as_json:
        print(json.dumps(as_document(seen, goal, found) | {"notes": notes}, indent=2))
    else:
        print("\n".join(_lines(seen, goal, found, notes)))
    if found.findings:
        raise typer.Exit(FINDINGS)


def as_document(seen: Seen, goal: Parts, found: Upgrade) -> dict[str, object]:
    """In its public form: running and wanted (versions), steps, findings, members; notes are added."""
    return {
        "running": asdict(seen.parts),
        "wanted": asdict(goal),
        "steps": [asdict(step) for step in found.steps],
        "findings": [asdict(finding) for finding in found.findings],
        "members": [asdict(member) for member in seen.members],
    }


def _lines(seen: Seen, goal: Parts, found: Upgrade, notes: tuple[str, ...]) -> list[str]:
    lines = [f"problem: {finding}" for finding in found.findings] + [f"note: {note}" for note in notes]
    for part, running in asdict(seen.parts).items():
        wanted = getattr(goal, part)
        lines.append(f"{part}: {running or 'unknown'} runs, {wanted or 'an etcd of its own'} is wanted")
    for number, step in enumerate(found.steps, 1):
        version = step.version if step.version.count(".") > 1 else f"the latest patch of {step.version}"
        lines.append(f"step {number}: set {step.key} to {version} and run `pulumi up`")
        lines += [f"  {change}" for change in step.changes]
    if not found.steps:
        lines.append("there is nothing to upgrade")
    elif found.findings:
        lines.append("mend the problems before the first step")
    return lines


def _version(text: str | None) -> str | None:
    if text is None:
        return None
    number = text.removeprefix("v")
    if not is_version(number) or number.count(".") != 2:
        raise FederationError("fedctl upgrade", f"--to {text} is no version", "write one such as v1.18.2")
    return number


def _own_etcd(wanted: Topology) -> str | None:
    """None with an etcd that is there already: its version is not this stack's."""
    return None if wanted.control_plane.etcd.servers else wanted.control_plane.etcd_version
