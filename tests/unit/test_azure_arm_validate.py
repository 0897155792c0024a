"""Bodies are checked with the official SDK's models, of both generations."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

import pytest
from azure.mgmt.authorization.v2022_04_01 import models as authorization
from azure.mgmt.containerservice import models as aks
from azure.mgmt.dns import models as dns
from azure.mgmt.monitor import models as monitor
from azure.mgmt.network import models as network
from azure.mgmt.resource.locks import models as locks

from lab.azure.http import ArmError
from lab.azure.shapes import Fields, ListOf, MapOf, Model, Scalar, fields_of
from lab.azure.validate import check
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message

PACKAGES = """
network.models containerservice.models dns.models privatedns.models trafficmanager.models msi.v2024_11_30.models
authorization.v2022_04_01.models monitor.models loganalytics.models resource.resources.models resource.locks.models
""".split()


def _wrong(model: Any, body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ArmError) as refused:
        check(model, body)
    assert (refused.value.status, refused.value.code) == (400, "InvalidRequestContent")
    return [(d["target"], d["message"]) for d in refused.value.details]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_model_of_the_sdk_is_understood(package: str) -> None:
    """A field that is no more than `any` is checked by nobody: there are very few, and the SDK says object there."""
    module = importlib.import_module(f"azure.mgmt.{package}")
    anything = []
    for name, cls in vars(module).items():
        if not inspect.isclass(cls):
            continue
        if hasattr(cls, "_attribute_map") or any(base.__name__ == "Model" for base in cls.__mro__):
            found = fields_of(cls).fields  # type: ignore[arg-type]
            anything += [f"{name}.{f}" for f, row in found.items() if row.shape == Scalar("any")]
            assert all(isinstance(f, str) and f for f in found)
    assert len(anything) <= 4, anything


def test_both_generations_give_the_same_shapes() -> None:
    new = fields_of(network.PublicIPAddress).fields
    assert new["tags"].shape == MapOf(Scalar("str"))
    assert new["zones"].shape == ListOf(Scalar("str"))
    assert new["properties"].shape == Model(network.PublicIPAddressPropertiesFormat)
    assert new["etag"].readonly
    old = fields_of(dns.RecordSet).fields
    assert isinstance(old["properties"].shape, Fields)
    inner = old["properties"].shape.fields
    assert inner["TTL"].shape == Scalar("int")
    assert inner["ARecords"].shape == ListOf(Model(dns.ARecord))
    assert inner["fqdn"].readonly


def test_a_good_body_passes_and_loses_what_is_read_only() -> None:
    body = {
        "id": "/x",
        "name": "x",
        "location": "westus",
        "etag": "e",
        "tags": {"a": "b", "c": None},
        "properties": {
            "publicIPAllocationMethod": "Static",
            "resourceGuid": "g",
            "idleTimeoutInMinutes": None,
        },
    }
    assert check(network.PublicIPAddress, body) == {
        "location": "westus",
        "tags": {"a": "b"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }


@pytest.mark.parametrize(
    ("model", "body", "path", "why"),
    [
        (network.PublicIPAddress, {"propertys": {}}, "propertys", "did you mean 'properties'?"),
        (
            network.PublicIPAddress,
            {"properties": {"publicIPAllocation": 1}},
            "properties.publicIPAllocation",
            "did you mean 'publicIPAllocationMethod'?",
        ),
        (
            network.PublicIPAddress,
            {"properties": {"idleTimeoutInMinutes": "4"}},
            "properties.idleTimeoutInMinutes",
            "expected a whole number, got the string '4'.",
        ),
        (
            network.PublicIPAddress,
            {"properties": {"idleTimeoutInMinutes": True}},
            "properties.idleTimeoutInMinutes",
            "expected a whole number, got True.",
        ),
        (
            network.PublicIPAddress,
            {"properties": {"publicIPAllocationMethod": "Statically"}},
            "properties.publicIPAllocationMethod",
            "'Statically' is none of Static, Dynamic.",
        ),
        (network.PublicIPAddress, {"zones": "1"}, "zones", "expected an array, got the string '1'."),
        (network.PublicIPAddress, {"zones": [1]}, "zones[0]", "expected a string, got the number 1."),
        (network.PublicIPAddress, {"properties": []}, "properties", "expected an object, got an array."),
        (network.PublicIPAddress, {"tags": {"a": {}}}, "tags.a", "expected a string, got an object."),
        (
            network.VirtualNetwork,
            {"properties": {"subnets": [{}, {"properties": {"natGateway": {"ident": "x"}}}]}},
            "properties.subnets[1].properties.natGateway.ident",
            "could not find member 'ident'",
        ),
        (locks.ManagementLockObject, {}, "properties", "this field is required."),
        (locks.ManagementLockObject, {"properties": {}}, "properties.level", "this field is required."),
        (
            authorization.RoleAssignmentCreateParameters,
            {"properties": {"roleDefinitionId": "r"}},
            "properties.principalId",
            "this field is required.",
        ),
        (
            dns.RecordSet,
            {"properties": {"ARecords": [{"ipv4Addres": "192.0.2.1"}]}},
            "properties.ARecords[0].ipv4Addres",
            "did you mean 'ipv4Address'?",
        ),
        (dns.RecordSet, {"properties": {"TTL": "30"}}, "properties.TTL", "expected a whole number"),
        (dns.RecordSet, {"properties": {"metadata": {"a": 1}}}, "properties.metadata.a", "expected a string"),
        (aks.ManagedCluster, {}, "location", "this field is required."),
        (
            aks.ManagedCluster,
            {"location": "westus", "properties": {"autoUpgradeProfile": {"upgradeChannel": "fast"}}},
            "properties.autoUpgradeProfile.upgradeChannel",
            "'fast' is none of rapid, stable, patch",
        ),
        (
            aks.ManagedCluster,
            {"location": "westus", "properties": {"agentPoolProfiles": [{"count": 1}]}},
            "properties.agentPoolProfiles[0].name",
            "this field is required.",
        ),
    ],
)
def test_a_wrong_body_is_refused_by_path(model: Any, body: dict[str, Any], path: str, why: str) -> None:
    [(found, said)] = _wrong(model, body)
    assert found == path
    assert why in said


def test_an_open_model_takes_what_it_does_not_know() -> None:
    found = fields_of(monitor.MetricCriteria)
    assert found.open
    required = {name: "x" for name, row in found.fields.items() if row.required}
    assert check(monitor.MultiMetricCriteria, {**required, "news": 1})["news"] == 1


def test_all_mistakes_are_told_at_once() -> None:
    found = _wrong(network.PublicIPAddress, {"a": 1, "zones": "x", "properties": {"b": 1, "ipTags": {}}})
    assert [path for path, _ in found] == ["a", "zones", "properties.b", "properties.ipTags"]


def test_names_of_fields_and_values_of_enumerations_have_no_case() -> None:
    body = {"Properties": {"PUBLICIPALLOCATIONMETHOD": "static"}}
    assert check(network.PublicIPAddress, body) == {"properties": {"publicIPAllocationMethod": "static"}}


def test_what_only_the_api_version_knows_can_be_added() -> None:
    body = {"properties": {"TTL": 1, "news": {"id": "x"}, "ARecords": [{"ipv4Address": "192.0.2.1", "w": 1}]}}
    assert check(dns.RecordSet, body, frozenset({"properties.news", "properties.ARecords.w"})) is not None
    assert [path for path, _ in _wrong(dns.RecordSet, body)] == [
        "properties.news",
        "properties.ARecords[0].w",
    ]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({str(i): "" for i in range(51)}, "400 TooManyTags"),
        ({"x" * 513: ""}, "400 InvalidTagNameLength"),
        ({"x": "y" * 257}, "400 InvalidTagNameLength"),
    ],
)
def test_tags_have_limits(tags: dict[str, str], said: str) -> None:
    arm = Arm(CORE)
    refused = arm.put(f"{arm.subscription}/resourceGroups/g", {"location": "westus", "tags": tags})
    assert code(refused) == said
    assert len(message(refused)) < 300
