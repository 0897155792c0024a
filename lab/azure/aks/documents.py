"""The document of a managed cluster: what was sent, what AKS fills in, and what only AKS knows."""

from __future__ import annotations

import uuid

from lab.azure.aks import names
from lab.azure.http import Document
from lab.azure.kinds import Call


def stored(call: Call) -> Document:
    """The stored document: what was sent, what AKS fills in, and what only AKS knows."""
    body, given = call.body, call.properties
    before = call.existing.properties if call.existing else {}
    location, settings = body["location"], call.context.settings
    uid = before.get("resourceUID") or names.new_uid()
    computed = {
        "resourceUID": uid,
        "powerState": {"code": "Running"},
        "maxAgentPools": 100,
        "currentKubernetesVersion": before.get("currentKubernetesVersion", given["kubernetesVersion"]),
        "servicePrincipalProfile": {"clientId": "msi"},
        "nodeResourceGroup": given["nodeResourceGroup"],
    }
    prefix = given.get("dnsPrefix") or given["fqdnSubdomain"]
    computed["fqdn"] = names.fqdn(prefix, call.id, location)
    computed["azurePortalFQDN"] = computed["fqdn"].replace(".hcp.", ".portal.hcp.")
    if given["oidcIssuerProfile"]["enabled"]:
        url = before.get("oidcIssuerProfile", {}).get("issuerURL") or names.issuer(call.request.host, uid)
        computed["oidcIssuerProfile"] = {"enabled": True, "issuerURL": url}
    if entra := given.get("aadProfile"):
        computed["aadProfile"] = {"adminGroupObjectIDs": [], "tenantID": settings.tenant_id, **entra}
    return {
        **body,
        "sku": {"name": "Base", "tier": "Free", **(body.get("sku") or {})},
        "identity": _identity(call),
        "properties": {**given, **computed, "identityProfile": _identity_profile(call, uid)},
    }


def _identity(call: Call) -> Document:
    given = call.body.get("identity") or {"type": "SystemAssigned"}
    shown: Document = {"type": given["type"]}
    if given["type"] == "SystemAssigned":
        before = (call.existing.document.get("identity") or {}) if call.existing else {}
        principal = before.get("principalId") or str(uuid.uuid4())
        return {**shown, "principalId": principal, "tenantId": call.context.settings.tenant_id}
    owned = {}
    for id_ in given.get("userAssignedIdentities") or {}:
        if (entry := call.context.store.get(id_)) is not None:
            owned[id_] = {key: entry.properties[key] for key in ("principalId", "clientId")}
    return {**shown, "userAssignedIdentities": owned}


def _identity_profile(call: Call, uid: str) -> Document:
    """The kubelet's identity: the one that was given, or one of AKS's own in the node resource group."""
    given = (call.properties.get("identityProfile") or {}).get("kubeletidentity") or {}
    entry = call.context.store.get(given["resourceId"]) if given.get("resourceId") else None
    if entry is not None:
        found = {"resourceId": entry.id, "clientId": entry.properties["clientId"]}
        return {"kubeletidentity": {**found, "objectId": entry.properties["principalId"]}}
    if given:
        return {"kubeletidentity": given}
    group = names.group_id(call.id, call.properties["nodeResourceGroup"]).text
    id_ = f"{group}/providers/{names.IDENTITIES}/{call.id.name}-agentpool"
    client, object_id = (
        str(uuid.uuid5(uuid.NAMESPACE_OID, f"{uid}/{word}")) for word in ("client", "object")
    )
    return {"kubeletidentity": {"resourceId": id_, "clientId": client, "objectId": object_id}}
