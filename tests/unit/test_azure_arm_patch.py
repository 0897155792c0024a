"""A PATCH of tags changes tags, and nothing else, of every kind that has them."""

from __future__ import annotations

import pytest

from lab.azure.http import Document
from tests.unit.azure_arm_fixtures import CORE, Arm

STATIC: Document = {"sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}}
NETWORK: Document = {
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "a", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    }
}
BODIES: dict[str, Document] = {
    "Microsoft.Network/virtualNetworks": NETWORK,
    "Microsoft.Network/publicIPAddresses": STATIC,
    "Microsoft.Network/natGateways": {},
    "Microsoft.ManagedIdentity/userAssignedIdentities": {},
    "Microsoft.OperationalInsights/workspaces": {},
    "Microsoft.Monitor/accounts": {},
}
VOLATILE = ("etag", "modifiedDate")


def _steady(value: object) -> object:
    if isinstance(value, dict):
        return {k: _steady(v) for k, v in value.items() if k not in VOLATILE}
    return [_steady(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("type_", BODIES)
def test_only_tags_change(type_: str) -> None:
    [kind] = [k for k in CORE if k.type == type_]
    arm = Arm(CORE, version=kind.versions[0])
    path = f"{arm.group()}/providers/{type_}/name"
    arm.put(path, {"location": "westus", "tags": {"a": "1", "b": "2"}, **BODIES[type_]})
    before = arm.get(path).json()
    arm.patch(path, {"tags": {"b": "3"}})
    after = arm.get(path).json()
    assert after["tags"] == {"b": "3"}
    assert _steady({**after, "tags": before["tags"]}) == _steady(before)


@pytest.mark.parametrize("type_", BODIES)
def test_what_is_read_can_be_written_back(type_: str) -> None:
    """As the provider does with what it does not manage."""
    [kind] = [k for k in CORE if k.type == type_]
    arm = Arm(CORE, version=kind.versions[0])
    path = f"{arm.group()}/providers/{type_}/name"
    arm.put(path, {"location": "westus", **BODIES[type_]})
    before = arm.get(path).json()
    assert arm.put(path, before).status == 200
    assert _steady(arm.get(path).json()) == _steady(before)


def test_all_tracked_kinds_are_here() -> None:
    ours = {k.type for k in CORE if k.tracked and type(k).validate.__qualname__ != "_Managed.validate"}
    assert ours - {"Microsoft.Resources/resourceGroups"} == set(BODIES)
