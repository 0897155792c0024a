"""What is special about fields inside of resources: lists of children, documents in documents, other names, secrets.

Checked against the official SDK's models by tests/unit/test_azure_plugin_types.py.
"""

from __future__ import annotations

from collections.abc import Mapping

CHILD_LISTS = {
    "azure-native:network:VirtualNetwork": ("subnets", "virtualNetworkPeerings"),
    "azure-native:trafficmanager:Profile": ("endpoints",),
    "azure-native:containerservice:ManagedCluster": ("agentPoolProfiles",),
}
"""Lists whose items, told apart by `name`, may be resources of their own: those that the program did not write inline
are none of the parent's business."""

WRITE_ONLY = frozenset({"adminPassword", "secret", "serverAppSecret"})
"""Fields that AKS takes and never shows, though the SDK has a name for them in outputs, too."""

FLATTENED = {
    "network": frozenset(
        "ApplicationGatewayIPConfiguration Delegation NatGateway NetworkSecurityGroup PublicIPAddress "
        "ResourceNavigationLink Route RouteTable SecurityRule ServiceAssociationLink ServiceEndpointPolicy "
        "ServiceEndpointPolicyDefinition Subnet VirtualNetworkPeering".split()
    ),
    "trafficmanager": frozenset({"Endpoint"}),
}
"""Nested types, by module, that are documents with `properties` of their own in a request."""

RENAMED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("dns", "RecordSet"): {
        "aRecords": "ARecords",
        "aaaaRecords": "AAAARecords",
        "cnameRecord": "CNAMERecord",
        "dsRecords": "DSRecords",
        "mxRecords": "MXRecords",
        "naptrRecords": "NAPTRRecords",
        "nsRecords": "NSRecords",
        "ptrRecords": "PTRRecords",
        "soaRecord": "SOARecord",
        "srvRecords": "SRVRecords",
        "tlsaRecords": "TLSARecords",
        "ttl": "TTL",
        "txtRecords": "TXTRecords",
    },
    ("dns", "SoaRecord"): {"minimumTtl": "minimumTTL"},
    ("containerservice", "ManagedClusterPropertiesAutoScalerProfile"): {
        "balanceSimilarNodeGroups": "balance-similar-node-groups",
        "daemonsetEvictionForEmptyNodes": "daemonset-eviction-for-empty-nodes",
        "daemonsetEvictionForOccupiedNodes": "daemonset-eviction-for-occupied-nodes",
        "ignoreDaemonsetsUtilization": "ignore-daemonsets-utilization",
        "maxEmptyBulkDelete": "max-empty-bulk-delete",
        "maxGracefulTerminationSec": "max-graceful-termination-sec",
        "maxNodeProvisionTime": "max-node-provision-time",
        "maxTotalUnreadyPercentage": "max-total-unready-percentage",
        "newPodScaleUpDelay": "new-pod-scale-up-delay",
        "okTotalUnreadyCount": "ok-total-unready-count",
        "scaleDownDelayAfterAdd": "scale-down-delay-after-add",
        "scaleDownDelayAfterDelete": "scale-down-delay-after-delete",
        "scaleDownDelayAfterFailure": "scale-down-delay-after-failure",
        "scaleDownUnneededTime": "scale-down-unneeded-time",
        "scaleDownUnreadyTime": "scale-down-unready-time",
        "scaleDownUtilizationThreshold": "scale-down-utilization-threshold",
        "scanInterval": "scan-interval",
        "skipNodesWithLocalStorage": "skip-nodes-with-local-storage",
        "skipNodesWithSystemPods": "skip-nodes-with-system-pods",
    },
}
"""By module and type: the SDK's name of a field → the wire's, where they differ by more than nothing."""
