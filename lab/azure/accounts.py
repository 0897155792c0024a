"""Microsoft.Monitor accounts (managed Prometheus), and what binds resources to them. No metric is ever collected."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from azure.mgmt.monitor import models

from lab.azure.http import Document
from lab.azure.ids import GROUPS, ResourceId, resource
from lab.azure.kinds import Call, Kind, Operation, Started
from lab.azure.references import soon
from lab.azure.removal import remove_all

RULE = "Microsoft.Insights/dataCollectionRules"
ENDPOINT = "Microsoft.Insights/dataCollectionEndpoints"


class MonitorAccount(Kind):
    """An Azure Monitor workspace (managed Prometheus), with a rule and an endpoint in a group that it manages."""

    type = "Microsoft.Monitor/accounts"
    versions = (
        "2023-04-03",
        "2025-10-03-preview",
        "2025-05-03-preview",
        "2024-10-03-preview",
        "2023-10-01-preview",
    )
    model: ClassVar[Any] = models.AzureMonitorWorkspaceResource
    tracked = True
    stateful = True
    name_pattern = re.compile(r"[A-Za-z0-9][-A-Za-z0-9]{2,61}[A-Za-z0-9]")
    delete_order = 75

    def put(self, call: Call) -> Document:
        """Makes the managed group and what is in it, too."""
        location, name = call.body["location"], call.id.name
        group = _managed_group(call)
        rule, endpoint = (
            ResourceId(group.text, "Microsoft.Insights", (type_,), (name,))
            for type_ in ("dataCollectionRules", "dataCollectionEndpoints")
        )
        store = call.context.store
        if store.get(group) is None:
            document = {"location": location, "managedBy": call.id.text}
            store.put(group, GROUPS, {**document, "properties": {"provisioningState": "Succeeded"}})
        for id_, kind in ((endpoint, _ENDPOINTS), (rule, _RULES)):
            if store.get(id_) is None:
                kind.save(call.context, id_, kind.document(location, str(uuid.uuid4()), endpoint.text))
        account = call.private.setdefault("account", str(uuid.uuid4()))
        call.body["properties"] = {
            "publicNetworkAccess": "Enabled",
            **call.properties,
            "accountId": account,
            "metrics": {
                "prometheusQueryEndpoint": f"https://{name.lower()}-{account[:4]}.{location}.prometheus.invalid",
                "internalId": f"mac_{account}",
            },
            "defaultIngestionSettings": {
                "dataCollectionRuleResourceId": rule.text,
                "dataCollectionEndpointResourceId": endpoint.text,
            },
        }
        return call.body

    def delete(self, call: Call) -> Started:
        """The managed group goes first."""
        started = soon(call)

        def work(operation: Operation) -> None:
            started.work(operation)
            remove_all(call.context, _managed_group(call))

        return Started(work=work)


def _managed_group(call: Call) -> ResourceId:
    location = call.body.get("location") or (call.existing.document["location"] if call.existing else "")
    return resource(
        f"/subscriptions/{call.id.subscription}/resourceGroups/MA_{call.id.name}_{location}_managed"
    )


class _Managed(Kind):
    """What an account makes for itself. Others are not for this stand-in."""

    tracked = True
    stateful = True
    delete_order = 85

    def validate(self, call: Call) -> None:
        """Refuses: only accounts make these here."""
        raise call.refuse(
            "OperationNotAllowed",
            f"The stand-in makes resources of type {self.type} for Microsoft.Monitor/accounts only.",
        )

    def document(self, location: str, immutable: str, endpoint: str) -> Document:
        """A new one."""
        raise NotImplementedError


class DataCollectionRule(_Managed):
    """Where metrics go."""

    type = RULE
    versions = ("2022-06-01", "2024-03-11", "2023-03-11")

    def document(self, location: str, immutable: str, endpoint: str) -> Document:
        """A new one."""
        properties = {
            "immutableId": f"dcr-{immutable.replace('-', '')}",
            "dataCollectionEndpointId": endpoint,
            "provisioningState": "Succeeded",
        }
        return {"location": location, "properties": properties}


class DataCollectionEndpoint(_Managed):
    """Where agents send metrics."""

    type = ENDPOINT
    versions = ("2022-06-01", "2024-03-11", "2023-03-11")

    def document(self, location: str, immutable: str, endpoint: str) -> Document:  # noqa: ARG002
        """A new one."""
        properties = {
            "immutableId": f"dce-{immutable.replace('-', '')}",
            "metricsIngestion": {"endpoint": f"https://{immutable[:8]}.{location}.metrics.ingest.invalid"},
            "provisioningState": "Succeeded",
        }
        return {"location": location, "properties": properties}


_RULES, _ENDPOINTS = DataCollectionRule(), DataCollectionEndpoint()


class RuleAssociation(Kind):
    """Binds a resource to a data collection rule or endpoint."""

    type = "Microsoft.Insights/dataCollectionRuleAssociations"
    versions = ("2022-06-01", "2024-03-11", "2023-03-11")
    model: ClassVar[Any] = models.DataCollectionRuleAssociationProxyOnlyResource
    extension = True
    etag = "etag"

    def validate(self, call: Call) -> None:
        """It names one of the two, and that is there."""
        given = call.properties
        rule, endpoint = given.get("dataCollectionRuleId"), given.get("dataCollectionEndpointId")
        if bool(rule) == bool(endpoint):
            raise call.refuse(
                "InvalidPayload",
                "Exactly one of dataCollectionRuleId and dataCollectionEndpointId must be given.",
            )
        if endpoint and call.id.name != "configurationAccessEndpoint":
            raise call.refuse(
                "InvalidAssociationName",
                "The association of a data collection endpoint must be named 'configurationAccessEndpoint'.",
            )
        if rule:
            call.referred(rule, RULE, "properties.dataCollectionRuleId")
        if endpoint:
            call.referred(endpoint, ENDPOINT, "properties.dataCollectionEndpointId")


KINDS: tuple[Kind, ...] = (MonitorAccount(), _RULES, _ENDPOINTS, RuleAssociation())
