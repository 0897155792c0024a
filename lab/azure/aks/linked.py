"""Resources that a cluster points at: identities and subnets, and whether its identity may use them."""

from __future__ import annotations

from ipaddress import ip_network

from lab.azure.aks import names
from lab.azure.http import ArmError, Document
from lab.azure.kinds import Call
from lab.azure.store import Entry

_ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"


def control_plane(call: Call) -> Entry | None:
    """The user-assigned identity of the control plane; None for one of the system's. Raises `ArmError`."""
    identity = call.body.get("identity") or {}
    kind = identity.get("type")
    if kind in (None, "SystemAssigned"):
        return None
    given = list(identity.get("userAssignedIdentities") or {})
    if kind != "UserAssigned" or len(given) != 1:
        raise call.refuse(
            "InvalidUserAssignedIdentity",
            f"The identity of type '{kind}' names {len(given)} user-assigned identities; a cluster has exactly one.",
        )
    return _identity(call, given[0], "identity.userAssignedIdentities")


def kubelet(call: Call, owner: Entry | None) -> Entry | None:
    """The identity of the nodes; None for one that AKS makes.

    Args:
        owner: of the control plane; it must be allowed to give the other one to nodes.

    Raises `ArmError`.
    """
    profile = (call.properties.get("identityProfile") or {}).get("kubeletidentity")
    if not profile or not profile.get("resourceId"):
        return None
    entry = _identity(call, profile["resourceId"], "properties.identityProfile.kubeletidentity.resourceId")
    if owner is None:
        raise call.refuse(
            "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
            "Custom kubelet identity is only supported on clusters with a user-assigned control-plane identity.",
        )
    for field, known in (("clientId", "clientId"), ("objectId", "principalId")):
        if profile.get(field) and profile[field].lower() != entry.properties[known].lower():
            raise call.refuse(
                "InvalidIdentityProfile",
                f"The {field} '{profile[field]}' of the kubelet identity is not that of {entry.id}.",
            )
    if not call.context.access.allowed(owner.properties["principalId"], _ASSIGN, entry.id):
        raise call.refuse(
            "CustomKubeletIdentityMissingPermissionError",
            f"The cluster user assigned identity must be given permission to assign kubelet identity {entry.id}. "
            f"Check access result not allowed for action {_ASSIGN}.",
        )
    return entry


def _identity(call: Call, id_: str, path: str) -> Entry:
    entry = call.context.store.get(id_)
    if entry is None or entry.type.lower() != names.IDENTITIES.lower():
        raise call.refuse("NotFound", f"The user-assigned identity {id_} ({path}) could not be found.", 404)
    return entry


def subnet(call: Call, pool: Document, location: str, owner: Entry | None) -> Entry | None:
    """The subnet of a pool's nodes; None for a network that AKS makes. Raises `ArmError`."""
    id_ = pool.get("vnetSubnetID")
    if not id_:
        return None
    entry = call.referred(id_, names.SUBNETS, "properties.agentPoolProfiles.vnetSubnetID")
    network = call.context.store.get(entry.resource_id.parent) if entry.resource_id.parent else None
    where = network.document.get("location") if network else location
    if where != location:
        raise call.refuse(
            "VnetRegionMismatch",
            f"The virtual network of subnet {entry.id} is in '{where}', and the cluster in '{location}'; they must be "
            "in the same region.",
        )
    if owner is not None and not call.context.access.allowed(
        owner.properties["principalId"], _JOIN, entry.id
    ):
        client, object_id = owner.properties["clientId"], owner.properties["principalId"]
        raise ArmError(
            403,
            "LinkedAuthorizationFailed",
            f"The client '{client}' with object id '{object_id}' has permission to perform action "
            f"'Microsoft.Compute/virtualMachineScaleSets/write' on scope '{call.id.text}'; however, it does not have "
            f"permission to perform action '{_JOIN}' on the linked scope(s) '{entry.id}' or the linked scope(s) are "
            "invalid.",
        )
    return entry


def require_egress(call: Call, outbound: str, found: Entry | None) -> None:
    """Raises the `ArmError` of a way out that the subnet does not have."""
    needed = {"userAssignedNATGateway": "natGateway", "userDefinedRouting": "routeTable"}.get(outbound)
    if needed is None:
        return
    if found is None or not (found.properties.get(needed) or {}).get("id"):
        what = "a NAT gateway" if needed == "natGateway" else "a route table"
        raise call.refuse(
            "InvalidParameter",
            f"The value of parameter networkProfile.outboundType is invalid. Error details: {outbound} needs a subnet "
            f"with {what}, and {found.id if found else 'no subnet'} has none.",
        )


def require_apart(call: Call, found: Entry | None, service_cidr: str) -> None:
    """Raises the `ArmError` of a service range that overlaps the nodes' subnet."""
    if found is None:
        return
    given = found.properties.get("addressPrefixes") or [found.properties.get("addressPrefix")]
    for prefix in filter(None, given):
        if ip_network(prefix, strict=False).overlaps(ip_network(service_cidr, strict=False)):
            raise call.refuse(
                "ServiceCidrOverlapExistingSubnetsCidr",
                f"The specified service CIDR {service_cidr} is conflicted with an existing subnet CIDR {prefix}.",
            )
