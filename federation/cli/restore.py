"""`fedctl restore`: a federation API becomes what a backup says that it was."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from federation.backup import keys, plane
from federation.backup.archive import Backup
from federation.backup.plan import Plan
from federation.backup.plane import AGAIN, Host
from federation.backup.restore import look, restore
from federation.cli import app, exits
from federation.cli.backup import CONTEXT, HOST_KUBECONFIG, TOPOLOGY, opened, say
from federation.cli.topology import document
from federation.deadline import Deadline
from federation.topology import load

SECONDS = 300.0


@app.command("restore")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    file: Annotated[Path, typer.Argument(help="what `fedctl backup` has made")],
    kubeconfig: Annotated[Path, HOST_KUBECONFIG],
    topology: Annotated[Path, TOPOLOGY],
    context: Annotated[str | None, CONTEXT] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="tell what would be done, and do nothing")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON; needs --yes or --dry-run")] = False,
    timeout: Annotated[
        float, typer.Option(help="seconds for each part: the stop, the start, and members that become Ready")
    ] = SECONDS,
) -> None:
    """Put a backup back into a control plane that `pulumi up` has made, or whose data are damaged.

    The control plane is stopped meanwhile, for about a minute; members and what runs on them are not. What was
    interrupted is gone on with by the same command. Exit status 0 if it is done and all members are Ready, 3 if it is
    done and one is not, 1 if it could not be done, 2 for a wrong option.
    """
    backup = opened(file)
    host = Host.connect(kubeconfig, context, load(document(topology)), say)
    wanted = look(host, backup)
    answer = _intent(backup, wanted)
    if not as_json:
        print("\n".join(_lines(host, backup, wanted)))
    if not wanted.steps and not plane.stopped(host):
        _tell(
            answer | {"done": not dry_run}, "nothing to do: it is all there as in the backup", as_json=as_json
        )
        return
    if dry_run:
        _tell(answer, "nothing was done: this was a dry run", as_json=as_json)
        return
    _confirmed(yes=yes, as_json=as_json)
    try:
        found = restore(host, backup, lambda: Deadline(timeout, progress=say))
    except BaseException:
        say(f"{host.subject}: it is stopped, or not all of it runs; {AGAIN}")
        raise
    _conclude(answer | {"done": True}, found, as_json=as_json)


def _intent(backup: Backup, wanted: Plan) -> dict[str, Any]:
    """Counts by resource, as `--json` has them; no values."""
    prefixes = backup.manifest.prefixes

    def of(found: tuple[str, ...]) -> dict[str, int]:
        return keys.counted(keys.path_of(key, prefixes) for key in found)

    return {
        "backup": backup.manifest.as_document(),
        "written": of(wanted.written),
        "removed": of(wanted.removed),
        "removedKeys": list(wanted.removed),
        "kept": of(wanted.kept),
        "strangers": list(wanted.strangers),
        "done": False,
    }


def _lines(host: Host, backup: Backup, wanted: Plan) -> list[str]:
    manifest, answer = backup.manifest, _intent(backup, wanted)
    lines = [
        f"backup of federation {manifest.federation} of {manifest.taken:%Y-%m-%d %H:%M:%S} UTC, {manifest.keys} keys",
        f"for namespace {host.namespace} of {host.kube.name}",
    ]
    for word, what in (
        ("written", "to be written"),
        ("removed", "not in the backup, to be removed from the federation API"),
        ("kept", "of this plane, kept as they are"),
    ):
        counts = ", ".join(f"{resource} {count}" for resource, count in answer[word].items())
        lines.append(f"{what}: {counts or 'nothing'}")
    if wanted.strangers:
        lines.append(f"members that the backup does not know, kept: {', '.join(wanted.strangers)}")
    return lines


def _confirmed(*, yes: bool, as_json: bool) -> None:
    """Raises `typer.BadParameter` where nobody can be asked, `typer.Abort` for a no."""
    if yes:
        return
    if as_json or not _asked():
        raise typer.BadParameter("it replaces what the federation API holds; add --yes")
    typer.confirm("Stop the control plane and replace what it holds?", abort=True)


def _asked() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _conclude(answer: dict[str, Any], found: dict[str, str | None], *, as_json: bool) -> None:
    wrong = {name: reason for name, reason in found.items() if reason}
    if as_json:
        print(json.dumps(answer | {"members": found}, indent=2))
    else:
        for name, reason in sorted(wrong.items()):
            print(f"problem: member {name} is not Ready: {reason}")
        ready = [name for name, reason in sorted(found.items()) if not reason]
        print(f"restored; members that are Ready: {', '.join(ready) or 'none'}")
        print("Next: pulumi up --refresh, which tells what has changed since the backup.")
    if wrong:
        raise typer.Exit(exits.FINDINGS)


def _tell(answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    print(json.dumps(answer, indent=2) if as_json else text)
