"""The `lab` command: real Kubernetes clusters and the real Pulumi engine on this machine."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console

from lab import lifecycle, preflight, topology
from lab.errors import LabError
from lab.images.source import ImageSource
from lab.state import State
from lab.supplies import make
from lab.system import install_packages
from lab.tools.cli import app as tools_app
from lab.tools.tool import Source

EXAMPLE = """\
A topology file is YAML. Everything but the names has a default:

  clusters:
    - name: fc01              # a control-plane node ...
      workers: 1              # ... and so many more
      region: us
      zone: east
      nodes: 10.99.1.0/24     # the last 64 addresses are for virtual IPs
      pods: 10.100.0.0/16     # a /24 for each node
      services: 10.200.0.0/16
    - name: fc02
  pod_routing: true           # pods of one cluster reach pods of another
  images: [workload]          # loaded beside those every cluster needs
"""

app = typer.Typer(
    help=__doc__,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(tools_app, name="tools")
# A log or a pipe has no width, and a table must not be cut there.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Json = Annotated[bool, typer.Option("--json", help="print JSON for programs")]


@dataclass
class Choice:
    """Which lab the commands are about."""

    lab: str = "lab"


choice = Choice()


@app.callback()
def options(
    lab: Annotated[str, typer.Option(envvar="LAB_NAME", help="name of the lab; several can be up")] = "lab",
) -> None:
    """Options of every command."""
    choice.lab = lab


def state() -> State:
    """The lab that the command line chose. Raises `LabError`."""
    return State(choice.lab)


def clock() -> Callable[[str, str], None]:
    """Prints progress with the seconds since now."""
    start = time.monotonic()

    def say(subject: str, text: str) -> None:
        errors.print(f"{time.monotonic() - start:6.1f} s  {subject}: {text}", markup=False)

    return say


def print_json(data: Any) -> None:
    """JSON on standard output."""
    print(json.dumps(data, indent=2))


@app.command(epilog=EXAMPLE)
def up(
    file: Annotated[Path | None, typer.Argument(metavar="[TOPOLOGY]", help="YAML file; see below")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be done, and do nothing")
    ] = False,
    source: Annotated[Source, typer.Option(help="where missing tools come from")] = Source.AUTO,
    images: Annotated[ImageSource, typer.Option(help="where missing images come from")] = ImageSource.AUTO,
    as_json: Json = False,
) -> None:
    """Bring the lab up: two clusters, fc01 and fc02, or those of a topology file. Can be repeated and resumed."""
    wanted = topology.load(file) if file else None
    if dry_run:
        steps = lifecycle.plan(state(), wanted)
        print_json({"steps": steps}) if as_json else console.print(
            "\n".join(steps) or "nothing to do", markup=False
        )
        return
    say = clock()
    layout = lifecycle.up(state(), wanted, lambda: make(say, source, images), say)
    names = [c.name for c in layout.clusters]
    if as_json:
        print_json({"lab": layout.lab, "clusters": {c.name: c.server for c in layout.clusters}})
        return
    say(layout.lab, f"up: {', '.join(names)}")
    console.print(
        f"Next: `lab status`, `lab kubectl {names[0]} get pods -A`, `lab exec -- COMMAND`, `lab down`"
    )


@app.command()
def down(
    force: Annotated[bool, typer.Option("--force", help="also when the lab's record can't be read")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be removed, and do nothing")
    ] = False,
) -> None:
    """Remove the lab: processes, namespaces, cgroups, interfaces, files. Also after a crash."""
    here = state()
    if dry_run:
        record = here.record()
        names = [n.name for n in here.layout(record).nodes] if record else []
        console.print(
            "\n".join(f"remove {n}" for n in [*names, str(here.directory)] if here.directory.exists())
        )
        return
    say = clock()
    say(here.lab, "nothing left" if lifecycle.down(here, say, force=force) else "there was nothing to remove")


@app.command()
def setup(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="name the packages, and install nothing")
    ] = False,
) -> None:
    """Install the system packages that a lab needs (Debian and Ubuntu), and name them first."""
    install_packages(say=lambda text: errors.print(text, markup=False), dry_run=dry_run)


@app.command("kubeconfig")
def print_kubeconfig(
    cluster: Annotated[str | None, typer.Argument(help="one cluster; all if not given")] = None,
    path: Annotated[bool, typer.Option("--path", help="print the path of the file instead")] = False,
) -> None:
    """Print the administrator's kubeconfig. Its addresses are reached from the fabric (`lab exec`)."""
    here = state()
    layout = here.layout(here.require())
    file = here.kubeconfig(layout.cluster(cluster)) if cluster else here.merged_kubeconfig
    if not file.exists():
        raise LabError(f"lab {here.lab!r}", "it is not wholly up", "run `lab up` again")
    print(file if path else file.read_text(), end="\n" if path else "")


@app.command("topology")
def print_topology(as_json: Json = False) -> None:
    """Print the lab's topology with every default filled in."""
    here = state()
    record = here.record()
    data = (record.topology if record else topology.DEFAULT).model_dump(mode="json")
    print_json(data) if as_json else print(yaml.safe_dump(data, sort_keys=False), end="")


def main() -> None:
    """Entry point: an error the user can act on is one paragraph and exit status 1."""
    importlib.import_module("lab.cli_inside")  # its commands join `app`
    try:
        app()
    except LabError as error:
        errors.print(f"error: {error}", markup=False, style="red" if errors.is_terminal else None)
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("interrupted; `lab up` goes on from here, `lab down` removes what is there")
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def require_root() -> None:
    """For commands that only look. Raises `LabError`."""
    preflight.require_linux_and_root()


if __name__ == "__main__":
    main()
