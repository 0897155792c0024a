"""Defaults of inputs, and what is refused before ARM is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from lab.azure.plugin import check
from lab.azure.plugin.check import Name
from lab.azure.plugin.types import TYPES, ResourceType
from lab.azure.plugin.values import UNKNOWN, Values
from tests.unit.azure_plugin_fixtures import of

GROUP, NETWORK, SUBNET, RIGHT, ZONE = (
    of("resources:ResourceGroup"),
    of("network:VirtualNetwork"),
    of("network:Subnet"),
    of("authorization:RoleAssignment"),
    of("dns:Zone"),
)


def nowhere(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    return None


def defaults(type_: ResourceType, new: Values, old: Values | None = None, name: Name | None = None) -> Values:
    return check.with_defaults(type_, old or {}, new, name or Name(logical="net", seed=b"1"), nowhere)


def test_a_top_level_resource_gets_its_logical_name_and_eight_digits() -> None:
    found = defaults(NETWORK, {"resourceGroupName": "g"})
    assert re.fullmatch(r"net[0-9a-f]{8}", found["virtualNetworkName"])
    assert found["__createBeforeDelete"] is True
    assert found["azureApiVersion"] == NETWORK.version
    again = defaults(NETWORK, {"resourceGroupName": "g"})
    assert again == found, "preview and update have the same seed"
    other = defaults(NETWORK, {"resourceGroupName": "g"}, name=Name(logical="net", seed=b"2"))
    assert other["virtualNetworkName"] != found["virtualNetworkName"]


def test_a_nested_resource_gets_its_logical_name_and_a_right_an_uuid() -> None:
    found = defaults(SUBNET, {"resourceGroupName": "g", "virtualNetworkName": "v"})
    assert found["subnetName"] == "net"
    assert "__createBeforeDelete" not in found
    right = defaults(RIGHT, {"scope": "/s", "principalId": "p", "roleDefinitionId": "r"})
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", right["roleAssignmentName"])


def test_a_name_that_was_made_up_stays_and_a_given_one_is_taken() -> None:
    old = {"virtualNetworkName": "net1a", "__createBeforeDelete": True}
    assert defaults(NETWORK, {}, old).items() >= old.items()
    assert defaults(NETWORK, {}, {"virtualNetworkName": "net"}) == {
        "virtualNetworkName": "net",
        "azureApiVersion": NETWORK.version,
    }
    assert defaults(NETWORK, {"virtualNetworkName": "mine"}, old)["virtualNetworkName"] == "mine"


@pytest.mark.parametrize(
    ("mode", "type_", "expected"),
    [
        ("propose", NETWORK, "stack-net"),
        ("enforce", NETWORK, "stack-net"),
        ("disable", NETWORK, None),
        ("enforce", RIGHT, "stack-net"),
    ],
)
def test_autonaming_of_the_stack_is_followed(mode: Any, type_: ResourceType, expected: str | None) -> None:
    name = Name(logical="net", seed=b"1", mode=mode, proposed="stack-net")
    assert defaults(type_, {}, name=name).get(type_.name_parameter) == expected


@pytest.mark.parametrize(
    ("old", "new", "configured", "expected"),
    [
        ({"location": "westus"}, {"resourceGroupName": "g"}, "eastus", "westus"),
        ({}, {"resourceGroupName": "g"}, "eastus", "eastus"),
        ({}, {"resourceGroupName": "g"}, None, "of g"),
        ({}, {"resourceGroupName": UNKNOWN}, None, UNKNOWN),
        ({}, {}, None, None),
    ],
)
def test_a_location_comes_from_the_resource_the_configuration_or_the_group(
    old: Values, new: Values, configured: str | None, expected: Any
) -> None:
    assert check.default_location(
        old, new, configured=configured, group=lambda g: f"of {g}"
    ) is expected or expected == (
        check.default_location(old, new, configured=configured, group=lambda g: f"of {g}")
    )


def reasons(type_: ResourceType, inputs: Values) -> dict[str, str]:
    return {failure.path: failure.reason for failure in check.failures(type_, inputs)}


def test_unknown_inputs_are_refused_with_the_nearest_name_at_any_depth() -> None:
    inputs = {
        "resourceGroupName": "g",
        "virtualNetworkName": "v",
        "location": "westus",
        "adressSpace": {},
        "subnets": [{"name": "a", "addressPrefx": "10.0.0.0/24"}],
        "zzz": 1,
    }
    assert reasons(NETWORK, inputs) == {
        "adressSpace": "unknown property 'adressSpace'; did you mean 'addressSpace'?",
        "subnets[0].addressPrefx": (
            "unknown property 'subnets[0].addressPrefx'; did you mean 'addressPrefix'?"
        ),
        "zzz": "unknown property 'zzz'",
    }


def test_wrong_types_are_named_with_their_path_and_unknown_values_pass() -> None:
    inputs = {
        "resourceGroupName": "g",
        "zoneName": UNKNOWN,
        "location": 3,
        "tags": {"a": True, "b": UNKNOWN},
        "zoneType": ["Public"],
        "registrationVirtualNetworks": UNKNOWN,
    }
    assert reasons(ZONE, inputs) == {
        "location": "'location' should be of type 'string' but got a number",
        "tags.a": "'tags.a' should be of type 'string' but got a boolean",
        "zoneType": "'zoneType' should be of type 'string' but got an array",
    }


def test_what_is_missing_is_named() -> None:
    assert set(reasons(RIGHT, {})) == {"scope", "principalId", "roleDefinitionId", "roleAssignmentName"}
    assert reasons(GROUP, {"resourceGroupName": "g"}) == {
        "location": (
            "missing required property 'location'. Either set it explicitly or configure it with "
            "'pulumi config set azure-native:location <value>'."
        )
    }
    assert "apiServerAccessProfile" not in reasons(of("containerservice:ManagedCluster"), {})


@pytest.mark.parametrize("type_", TYPES, ids=lambda t: t.noun)
def test_checked_inputs_are_checked_inputs(type_: ResourceType) -> None:
    given = dict.fromkeys(type_.parameters[:-1], "a") | {"location": "westus"}
    first = defaults(
        type_, {k: v for k, v in given.items() if k != "location" or "location" in type_.replaces}
    )
    assert defaults(type_, first, first) == first
