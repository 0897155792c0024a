"""`fedctl preview`: what `pulumi up` would change in a stack, with access to everything or without any."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console

from federation.cli import app
from federation.cli.snapshot import FOLDER, PROJECT
from federation.errors import FederationError
from federation.preview import compare
from federation.preview.changes import Change, Preview, parse
from federation.preview.engine import Engine, EngineError
from federation.preview.offline import prepared

VIOLATED = 3
"""Exit status if a mandatory policy is violated, or with --compare, if the previews are not alike."""
PACK = "policy"
SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "+-", "read": ">", "import": "="}


@app.command("preview")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    stack: Annotated[str, typer.Option(help="of this project")] = "",
    offline: Annotated[
        bool, typer.Option("--offline", help="ask no cluster, no cloud, no backend; use no secret")
    ] = False,
    snapshot: Annotated[
        Path | None,
        typer.Option(
            help="with --offline: by default snapshots/STACK.json; if it is not there, from nothing"
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(help="write the engine's events there, one a line, as `fedctl comment` reads them"),
    ] = None,
    policies: Annotated[
        Path | None, typer.Option(help="folder of a policy pack; by default the project's folder policy")
    ] = None,
    project: Annotated[Path, PROJECT] = Path(),
    pair: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", help="instead: two files of events, the first of a preview with access"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Show what `pulumi up` would change, checked by the policies. Nothing is changed (docs/previews.md).

    With access, it is `pulumi preview`. With --offline, the state is that of a snapshot, and what depends on a secret
    or on a live answer is taken as it was; what cannot be compared is shown as unknown.
    Exit status 0; 3 if a mandatory policy is violated, or with --compare, if fewer than 95 % of the resources are alike
    or one is replaced in the second only; 1 if the preview itself fails.
    """
    if pair:
        _compare(*pair, as_json=as_json)
        return
    if not stack:
        raise FederationError("fedctl preview", "it needs a stack", "add --stack STACK")
    engine = Engine.found(project.absolute())
    pack = _pack(engine.project, policies)
    if offline:
        lines, code, said = _without_access(engine, stack, snapshot, pack)
    else:
        lines, code, said = _with_access(engine, stack, pack, quiet=as_json)
    if events:
        events.parent.mkdir(parents=True, exist_ok=True)
        events.write_text("".join(f"{line}\n" for line in lines))
    found = parse(lines)
    if as_json:
        print(json.dumps(as_document(found, stack, offline=offline), indent=2))
    elif offline:
        Console(highlight=False, soft_wrap=True).print("\n".join(shown(found)), markup=False)
    if not found.errors and any(finding.mandatory for finding in found.policies):
        raise typer.Exit(VIOLATED)
    if code != 0:
        if said or as_json:
            cause = "\n".join(found.errors) or said
            raise EngineError(
                f"preview of stack {stack}", cause, "correct it, and run the same command again"
            )
        raise typer.Exit(1)


def _pack(project: Path, named: Path | None) -> Path | None:
    pack = (named or project / PACK).absolute()
    if pack.is_dir():
        return pack
    if named:
        raise FederationError(f"policies {named}", "there is no such folder", "name the folder of a pack")
    print(f"no policies are checked, as there is no folder {pack}", file=sys.stderr)
    return None


def _with_access(engine: Engine, stack: str, pack: Path | None, *, quiet: bool) -> tuple[list[str], int, str]:
    with TemporaryDirectory(prefix="fedctl-preview-") as made:
        log = Path(made) / "events.jsonl"
        if quiet:
            code, said = engine.quiet_preview(stack, policies=pack, events=log)
        else:
            code, said = engine.preview(stack, policies=pack, events=log), ""
        return (log.read_text().splitlines() if log.exists() else []), code, said


def _without_access(
    engine: Engine, stack: str, snapshot: Path | None, pack: Path | None
) -> tuple[list[str], int, str]:
    file = snapshot or engine.project / FOLDER / f"{stack}.json"
    text = None
    if snapshot or file.exists():
        try:
            text = file.read_text()
        except OSError as error:
            fix = "make one with `fedctl snapshot --stack STACK`, or leave --snapshot out for a preview from nothing"
            raise FederationError(f"snapshot {file}", str(error.strerror), fix) from None
    where = f"against {file}" if text is not None else "from nothing, as there is no snapshot"
    print(f"preview of {stack} without access, {where} ...", file=sys.stderr)
    with prepared(engine, stack, text, f"snapshot {file}") as away:
        found, code, said = away.preview(policies=pack)
        return [json.dumps(event) for event in found], code, said


def _compare(first: Path, second: Path, *, as_json: bool) -> None:
    found = compare.compare(compare.read(first), compare.read(second))
    print(json.dumps(found.as_json(), indent=2) if as_json else "\n".join(found.lines()))
    if not found.fine:
        raise typer.Exit(VIOLATED)


def as_document(preview: Preview, stack: str, *, offline: bool) -> dict[str, Any]:
    """A preview in its public form (docs/previews.md)."""
    return {
        "stack": stack,
        "offline": offline,
        "finished": preview.finished,
        "counts": dict(preview.counts),
        "changes": [
            {"urn": c.urn, "op": "unknown" if c.unknown else c.op, "paths": list(c.paths)}
            for c in _changed(preview)
        ],
        "policies": [vars(finding) for finding in preview.policies],
        "errors": list(preview.errors),
    }


def shown(preview: Preview) -> list[str]:
    """For people: what changes, what policies say, and how many of which."""
    lines = [_line(change) for change in _changed(preview)]
    for finding in preview.policies:
        level = "mandatory" if finding.mandatory else "advisory"
        where = finding.urn.rpartition("::")[2] or "the stack"
        lines.append(f"[{level}] {finding.policy}: {where}: {' '.join(finding.message.split())}")
    lines += [f"warning: {text}" for text in preview.warnings]
    lines += [f"error: {text}" for text in preview.errors]
    counts = ", ".join(f"{number} {op}" for op, number in preview.counts.items())
    return [*lines, counts or "no resources"]


def _line(change: Change) -> str:
    if change.unknown:
        return (
            f"?  {change.name} ({change.type}): cannot be compared without access: {' '.join(change.paths)}"
        )
    paths = f": {' '.join(change.paths)}" if change.paths else ""
    return f"{SIGNS.get(change.op, '~'):2} {change.name} ({change.type}){paths}"


def _changed(preview: Preview) -> Iterable[Change]:
    return (change for change in preview.changes if change.unknown or change.op != "same")
