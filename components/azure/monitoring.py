"""What is known of a cluster afterwards: its logs in Log Analytics, its metrics in a managed Prometheus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor, operationalinsights, resources

from components.azure import arm
from components.azure.settings import LOGS

RETENTION_DAYS = 30
"""What the price of a workspace includes."""


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Inputs of `Monitoring`.

    Attributes:
        cluster: its name.
        location: its region.
        group: its resource group.
        tags: of all that is made for it.
        foreign_tags: names of tags that somebody else keeps.
    """

    cluster: str
    location: str
    group: resources.ResourceGroup
    tags: Mapping[str, str]
    foreign_tags: Sequence[str] = ()


class Monitoring(pulumi.ComponentResource):
    """Made before the cluster, which is told of the workspace, and wired to it afterwards by `watch`.

    Attributes:
        workspace: of the logs.
    """

    workspace: operationalinsights.Workspace

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:azure:Monitoring", name, {}, opts)
        self._args = args
        ignore = arm.foreign(args.foreign_tags)
        self.workspace = operationalinsights.Workspace(
            f"{args.cluster}-logs",
            workspace_name=f"{args.cluster}-logs",
            resource_group_name=args.group.name,
            location=args.location,
            sku={"name": "PerGB2018"},
            retention_in_days=RETENTION_DAYS,
            tags=args.tags,
            opts=arm.options(self, ignore=ignore),
        )
        self._metrics = monitor.AzureMonitorWorkspace(
            f"{args.cluster}-metrics",
            azure_monitor_workspace_name=f"{args.cluster}-metrics",
            resource_group_name=args.group.name,
            location=args.location,
            tags=args.tags,
            opts=arm.options(self, ignore=ignore),
        )
        self.register_outputs({})

    def watch(self, cluster: pulumi.Input[str]) -> list[pulumi.Resource]:
        """Send the cluster's logs and metrics here.

        Args:
            cluster: its id.
        """
        logs = monitor.DiagnosticSetting(
            f"{self._args.cluster}-audit",
            name="audit",
            resource_uri=cluster,
            workspace_id=self.workspace.id,
            log_analytics_destination_type="Dedicated",
            logs=[{"category": category, "enabled": True} for category in LOGS],
            opts=arm.options(self),
        )
        rule = self._metrics.default_ingestion_settings.apply(
            lambda found: found.data_collection_rule_resource_id
        )
        metrics = monitor.DataCollectionRuleAssociation(
            f"{self._args.cluster}-prometheus",
            association_name="ContainerInsightsMetricsExtension",  # the name that AKS looks for
            resource_uri=cluster,
            data_collection_rule_id=rule,
            opts=arm.options(self),
        )
        return [logs, metrics]
