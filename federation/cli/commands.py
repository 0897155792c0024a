"""All commands of `fedctl`: importing a module registers what is in it."""

from __future__ import annotations

from federation.cli import (
    app,
    convert,
    leave,
    placement,
    policies,
    records,
    records_live,
    records_remove,
    status,
    topology,
    verify,
)

__all__ = [
    "app",
    "convert",
    "leave",
    "placement",
    "policies",
    "records",
    "records_live",
    "records_remove",
    "status",
    "topology",
    "verify",
]
