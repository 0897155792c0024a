"""`fedctl graph`: what a topology makes, as a picture."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from federation.cli import app
from federation.cli.topology import document
from federation.errors import FederationError
from federation.graph import Graph, describe, draw, mermaid, svg
from federation.manifests import Manifest
from federation.topology import Topology, load
from federation.workloads import read


class Format(StrEnum):
    """How the picture is written."""

    MERMAID = "mermaid"
    SVG = "svg"


@app.command("graph")
def command(
    file: Annotated[Path, typer.Argument(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON)")],
    form: Annotated[
        Format, typer.Option("--format", help="mermaid: for a page in Markdown; svg: a picture")
    ] = Format.MERMAID,
    output: Annotated[
        Path | None, typer.Option(help="the file to write; the standard output if left out")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print what would be drawn as JSON")] = False,
) -> None:
    """Draw a topology: clusters, control plane, joins, zones and names. Nothing is asked but the files it names.

    Exit status 1 if the topology or a workload's manifests are wrong.
    """
    topology = load(document(file))
    graph = describe(topology, manifests(topology, file.parent))
    text = json.dumps(asdict(graph), indent=2, ensure_ascii=False) + "\n" if as_json else _drawn(graph, form)
    write(text, output)


def write(text: str, output: Path | None) -> None:
    """Into a file, or to the standard output. Raises `FederationError`."""
    if output is None:
        print(text, end="")
        return
    try:
        output.write_text(text)
    except OSError as error:
        raise FederationError(
            str(output), f"cannot be written: {error.strerror}", "name a file in a folder that is there"
        ) from None


def manifests(topology: Topology, folder: Path) -> dict[str, list[Manifest]]:
    """Of each workload by its path, which starts at the topology's folder. Raises `ManifestError`."""
    return {
        workload.path: [
            document.manifest
            for document in read(workload.model_copy(update={"path": str(folder / workload.path)})).documents
        ]
        for workload in topology.workloads
    }


def _drawn(graph: Graph, form: Format) -> str:
    return svg(draw(graph)) if form is Format.SVG else mermaid(graph)
