"""`fedctl convert`: the files of the walk-throughs, made with tools that are gone, as a topology."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
import yaml

from federation.acs_engine import Line, read
from federation.cli import app
from federation.convert import Converted, Part, Wishes, convert
from federation.errors import FederationError

NEXT = "correct the files, and convert them again"


class Output(StrEnum):
    """What is printed."""

    TABLE = "table"
    YAML = "yaml"
    JSON = "json"


class RefusedError(FederationError):
    """Files are not converted: a line for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("convert", "\n  ".join(["nothing is converted", *problems]), NEXT)

    def __str__(self) -> str:
        return f"{self.obj}: {self.cause}\nNext: {self.fix}."


@app.command("convert")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    files: Annotated[
        list[str], typer.Argument(help="api-models, dns.conf, coredns-provider.conf, kubeconfigs")
    ],
    location: Annotated[
        list[str] | None, typer.Option(help="Azure region of the api-model's cluster; again for the next one")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="name of the api-model's cluster, else its dnsPrefix; again for the next"),
    ] = None,
    federation: Annotated[str | None, typer.Option(help="name of the federation")] = None,
    domain: Annotated[str | None, typer.Option(help="DNS zone of the federation")] = None,
    output: Annotated[
        Output, typer.Option(help="table: report and topology; yaml: topology only; json: all, for programs")
    ] = Output.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Turn files of acs-engine and kubefed, and kubeconfigs, into one topology, and tell what became of each line.

    Nothing is changed or asked. Exit status: 0 converted, 1 refused.
    """
    wishes = Wishes(
        locations=tuple(location or ()), names=tuple(name or ()), federation=federation, domain=domain
    )
    done = convert([(file, read(file)) for file in files], wishes)
    if as_json or output is Output.JSON:
        print(json.dumps(machine(done), indent=2))
        sys.exit(1 if done.problems else 0)
    if output is Output.TABLE:
        print("\n".join(table(done)))
    elif done.topology is not None:
        print(text_of(done.topology), end="")
        print("".join(f"note: {note}\n" for note in done.notes), end="", file=sys.stderr)
    if done.problems:
        raise RefusedError(done.problems)


def machine(done: Converted) -> dict[str, Any]:
    """In its public form (docs/convert.md)."""
    return {
        "converted": done.topology is not None,
        "topology": done.topology,
        "files": [
            {"file": part.source, "kind": part.kind, "report": [vars(line) for line in part.report]}
            for part in done.parts
        ],
        "problems": list(done.problems),
        "notes": list(done.notes),
    }


def table(done: Converted) -> Iterator[str]:
    """The report of each file, notes, and the topology as a text that is YAML, with all else as comments."""
    sources: list[str] = []
    for part in done.parts:
        yield from _report(part, sources)
    yield from (f"# [{number}] {source}" for number, source in enumerate(sources, start=1))
    yield from (f"# note: {note}" for note in done.notes)
    if done.topology is not None:
        yield text_of(done.topology).rstrip("\n")


def _report(part: Part, sources: list[str]) -> Iterator[str]:
    counts = [(verdict, sum(line.verdict == verdict for line in part.report)) for verdict in _ORDER]
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts if count)
    yield f"# {part.source}: {part.kind or 'unknown'}{': ' if told else ''}{told}"
    width = max((len(str(line.line or "")) for line in part.report), default=0)
    for line in part.report:
        yield f"# {line.line or '':>{width}} {line.verdict:7} {_said(line, sources)}"


_ORDER = ("kept", "changed", "dropped", "refused")


def _said(line: Line, sources: list[str]) -> str:
    if line.source and line.source not in sources:
        sources.append(line.source)
    mark = f" [{sources.index(line.source) + 1}]" if line.source else ""
    new = f" -> {line.new}" if line.new else ""
    return f"{line.path} {line.old}{new} | {line.reason}{mark}"


def text_of(topology: dict[str, Any]) -> str:
    """A topology as a file has it."""
    return yaml.safe_dump(topology, sort_keys=False, allow_unicode=True)
