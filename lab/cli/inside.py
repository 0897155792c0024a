"""Commands of `lab` that work on a lab which is up: look, enter, load."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from lab import status
from lab.cli.base import Json, console, errors, opened, print_json
from lab.cluster import load_archive
from lab.engine import environment
from lab.errors import LabError, NotFoundError
from lab.images import catalog
from lab.images.describe import describe
from lab.images.source import ImageSource, archives, pulled
from lab.network import forward, netns
from lab.paths import cache_dir
from lab.state import State
from lab.tools.toolbox import Toolbox

PASS_ON = {"allow_interspersed_args": False}
"""From the first word on, everything is the other program's own: its options, and its `--` too."""

TAIL_LINES = 100

app = typer.Typer()


@app.command("status")
def show_status(as_json: Json = False) -> None:
    """Show clusters and nodes: what the machines do, and what Kubernetes says of them."""
    here, record, _ = opened()
    found = status.collect(here, record)
    if as_json:
        print_json(status.as_data(here.lab, found))
        return
    console.print(status.table(found))
    for cluster in found:
        if cluster.problem:
            errors.print(f"{cluster.name}: {cluster.problem}", markup=False)


@app.command(context_settings=PASS_ON)
def kubectl(
    cluster: str, arguments: Annotated[list[str] | None, typer.Argument(help="what kubectl shall do")] = None
) -> None:
    """Run kubectl as administrator of CLUSTER: lab kubectl fc01 get pods -A."""
    here, _, layout = opened()
    config = here.kubeconfig(layout.cluster(cluster))
    _become(
        netns.enter(
            layout.fabric, str(Toolbox().path("kubectl")), f"--kubeconfig={config}", *(arguments or [])
        )
    )


@app.command("exec", context_settings=PASS_ON)
def execute(command: Annotated[list[str], typer.Argument(help="the command, after --")]) -> None:
    """Run a command where all clusters can be reached, with KUBECONFIG and the Pulumi engine set up.

    While the stand-in for Azure is up, clients of Azure are led to it.
    """
    here, _, layout = opened()
    program = shutil.which(command[0], path=_environment(here)["PATH"])
    if program is None:
        raise NotFoundError(f"program {command[0]}", "it is not on the PATH", "give its path")
    _become(netns.enter(layout.fabric, program, *command[1:]), _environment(here))


def _environment(here: State) -> dict[str, str]:
    """The caller's variables, with the lab's kubeconfig, its tools, an engine that keeps to itself, and Azure's."""
    return _with_azure(here, _with_engine(here))


def _with_azure(here: State, base: dict[str, str]) -> dict[str, str]:
    """Lead clients of Azure to the stand-in, if it is up: it has written down how (lab/azure/files.py)."""
    file = here.directory / "azure" / "environment.json"
    if not file.exists():
        return base
    try:
        variables: dict[str, str] = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise LabError(
            "stand-in for Azure",
            f"{file} can't be read ({error})",
            "run `lab azure stop`, then `lab azure start`",
        ) from None
    first = variables.pop("PATH_PREPEND", None)
    path = os.pathsep.join(filter(None, (first, base.get("PATH", os.defpath))))
    return {**base, **variables, "PATH": path}


def _with_engine(here: State) -> dict[str, str]:
    """The caller's variables, with the lab's kubeconfig, its tools, and an engine that keeps to itself."""
    tools = Toolbox()
    base = {**os.environ, "KUBECONFIG": str(here.merged_kubeconfig)}
    try:
        base["PATH"] = os.pathsep.join(
            [str(tools.path("kubectl").parent), os.environ.get("PATH", os.defpath)]
        )
        plugins = environment.kubernetes_plugin(tools.path("pulumi-resource-kubernetes"))
        engine = tools.path("pulumi")
    except NotFoundError:
        return base  # clusters alone need no engine
    backend = None if "PULUMI_BACKEND_URL" in base else here.directory / "pulumi"
    passphrase = None if {"PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"} & base.keys() else ""
    return environment.engine_environment(
        pulumi=engine,
        home=cache_dir() / "pulumi",
        plugins=plugins,
        backend=backend,
        passphrase=passphrase,
        base=base,
    )


@app.command()
def shell(name: Annotated[str, typer.Argument(metavar="CLUSTER|NODE")]) -> None:
    """Open a shell: on a node as its root, or for a cluster where it can be reached with kubectl."""
    here, record, layout = opened()
    node = next((n for n in layout.nodes if n.name == name), None)
    if node is not None:
        _become(here.machine(record, node).command(["bash", "-i"]))
    environ = _environment(here) | {"KUBECONFIG": str(here.kubeconfig(layout.cluster(name)))}
    _become(netns.enter(layout.fabric, os.environ.get("SHELL", "/bin/sh")), environ)


def _become(argv: list[str], environ: dict[str, str] | None = None) -> NoReturn:
    """Replace this process: signals, the terminal and the exit status are the command's own."""
    os.execvpe(argv[0], argv, environ or dict(os.environ))  # noqa: S606 - no shell is wanted


@app.command()
def logs(
    node: str,
    process: Annotated[
        str | None, typer.Argument(help="such as kubelet; all of the node's if not given")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as the log grows")] = False,
    tail: Annotated[int, typer.Option(min=0, help="so many last lines")] = TAIL_LINES,
) -> None:
    """Show what the processes of NODE said: containerd, kubelet, kube-apiserver, ..."""
    here, record, layout = opened()
    if (found := next((n for n in layout.select(node) if node in (n.name, n.cluster)), None)) is None:
        raise NotFoundError(f"node {node}", "there is no such node", "see `lab status`")
    machine = here.machine(record, found)
    files = sorted((machine.var / "log" / "lab").glob(f"{process or '*'}.log"))
    if not files:
        known = ", ".join(sorted(machine.services())) or "none, as the node was never on"
        raise NotFoundError(
            f"process {process or '*'} of {found.name}", "it has no log", f"name one of: {known}"
        )
    _become(["tail", f"--lines={tail}", *(["--follow=name"] if follow else []), *map(str, files)])


@app.command()
def load(
    image: Annotated[
        str,
        typer.Argument(help="an image or group of `lab images`, any other by its reference, or its archive"),
    ],
    cluster: Annotated[str | None, typer.Option(help="one cluster; all if not given")] = None,
    source: Annotated[
        ImageSource, typer.Option(help="where it comes from if it is not a file")
    ] = ImageSource.AUTO,
) -> None:
    """Load an image into the nodes, where pods find it under its usual name."""
    here, record, layout = opened()
    nodes = layout.select(cluster) if cluster else layout.nodes
    files = (Path(image),) if Path(image).is_file() else _images(image, source)
    names = [name for file in files for name in describe(file)]
    for node in nodes:
        for file in files:
            load_archive(here.machine(record, node), file)
        errors.print(f"{node.name}: {', '.join(names)}", markup=False)


def _images(image: str, source: ImageSource) -> tuple[Path, ...]:
    """Archives of one of the lab's images, or of any other that a registry has. Raises `LabError`."""
    try:
        return archives([image], source=source, resolve=Toolbox().path)
    except NotFoundError:
        if "/" not in image or source is ImageSource.ASSEMBLE:
            raise
    return (pulled(image),)


@app.command()
def images(as_json: Json = False) -> None:
    """List the images that can be had without a registry."""
    if as_json:
        print_json(
            [{"name": i.name, "group": i.group, "references": list(i.references)} for i in catalog.IMAGES]
        )
        return
    for spec in catalog.IMAGES:
        console.print(f"{spec.group:11} {spec.name:34} {', '.join(spec.references)}", markup=False)


@app.command("forward")
def forward_port(
    target: Annotated[str, typer.Argument(metavar="CLUSTER|NODE:PORT", help="such as fc01:30080")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="port of 127.0.0.1; 0 takes a free one")] = 0,
) -> None:
    """Lead a port of this machine's loopback to a port of a node, until Ctrl-C: for browsers outside the lab."""
    _, _, layout = opened()
    name, _, number = target.rpartition(":")
    if not (number.isdecimal() and 0 < int(number) < 1 << 16):
        raise LabError(target, "it does not end with a port", "write it as fc01:30080")
    address = str(layout.select(name)[0].address)
    listener = forward.listen(port)
    errors.print(
        f"http://127.0.0.1:{listener.getsockname()[1]} leads to {address}:{number}; Ctrl-C ends it",
        markup=False,
    )
    forward.serve(listener, layout.fabric, address, int(number))
