"""`fedctl records`: what the names of a federation's services answer, and what to change for it."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from federation.cli import app
from federation.dns.facts import Facts, parse
from federation.dns.plan import Plan, plan
from federation.dns.records import Conflict, RecordSet
from federation.dns.zonefile import render
from federation.errors import ConflictError
from federation.names import Level

CONFLICT = 3
"""Exit status if somebody else's records are in the way."""

records = typer.Typer(help=__doc__, no_args_is_help=True)
app.add_typer(records, name="records")


class Output(StrEnum):
    """How a plan is printed."""

    TABLE = "table"
    JSON = "json"
    ZONE = "zone"


@records.command("plan")
def command(
    output: Annotated[
        Output, typer.Option(help="json: records and changes; zone: the records as a zone file")
    ] = Output.JSON,
) -> None:
    """Plan the records of the facts on the standard input (JSON, see docs/names.md). Nothing is written.

    Exit status 3 if somebody else's records are in the way; then nothing is planned for their services.
    """
    with uncollected():
        show(parse(sys.stdin.buffer.read()), output)


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for cycles: a large federation is 200,000 objects without any, and the search a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def show(facts: Facts, output: Output, *, without: Collection[Level] = ()) -> None:
    """Print the plan for the facts, wherever they are from; exit with `CONFLICT` if there are conflicts."""
    what = plan(facts, without=without)
    if output is Output.ZONE:
        print(render(what.records, facts.domain, facts.ttl), end="")
    elif output is Output.JSON:
        sys.stdout.writelines(document(what))
    else:
        Console(width=None if sys.stdout.isatty() else 500, soft_wrap=True).print(_table(what))
    if what.conflicts:
        print(f"error: {refusal(what.conflicts, facts)}", file=sys.stderr)
        raise typer.Exit(CONFLICT)


def document(what: Plan) -> Iterator[str]:
    """A plan as JSON in its public form, a line for each entry; `conflicts` is there only if there are any.

    In pieces, as the whole of a large federation would be a third of the memory.
    """
    lists = {
        "records": (_entry(record) | {"ttl": record.ttl} for record in what.records),
        "changes": ({"action": change.action} | _entry(change.record) for change in what.changes),
    }
    if what.conflicts:
        lists["conflicts"] = (vars(conflict) for conflict in what.conflicts)
    before = "{"
    for key, entries in lists.items():
        yield f'{before}\n  "{key}": ['
        comma = "\n"
        for entry in entries:
            yield f"{comma}    {json.dumps(entry)}"
            comma = ",\n"
        yield "\n  ]" if comma == ",\n" else "]"
        before = ","
    yield "\n}\n"


def refusal(conflicts: Sequence[Conflict], facts: Facts) -> ConflictError:
    """What to tell about the conflicts."""
    found = ", ".join(f"{c.name} {c.type} of {c.owner or 'nobody known'}" for c in conflicts)
    return ConflictError(
        f"federation {facts.federation}",
        f"records of others at names of its services: {found}; nothing is changed for these services",
        "remove these records, or rename the services, then plan again",
    )


def _entry(record: RecordSet) -> dict[str, Any]:
    return {"name": record.name, "type": record.type, "values": list(record.values)}


def _table(what: Plan) -> Table:
    """All names of the federation, those that go among them, each with what is done about it."""
    actions = {change.record.key: change for change in what.changes}
    gone = [change.record for change in what.changes if change.action == "delete"]
    table = Table("NAME", "TYPE", "TTL", "VALUES", "CHANGE", box=None)
    for record in sorted([*what.records, *gone]):
        action = actions[record.key].action if record.key in actions else ""
        table.add_row(record.name, record.type, str(record.ttl), " ".join(record.values), action)
    return table
