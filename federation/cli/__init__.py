"""The `fedctl` command, for the operator of a federation. Each command has a module of its own, loaded when it is used.

`federation.cli.commands` has the whole of it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from federation.errors import FederationError

MODULES = {
    "backup": "backup",
    "comment": "comment",
    "convert": "convert",
    "drain": "drain",
    "gather": "gather",
    "graph": "graph",
    "kubeconfig": "kubeconfig",
    "leave": "leave",
    "placement": "placement",
    "policies": "policies",
    "preview": "preview",
    "records live": "records_live",
    "records plan": "records",
    "records remove": "records_remove",
    "report": "report",
    "restore": "restore",
    "schema": "topology",
    "snapshot": "snapshot",
    "status": "status",
    "undrain": "undrain",
    "upgrade": "upgrade",
    "validate": "topology",
    "verify": "verify",
}
"""Command → its module."""
HELP = "Tools for the operator of a federation."

app = typer.Typer(help=HELP, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"fedctl {version('k8s-federation')}")
        raise typer.Exit


@app.callback()
def options(
    show: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print it")
    ] = False,
) -> None:
    """Options of every command."""


@app.command("versions")
def versions() -> None:
    """Print the versions of the parts that must fit together: this program, the Pulumi SDK and the Kubernetes SDK."""
    for package in ("k8s-federation", "pulumi", "pulumi-kubernetes"):
        print(f"{package:20} {version(package)}")


def load(words: Sequence[str]) -> None:
    """Import the module of the command that the words name, as a command's imports may take longer than its work.

    What is not so simple (a mistake, or options before the command) loads all of them.
    """
    command = " ".join(words[:2]) if words[:1] == ["records"] else "".join(words[:1])
    import_module(f"federation.cli.{MODULES.get(command, 'commands')}")


def main() -> None:
    """Entry point: an error that the user can act on is one line, another that leads to more, and exit status 1."""
    load(sys.argv[1:])
    try:
        app()
    except FederationError as error:
        told = Console(stderr=True, soft_wrap=True, highlight=False)
        told.print(f"error: {error}\nMore: {error.more}", markup=False)
        sys.exit(1)
