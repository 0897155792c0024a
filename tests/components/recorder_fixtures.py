"""Pulumi's mocks for one dynamic resource: what it registers, and a provider's answer that the test gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime import Mocks, rpc, set_mocks


class Recorder(Mocks):  # type: ignore[misc]  # the SDK is not checked
    """Remembers type and inputs of what was registered, by name.

    Args:
        id_: of every resource.
        outputs: of every resource, beside its inputs.
    """

    def __init__(self, id_: str, outputs: Mapping[str, Any]) -> None:
        self._id, self._outputs = id_, outputs
        self.types: dict[str, str] = {}
        self.inputs: dict[str, dict[str, Any]] = {}
        set_mocks(self)

    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        self.types[args.name] = args.typ
        self.inputs[args.name] = {k: v for k, v in args.inputs.items() if k != "__provider" and v is not None}
        return self._id, {**args.inputs, **self._outputs}

    def call(self, args: Any) -> dict[str, Any]:
        raise AssertionError(f"asked for {args.token}")


def secret(value: Any) -> dict[str, Any]:
    """A secret, as the engine is given it."""
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def program(body: Any) -> None:
    """Run it as a Pulumi program."""
    pulumi.runtime.test(body)()
