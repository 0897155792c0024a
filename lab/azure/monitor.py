"""Log Analytics workspaces, and diagnostic settings that send logs there. No log is ever collected."""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from azure.mgmt.loganalytics import models as log_models

from lab.azure.clock import timestamp
from lab.azure.http import Document
from lab.azure.kinds import Call, Kind, Started
from lab.azure.references import soon
from lab.azure.shapes import Field, Fields, ListOf, Scalar

WORKSPACE = "Microsoft.OperationalInsights/workspaces"
_DAYS = range(30, 731)

_TEXT, _FLAG = Field(Scalar("str")), Field(Scalar("bool"), required=True)
_RETENTION = Field(Fields({"enabled": _FLAG, "days": Field(Scalar("int"), required=True)}))
_LOG = {"category": _TEXT, "categoryGroup": _TEXT, "enabled": _FLAG, "retentionPolicy": _RETENTION}
_METRIC = {"category": _TEXT, "enabled": _FLAG, "timeGrain": _TEXT, "retentionPolicy": _RETENTION}
DIAGNOSTIC_SETTING = Fields(
    {
        "properties": Field(
            Fields(
                {
                    "workspaceId": _TEXT,
                    "storageAccountId": _TEXT,
                    "serviceBusRuleId": _TEXT,
                    "eventHubAuthorizationRuleId": _TEXT,
                    "eventHubName": _TEXT,
                    "marketplacePartnerId": _TEXT,
                    "logAnalyticsDestinationType": _TEXT,
                    "logs": Field(ListOf(Fields(_LOG))),
                    "metrics": Field(ListOf(Fields(_METRIC))),
                }
            ),
            required=True,
        )
    }
)
"""Of api-version 2021-05-01-preview, which the SDK's monitor package has no model of any more."""

LOG_CATEGORIES = {
    "microsoft.containerservice/managedclusters": frozenset(
        "kube-apiserver kube-audit kube-audit-admin kube-controller-manager kube-scheduler cluster-autoscaler "
        "cloud-controller-manager guard csi-azuredisk-controller csi-azurefile-controller csi-snapshot-controller "
        "fleet-mcs-controller-manager fleet-member-agent fleet-member-net-controller-manager".split()
    )
}
"""What a type can log ("Supported logs" of the Azure Monitor documentation); types that are not here: anything."""


class Workspace(Kind):
    """A Log Analytics workspace."""

    type = WORKSPACE
    versions = ("2023-09-01", "2025-07-01", "2025-02-01", "2022-10-01", "2021-06-01", "2020-08-01")
    model: ClassVar[Any] = log_models.Workspace
    tracked = True
    stateful = True
    name_pattern = re.compile(r"[A-Za-z0-9][-A-Za-z0-9]{2,61}[A-Za-z0-9]")
    delete_order = 75

    def validate(self, call: Call) -> None:
        """Retention is within its bounds."""
        days = call.properties.setdefault("retentionInDays", 30)
        if days not in _DAYS and days not in (4, 7):
            raise call.refuse(
                "InvalidParameter", f"'RetentionInDays' property doesn't match the SKU limits: {days}."
            )
        call.properties.setdefault("sku", {"name": "PerGB2018"})

    def put(self, call: Call) -> Document:
        """With its customer id and what the service fills in."""
        now = timestamp(call.context.clock.now())
        call.properties.update(
            customerId=call.private.setdefault("customer", str(uuid.uuid4())),
            createdDate=call.private.setdefault("created", now),
            modifiedDate=now,
        )
        defaults: Document = {
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "features": {"enableLogAccessUsingOnlyResourcePermissions": True},
            "workspaceCapping": {"dailyQuotaGb": -1.0},
        }
        call.body["properties"] = {**defaults, **call.properties}
        return call.body

    def delete(self, call: Call) -> Started:
        """Takes its time. Here it is gone at once, as with `force=true`: names can be had again."""
        return soon(call)


class DiagnosticSetting(Kind):
    """Which logs and metrics of a resource go where; up to five for a resource."""

    type = "Microsoft.Insights/diagnosticSettings"
    versions = ("2021-05-01-preview",)
    model: ClassVar[Any] = DIAGNOSTIC_SETTING
    extension = True

    def validate(self, call: Call) -> None:
        """There is a destination, and something to send that the resource has."""
        given = call.properties
        destinations = (
            "workspaceId",
            "storageAccountId",
            "eventHubAuthorizationRuleId",
            "marketplacePartnerId",
        )
        if not any(given.get(d) for d in destinations):
            raise call.refuse(
                "BadRequest",
                "At least one data sink needs to be specified: workspace, storage account or event hub.",
            )
        if given.get("workspaceId"):
            call.referred(given["workspaceId"], WORKSPACE, "properties.workspaceId")
        self._require_categories(call)
        others = [
            e
            for e in call.context.store.of_type(self.type, call.id.scope)
            if e.resource_id.key != call.id.key and e.resource_id.scope.lower() == call.id.scope.lower()
        ]
        if len(others) >= 5:
            raise call.refuse("BadRequest", "A resource has up to 5 diagnostic settings.", 409)

    @staticmethod
    def _require_categories(call: Call) -> None:
        parent = call.context.store.get(call.id.scope)
        known = LOG_CATEGORIES.get(parent.type.lower()) if parent else None
        for log in call.properties.get("logs", []):
            if bool(log.get("category")) == bool(log.get("categoryGroup")):
                raise call.refuse("BadRequest", "Each log must have either a category or a categoryGroup.")
            if known is not None and log.get("category") and log["category"] not in known:
                raise call.refuse("BadRequest", f"Category '{log['category']}' is not supported.")
            if log.get("categoryGroup") not in (None, "allLogs", "audit"):
                raise call.refuse("BadRequest", f"CategoryGroup '{log['categoryGroup']}' is not supported.")

    def put(self, call: Call) -> Document:
        """With empty lists for what was not given."""
        call.body["properties"] = {"logs": [], "metrics": [], **call.properties}
        return call.body


KINDS: tuple[Kind, ...] = (Workspace(), DiagnosticSetting())
