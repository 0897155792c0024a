"""The `lab` command: real Kubernetes clusters and the real Pulumi engine on this machine."""

from __future__ import annotations

import errno
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from lab.cli import azure, fault, inside, lifecycle
from lab.cli.base import choice, errors
from lab.errors import LabError
from lab.tools.cli import app as tools_app


class Commands(TyperGroup):
    """Typer ends on Ctrl-C without a word; a user wants to know what is left and how to go on."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            errors.print("interrupted; `lab up` goes on from here, `lab down` removes what is there")
            sys.exit(130)


app = typer.Typer(
    cls=Commands,
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.registered_commands += lifecycle.app.registered_commands + inside.app.registered_commands
app.add_typer(azure.app, name="azure")
app.add_typer(fault.app, name="fault")
app.add_typer(tools_app, name="tools")


@app.callback()
def options(
    lab: Annotated[str, typer.Option(envvar="LAB_NAME", help="name of the lab; several can be up")] = "lab",
) -> None:
    """Options of every command."""
    choice.lab = lab


def main() -> None:
    """Entry point: an error the user can act on is one paragraph and exit status 1."""
    try:
        app()
    except LabError as error:
        errors.print(f"error: {error}", markup=False, style="red" if errors.is_terminal else None)
        sys.exit(1)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        errors.print(
            "error: this machine: the disk is full. Next: free some space and run the command again."
        )
        sys.exit(1)
