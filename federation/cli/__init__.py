"""The `fedctl` command, for the operator of a federation. Each command has a module of its own."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from rich.console import Console

from federation.errors import FederationError

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, rich_markup_mode=None)


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
    for package in ("k8s-federation", "pulumi", "pulumi-kubernetes", "pulumi-policy"):
        print(f"{package:20} {version(package)}")


def main() -> None:
    """Entry point: an error that the user can act on is one line, and exit status 1."""
    try:
        app()
    except FederationError as error:
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"error: {error}", markup=False)
        sys.exit(1)


from federation.cli import leave as _leave  # noqa: E402, F401  # registers its command
from federation.cli import placement as _placement  # noqa: E402, F401  # registers its command
from federation.cli import records as _records  # noqa: E402, F401  # registers its commands
from federation.cli import records_live as _records_live  # noqa: E402, F401  # registers its command
from federation.cli import records_remove as _records_remove  # noqa: E402, F401  # registers its command
from federation.cli import status as _status  # noqa: E402, F401  # registers its command
from federation.cli import topology as _topology  # noqa: E402, F401  # registers its commands
from federation.cli import verify as _verify  # noqa: E402, F401  # registers its command
