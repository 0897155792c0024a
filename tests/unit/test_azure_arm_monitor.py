"""Workspaces, Azure Monitor accounts, and what binds resources to them."""

from __future__ import annotations

import pytest

from lab.azure.http import Document
from lab.azure.monitor import LOG_CATEGORIES
from tests.unit.azure_arm_fixtures import CORE, Arm, code, message

WORKSPACES, ACCOUNTS, RULES, SETTINGS = "2023-09-01", "2023-04-03", "2022-06-01", "2021-05-01-preview"


@pytest.fixture
def arm() -> Arm:
    return Arm(CORE)


@pytest.fixture
def workspace(arm: Arm) -> str:
    path = f"{arm.group()}/providers/Microsoft.OperationalInsights/workspaces/logs"
    assert arm.put(path, {"location": "westus"}, version=WORKSPACES).status == 201
    return path


@pytest.fixture
def account(arm: Arm) -> Document:
    path = f"{arm.group()}/providers/Microsoft.Monitor/accounts/metrics"
    found: Document = arm.put(path, {"location": "westus"}, version=ACCOUNTS).json()
    return found


def test_a_workspace_has_an_id_that_stays(arm: Arm, workspace: str) -> None:
    before = arm.get(workspace, version=WORKSPACES).json()["properties"]
    assert (before["sku"], before["retentionInDays"]) == ({"name": "PerGB2018"}, 30)
    arm.clock.sleep(60)
    after = arm.put(workspace, {"location": "westus", "tags": {"a": "b"}}, version=WORKSPACES).json()[
        "properties"
    ]
    assert (after["customerId"], after["createdDate"]) == (before["customerId"], before["createdDate"])
    assert after["modifiedDate"] > before["modifiedDate"]
    wrong = {"location": "westus", "properties": {"retentionInDays": 12}}
    assert code(arm.put(workspace, wrong, version=WORKSPACES)) == "400 InvalidParameter"
    assert arm.delete(workspace, version=WORKSPACES).status == 202
    assert arm.get(workspace, version=WORKSPACES).status == 404


def test_an_account_brings_a_group_of_its_own_and_takes_it_along(arm: Arm, account: Document) -> None:
    settings = account["properties"]["defaultIngestionSettings"]
    rule = arm.get(settings["dataCollectionRuleResourceId"], version=RULES).json()
    assert rule["properties"]["dataCollectionEndpointId"] == settings["dataCollectionEndpointResourceId"]
    assert rule["properties"]["immutableId"].startswith("dcr-")
    managed = f"{arm.subscription}/resourceGroups/MA_metrics_westus_managed"
    assert arm.get(managed).json()["managedBy"] == account["id"]
    again = arm.put(account["id"], {"location": "westus"}, version=ACCOUNTS).json()
    assert again["properties"] == account["properties"]
    assert code(arm.put(rule["id"], {"location": "westus"}, version=RULES)) == "400 OperationNotAllowed"
    arm.delete(account["id"], version=ACCOUNTS)
    assert [e.document["name"] for e in arm.store.all()] == ["rg"]


def test_a_deleted_group_takes_an_accounts_managed_group_along(arm: Arm, account: Document) -> None:
    arm.delete(f"{arm.subscription}/resourceGroups/rg")
    assert arm.store.all() == []


def test_an_association_names_what_is_there(arm: Arm, account: Document, workspace: str) -> None:
    settings = account["properties"]["defaultIngestionSettings"]
    rule, endpoint = settings["dataCollectionRuleResourceId"], settings["dataCollectionEndpointResourceId"]
    base = f"{workspace}/providers/Microsoft.Insights/dataCollectionRuleAssociations"

    def put(name: str, **properties: str) -> str:
        found = arm.put(f"{base}/{name}", {"properties": properties}, version=RULES)
        return code(found) if found.status >= 400 else str(found.status)

    assert put("metrics", dataCollectionRuleId=rule) == "201"
    assert put("configurationAccessEndpoint", dataCollectionEndpointId=endpoint) == "201"
    assert put("other", dataCollectionEndpointId=endpoint) == "400 InvalidAssociationName"
    assert put("both", dataCollectionRuleId=rule, dataCollectionEndpointId=endpoint) == "400 InvalidPayload"
    assert put("none") == "400 InvalidPayload"
    assert put("lost", dataCollectionRuleId=f"{rule}2") == "400 InvalidResourceReference"
    listed = arm.get(base, version=RULES).json()["value"]
    assert [row["name"] for row in listed] == ["metrics", "configurationAccessEndpoint"]


def _setting(arm: Arm, on: str, name: str, **properties: object) -> str:
    path = f"{on}/providers/Microsoft.Insights/diagnosticSettings/{name}"
    found = arm.put(path, {"properties": properties}, version=SETTINGS)
    return code(found) if found.status >= 400 else str(found.status)


def test_a_diagnostic_setting_sends_something_somewhere(arm: Arm, workspace: str) -> None:
    logs = [{"categoryGroup": "audit", "enabled": True}]
    assert _setting(arm, workspace, "logs", workspaceId=workspace, logs=logs) == "201"
    assert _setting(arm, workspace, "nowhere", logs=logs) == "400 BadRequest"
    assert _setting(arm, workspace, "lost", workspaceId=f"{workspace}2") == "400 InvalidResourceReference"
    assert _setting(arm, workspace, "x", workspaceId=workspace, colour="red") == "400 InvalidRequestContent"
    neither = [{"enabled": True}]
    assert _setting(arm, workspace, "x", workspaceId=workspace, logs=neither) == "400 BadRequest"
    unsaid = [{"category": "Audit"}]
    assert _setting(arm, workspace, "x", workspaceId=workspace, logs=unsaid) == "400 InvalidRequestContent"
    group = [{"categoryGroup": "everything", "enabled": True}]
    assert _setting(arm, workspace, "x", workspaceId=workspace, logs=group) == "400 BadRequest"


def test_a_type_has_certain_logs(arm: Arm, workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOG_CATEGORIES, "microsoft.operationalinsights/workspaces", frozenset({"Audit"}))
    path = f"{workspace}/providers/Microsoft.Insights/diagnosticSettings/x"
    body = {"properties": {"workspaceId": workspace, "logs": [{"category": "Adit", "enabled": True}]}}
    refused = arm.put(path, body, version=SETTINGS)
    assert (code(refused), message(refused)) == ("400 BadRequest", "Category 'Adit' is not supported.")


def test_a_resource_has_five_settings_at_most(arm: Arm, workspace: str) -> None:
    logs = [{"categoryGroup": "audit", "enabled": True}]
    found = [_setting(arm, workspace, f"s{i}", workspaceId=workspace, logs=logs) for i in range(6)]
    assert found == ["201"] * 5 + ["409 BadRequest"]
    assert _setting(arm, workspace, "s0", workspaceId=workspace, logs=logs) == "200"
