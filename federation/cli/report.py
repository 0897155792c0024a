"""`fedctl report`: a federation at this moment as one page that needs nothing but a browser."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from federation.cli import app
from federation.cli.exits import FINDINGS
from federation.cli.graph import manifests, write
from federation.cli.reach import (
    FEDERATION_KUBECONFIG,
    NAMESERVERS,
    STORE,
    TOPOLOGY,
    kubeconfig_text,
    topology_of_names,
)
from federation.cli.status import examine
from federation.cli.status_model import Name, Status
from federation.errors import FederationError
from federation.graph.model import counted
from federation.kube import Kube
from federation.kubeconfig.document import pick
from federation.manifests import Manifest
from federation.preview.changes import Finding, parse
from federation.report import asking, assemble, html, maps
from federation.report.model import ClusterFacts, Facts, NameRow
from federation.topology import Topology


@app.command("report")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    topology: Annotated[Path | None, TOPOLOGY] = None,
    store: Annotated[Path | None, STORE] = None,
    nameserver: Annotated[list[str] | None, NAMESERVERS] = None,
    policy_results: Annotated[
        Path | None,
        typer.Option(help="what `pulumi policy analyze --json` has printed, or a preview's JSON events"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="the file to write; the standard output if left out")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="write what the page says as JSON")] = False,
) -> None:
    """Write a page with problems, map, members, services, names, certificates, policies and versions.

    One HTML file, which loads nothing and holds no secret. Nothing is changed. Exit status 0 if nothing is wrong,
    3 if something is, 1 if the federation cannot be asked.
    """
    wanted = topology_of_names("fedctl report", topology, store, nameserver)
    policies = _policies(policy_results) if policy_results else None
    found = _ask(federation_kubeconfig.expanduser(), wanted, store, nameserver or [])
    folder = topology.parent if topology else Path()
    report = assemble(_facts(found, wanted, folder, policies))
    write(json.dumps(report.as_json(), indent=2) + "\n" if as_json else html(report), output)
    if output:
        print(f"{output}: {counted(len(report.problems), 'problem')}")
    if report.problems:
        raise typer.Exit(FINDINGS)


@dataclass(frozen=True)
class _Found:
    """What was asked: the federation's name and address, its status, and what the status does not have."""

    context: str
    server: str
    status: Status
    clusters: tuple[ClusterFacts, ...]
    more: asking.Found


def _ask(kubeconfig: Path, wanted: Topology | None, store: Path | None, nameservers: list[str]) -> _Found:
    text = kubeconfig_text(kubeconfig)
    plane = Kube.connect(text, "federation API")
    status = examine(plane, wanted, store=store, nameservers=nameservers)
    more = asking.found(
        plane,
        text,
        kubeconfig.parent,
        federation=wanted.name if wanted else None,
        places=_places(wanted) if wanted else (),
    )
    return _Found(
        pick(text).name, plane.server, status, asking.clusters(plane, text, kubeconfig.parent), more
    )


def _facts(
    found: _Found, wanted: Topology | None, folder: Path, policies: tuple[Finding, ...] | None
) -> Facts:
    status, members = found.status, found.status.view.members
    if wanted:
        graph = maps.of_topology(wanted, _manifests(wanted, folder), members, found.clusters)
    else:
        graph = maps.of_members(found.context, found.server, members, found.clusters)
    return Facts(
        title=wanted.name if wanted else found.context,
        made=datetime.now(UTC),
        view=status.view,
        problems=status.problems,
        notes=status.notes,
        expected=tuple(cluster.name for cluster in wanted.members) if wanted else None,
        clusters=found.clusters,
        names=tuple(map(_name, status.names)) if wanted else None,
        certificates=found.more.certificates,
        policies=policies,
        versions=(("fedctl", version("k8s-federation")), *found.more.versions),
        graph=graph,
    )


def _places(topology: Topology) -> tuple[str, ...]:
    """Clusters in which parts of the federation run."""
    host = topology.host_cluster.name
    return tuple(dict.fromkeys((host, *(zone.cluster or host for zone in topology.dns))))


def _manifests(topology: Topology, folder: Path) -> dict[str, list[Manifest]]:
    """Those that are there: the map does not need them, and the report is not about them."""
    try:
        return manifests(topology, folder)
    except FederationError:
        return {}


def _name(found: Name) -> NameRow:
    expected = " ".join(found.values)
    answers = tuple((server, answer, answer == expected) for server, answer in found.answers.items())
    return NameRow(found.name, found.type, found.values, answers)


def _policies(path: Path) -> tuple[Finding, ...]:
    """What policies say. Raises `FederationError` if the file has nothing of the engine."""
    try:
        lines = path.read_text().splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise FederationError(str(path), f"cannot be read: {reason}", "name a file that is there") from None
    found = parse(lines)
    if not found.policies and not any("summaryEvent" in line for line in lines):
        raise FederationError(
            str(path),
            "holds no events of the engine",
            "write it with `pulumi policy analyze --json --policy-pack policy`",
        )
    return found.policies
