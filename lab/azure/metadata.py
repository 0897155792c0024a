"""`/metadata/endpoints`: how clients learn where a cloud's parts are. All of them are this server."""

from __future__ import annotations

from lab.azure.entra import MANAGEMENT
from lab.azure.http import Document, Request, Response

_ONE = "2022-09-01"
"""From this version on, the answer is one cloud; before, it was a list of clouds."""


def endpoints(request: Request) -> Response:
    """The cloud, in the shape that azure-native's provider, HashiCorp's SDK and the Azure CLI read."""
    base = f"https://{request.host}"
    cloud: Document = {
        "name": "AzureStandIn",
        "portal": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [f"{MANAGEMENT[0]}/", f"{MANAGEMENT[1]}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": base,
        "graph": base,
        "graphAudience": f"{base}/",
        "microsoftGraphResourceId": f"{base}/",
        "media": base,
        "gallery": base,
        "batch": base,
        "logAnalyticsResourceId": base,
        "suffixes": {
            "acrLoginServer": "azurecr.invalid",
            "keyVaultDns": "vault.invalid",
            "storage": "storage.invalid",
            "sqlServerHostname": "database.invalid",
        },
    }
    return Response.of(200, cloud if request.api_version >= _ONE else [cloud])
