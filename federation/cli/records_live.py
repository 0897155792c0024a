"""`fedctl records live`: the plan for a federation as it is now, instead of for facts on the standard input."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from federation.cli.reach import FEDERATION_KUBECONFIG, connect
from federation.cli.records import Output, records, show
from federation.cli.records_remove import load_stores
from federation.cli.topology import document
from federation.dns.facts import Current, current
from federation.dns.live import facts_of, view
from federation.dns.store import open_backend
from federation.errors import FederationError
from federation.names import Level
from federation.topology import load


@records.command("live")
def command(
    federation_kubeconfig: Annotated[Path, FEDERATION_KUBECONFIG],
    topology: Annotated[Path, typer.Option(help="Pulumi.<stack>.yaml, or a topology alone (YAML or JSON)")],
    store: Annotated[
        Path | None,
        typer.Option(help="JSON: how to reach the store, for its records; without it, it counts as empty"),
    ] = None,
    output: Annotated[
        Output, typer.Option(help="json: records and changes; zone: the records as a zone file")
    ] = Output.TABLE,
) -> None:
    """Plan the records of a federation as it is now. Nothing is written.

    Why names do not lead somewhere is told on the standard error. Exit status 3 if somebody else's records are in
    the way.
    """
    wanted = load(document(topology))
    found = view(connect(federation_kubeconfig))
    there = current_of(store, wanted.domain) if store else There()
    for problem in found.problems:
        print(f"note: {problem}", file=sys.stderr)
    facts = facts_of(
        found, federation=wanted.name, domain=wanted.domain, ttl=wanted.ttl, current=there.current
    )
    show(facts, output, without=there.without)


class There(NamedTuple):
    """What a store has, and the levels at which the names in it are somebody else's."""

    current: tuple[Current, ...] = ()
    without: Collection[Level] = ()


def current_of(path: Path, domain: str) -> There:
    """The records of the zone in the store that a file tells of. Raises `FederationError`, for several stores too."""
    stores = load_stores(path)
    if len(stores) != 1:
        raise FederationError(f"store {path}", f"names {len(stores)} stores", "name one of them")
    with open_backend(stores[0], domain.lower().removesuffix(".")) as backend:
        return There(current(backend.read().values()), backend.without)
