"""`fedctl kubeconfig`: the federation's kubeconfig as a file, or as a part of the one that you have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from federation.cli import app
from federation.drafts import draft
from federation.errors import ConflictError, FederationError, KubeconfigError, NotInTimeError
from federation.kubeconfig.addition import Addition, add, strangers
from federation.kubeconfig.document import parse

OUTPUT = "kubeconfig"
"""Name of the stack's output."""
PULUMI_SECONDS = 120
NEXT = "write it with `pulumi stack output kubeconfig --show-secrets`"


@app.command("kubeconfig")
def command(  # noqa: PLR0913, PLR0917 - options of a command
    stack: Annotated[
        str | None, typer.Option(help="whose output `pulumi` is asked for; the selected one if left out")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", help="instead: a file with it, or with all outputs as JSON; - is standard input"
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="write this file, which has nothing else in it")] = None,
    merge: Annotated[Path | None, typer.Option(help="add to this file, such as ~/.kube/config")] = None,
    context: Annotated[
        str | None, typer.Option(help="only this one: the federation's name, or a cluster's")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="also replace entries of the same name that are not ours")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Write the federation's kubeconfig: a context for the federation, and one for each of its clusters.

    The file is readable by you alone. What is in it already stays, and so does its current context. Credentials are
    never printed.
    """
    if (output is None) == (merge is None):
        raise FederationError(
            "fedctl kubeconfig", "it needs one of --output and --merge", "add --merge ~/.kube/config"
        )
    if stack is not None and source is not None:
        raise FederationError("fedctl kubeconfig", "--stack and --from are two sources", "leave one out")
    text = _out_of(_read(source) if source else _asked(stack))
    target = (output or merge or Path()).expanduser()
    with _locked(target, needed=not dry_run):
        done = _planned(target, text, whole=output is not None, only=context, overwrite=overwrite)
        if done.changes and not dry_run:
            _write(target, done.text)
    print(
        json.dumps(_told(target, done, dry_run=dry_run)) if as_json else _line(target, done, dry_run=dry_run)
    )


def _planned(target: Path, text: str, *, whole: bool, only: str | None, overwrite: bool) -> Addition:
    there = _text(target)
    if whole and there and not overwrite and (others := strangers(there, text)):
        cause = f"is there already, with contexts that are not ours: {', '.join(others)}"
        raise ConflictError(str(target), cause, "add to it with --merge, or replace it with --overwrite")
    return add("" if whole and overwrite else there, text, where=str(target), only=only, overwrite=overwrite)


def _asked(stack: str | None) -> str:
    """The stack's output, by the engine."""
    words = [
        os.environ.get("PULUMI") or "pulumi",
        "stack",
        "output",
        OUTPUT,
        "--show-secrets",
        "--non-interactive",
    ]
    words += ["--stack", stack] if stack else []
    subject = f"stack {stack}" if stack else "the selected stack"
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PULUMI_SECONDS, check=False)
    except FileNotFoundError:
        cause = "it is not on the PATH"
        raise FederationError(words[0], cause, "install it, or give its output with --from") from None
    except subprocess.TimeoutExpired:
        cause = f"`pulumi stack output` has not ended within {PULUMI_SECONDS} s"
        raise NotInTimeError(subject, cause, "see whether the backend can be reached") from None
    if done.returncode:
        reasons = [line.removeprefix("error: ") for line in done.stderr.splitlines() if line.strip()]
        cause = f"`pulumi stack output` has failed: {reasons[-1] if reasons else 'it does not say why'}"
        raise FederationError(subject, cause, "look with `pulumi stack ls`, and run it where Pulumi.yaml is")
    return done.stdout


def _read(source: Path) -> str:
    return sys.stdin.read() if str(source) == "-" else _text(source, needed=True)


def _text(path: Path, *, needed: bool = False) -> str:
    try:
        return path.expanduser().read_text()
    except FileNotFoundError as error:
        if not needed:
            return ""
        raise KubeconfigError(str(path), str(error.strerror), "name a file that can be read") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise KubeconfigError(str(path), reason, "name a file that can be read") from None


def _out_of(text: str) -> str:
    """The kubeconfig in an output: it itself, as JSON or not, or the value in all outputs."""
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = text
    if isinstance(found, dict):
        found = found.get(OUTPUT, text)
    if not isinstance(found, str) or not found.strip():
        raise KubeconfigError(OUTPUT, "the output is empty", f"deploy the stack, then {NEXT}")
    if found.strip() == "[secret]":
        raise KubeconfigError(OUTPUT, "the output is hidden", NEXT)
    if not parse(found).get("contexts"):
        raise KubeconfigError(OUTPUT, "it has no contexts", NEXT)
    return found


@contextmanager
def _locked(target: Path, *, needed: bool) -> Iterator[None]:
    """As kubectl locks it: by a file beside it (client-go, tools/clientcmd/config.go, lockFile)."""
    if not needed:
        yield
        return
    lock = target.with_name(f"{target.name}.lock")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        cause = f"{lock.name} says that another program is changing it"
        raise ConflictError(str(target), cause, "try again, or remove that file if there is none") from None
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        yield
    finally:
        lock.unlink()


def _write(target: Path, text: str) -> None:
    """Whole or not at all, and for nobody else to read; a link stays a link."""
    try:
        with draft(target.resolve()) as file:
            file.write(text.encode())
    except OSError as error:
        raise _unwritable(target, error) from None


def _unwritable(target: Path, error: OSError) -> KubeconfigError:
    return KubeconfigError(str(target), f"cannot be written: {error.strerror}", "name another file")


def _told(target: Path, done: Addition, *, dry_run: bool) -> dict[str, Any]:
    return {
        "file": str(target),
        "added": list(done.added),
        "updated": list(done.updated),
        "unchanged": list(done.unchanged),
        "currentContext": done.current,
        "written": done.changes and not dry_run,
    }


def _line(target: Path, done: Addition, *, dry_run: bool) -> str:
    would = "would have " if dry_run else ""
    parts = [
        f"{would}{word} {', '.join(names)}"
        for word, names in (("added", done.added), ("updated", done.updated))
        if names
    ]
    current = f"the current context is {done.current}"
    return f"{target}: {'; '.join([*parts, current]) if parts else f'nothing to do; {current}'}"
