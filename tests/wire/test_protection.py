"""`Protection` in the real dynamic server: a stack with protected parts is not removed."""

from __future__ import annotations

from typing import Any

from components.dynamic.protection import ProtectionProvider
from tests.wire.dynamic_fixtures import Diff, Server, refusal, server_fixture  # noqa: F401


def inputs(*protects: str) -> dict[str, Any]:
    return {"federation": "fed", "protects": list(protects)}


def test_it_refuses_its_removal_as_long_as_a_part_is_protected(server: Server) -> None:
    protection = server.of(ProtectionProvider())
    made = protection.create(inputs("cluster west", "zone example.com"))
    assert refusal(protection.delete, made.id, made.outs) == (
        "federation fed: not removed, as parts of it are protected: cluster west, zone example.com. Next: set protect: "
        "false for each of them in the topology, run `pulumi up`, and then this again."
    )
    assert protection.diff(made.id, made.outs, inputs()) == Diff(changes=True, delete_before_replace=True)
    later = protection.update(made.id, made.outs, inputs())
    protection.delete(made.id, later)
    assert protection.diff(made.id, later, inputs()) == Diff(changes=False, delete_before_replace=True)
