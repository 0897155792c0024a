"""Types, ids and names of what belongs to a managed cluster."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection

from lab.azure.ids import GROUPS, ResourceId

NAMESPACE = "Microsoft.ContainerService"
CLUSTERS = f"{NAMESPACE}/managedClusters"
POOLS = f"{CLUSTERS}/agentPools"
MAINTENANCE = f"{CLUSTERS}/maintenanceConfigurations"
SUBNETS = "Microsoft.Network/virtualNetworks/subnets"
NETWORKS = "Microsoft.Network/virtualNetworks"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"

SERVER_APP = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Application id of "Azure Kubernetes Service AAD Server": the audience of tokens for any AKS cluster's API server."""

CLIENT_APP = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"
"""Application id of "Azure Kubernetes Service AAD Client", as whom people log in."""

VERSIONS = (
    "2025-09-01",
    "2026-08-01",
    "2026-01-01",
    "2025-10-01",
    "2025-08-01",
    "2025-07-01",
    "2025-05-01",
    "2025-02-01",
    "2025-01-01",
    "2024-09-01",
)
"""API versions; pulumi-azure-native speaks the first one, azure-mgmt-containerservice 41 the second."""

_LAB_NAME = 40


def node_group(cluster: ResourceId, location: str) -> str:
    """The name of the group in which AKS keeps what a cluster is made of, unless another was asked for."""
    return f"MC_{cluster.group}_{cluster.name}_{location}"[:80]


def group_id(cluster: ResourceId, name: str) -> ResourceId:
    """A resource group of the cluster's subscription."""
    return ResourceId(
        f"/subscriptions/{cluster.subscription}", "Microsoft.Resources", (GROUPS.split("/")[1],), (name,)
    )


def fqdn(prefix: str, cluster: ResourceId, location: str) -> str:
    """Of the API server; AKS takes a hash of the subscription and the group too."""
    digits = hashlib.sha256(
        f"{cluster.subscription}/{cluster.group}/{cluster.name}".lower().encode()
    ).hexdigest()[:8]
    return f"{prefix.lower()}-{digits}.hcp.{location}.azmk8s.io"


def issuer(host: str, uid: str) -> str:
    """Of the cluster's service accounts. AKS: `https://<region>.oic.prod-aks.azure.com/<tenant>/<uid>/`."""
    return f"https://{host}/oidc/{uid}/"


def lab_name(cluster: ResourceId, taken: Collection[str]) -> str:
    """The name of the lab's cluster: the managed cluster's, if the lab can have it, or else with some digits."""
    plain = re.sub(r"[^a-z0-9]+", "-", cluster.name.lower()).strip("-")[:_LAB_NAME].strip("-") or "aks"
    if plain not in taken:
        return plain
    digits = hashlib.sha256(cluster.key.encode()).hexdigest()[:6]
    return f"{plain[: _LAB_NAME - 7].strip('-')}-{digits}"


def new_uid() -> str:
    """24 hexadecimal digits, as `resourceUID` has."""
    return uuid.uuid4().hex[:24]
