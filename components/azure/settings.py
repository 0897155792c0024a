"""A managed cluster's properties, row by row.

What a careful operator asks for and API version 2025-09-01 cannot be told:

- seccomp `RuntimeDefault` for all pods (CIS 4.2.14): its `kubeletConfig` has no such field. Pods say it themselves, as
  those of this project do.
- restricted access of pods to the instance metadata service: in previews of the API only.
- `If-Match` on a PUT: the API takes it, and azure-native sends none. Runs of one stack exclude each other by its lock.

What the platform moves by itself is either not among these properties (`currentKubernetesVersion`, a pool's
`nodeImageVersion` and `currentOrchestratorVersion` are outputs), or in `moved_by_azure`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

import pulumi

from components.azure import pools
from federation.topology.aks import WEEKDAYS, AksCluster

CLEAN_HOURS = 120
AUTO_UPGRADE = "aksManagedAutoUpgradeSchedule"
NODE_UPGRADE = "aksManagedNodeOSUpgradeSchedule"
LOGS = ("kube-audit-admin", "guard")
"""Who changed what, and who was let in: all of the audit log but reading, which is most of its volume and price."""
REPLACING = (
    "location",
    "dnsPrefix",
    "nodeResourceGroup",
    "networkProfile.podCidr",
    "networkProfile.serviceCidr",
    "networkProfile.dnsServiceIP",
    "apiServerAccessProfile.enablePrivateCluster",
)
"""What comes from the topology and AKS cannot change: a preview shows that it would be another cluster."""


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a cluster is made with.

    Attributes:
        subnet: id, of the nodes.
        identity: id, of the control plane.
        kubelet: id, client id and object id of the nodes' identity.
        tenant: of Entra ID.
        workspace: id, for Defender.
        egress: addresses of the federation's clusters, which its API server lets in.
        tags: of all that is made for it.
    """

    subnet: pulumi.Input[str]
    identity: pulumi.Input[str]
    kubelet: Mapping[str, pulumi.Input[str]]
    tenant: pulumi.Input[str]
    workspace: pulumi.Input[str]
    egress: Sequence[pulumi.Input[str]]
    tags: Mapping[str, str]


def properties(cluster: AksCluster, around: Around) -> dict[str, Any]:
    """All but names and location, as the SDK spells them."""
    return {
        "sku": {"name": "Base", "tier": cluster.tier},
        "support_plan": "AKSLongTermSupport" if cluster.tier == "Premium" else "KubernetesOfficial",
        "kubernetes_version": cluster.kubernetes_version,
        "dns_prefix": cluster.dns_prefix or cluster.name,
        "node_resource_group": node_group(cluster),
        "node_resource_group_profile": {"restriction_level": "ReadOnly"},
        "agent_pool_profiles": [_system_pool(cluster, around)],
        "auto_upgrade_profile": {
            "upgrade_channel": cluster.upgrade_channel,
            "node_os_upgrade_channel": cluster.node_channel,
        },
        "network_profile": network(cluster),
        "api_server_access_profile": access(cluster, around.egress),
        **identity(around),
        "addon_profiles": {"azurepolicy": {"enabled": True}},
        "azure_monitor_profile": {"metrics": {"enabled": True}},
        "oidc_issuer_profile": {"enabled": True},
        "security_profile": security(cluster, around.workspace),
        "tags": dict(around.tags),
    }


def node_group(cluster: AksCluster) -> str:
    """The resource group that AKS puts machines into; at most 80 characters."""
    return f"{cluster.group[:74]}-nodes"


def _system_pool(cluster: AksCluster, around: Around) -> dict[str, Any]:
    system = cluster.system
    inner = pools.profile(system, subnet=around.subnet, version=cluster.kubernetes_version, tags=around.tags)
    return {"name": pools.arm_name(system), **inner}


def network(cluster: AksCluster) -> dict[str, Any]:
    """Pods have addresses of their own, Cilium enforces NetworkPolicies, and the NAT gateway is the way out."""
    return {
        "network_plugin": "azure",
        "network_plugin_mode": "overlay",
        "network_dataplane": "cilium",
        "network_policy": "cilium",
        "load_balancer_sku": "standard",
        "outbound_type": "userAssignedNATGateway",
        "pod_cidr": str(cluster.pod_range),
        "service_cidr": str(cluster.service_range),
        "dns_service_ip": str(_tenth(cluster.service_range)),
    }


def _tenth(services: IPv4Network) -> Any:
    return services[10]


def access(cluster: AksCluster, egress: Sequence[pulumi.Input[str]]) -> dict[str, Any]:
    """Private, or for the federation's clusters and those ranges alone; nobody runs commands through Azure."""
    common: dict[str, Any] = {"disable_run_command": True}
    if cluster.private:
        return {
            **common,
            "enable_private_cluster": True,
            "enable_private_cluster_public_fqdn": False,
            "private_dns_zone": "system",
        }
    ours = [pulumi.Output.concat(address, "/32") for address in egress]
    return {
        **common,
        "enable_private_cluster": False,
        "authorized_ip_ranges": [*map(str, cluster.authorized_ranges), *ours],
    }


def identity(around: Around) -> dict[str, Any]:
    """Two identities without secrets; people and programs come from Entra ID alone, with roles of Azure."""
    return {
        "identity": {"type": "UserAssigned", "user_assigned_identities": [around.identity]},
        "identity_profile": {"kubeletidentity": dict(around.kubelet)},
        "aad_profile": {"managed": True, "enable_azure_rbac": True, "tenant_id": around.tenant},
        "disable_local_accounts": True,
        "enable_rbac": True,
    }


def security(cluster: AksCluster, workspace: pulumi.Input[str]) -> dict[str, Any]:
    """Workload identity; unused images go; Defender, unless its price is too high."""
    found: dict[str, Any] = {
        "workload_identity": {"enabled": True},
        "image_cleaner": {"enabled": True, "interval_hours": CLEAN_HOURS},
    }
    if cluster.defender:
        found["defender"] = {
            "log_analytics_workspace_resource_id": workspace,
            "security_monitoring": {"enabled": True},
        }
    return found


def moved_by_azure(cluster: AksCluster) -> list[str]:
    """Properties of the cluster that Azure changes by itself, to be left as they are.

    The version is a minor one and stays what was asked for while patches come. With a channel that moves the minor
    version it is Azure's.
    """
    found = ["agentPoolProfiles[0].count"]
    if cluster.upgrade_channel in ("stable", "rapid"):
        found += ["kubernetesVersion", "agentPoolProfiles[0].orchestratorVersion"]
    return found


def moved_in_pools(cluster: AksCluster) -> list[str]:
    """The same of a pool."""
    return ["count", *(["orchestratorVersion"] if cluster.upgrade_channel in ("stable", "rapid") else [])]


def windows(cluster: AksCluster) -> dict[str, dict[str, Any]]:
    """Name of each maintenance configuration to its window: nodes' images follow a day after the cluster."""
    weekday, start = cluster.maintenance.window(cluster.name)
    after = WEEKDAYS[(WEEKDAYS.index(weekday) + 1) % len(WEEKDAYS)]
    return {
        name: {
            "duration_hours": cluster.maintenance.hours,
            "schedule": {"weekly": {"day_of_week": day, "interval_weeks": 1}},
            "start_time": start,
            "utc_offset": "+00:00",
        }
        for name, day in ((AUTO_UPGRADE, weekday), (NODE_UPGRADE, after))
    }
