"""Inputs into documents, documents into outputs, and drift into inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.azure.plugin import properties, schema
from lab.azure.plugin.types import TYPES, ResourceType
from lab.azure.plugin.values import UNKNOWN, Secret, has_unknown, read, write
from tests.unit.azure_plugin_fixtures import of, values

CLUSTER, NETWORK, ZONE = of("containerservice:ManagedCluster"), of("network:VirtualNetwork"), of("dns:Zone")
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"


def test_a_cluster_becomes_the_document_that_aks_documents() -> None:
    inputs = {
        "resourceGroupName": "g",
        "resourceName": "west",
        "location": "westus",
        "tags": {"team": "dns"},
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]},
        "dnsPrefix": "west",
        "agentPoolProfiles": [{"name": "system", "count": 1, "mode": "System"}],
        "autoScalerProfile": {"scaleDownDelayAfterAdd": "10m", "expander": "least-waste"},
        "azureApiVersion": "2025-09-01",
        "__createBeforeDelete": True,
    }
    assert properties.body(CLUSTER, inputs) == {
        "location": "westus",
        "tags": {"team": "dns"},
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {
            "dnsPrefix": "west",
            "agentPoolProfiles": [{"name": "system", "count": 1, "mode": "System"}],
            "autoScalerProfile": {"scale-down-delay-after-add": "10m", "expander": "least-waste"},
        },
    }


def test_record_sets_are_called_in_capitals_and_nested_documents_have_properties() -> None:
    inputs = {
        "zoneName": "e.test",
        "recordType": "A",
        "relativeRecordSetName": "@",
        "ttl": 30,
        "aRecords": [{"ipv4Address": "192.0.2.1"}],
    }
    assert properties.body(of("dns:RecordSet"), inputs) == {
        "properties": {"TTL": 30, "ARecords": [{"ipv4Address": "192.0.2.1"}]}
    }
    subnets = [
        {
            "name": "nodes",
            "addressPrefix": "10.0.0.0/24",
            "natGateway": {"id": "/n"},
            "delegations": [{"name": "d", "serviceName": "s"}],
        }
    ]
    assert properties.body(NETWORK, {"subnets": subnets})["properties"]["subnets"] == [
        {
            "name": "nodes",
            "properties": {
                "addressPrefix": "10.0.0.0/24",
                "natGateway": {"id": "/n"},
                "delegations": [{"name": "d", "properties": {"serviceName": "s"}}],
            },
        }
    ]


def test_outputs_are_flat_and_have_only_what_the_sdk_has_a_name_for() -> None:
    document = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n",
        "name": "n",
        "type": "Microsoft.Network/virtualNetworks",
        "etag": "1",
        "somethingNew": 1,
        "properties": {
            "provisioningState": "Succeeded",
            "somethingElse": {"a": 1},
            "subnets": [
                {
                    "id": "/x",
                    "name": "nodes",
                    "properties": {"addressPrefix": "10.0.0.0/24", "natGateway": None},
                }
            ],
        },
    }
    assert properties.outputs(NETWORK, document) == {
        "name": "n",
        "type": "Microsoft.Network/virtualNetworks",
        "etag": "1",
        "provisioningState": "Succeeded",
        "subnets": [{"id": "/x", "name": "nodes", "addressPrefix": "10.0.0.0/24"}],
        "azureApiVersion": "2024-05-01",
    }


def test_a_group_keeps_its_properties_as_one_output() -> None:
    found = properties.outputs(
        of("resources:ResourceGroup"), {"name": "g", "properties": {"provisioningState": "Succeeded"}}
    )
    assert found["properties"] == {"provisioningState": "Succeeded"}
    assert "provisioningState" not in found


def test_a_preview_knows_the_inputs_and_says_of_the_rest_that_it_is_not_known() -> None:
    found = properties.preview(
        CLUSTER,
        {
            "location": "westus",
            "oidcIssuerProfile": {"enabled": True},
            "identity": {"userAssignedIdentities": ["/i"]},
            "tags": {"a": UNKNOWN},
        },
    )
    assert found["location"] == "westus"
    assert found["oidcIssuerProfile"] == {"enabled": True, "issuerURL": UNKNOWN}
    assert found["identity"]["userAssignedIdentities"] is UNKNOWN
    assert found["tags"] == {"a": UNKNOWN}
    assert found["fqdn"] is UNKNOWN
    assert found["name"] is UNKNOWN


# Refresh

INPUTS = {
    "tags": {"team": "a"},
    "kubernetesVersion": "1.33",
    "agentPoolProfiles": [{"name": "system", "count": 1}],
}
OUTPUTS = {
    "tags": {"team": "a", "platform": "x"},
    "kubernetesVersion": "1.33.4",
    "agentPoolProfiles": [{"name": "system", "count": 1, "osType": "Linux"}, {"name": "user", "count": 2}],
    "fqdn": "west.test",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"fqdn": "other.test"}, {}),
        ({"tags": {"team": "b", "platform": "x"}}, {"tags": {"team": "b"}}),
        ({"tags": {"platform": "x"}}, {"tags": {}}),
        ({"tags": {"team": "a", "platform": "x", "new": "y"}}, {"tags": {"team": "a", "new": "y"}}),
        ({"kubernetesVersion": "1.34.1"}, {"kubernetesVersion": "1.34.1"}),
        ({"agentPoolProfiles": [{"name": "user", "count": 9}, {"name": "system", "count": 1}]}, {}),
        (
            {"agentPoolProfiles": [{"name": "system", "count": 3, "osType": "Linux"}]},
            {"agentPoolProfiles": [{"name": "system", "count": 3}]},
        ),
        ({"agentPoolProfiles": [{"name": "user", "count": 2}]}, {"agentPoolProfiles": []}),
    ],
)
def test_inputs_follow_what_has_changed_and_nothing_else(change: Any, expected: Any) -> None:
    assert properties.project(CLUSTER, INPUTS, OUTPUTS, {**OUTPUTS, **change}) == {**INPUTS, **expected}


def test_what_is_gone_from_the_outputs_is_gone_from_the_inputs_and_secrets_stay() -> None:
    inputs = {
        "windowsProfile": {"adminPassword": "x", "adminUsername": "u"},
        "supportPlan": "KubernetesOfficial",
    }
    before = {"windowsProfile": {"adminUsername": "u"}, "supportPlan": "KubernetesOfficial"}
    after = {"windowsProfile": {"adminUsername": "v"}}
    assert properties.project(CLUSTER, inputs, before, after) == {
        "windowsProfile": {"adminPassword": "x", "adminUsername": "v"}
    }


def test_ids_in_another_case_and_identities_as_keys_are_no_drift() -> None:
    inputs = {"identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]}}
    after = {
        "identity": {
            "type": "UserAssigned",
            "principalId": "p",
            "userAssignedIdentities": {IDENTITY.lower(): {"clientId": "c"}},
        }
    }
    assert properties.project(CLUSTER, inputs, {}, after) == inputs


def test_an_import_finds_inputs_in_the_id_and_in_the_outputs() -> None:
    id_ = "/subscriptions/s/resourceGroups/G/providers/Microsoft.Network/dnszones/e.test"
    found = {"zoneType": "Public", "location": "global", "etag": "1", "name": "e.test", "nameServers": ["n"]}
    assert properties.imported(ZONE, id_, found) == {
        "resourceGroupName": "G",
        "zoneName": "e.test",
        "zoneType": "Public",
        "location": "global",
        "azureApiVersion": "2023-07-01-preview",
    }


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=80, deadline=None)
def test_nothing_drifts_while_nothing_changes(data: st.DataObject, type_: ResourceType) -> None:
    inputs = data.draw(values(schema.inputs(type_)))
    outputs = data.draw(values(schema.outputs(type_)))
    assert properties.project(type_, inputs, outputs, outputs) == inputs


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=80, deadline=None)
def test_what_was_put_is_what_was_wanted(data: st.DataObject, type_: ResourceType) -> None:
    """A server that stores the body as it is has what the inputs want: so a create that was killed is adopted."""
    inputs = data.draw(values(schema.inputs(type_)))
    found = properties.outputs(type_, properties.body(type_, inputs))
    assert properties.project(type_, inputs, {}, found) == inputs


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=60, deadline=None)
def test_a_refresh_of_a_refresh_changes_nothing(data: st.DataObject, type_: ResourceType) -> None:
    inputs = data.draw(values(schema.inputs(type_)))
    before, after = (data.draw(values(schema.outputs(type_))) for _ in range(2))
    once = properties.project(type_, inputs, before, after)
    assert properties.project(type_, once, after, after) == once


@given(data=st.data(), type_=st.sampled_from(TYPES))
@settings(max_examples=60, deadline=None)
def test_a_preview_contradicts_no_input(data: st.DataObject, type_: ResourceType) -> None:
    inputs = data.draw(values(schema.inputs(type_)))
    found = properties.preview(type_, inputs)
    assert found.keys() == schema.outputs(type_).fields.keys() | {"azureApiVersion"}
    for name in inputs.keys() & found.keys():
        known = found[name] == inputs[name] or has_unknown(found[name]) or name == "azureApiVersion"
        assert known or isinstance(inputs[name], dict | list), name


def test_properties_survive_the_wire() -> None:
    given_ = {"a": 1, "b": 1.5, "c": True, "d": ["x", {"y": UNKNOWN}], "e": {}, "f": []}
    assert read(write(given_)) == given_
    assert read(write({"secret": Secret("s"), "none": None})) == {"secret": "s"}
