"""`fedctl backup`: all that a federation API holds, in one file; and what is in such a file."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from federation.backup import files
from federation.backup.archive import Backup, Manifest, pack, unpack
from federation.backup.plane import Host
from federation.backup.take import take
from federation.cli import app
from federation.cli.topology import document
from federation.topology import load

HOST_KUBECONFIG = typer.Option(help="of the cluster that the control plane is in")
CONTEXT = typer.Option(help="in that file; its current one by default")
TOPOLOGY = typer.Option(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON)")


@app.command("backup")
def command(
    kubeconfig: Annotated[Path | None, HOST_KUBECONFIG] = None,
    context: Annotated[str | None, CONTEXT] = None,
    topology: Annotated[Path | None, TOPOLOGY] = None,
    output: Annotated[Path | None, typer.Option(help="a new file; it will hold Secrets")] = None,
    inspect: Annotated[
        Path | None, typer.Option(help="check this backup and tell what is in it; asks no cluster")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Back up the federation API: all keys of its etcd as of one moment. Nothing is stopped or changed.

    The file holds all Secrets of the federation API, not encrypted: keep it as the stack's state is kept. Exit status 0
    if it is there, 1 if it cannot be made or read, 2 for a wrong option.
    """
    if inspect:
        print_manifest(opened(inspect).manifest, as_json=as_json)
        return
    place, file = _needed(kubeconfig, "--kubeconfig"), _needed(topology, "--topology")
    host = Host.connect(place, context, load(document(file)), say)
    target = _needed(output, "--output").expanduser()
    files.refuse_taken(target)
    made = take(host, now=datetime.now(UTC))
    files.write(target, pack(made))
    print_manifest(opened(target).manifest, as_json=as_json)


def opened(path: Path) -> Backup:
    """The backup in a file, checked; a file that others can read is told of. Raises `BackupError`."""
    place = path.expanduser()
    found = unpack(files.read(place), str(path))
    if mode := files.opened_to(place):
        say(f"warning: {path} holds Secrets, and its mode is {mode:04o}: chmod 600 {path}")
    return found


def print_manifest(manifest: Manifest, *, as_json: bool) -> None:
    """What is in a backup."""
    if as_json:
        print(json.dumps(manifest.as_document(), indent=2))
        return
    versions = manifest.versions
    print(f"backup of federation {manifest.federation} of {manifest.taken:%Y-%m-%d %H:%M:%S} UTC")
    print(f"{manifest.keys} keys, {manifest.bytes} bytes, etcd revision {manifest.revision}")
    print(f"Karmada {versions.karmada}, Kubernetes {versions.kubernetes}, etcd {versions.etcd}")
    print(f"members: {', '.join(manifest.members) or 'none'}")
    print(f"encrypted values: {', '.join(manifest.encrypted) or 'none; Secrets are in it as they are'}")
    for resource, count in manifest.counts.items():
        print(f"  {resource} {count}")
    print(f"SHA-256 of its keys: {manifest.sha256}, as it should be")


def say(text: str) -> None:
    """Progress is not the answer."""
    print(text, file=sys.stderr)


def _needed(path: Path | None, option: str) -> Path:
    """Raises `typer.BadParameter` without it."""
    if path is None:
        raise typer.BadParameter(f"a backup needs {option} FILE")
    return path
