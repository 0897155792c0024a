"""Which resources a create takes for its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.azure.plugin import properties, schema
from lab.azure.plugin.adopt import agrees
from lab.azure.plugin.types import TYPES, ResourceType
from tests.unit.azure_plugin_fixtures import full, of, values

CLUSTER = of("containerservice:ManagedCluster")


@pytest.mark.parametrize(
    ("inputs", "document", "expected"),
    [
        ({"location": "West US"}, {"location": "westus"}, True),
        ({"location": "westus"}, {"location": "eastus"}, False),
        ({"tags": {}}, {}, True),
        ({"tags": {"a": "b"}}, {}, False),
        ({"tags": {"a": "b"}}, {"tags": {"a": "b", "c": "d"}}, False),
        ({}, {"tags": {"a": "b"}}, True),
        ({"enableRBAC": True}, {"properties": {}}, False),
        ({"sku": {"name": "Base"}}, {"sku": {"name": "Base", "tier": "Free"}}, True),
        (
            {"agentPoolProfiles": [{"name": "a", "count": 1}]},
            {
                "properties": {
                    "agentPoolProfiles": [{"name": "b"}, {"name": "a", "count": 1, "osType": "Linux"}]
                }
            },
            True,
        ),
        (
            {"agentPoolProfiles": [{"name": "a", "count": 1}]},
            {"properties": {"agentPoolProfiles": [{"name": "a", "count": 2}]}},
            False,
        ),
        (
            {"agentPoolProfiles": [{"name": "a", "count": 1, "enableAutoScaling": True}]},
            {"properties": {"agentPoolProfiles": [{"name": "a", "count": 2, "enableAutoScaling": True}]}},
            True,
        ),
        (
            {"windowsProfile": {"adminPassword": "never shown", "adminUsername": "u"}},
            {"properties": {"windowsProfile": {"adminUsername": "u"}}},
            True,
        ),
        (
            {"identity": {"userAssignedIdentities": ["/A", "/b"]}},
            {"identity": {"userAssignedIdentities": {"/B": {}, "/a": {"clientId": "c"}}}},
            True,
        ),
    ],
)
def test_a_cluster_is_taken_only_if_it_is_as_wanted(inputs: Any, document: Any, expected: bool) -> None:
    assert agrees(CLUSTER, inputs, document) is expected


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=80, deadline=None)
def test_what_was_put_is_taken(data: st.DataObject, type_: ResourceType) -> None:
    inputs = data.draw(values(schema.inputs(type_)))
    assert agrees(type_, inputs, properties.body(type_, inputs))


@pytest.mark.parametrize("type_", TYPES, ids=lambda t: t.noun)
def test_anything_that_differs_and_can_be_seen_is_somebody_elses(type_: ResourceType) -> None:
    inputs = full(schema.inputs(type_))
    shown = schema.outputs(type_).fields
    for name in inputs.keys() & shown.keys():
        if properties.is_own(type_, name):
            continue
        without = {k: v for k, v in inputs.items() if k != name}
        assert not agrees(type_, inputs, properties.body(type_, without)), name
