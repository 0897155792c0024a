"""Events of the engine, made by hand: as pulumi/sdk/go/common/apitype/events.go has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

STACK, PROJECT = "icp", "k8s-federation"
JOIN = "pulumi-python:dynamic/federation:Join"
RECORDS = "pulumi-python:dynamic/federation:DnsRecords"
AKS = "azure-native:containerservice:ManagedCluster"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SECRET = "kubernetes:core/v1:Secret"
FEDERATION = "federation:index:Federation"
Event = dict[str, Any]


def urn(type_: str, name: str, stack: str = STACK) -> str:
    return f"urn:pulumi:{stack}::{PROJECT}::{type_}::{name}"


def secret(plaintext: str | None = None) -> dict[str, str]:
    shown = {} if plaintext is None else {"plaintext": json.dumps(plaintext)}
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "[secret]",
        **shown,
    }


def state(
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any] | None = None,
    *,
    parent: str = "",
    protect: bool = False,
) -> dict[str, Any]:
    return {"parent": parent, "protect": protect, "inputs": inputs, "outputs": outputs or {}}


def step(
    op: str, type_: str, name: str, *, stack: str = STACK, event: str = "resourcePreEvent", **more: Any
) -> Event:
    """One step; `old`, `new`, `detailedDiff`, `diffs` and `keys` as the engine has them."""
    metadata = {"op": op, "urn": urn(type_, name, stack), "type": type_, "old": None, "new": None}
    return {event: {"metadata": {**metadata, "detailedDiff": None, **more}, "planning": True}}


def create(type_: str, name: str, inputs: Mapping[str, Any] | None = None, *, parent: str = "") -> Event:
    return step("create", type_, name, new=state(inputs or {}, parent=parent))


def delete(type_: str, name: str, inputs: Mapping[str, Any] | None = None, *, protect: bool = False) -> Event:
    return step("delete", type_, name, old=state(inputs or {}, protect=protect))


def update(type_: str, name: str, *paths: str) -> Event:
    detailed = {path: {"diffKind": "update", "inputDiff": True} for path in paths}
    return step("update", type_, name, old=state({}), new=state({}), detailedDiff=detailed)


def same(type_: str, name: str, *, parent: str = "") -> Event:
    return step("same", type_, name, old=state({}, parent=parent), new=state({}, parent=parent))


def replacement(
    type_: str, name: str, *paths: str, parent: str = "", inputs: Mapping[str, Any] | None = None
) -> list[Event]:
    """The three steps of one that is deleted first."""
    there = state(inputs or {}, parent=parent)
    detailed = {path: {"diffKind": "update-replace", "inputDiff": True} for path in paths}
    both: dict[str, Any] = {"old": there, "new": there, "keys": list(paths), "detailedDiff": detailed}
    return [
        step("delete-replaced", type_, name, old=there),
        step("replace", type_, name, **both),
        step("create-replacement", type_, name, **both),
    ]


def violation(policy: str, message: str, level: str = "mandatory", resource: str = "web") -> Event:
    return {
        "policyEvent": {
            "resourceUrn": urn(DEPLOYMENT, resource),
            "message": message,
            "policyName": policy,
            "policyPackName": "federation",
            "enforcementLevel": level,
            "severity": "high",
        }
    }


def diagnostic(message: str, severity: str = "error") -> Event:
    return {"diagnosticEvent": {"message": message, "severity": severity, "color": "never"}}


def summary() -> Event:
    return {
        "summaryEvent": {
            "maybeCorrupt": False,
            "durationSeconds": 1,
            "resourceChanges": {},
            "PolicyPacks": {},
        }
    }


def lines(*events: Event | Sequence[Event]) -> list[str]:
    """The events as the engine writes them, with a summary at the end."""
    flat = [each for event in events for each in ([event] if isinstance(event, dict) else event)]
    return [json.dumps(each) for each in [*flat, summary()]]
