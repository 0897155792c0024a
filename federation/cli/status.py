"""`fedctl status`: what is wrong with a federation, what is fine in one line, and with --all its whole as a tree."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from federation.cli import app, status_tree
from federation.cli.exits import FINDINGS
from federation.cli.reach import (
    FEDERATION_KUBECONFIG,
    NAMESERVERS,
    STORE,
    TOPOLOGY,
    connect,
    topology_of_names,
)
from federation.cli.records_live import There, current_of
from federation.cli.status_model import Name, Status
from federation.dns import query
from federation.dns.live import CLUSTERS
from federation.dns.live import view as look
from federation.dns.plan import Plan, plan
from federation.dns.records import RecordSet
from federation.dns.view import View, facts_of
from federation.errors import FederationError
from federation.karmada import drain_mark
from federation.kube import Kube
from federation.topology import Topology


@app.command("status")
def command(
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    topology: Annotated[Path | None, TOPOLOGY] = None,
    store: Annotated[Path | None, STORE] = None,
    nameserver: Annotated[list[str] | None, NAMESERVERS] = None,
    whole: Annotated[
        bool, typer.Option("--all", "-v", help="also show members, services, addresses and names as a tree")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show what is wrong with members, services and names, then what is fine in one line. Nothing is changed.

    Members are asked from here, as the DNS controller asks them from its cluster. A member that is drained is a note.
    Exit status 0 if nothing is wrong, 3 if something is, 1 if the federation cannot be asked.
    """
    wanted = topology_of_names("fedctl status", topology, store, nameserver)
    status = examine(connect(federation_kubeconfig), wanted, store=store, nameservers=nameserver or ())
    if as_json:
        print(json.dumps(status.as_json(), indent=2))
    else:
        title = f"federation {wanted.name}" if wanted else "federation"
        show(status, Console(width=None if sys.stdout.isatty() else 500, soft_wrap=True), whole and title)
    if status.problems:
        raise typer.Exit(FINDINGS)


def examine(
    plane: Kube, wanted: Topology | None, *, store: Path | None, nameservers: Sequence[str]
) -> Status:
    """Ask the federation, its members, and the nameservers, which need a topology. Raises `FederationError`."""
    found = look(plane)
    what = None
    if wanted:
        there = current_of(store, wanted.domain) if store else There()
        facts = facts_of(
            found, federation=wanted.name, domain=wanted.domain, ttl=wanted.ttl, current=there.current
        )
        what = plan(facts, without=there.without)
    return judge(
        found,
        what,
        compared=store is not None,
        nameservers=nameservers,
        ask=ask_one,
        drained=drained_of(plane.list(CLUSTERS)),
    )


Ask = Callable[[str, str, str], query.Answer | str]
"""Nameserver, name and type to what it says, or why it says nothing."""
Drained = Mapping[str, drain_mark.State]
"""Member → how far its drain is; members that are not drained are left out."""


def drained_of(clusters: Sequence[dict[str, Any]]) -> Drained:
    """By the marks on the `Cluster` objects."""
    states = {cluster["metadata"]["name"]: drain_mark.state(cluster) for cluster in clusters}
    return {name: state for name, state in states.items() if state}


def judge(
    view: View,
    what: Plan | None,
    *,
    compared: bool,
    nameservers: Sequence[str],
    ask: Ask,
    drained: Drained | None = None,
) -> Status:
    """The status.

    Args:
        view: of the federation.
        what: the plan of its names; None: they are not asked for.
        compared: whether the plan was made with the records that are there.
        nameservers: to ask for every name.
        ask: asks one question.
        drained: members that are drained, which may be down.
    """
    drained = drained or {}
    away = [member for member, state in drained.items() if state == "drained"]
    problems = [p for p in view.problems if not any(p.startswith(_unready(member)) for member in away)]
    wrong: set[tuple[str, str]] = set()
    for name, kind, why in _of_records(what, compared=compared):
        wrong.add((name, kind))
        problems.append(f"record {name} {kind} {why}")
    names = []
    for record in what.records if what else ():
        answers = {server: ask(server, record.name, record.type) for server in nameservers}
        told = {server: str(answer) for server, answer in answers.items()}
        names.append(Name(record.name, record.type, record.values, told))
        for server, answer in answers.items():
            if said := _wrong(record, answer):
                wrong.add((record.name, record.type))
                problems.append(f"nameserver {server}{said}")
    return Status(tuple(problems), view, tuple(names), tuple(_notes(view, drained)), frozenset(wrong))


def _of_records(what: Plan | None, *, compared: bool) -> Iterator[tuple[str, str, str]]:
    """Name, type and what is wrong with the record set."""
    for conflict in what.conflicts if what else ():
        owner = conflict.owner or "nobody known"
        yield conflict.name, conflict.type, f"belongs to {owner}; nothing is changed for its service"
    for change in what.changes if what and compared else ():
        values = " ".join(change.record.values)
        yield change.record.name, change.record.type, f"is not as it shall be: {change.action} {values}"


def _notes(view: View, drained: Drained) -> Iterator[str]:
    """Why a drained member is not ready is told with it; of one whose workloads still move it is a problem."""
    for member, state in sorted(drained.items()):
        told = [p.removeprefix(_unready(member)) for p in view.problems if p.startswith(_unready(member))]
        if state == "drained":
            how = f"is drained ({told[0]})" if told else "is drained"
        else:
            how = "is being drained: its workloads move"
        yield f"member {member} {how}; `fedctl undrain {member}` ends that"


def _unready(member: str) -> str:
    return f"member {member} is not ready: "


def _wrong(record: RecordSet, answer: query.Answer | str) -> str | None:
    if isinstance(answer, str):
        return f": {answer}"
    if answer.values == record.values:
        return None
    return f" answers {record.name} {record.type} with {answer}, not {' '.join(record.values)}"


def show(status: Status, console: Console, whole: str | bool = False) -> None:
    """For people; with a title also the whole, below it."""
    for line in status_tree.lines(status):
        console.print(line, markup=False, highlight=False)
    if whole:
        console.print()
        console.print(status_tree.tree(status, str(whole)), highlight=False)


def ask_one(server: str, name: str, kind: str) -> query.Answer | str:
    """What a nameserver says, or why it says nothing."""
    try:
        return query.ask(server, name, kind)
    except FederationError as error:
        return error.cause
