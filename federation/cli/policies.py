"""`fedctl policies`: what the policy pack demands."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from federation.cli import app
from federation.errors import FederationError
from policy.pack import POLICIES
from policy.rule import Policy
from policy.schema import settings_schema


class PolicyError(FederationError):
    """There is no such policy."""


@app.command("policies")
def policies(
    chosen: Annotated[
        str, typer.Argument(metavar="[ID]", help="show one in full, such as P01 or p01-cluster-admin")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """List the policies that every change is checked against, or show one of them (docs/policies.md)."""
    found = _chosen(chosen)
    if as_json:
        print(json.dumps([as_document(policy) for policy in found], indent=2))
    elif chosen:
        Console(soft_wrap=True, highlight=False).print(_page(found[0]), markup=False)
    else:
        Console(highlight=False).print(_table(found))


def as_document(policy: Policy) -> dict[str, Any]:
    """A policy in its public form.

    Returns:
        id, name, title, why, remedy, source, seed (the line of a walk-through that it keeps from coming back), severity
        and level as texts, mends (whether it can at the level "remediate"), settings (name to JSON Schema).
    """
    texts = {
        key: str(getattr(policy, key)) for key in ("id", "name", "title", "why", "remedy", "source", "seed")
    }
    return {
        **texts,
        "severity": str(policy.severity),
        "level": str(policy.level),
        "mends": policy.fix is not None,
        "settings": settings_schema(policy),
    }


def _chosen(text: str) -> tuple[Policy, ...]:
    if not text:
        return POLICIES
    found = tuple(policy for policy in POLICIES if text.lower() in (policy.id.lower(), policy.name))
    if not found:
        known = f"{POLICIES[0].id} to {POLICIES[-1].id}"
        raise PolicyError(f"policy {text}", "there is none of that name", f"name one of {known}")
    return found


def _table(found: tuple[Policy, ...]) -> Table:
    table = Table("", "policy", "level", "severity", "mends")
    for policy in found:
        mends = "yes" if policy.fix else ""
        table.add_row(policy.id, policy.title, str(policy.level), str(policy.severity), mends)
    return table


def _page(policy: Policy) -> str:
    settings = [f"  {key}: {value.get('description', '')}" for key, value in settings_schema(policy).items()]
    return "\n".join(
        (
            f"{policy.id} {policy.title} ({policy.level}, severity {policy.severity})",
            policy.why,
            f"remedy: {policy.remedy}",
            f"source: {policy.source}",
            f"the walk-through had: {policy.seed}",
            f"settings of {policy.name}:",
            *settings,
        )
    )
