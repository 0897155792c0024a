"""A pod as an identity of Entra ID, without a secret: a token of its service account is exchanged for one of Azure.

All of it is declared here, and nothing is left to the webhook of AKS (label `azure.workload.identity/use`): so it works
in every cluster whose tokens Entra ID can verify, and a pod never starts without. Source: "Workload identity
federation", and azure-identity's `WorkloadIdentityCredential`, which reads these variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

AUDIENCE = "api://AzureADTokenExchange"
TOKEN = "azure-identity-token"  # noqa: S105  the name of a volume and of the file in it
TOKEN_FOLDER = "/var/run/secrets/azure/tokens"  # noqa: S105
TOKEN_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentity:
    """A user-assigned identity that trusts one service account.

    Attributes:
        client_id: of the identity.
        tenant_id: of Entra ID.
        authority: URL of its token endpoint, such as https://login.microsoftonline.com.
    """

    client_id: pulumi.Input[str]
    tenant_id: pulumi.Input[str]
    authority: str


def account_annotations(identity: WorkloadIdentity) -> dict[str, pulumi.Input[str]]:
    """Of the service account: for people and for audits."""
    return {"azure.workload.identity/client-id": identity.client_id}


def variables(identity: WorkloadIdentity) -> list[dict[str, Any]]:
    """Of the container."""
    values = {
        "AZURE_AUTHORITY_HOST": identity.authority,
        "AZURE_CLIENT_ID": identity.client_id,
        "AZURE_FEDERATED_TOKEN_FILE": f"{TOKEN_FOLDER}/{TOKEN}",
        "AZURE_TENANT_ID": identity.tenant_id,
    }
    return [{"name": name, "value": value} for name, value in values.items()]


def token_volume() -> dict[str, Any]:
    """The token, which the kubelet renews; it says nothing to anybody but Entra ID."""
    source = {"audience": AUDIENCE, "expirationSeconds": TOKEN_SECONDS, "path": TOKEN}
    return {"name": TOKEN, "projected": {"sources": [{"serviceAccountToken": source}]}}
