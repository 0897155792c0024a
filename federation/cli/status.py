"""`fedctl status`: a federation's members, services and names, what is wrong first."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from federation.cli import app
from federation.cli.records_live import FEDERATION_KUBECONFIG, There, connect, current_of
from federation.cli.topology import document
from federation.dns import query
from federation.dns.live import view as look
from federation.dns.plan import Plan, plan
from federation.dns.records import RecordSet
from federation.dns.view import View, facts_of
from federation.errors import FederationError
from federation.topology import load

WRONG = 3
"""Exit status if something is wrong."""


@dataclass(frozen=True)
class Name:
    """One name, and what nameservers say to it.

    Attributes:
        answers: by nameserver, as `federation.dns.query.Answer` tells it.
    """

    name: str
    type: str
    values: tuple[str, ...]
    answers: dict[str, str]


@dataclass(frozen=True)
class Status:
    """All that is known, problems first."""

    problems: tuple[str, ...]
    view: View
    names: tuple[Name, ...]

    def as_json(self) -> dict[str, Any]:
        """In its public form (docs/names.md)."""
        return {
            "problems": list(self.problems),
            "members": [member.model_dump(by_alias=True) for member in self.view.members],
            "services": [service.model_dump(by_alias=True) for service in self.view.services],
            "names": [vars(name) | {"values": list(name.values)} for name in self.names],
        }


@app.command("status")
def command(
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    topology: Annotated[
        Path | None,
        typer.Option(
            help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON); with it, names are shown"
        ),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="JSON: how to reach the store of the records, to compare with")
    ] = None,
    nameserver: Annotated[
        list[str] | None, typer.Option(help="ADDRESS:PORT to ask for each name; may be repeated")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show members, services and names, and what is wrong with them. Nothing is changed.

    Members are asked from here, as the DNS controller asks them from its cluster. Exit status 0 if nothing is wrong,
    3 if something is, 1 if the federation cannot be asked.
    """
    if (store or nameserver) and not topology:
        raise FederationError("fedctl status", "names need --topology", "name the stack's file")
    wanted = load(document(topology)) if topology else None
    found = look(connect(federation_kubeconfig))
    what = None
    if wanted:
        there = current_of(store, wanted.domain) if store else There()
        facts = facts_of(
            found, federation=wanted.name, domain=wanted.domain, ttl=wanted.ttl, current=there.current
        )
        what = plan(facts, without=there.without)
    status = judge(found, what, compared=store is not None, nameservers=nameserver or (), ask=_ask)
    if as_json:
        print(json.dumps(status.as_json(), indent=2))
    else:
        show(status, Console(width=None if sys.stdout.isatty() else 500, soft_wrap=True))
    if status.problems:
        raise typer.Exit(WRONG)


Ask = Callable[[str, str, str], query.Answer | str]
"""Nameserver, name and type to what it says, or why it says nothing."""


def judge(view: View, what: Plan | None, *, compared: bool, nameservers: Sequence[str], ask: Ask) -> Status:
    """The status.

    Args:
        view: of the federation.
        what: the plan of its names; None: they are not asked for.
        compared: whether the plan was made with the records that are there.
        nameservers: to ask for every name.
        ask: asks one question.
    """
    problems = [*view.problems]
    if what:
        problems += [
            f"record {c.name} {c.type} belongs to {c.owner or 'nobody known'}; nothing is changed for its service"
            for c in what.conflicts
        ]
    if what and compared:
        problems += [
            f"record {c.record.name} {c.record.type} is not as it shall be: {c.action} {' '.join(c.record.values)}"
            for c in what.changes
        ]
    names = []
    for record in what.records if what else ():
        answers = {server: ask(server, record.name, record.type) for server in nameservers}
        told = {server: str(answer) for server, answer in answers.items()}
        names.append(Name(record.name, record.type, record.values, told))
        problems += [
            f"nameserver {server}{wrong}"
            for server, answer in answers.items()
            if (wrong := _wrong(record, answer))
        ]
    return Status(tuple(problems), view, tuple(names))


def _wrong(record: RecordSet, answer: query.Answer | str) -> str | None:
    if isinstance(answer, str):
        return f": {answer}"
    if answer.values == record.values:
        return None
    return f" answers {record.name} {record.type} with {answer}, not {' '.join(record.values)}"


def show(status: Status, console: Console) -> None:
    """For people."""
    for problem in status.problems:
        console.print(f"problem: {problem}", markup=False, highlight=False)
    if not status.problems:
        console.print("all is well", highlight=False)
    members = (
        (m.name, m.region or "-", ",".join(m.zones) or "-", "yes" if m.ready else "no")
        for m in status.view.members
    )
    _print(console, ("MEMBER", "REGION", "ZONES", "READY"), members)
    services = (
        (
            f"{s.namespace}/{s.name}",
            p.member,
            "yes" if p.applied else "no",
            " ".join(p.addresses) or "-",
            str(p.ready_backends),
        )
        for s in status.view.services
        for p in s.placements
    )
    _print(console, ("SERVICE", "MEMBER", "APPLIED", "ADDRESSES", "READY BACKENDS"), services)
    servers = tuple(dict.fromkeys(server for name in status.names for server in name.answers))
    names = (
        (n.name, n.type, " ".join(n.values), *(n.answers[server] for server in servers)) for n in status.names
    )
    _print(console, ("NAME", "TYPE", "VALUES", *servers), names)


def _print(console: Console, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(*head, box=None)
    for row in rows:
        table.add_row(*row)
    if table.row_count:
        console.print()
        console.print(table)


def _ask(server: str, name: str, kind: str) -> query.Answer | str:
    try:
        return query.ask(server, name, kind)
    except FederationError as error:
        return error.cause
