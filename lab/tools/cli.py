"""`lab tools`: the lab's executables. The work is in the modules beside this one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from lab.tools.catalog import TOOLS
from lab.tools.clean import clean as remove
from lab.tools.clean import removals
from lab.tools.install import install as install_tools
from lab.tools.install import plan
from lab.tools.progress import Progress, clock_text
from lab.tools.tool import Source, Tool
from lab.tools.toolbox import InstalledTool, Toolbox

app = typer.Typer(help="The lab's executables: install, list, find and remove them.", no_args_is_help=True)

_Names = Annotated[
    list[str] | None,
    typer.Argument(help="Tools or groups: lab, pulumi, karmada, optional. Default: a lab's."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@app.command()
def install(
    names: _Names = None,
    source: Annotated[
        Source, typer.Option(help="auto: what the machine has, else official releases, else a build with Go.")
    ] = Source.AUTO,
    dry_run: _DryRun = False,
    as_json: _Json = False,
) -> None:
    """Make tools be there. Builds need Go 1.21 or newer, 20 GB of disk, half an hour on two cores."""
    if dry_run:
        steps = plan(names or (), source=source)
        if as_json:
            _print_json([asdict(step) for step in steps])
        else:
            _print_rows([(step.name, step.version, step.action) for step in steps])
        return
    toolbox = install_tools(names or (), source=source, progress=Progress())
    if as_json:
        _print_json([_plain(tool) for tool in toolbox.installed()])


@app.command("list")
def list_tools(as_json: _Json = False) -> None:
    """Show all tools: which are installed, where they came from, and their size."""
    installed = {tool.name: tool for tool in Toolbox().installed()}
    if as_json:
        _print_json([_plain(tool) for tool in installed.values()])
        return
    _print_rows([_row(tool, installed.get(tool.name)) for tool in TOOLS])


@app.command()
def path(program: Annotated[str, typer.Argument(help="Such as kubectl.")]) -> None:
    """Print where a program is."""
    typer.echo(Toolbox().path(program))


@app.command()
def clean(
    everything: Annotated[
        bool, typer.Option("--all", help="Remove the tools in use as well, with logs and downloads.")
    ] = False,
    dry_run: _DryRun = False,
) -> None:
    """Remove tools of other versions. Go's caches are yours to empty: `go clean -cache -modcache`."""
    found = removals(everything=everything)
    if not dry_run:
        remove(found)
    _print_rows([(str(removal.path), _size(removal.size)) for removal in found])
    verb = "would be freed" if dry_run else "freed"
    typer.echo(f"{_size(sum(removal.size for removal in found))} {verb}")


def _row(tool: Tool, installed: InstalledTool | None) -> tuple[str, ...]:
    if installed is None:
        return (tool.name, tool.version, tool.group, "not installed", "", "", "")
    took = clock_text(installed.seconds)
    return (
        tool.name,
        installed.version,
        tool.group,
        installed.source,
        _size(installed.size),
        took,
        str(installed.path),
    )


def _plain(tool: InstalledTool) -> dict[str, Any]:
    return {**asdict(tool), "path": str(tool.path)}


def _size(size: int) -> str:
    return f"{size / 10**6:.0f} MB"


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))


def _print_rows(rows: list[tuple[str, ...]]) -> None:
    """Columns; one line a row even where the terminal is narrow, so that grep works."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
