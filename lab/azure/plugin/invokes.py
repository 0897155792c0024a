"""The two functions of the SDK that the stack calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from lab.azure.plugin.arm import Arm
from lab.azure.plugin.config import Config
from lab.azure.plugin.errors import PluginError
from lab.azure.plugin.types import BY_TOKEN
from lab.azure.plugin.values import Secret, Values
from lab.deadline import Deadline

SECONDS = 120

CREDENTIALS = "azure-native:containerservice:listManagedClusterUserCredentials"
CLIENT = "azure-native:authorization:getClientConfig"


def invoke(token: str, arguments: Mapping[str, Any], arm: Arm, config: Config) -> Values:
    """Call a function; raises `LabError`."""
    match token:
        case "azure-native:authorization:getClientConfig":
            return client_config(arm, config)
        case "azure-native:containerservice:listManagedClusterUserCredentials":
            return user_credentials(arguments, arm, config)
    raise PluginError(
        f"function {token}",
        "the stand-in for azure-native does not know it",
        f"call {CREDENTIALS} or {CLIENT}, or add it to lab/azure/plugin/invokes.py",
    )


def client_config(arm: Arm, config: Config) -> Values:
    """Who is logged in; the object id is what the token says."""
    return {
        "clientId": config.client,
        "objectId": _claims(arm.session.token()).get("oid", ""),
        "subscriptionId": config.require_subscription(),
        "tenantId": config.tenant,
    }


def _claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def user_credentials(arguments: Mapping[str, Any], arm: Arm, config: Config) -> Values:
    """Kubeconfigs of a cluster, base64; each is a secret, though the real plugin forgets to say so."""
    type_ = BY_TOKEN["azure-native:containerservice:ManagedCluster"]
    missing = [name for name in type_.parameters if name not in arguments]
    if missing:
        raise PluginError(f"function {CREDENTIALS}", f"missing required argument '{missing[0]}'", "give it")
    id_ = type_.fill({"subscriptionId": config.require_subscription(), **arguments})
    options = {"server-fqdn": arguments.get("serverFqdn"), "format": arguments.get("format")}
    query = urlencode({k: v for k, v in options.items() if v})
    subject = f"{type_.noun} {arguments['resourceName']}"
    found = arm.act(
        id_,
        "listClusterUserCredential",
        type_.version,
        subject,
        Deadline(SECONDS),
        f"&{query}" if query else "",
    )
    return {
        "kubeconfigs": [
            {"name": each["name"], "value": Secret(each["value"])} for each in found.get("kubeconfigs") or []
        ]
    }
