"""The built-in roles that the project uses, as published (learn.microsoft.com, "Azure built-in roles")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role definition.

    Attributes:
        id: the UUID, the same in every tenant.
        actions, not_actions: of the control plane; `*` stands for anything.
        data_actions: of the data plane.
    """

    id: str
    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()


_COMMON = ("Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read")
_SERVICE = "Microsoft.ContainerService"

ROLES = (
    Role(id="8e3af657-a8ff-443c-a75c-2fe8c4bcb635", name="Owner", actions=("*",)),
    Role(
        id="b24988ac-6180-42a0-ab88-20f7382dd24c",
        name="Contributor",
        actions=("*",),
        not_actions=(
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ),
    ),
    Role(id="acdd72a7-3385-48ef-bd42-f606fba81ae7", name="Reader", actions=("*/read",)),
    Role(
        id="befefa01-2a29-4197-83a8-272ff33ce314",
        name="DNS Zone Contributor",
        actions=(*_COMMON, "Microsoft.Network/dnsZones/*", "Microsoft.Resources/deployments/*"),
    ),
    Role(
        id="b12aa53e-6015-4669-85d0-8515ebb3ae7f",
        name="Private DNS Zone Contributor",
        actions=(
            *_COMMON,
            "Microsoft.Network/privateDnsZones/*",
            "Microsoft.Network/privateDnsOperationResults/*",
            "Microsoft.Network/privateDnsOperationStatuses/*",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/join/action",
        ),
    ),
    Role(
        id="4d97b98b-1d4f-4787-a291-c67834d212e7",
        name="Network Contributor",
        actions=(*_COMMON, "Microsoft.Network/*"),
    ),
    Role(
        id="a4b10055-b0c7-44c2-b00f-c7b5b3550cf7",
        name="Traffic Manager Contributor",
        actions=(*_COMMON, "Microsoft.Network/trafficManagerProfiles/*"),
    ),
    Role(
        id="f1a07417-d97a-45cb-824c-7a7467783830",
        name="Managed Identity Operator",
        actions=(
            *_COMMON,
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
        ),
    ),
    Role(
        id="e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
        name="Managed Identity Contributor",
        actions=(*_COMMON, "Microsoft.ManagedIdentity/userAssignedIdentities/*"),
    ),
    Role(
        id="4abbcc35-e782-43d8-92c5-2d3f1bd2253f",
        name="Azure Kubernetes Service Cluster User Role",
        actions=(
            f"{_SERVICE}/managedClusters/listClusterUserCredential/action",
            f"{_SERVICE}/managedClusters/read",
        ),
    ),
    Role(
        id="ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
        name="Azure Kubernetes Service Contributor Role",
        actions=(f"{_SERVICE}/managedClusters/read", f"{_SERVICE}/managedClusters/write", *_COMMON),
    ),
    Role(
        id="b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",
        name="Azure Kubernetes Service RBAC Cluster Admin",
        actions=(*_COMMON, f"{_SERVICE}/managedClusters/listClusterUserCredential/action"),
        data_actions=(f"{_SERVICE}/managedClusters/*",),
    ),
    Role(
        id="3498e952-d568-435e-9b2c-8d77e338d7f7",
        name="Azure Kubernetes Service RBAC Admin",
        actions=(*_COMMON, f"{_SERVICE}/managedClusters/listClusterUserCredential/action"),
        data_actions=(f"{_SERVICE}/managedClusters/*",),
    ),
    Role(
        id="a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb",
        name="Azure Kubernetes Service RBAC Writer",
        actions=_COMMON,
        data_actions=(f"{_SERVICE}/managedClusters/*/read", f"{_SERVICE}/managedClusters/*/write"),
    ),
    Role(
        id="0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8",
        name="Azure Kubernetes Service Cluster Admin Role",
        actions=(
            f"{_SERVICE}/managedClusters/listClusterAdminCredential/action",
            f"{_SERVICE}/managedClusters/read",
        ),
    ),
    Role(
        id="7f6c6a51-bcf8-42ba-9220-52d62157d7db",
        name="Azure Kubernetes Service RBAC Reader",
        actions=_COMMON,
        data_actions=(f"{_SERVICE}/managedClusters/*/read",),
    ),
    Role(
        id="7f951dda-4ed3-4680-a7ca-43fe172d538d",
        name="AcrPull",
        actions=("Microsoft.ContainerRegistry/registries/pull/read",),
    ),
    Role(
        id="b0d8363b-8ddd-447d-831f-62ca05bff136",
        name="Monitoring Data Reader",
        actions=("Microsoft.Monitor/accounts/read", *_COMMON),
        data_actions=("Microsoft.Monitor/accounts/data/metrics/read",),
    ),
    Role(
        id="3913510d-42f4-4e42-8a64-420c390055eb",
        name="Monitoring Metrics Publisher",
        actions=("Microsoft.Insights/Register/Action", *_COMMON),
        data_actions=("Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"),
    ),
)

BY_ID = {role.id: role for role in ROLES}
