"""What holds for a managed cluster, by itself: names, version, network, access; and what AKS fills in.

Types and enumerations have been checked with the SDK's model before.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from lab.azure.aks import versions
from lab.azure.aks.pool_rules import invalid
from lab.azure.http import ArmError, Document
from lab.azure.kinds import Call

NAME = re.compile(r"[a-zA-Z0-9]([-_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_PREFIX = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?")
_GROUP = re.compile(r"[-\w.()]{0,79}[-\w()]")
_MOST_RANGES = 200

NETWORK: Document = {
    "networkPlugin": "azure",
    "networkPluginMode": None,
    "networkDataplane": "azure",
    "loadBalancerSku": "standard",
    "outboundType": "loadBalancer",
    "serviceCidr": "10.0.0.0/16",
    "dnsServiceIP": "10.0.0.10",
    "ipFamilies": ["IPv4"],
}


def filled(properties: Document) -> Document:
    """The properties with what AKS fills in. Pools are not here."""
    given = {k: v for k, v in properties.items() if v is not None and k != "agentPoolProfiles"}
    network = {**NETWORK, **{k: v for k, v in (given.get("networkProfile") or {}).items() if v is not None}}
    if network["networkPluginMode"] == "overlay" or network["networkPlugin"] == "kubenet":
        network.setdefault("podCidr", "10.244.0.0/16")
    for single, several in (("serviceCidr", "serviceCidrs"), ("podCidr", "podCidrs")):
        if network.get(single):
            network.setdefault(several, [network[single]])
    upgrades = {"nodeOSUpgradeChannel": "NodeImage", **(given.get("autoUpgradeProfile") or {})}
    storage = {name: {"enabled": True} for name in ("diskCSIDriver", "fileCSIDriver", "snapshotController")}
    return {
        "kubernetesVersion": versions.DEFAULT,
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "disableLocalAccounts": False,
        **given,
        "networkProfile": {k: v for k, v in network.items() if v is not None},
        "autoUpgradeProfile": upgrades,
        "oidcIssuerProfile": {"enabled": True, **(given.get("oidcIssuerProfile") or {})},
        "storageProfile": {**storage, **(given.get("storageProfile") or {})},
    }


def check(call: Call, properties: Document) -> None:
    """Check properties that were filled. Raises `ArmError`."""
    versions.require_supported(properties["kubernetesVersion"], call.id.name)
    _check_names(properties)
    _check_network(properties["networkProfile"])
    _check_access(properties)
    _check_entra(call, properties)


def _check_names(properties: Document) -> None:
    prefix = properties.get("dnsPrefix") or properties.get("fqdnSubdomain")
    if not prefix:
        raise ArmError(400, "InvalidParameter", "Required parameter dnsPrefix is missing (null).")
    if not _PREFIX.fullmatch(prefix):
        raise invalid(
            "dnsPrefix",
            f"'{prefix}' must have up to 54 letters, digits and hyphens, with a letter or a digit at both ends",
        )
    group = properties.get("nodeResourceGroup")
    if group is not None and not _GROUP.fullmatch(group):
        raise invalid(
            "nodeResourceGroup", f"'{group}' is no name for a resource group of up to 80 characters"
        )


def _check_network(network: Document) -> None:
    if network.get("networkPolicy") == "cilium" and network["networkDataplane"] != "cilium":
        raise invalid("networkProfile.networkPolicy", "cilium needs networkDataplane cilium")
    if network["networkDataplane"] == "cilium" and network["networkPlugin"] != "azure":
        raise invalid("networkProfile.networkDataplane", "cilium needs networkPlugin azure")
    service = _range("networkProfile.serviceCidr", network["serviceCidr"])
    pods = _range("networkProfile.podCidr", network["podCidr"]) if network.get("podCidr") else None
    if pods is not None and pods.overlaps(service):
        raise invalid("networkProfile.podCidr", f"{pods} overlaps serviceCidr {service}")
    if service.prefixlen < 12:
        raise invalid("networkProfile.serviceCidr", f"{service} is larger than a /12")
    try:
        inside = ip_address(network["dnsServiceIP"]) in service
    except ValueError:
        inside = False
    if not inside or network["dnsServiceIP"] == str(service[1]):
        raise invalid(
            "networkProfile.dnsServiceIP",
            f"{network['dnsServiceIP']} is not within {service}, behind its first address",
        )


def _range(parameter: str, text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise invalid(parameter, str(error)) from None


def _check_access(properties: Document) -> None:
    access = properties.get("apiServerAccessProfile") or {}
    given = access.get("authorizedIPRanges") or []
    parameter = "apiServerAccessProfile.authorizedIPRanges"
    if given and access.get("enablePrivateCluster"):
        raise invalid(parameter, "authorized IP ranges can't be used together with a private cluster")
    if len(given) > _MOST_RANGES:
        raise invalid(parameter, f"there are {len(given)} ranges, and {_MOST_RANGES} at most may be given")
    for text in given:
        try:
            ip_network(text, strict=False)
        except ValueError:
            raise invalid(parameter, f"'{text}' is no IPv4 address or range") from None


def _check_entra(call: Call, properties: Document) -> None:
    entra = properties.get("aadProfile")
    tenant = (entra or {}).get("tenantID")
    if tenant is not None and tenant.lower() != call.context.settings.tenant_id.lower():
        raise invalid("aadProfile.tenantID", f"'{tenant}' is not the tenant of this subscription")
    if properties["disableLocalAccounts"] and not entra:
        raise invalid(
            "disableLocalAccounts", "local accounts can only be disabled with Entra ID (aadProfile)"
        )
    if entra and entra.get("enableAzureRBAC") and not entra.get("managed"):
        raise invalid("aadProfile.enableAzureRBAC", "Azure RBAC needs managed Entra ID (aadProfile.managed)")
    workload = ((properties.get("securityProfile") or {}).get("workloadIdentity") or {}).get("enabled")
    if workload and not properties["oidcIssuerProfile"]["enabled"]:
        raise invalid(
            "securityProfile.workloadIdentity", "workload identity needs the OIDC issuer (oidcIssuerProfile)"
        )
