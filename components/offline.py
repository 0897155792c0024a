"""A program in a preview without access: what it cannot know is taken as it was.

The engine compares what the program declares with a state whose secrets are all `REDACTED`. So is every secret that the
program declares then, at the last moment before the engine sees it, and those that have not changed are the same. What
was made of a placeholder, such as a hash, is what the state has at its place. What a preview never knows, such as the
key of a certificate that will be issued anew, stays unknown: what it changes is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from google.protobuf.struct_pb2 import Struct, Value
from pulumi.runtime.settings import get_monitor

from federation import offline
from federation.errors import FederationError
from federation.offline import NOWHERE_KUBECONFIG, OPAQUE, REDACTED, VARIABLE, Facts
from federation.preview.events import SECRET_MARK, SIGNATURE, UNKNOWN
from federation.preview.snapshot import ENTRIES, SECRET
from federation.preview.state import KUBERNETES

STACK = "pulumi:pulumi:Stack"


def begin() -> None:
    """Call it before anything is declared; with access, it does nothing.

    Raises `FederationError` in anything but a preview: it would write placeholders in place of secrets.
    """
    if (facts := offline.known()) is None:
        return
    if not pulumi.runtime.is_dry_run():
        raise FederationError(VARIABLE, "it is set, and this is no preview", f"unset {VARIABLE}")
    monitor: Any = get_monitor()
    monitor.RegisterResource = _registering(monitor.RegisterResource, facts)


def _registering(send: Any, facts: Facts) -> Any:
    def register(request: Any, *args: Any, **more: Any) -> Any:
        before = facts.inputs.get(urn(request.parent, request.type, request.name), {})
        declared(request.type, request.object, before)
        return send(request, *args, **more)

    return register


def urn(parent: str, kind: str, name: str) -> str:
    """Of a resource that is in another one, as the engine makes it."""
    place, _, rest = parent.partition("::")
    project, _, rest = rest.partition("::")
    above = rest.partition("::")[0]
    kinds = kind if above == STACK else f"{above}${kind}"
    return f"{place}::{project}::{kinds}::{name}"


def declared(kind: str, inputs: Struct, before: Mapping[str, Any]) -> None:
    """Put placeholders, and what is known of them, into the inputs of a resource, in place.

    Args:
        kind: its type.
        inputs: as the engine is told them.
        before: its inputs in the state, with `REDACTED` for each secret; empty if it is a new one.
    """
    for key, value in inputs.fields.items():
        if kind == SECRET and key in ENTRIES and before.get(key) == REDACTED:
            _seal(value)
        else:
            _redact(value, before.get(key))
    # It must be a kubeconfig for the provider to compare anything; its own placeholder is in the state, too.
    if kind == KUBERNETES and (config := inputs.fields.get("kubeconfig")) and _is_secret(config):
        config.struct_value.fields["value"].string_value = NOWHERE_KUBECONFIG


def _seal(entries: Value) -> None:
    """Put one entry in place of all that are known, as the state does not tell which there were."""
    kept = {} if _is_secret(entries) else dict(entries.struct_value.fields)
    unknown = [key for key, value in kept.items() if value.string_value == UNKNOWN]
    made = Struct()
    made.update({**dict.fromkeys(unknown, UNKNOWN), OPAQUE: {SIGNATURE: SECRET_MARK, "value": REDACTED}})
    entries.struct_value.CopyFrom(made)


def _redact(value: Value, before: Any) -> None:
    if _is_secret(value):
        value.struct_value.fields["value"].string_value = REDACTED
    elif value.HasField("struct_value"):
        old = before if isinstance(before, Mapping) else {}
        for key, each in value.struct_value.fields.items():
            _redact(each, old.get(key))
    elif value.HasField("list_value"):
        parts = value.list_value.values
        olds = before if isinstance(before, list) and len(before) == len(parts) else [None] * len(parts)
        for each, old in zip(parts, olds, strict=True):
            _redact(each, old)
    elif isinstance(before, str) and offline.placeholder(value.string_value):
        value.string_value = before


def _is_secret(value: Value) -> bool:
    if not value.HasField("struct_value"):
        return False
    mark = value.struct_value.fields.get(SIGNATURE)
    return mark is not None and mark.string_value == SECRET_MARK
