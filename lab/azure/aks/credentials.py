"""`listClusterUserCredential` and `listClusterAdminCredential`: kubeconfigs as AKS writes them."""

from __future__ import annotations

import base64
from typing import Any

import yaml

from lab.azure.aks.machines import Running
from lab.azure.aks.names import CLIENT_APP, SERVER_APP
from lab.azure.aks.part import part
from lab.azure.http import ArmError, Document
from lab.azure.kinds import Call
from lab.azure.store import Entry

_HINT = (
    "\nkubelogin is not installed which is required to connect to AAD enabled cluster.\n\n"
    "To learn more, please go to https://aka.ms/aks/kubelogin\n"
)


def user(call: Call) -> Document:
    """For whoever logs in with Entra ID; without it, for the local account `clusterUser`."""
    entry, running = _running(call)
    if (entry.properties.get("aadProfile") or {}).get("managed"):
        return _results("clusterUser", _entra(call, running))
    _require_local(entry)
    return _results("clusterUser", _local(call, running, "clusterUser"))


def admin(call: Call) -> Document:
    """For the local account of the administrator. Raises `ArmError` where local accounts are off."""
    entry, running = _running(call)
    _require_local(entry)
    return _results("clusterAdmin", _local(call, running, "clusterAdmin"))


def _running(call: Call) -> tuple[Entry, Running]:
    entry = call.existing
    running = part(call.context).machines.find(entry.private.get("lab", "")) if entry else None
    if entry is None or running is None:
        raise ArmError(
            404, "ResourceNotFound", f"The control plane of cluster '{call.id.name}' has not come up yet."
        )
    return entry, running


def _require_local(entry: Entry) -> None:
    if entry.properties.get("disableLocalAccounts"):
        raise ArmError(
            400,
            "BadRequest",
            "Getting static credential is not allowed because this cluster is set to disable local accounts.",
        )


def _results(name: str, config: dict[str, Any]) -> Document:
    text = yaml.safe_dump(config, sort_keys=False)
    return {"kubeconfigs": [{"name": name, "value": base64.b64encode(text.encode()).decode()}]}


def _config(
    call: Call, running: Running, user_name: str, suffix: str, user_: dict[str, Any]
) -> dict[str, Any]:
    name = call.id.name
    cluster = {"certificate-authority-data": running.authority, "server": running.server}
    context = f"{name}{suffix}"
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": cluster, "name": name}],
        "contexts": [{"context": {"cluster": name, "user": user_name}, "name": context}],
        "current-context": context,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": user_name, "user": user_}],
    }


def _entra(call: Call, running: Running) -> dict[str, Any]:
    """The form with `exec`, which is the default since Kubernetes 1.24."""
    arguments = [
        "get-token",
        "--environment",
        "AzurePublicCloud",
        "--server-id",
        SERVER_APP,
        "--client-id",
        CLIENT_APP,
        "--tenant-id",
        call.context.settings.tenant_id,
        "--login",
        "devicecode",
    ]
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "args": arguments,
        "command": "kubelogin",
        "env": None,
        "installHint": _HINT,
        "provideClusterInfo": False,
    }
    return _config(call, running, f"clusterUser_{call.id.group}_{call.id.name}", "", {"exec": plugin})


def _local(call: Call, running: Running, account: str) -> dict[str, Any]:
    """Both local accounts are administrators, in AKS too."""
    keys = dict(running.admin["users"][0]["user"])
    suffix = "-admin" if account == "clusterAdmin" else ""
    return _config(call, running, f"{account}_{call.id.group}_{call.id.name}", suffix, keys)
