"""`fedctl snapshot`: a stack's state without its secrets, for previews without access."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from federation.cli import app
from federation.errors import FederationError
from federation.preview.engine import Engine
from federation.preview.snapshot import redacted

FOLDER = "snapshots"
PROJECT = typer.Option(help="folder with Pulumi.yaml")


@app.command("snapshot")
def command(
    stack: Annotated[str, typer.Option(help="of this project")] = "",
    file: Annotated[
        Path | None, typer.Option(help="what `pulumi stack export` has printed; - is the standard input")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="by default snapshots/STACK.json; - is the standard output")
    ] = None,
    project: Annotated[Path, PROJECT] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="say what was done as JSON")] = False,
) -> None:
    """Write a stack's state without its secrets, for `fedctl preview --offline` (docs/previews.md).

    Nothing is decrypted. Without --file, the state is that of the stack, which needs access to its backend only.
    Exit status 0, or 1 if there is no such state, or if something in it that looks like a secret would be left.
    """
    if not stack and not (file and output):
        raise FederationError(
            "fedctl snapshot", "it needs a stack", "add --stack STACK, or --file and --output"
        )
    subject = f"state of stack {stack}" if file is None else f"state in {file}"
    text = redacted(_read(stack, file, project), subject)
    target = output or project / FOLDER / f"{stack}.json"
    if str(target) == "-":
        print(text, end="")
        return
    before = target.read_text() if target.exists() else None
    if before != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    resources = len(json.loads(text)["deployment"]["resources"])
    if as_json:
        print(json.dumps({"file": str(target), "resources": resources, "changed": before != text}))
    else:
        print(f"{target}: {resources} resources{'' if before != text else ', as before'}")


def _read(stack: str, file: Path | None, project: Path) -> str:
    if file is None:
        return Engine.found(project.absolute()).ask("stack", "export", "--stack", stack)
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text()
    except OSError as error:
        raise FederationError(str(file), str(error.strerror), "name a file that can be read") from None
