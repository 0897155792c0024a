"""What a user of AKS does with the official SDK, as a program that runs in a lab's fabric.

    python -m tests.lab.azure_aks_client VERB [ARGUMENT...]

Prints one JSON document.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, WorkloadIdentityCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

REGIONS = {"west": "westus", "east": "eastus"}
RBAC_CLUSTER_ADMIN = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SUBSCRIPTION = os.environ.get("AZURE_SUBSCRIPTION_ID", "")
TLS = {"connection_verify": os.environ.get("FEDERATION_AZURE_CA") or True}
BASE = os.environ.get("AZURE_AUTHORITY_HOST", "")
SCOPES = {"base_url": BASE, "credential_scopes": [f"{BASE}/.default"], **TLS}


def credential() -> ClientSecretCredential:
    return ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=BASE,
        disable_instance_discovery=True,
        **TLS,
    )


def client(kind: Any, **more: Any) -> Any:
    return kind(credential(), SUBSCRIPTION, **SCOPES, **more)


def grant(principal: str, role: str, scope: str, name: str) -> None:
    """A role assignment."""
    definitions = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    properties = {
        "roleDefinitionId": f"{definitions}/{role}",
        "principalId": principal,
        "principalType": "ServicePrincipal",
    }
    client(AuthorizationManagementClient).role_assignments.create(scope, name, {"properties": properties})


def prepare() -> Any:
    """Groups; a network and an identity for west; a public address that west may take, and one it may not."""
    groups = client(ResourceManagementClient).resource_groups
    for name in ("west", "east", "shared", "foreign"):
        groups.create_or_update(name, {"location": REGIONS.get(name, "westus")})
    identity = client(ManagedServiceIdentityClient).user_assigned_identities.create_or_update(
        "west", "plane", {"location": "westus"}
    )
    network = client(NetworkManagementClient)
    network.virtual_networks.begin_create_or_update(
        "west",
        "vnet",
        {"location": "westus", "properties": {"addressSpace": {"addressPrefixes": ["10.224.0.0/12"]}}},
    ).result()
    subnet = network.subnets.begin_create_or_update(
        "west", "vnet", "nodes", {"properties": {"addressPrefix": "10.224.0.0/16"}}
    ).result()
    address = {
        "location": "westus",
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }
    addresses = {
        group: network.public_ip_addresses.begin_create_or_update(group, "front", address).result().ip_address
        for group in ("shared", "foreign")
    }
    grant(identity.principal_id, NETWORK_CONTRIBUTOR, subnet.id, "00000000-0000-4000-8000-000000000001")
    group_id = groups.get("shared").id
    grant(identity.principal_id, NETWORK_CONTRIBUTOR, group_id, "00000000-0000-4000-8000-000000000002")
    return {"identity": identity.id, "subnet": subnet.id, "addresses": addresses}


def cluster(name: str, made: Any) -> dict[str, Any]:
    """The body of a cluster's PUT; west brings its own identity and network."""
    pool: dict[str, Any] = {"name": "system", "mode": "System", "count": 2, "vmSize": "Standard_D2s_v5"}
    body: dict[str, Any] = {"location": REGIONS[name], "identity": {"type": "SystemAssigned"}}
    if name == "west":
        pool["vnetSubnetID"] = made["subnet"]
        body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {made["identity"]: {}}}
    properties = {
        "dnsPrefix": name,
        "kubernetesVersion": "1.35",
        "disableLocalAccounts": True,
        "aadProfile": {"managed": True, "enableAzureRBAC": True},
        "oidcIssuerProfile": {"enabled": True},
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "podCidr": "10.244.0.0/16",
        },
        "agentPoolProfiles": [pool],
    }
    return {**body, "properties": properties}


def create(made: str) -> Any:
    """Both clusters at once."""
    clusters = client(ContainerServiceClient).managed_clusters
    start = time.monotonic()
    pollers = {
        name: clusters.begin_create_or_update(name, name, cluster(name, json.loads(made))) for name in REGIONS
    }
    asked = time.monotonic() - start
    found = {name: poller.result() for name, poller in pollers.items()}
    return {
        "asked": round(asked, 2),
        "seconds": round(time.monotonic() - start, 2),
        "clusters": {name: summary(item) for name, item in found.items()},
    }


def summary(item: Any) -> dict[str, Any]:
    return {
        "id": item.id,
        "state": item.properties.provisioning_state,
        "version": item.properties.current_kubernetes_version,
        "group": item.properties.node_resource_group,
        "issuer": item.properties.oidc_issuer_profile.issuer_url,
    }


def kubeconfigs() -> Any:
    """Of both, as the user has them; and what is said to who asks for the administrator's."""
    clusters = client(ContainerServiceClient).managed_clusters
    found = {
        name: clusters.list_cluster_user_credentials(name, name).kubeconfigs[0].value.decode()
        for name in REGIONS
    }
    try:
        clusters.list_cluster_admin_credentials("west", "west")
    except HttpResponseError as error:
        return {"kubeconfigs": found, "admin": error.message}
    return {"kubeconfigs": found, "admin": "given"}


def admit(scope: str) -> Any:
    """Make the operator the administrator of the clusters in a scope."""
    import base64  # noqa: PLC0415

    token = credential().get_token(f"{BASE}/.default").token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    grant(claims["oid"], RBAC_CLUSTER_ADMIN, scope, "00000000-0000-4000-8000-000000000003")
    return claims["oid"]


def trust(issuer: str, subject: str) -> Any:
    """A managed identity for the service accounts of a cluster, which may read the group `shared`."""
    identities = client(ManagedServiceIdentityClient)
    identity = identities.user_assigned_identities.create_or_update(
        "shared", "workload", {"location": "westus"}
    )
    identities.federated_identity_credentials.create_or_update(
        "shared",
        "workload",
        "pods",
        {
            "properties": {
                "issuer": issuer,
                "subject": subject,
                "audiences": ["api://AzureADTokenExchange"],
            }
        },
    )
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shared"
    grant(identity.principal_id, READER, scope, "00000000-0000-4000-8000-000000000004")
    return identity.client_id


def exchange(client_id: str, file: str) -> Any:
    """Log in with a pod's token, and read a group that it may read and one that it may not."""
    workload = WorkloadIdentityCredential(
        tenant_id=os.environ["AZURE_TENANT_ID"],
        client_id=client_id,
        token_file_path=file,
        authority=BASE,
        disable_instance_discovery=True,
        **TLS,
    )
    groups = ResourceManagementClient(workload, SUBSCRIPTION, **SCOPES).resource_groups
    try:
        groups.get("west")
    except HttpResponseError as error:
        refused = error.error.code if error.error else str(error)
    return {"read": groups.get("shared").name, "refused": refused}


def delete() -> Any:
    """Both at once; then what is left of them."""
    clusters = client(ContainerServiceClient).managed_clusters
    start = time.monotonic()
    for poller in [clusters.begin_delete(name, name) for name in REGIONS]:
        poller.result()
    seconds = time.monotonic() - start
    left = []
    for name in REGIONS:
        try:
            left.append(clusters.get(name, name).id)
        except ResourceNotFoundError:
            continue
    left += [
        g.name for g in client(ResourceManagementClient).resource_groups.list() if g.name.startswith("MC_")
    ]
    return {"seconds": round(seconds, 2), "left": left}


VERBS = {f.__name__: f for f in (prepare, create, kubeconfigs, admit, trust, exchange, delete)}

if __name__ == "__main__":
    print(json.dumps(VERBS[sys.argv[1]](*sys.argv[2:])))
