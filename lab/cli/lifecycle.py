"""Commands of `lab` that make a lab, describe it, and remove it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from lab import lifecycle, topology
from lab.cli.base import Json, clock, console, errors, print_json, state
from lab.errors import LabError
from lab.images.source import ImageSource
from lab.supplies import make
from lab.system import install_packages
from lab.tools.tool import Source

# \b keeps the lines of a paragraph as they are.
EXAMPLE = """\
A topology file is YAML. Everything but the names has a default:

\b
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

app = typer.Typer()


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
    say(layout.lab, f"up: {', '.join(names) or 'the fabric alone'}")
    look = f"`lab kubectl {names[0]} get pods -A`, " if names else ""
    console.print(f"Next: `lab status`, {look}`lab exec -- COMMAND`, `lab down`", markup=False)


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
    browser: Annotated[
        bool, typer.Option("--browser", help="also Chromium, with which tests look at pages")
    ] = False,
) -> None:
    """Install the system packages that a lab needs (Debian and Ubuntu), and name them first."""

    def say(text: str) -> None:
        errors.print(text, markup=False)

    install_packages(say=say, dry_run=dry_run, with_browser=browser)


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
