"""The resource types this plugin knows: where they live, what in a request's body goes where, what replaces them.

Paths, api-versions and names are those of pulumi-azure-native 3.29.0 ("Uses Azure REST API version ..." in the SDK) and
of the resource manager's REST reference. Replacements are those of the real plugin (pulumi-azure-native,
`provider/pkg/gen/replacement.go`, with PR #4771: of `networkProfile` only what AKS can't change); beyond it, a
`location` replaces every tracked resource, as ARM refuses to change one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PACKAGE = "azure-native"
VERSION = "3.29.0"

ENVELOPE = frozenset(
    "id name type etag location tags sku identity zones kind extendedLocation managedBy plan".split()
)
"""Fields that ARM has at the top of a document; all others are under `properties`."""

AutoName = Literal["random", "copy", "uuid"]

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SCOPES = ("scope", "resourceUri")


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One resource type.

    Attributes:
        name: the token, such as `azure-native:dns:Zone`.
        version: the api-version.
        path: the id, with inputs in braces; `{subscriptionId}` is the provider's.
        inner: fields that are under `properties` though others of that name are at the top.
        replaces: inputs beside those of the path whose change replaces the resource: `a.b` and `a[].b` for those
            of objects and of lists' items.
        maintained: lists of children that are resources of their own, too: an update that does not mention them
            keeps those that are there.
        etag: dotted path of the etag in a document that ARM takes preconditions for; empty: none are sent.
    """

    name: str
    version: str
    path: str
    inner: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    maintained: tuple[str, ...] = ()
    etag: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The inputs that make the id, in order."""
        return tuple(name for name in _PARAMETER.findall(self.path) if name != "subscriptionId")

    @property
    def name_parameter(self) -> str:
        """The input that is the resource's own name."""
        return self.parameters[-1]

    @property
    def auto_name(self) -> AutoName:
        """How a name comes about that the program does not give: the rule of the real plugin's `AutoName`."""
        if self.name_parameter == "roleAssignmentName":
            return "uuid"
        _, provider, own = self.path.lower().rpartition("microsoft.")
        top_level = not provider or own.count("{") == 1
        return "random" if top_level or self.name_parameter == "endpointName" else "copy"

    @property
    def noun(self) -> str:
        """For messages: `dns:Zone`."""
        return self.name.partition(":")[2]

    def fill(self, values: Mapping[str, str]) -> str:
        """The id with these values; a scope that is an id itself loses its slashes at the ends."""
        return _PARAMETER.sub(lambda match: values[match[1]].strip("/"), self.path)

    def parse(self, id_: str) -> dict[str, str] | None:
        """The path's inputs that an id writes, in whatever case; None if it is no id of this type."""
        words = _PARAMETER.split(self.path)  # text and names in turn
        pattern = "".join(
            f"(?P<{word}>{'.+' if word in _SCOPES else '[^/]+'})" if i % 2 else re.escape(word)
            for i, word in enumerate(words)
        )
        found = re.fullmatch(pattern, id_, re.IGNORECASE)
        return {name: found[name] for name in self.parameters} if found else None

    def is_top(self, field: str) -> bool:
        """Whether a field is at the top of the document."""
        return field in ENVELOPE and field not in self.inner


_LOCATION = frozenset({"location"})
_NETWORK = GROUP + "/providers/Microsoft.Network"
_CLUSTER = GROUP + "/providers/Microsoft.ContainerService/managedClusters/{resourceName}"
_IDENTITY = GROUP + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"

# AKS says of each of these that it is set once. `agentPoolProfiles[].windowsProfile` is there as the real plugin goes
# by the name of a field.
_CLUSTER_REPLACES = frozenset(
    {
        *"diskEncryptionSetID dnsPrefix fqdnSubdomain linuxProfile location nodeResourceGroup windowsProfile".split(),
        "agentPoolProfiles[].windowsProfile",
        *(
            f"networkProfile.{field}"
            for field in (
                "dnsServiceIP networkDataplane networkMode networkPlugin networkPluginMode networkPolicy "
                "outboundType podCidr serviceCidr serviceCidrs"
            ).split()
        ),
    }
)


TYPES: tuple[ResourceType, ...] = (
    ResourceType(
        name="azure-native:resources:ResourceGroup", version="2024-03-01", path=GROUP, replaces=_LOCATION
    ),
    ResourceType(
        name="azure-native:network:VirtualNetwork",
        version="2024-05-01",
        path=_NETWORK + "/virtualNetworks/{virtualNetworkName}",
        replaces=_LOCATION,
        maintained=("subnets", "virtualNetworkPeerings"),
        etag="etag",
    ),
    ResourceType(
        name="azure-native:network:Subnet",
        version="2024-05-01",
        path=_NETWORK + "/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}",
    ),
    ResourceType(
        name="azure-native:network:PublicIPAddress",
        version="2024-05-01",
        path=_NETWORK + "/publicIPAddresses/{publicIpAddressName}",
        replaces=_LOCATION | {"publicIPAddressVersion", "publicIPPrefix", "sku"},
    ),
    ResourceType(
        name="azure-native:network:NatGateway",
        version="2024-05-01",
        path=_NETWORK + "/natGateways/{natGatewayName}",
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:managedidentity:UserAssignedIdentity",
        version="2023-01-31",
        path=_IDENTITY,
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:managedidentity:FederatedIdentityCredential",
        version="2023-01-31",
        path=_IDENTITY + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
    ),
    ResourceType(
        name="azure-native:authorization:RoleAssignment",
        version="2022-04-01",
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        replaces=frozenset({"principalId"}),
    ),
    ResourceType(
        name="azure-native:authorization:ManagementLockByScope",
        version="2020-05-01",
        path="/{scope}/providers/Microsoft.Authorization/locks/{lockName}",
    ),
    ResourceType(
        name="azure-native:operationalinsights:Workspace",
        version="2023-09-01",
        path=GROUP + "/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}",
        inner=frozenset({"sku"}),
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:monitor:AzureMonitorWorkspace",
        version="2023-04-03",
        path=GROUP + "/providers/Microsoft.Monitor/accounts/{azureMonitorWorkspaceName}",
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:monitor:DataCollectionRuleAssociation",
        version="2022-06-01",
        path="/{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}",
    ),
    ResourceType(
        name="azure-native:monitor:DiagnosticSetting",
        version="2021-05-01-preview",
        path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    ),
    ResourceType(
        name="azure-native:containerservice:ManagedCluster",
        version="2025-09-01",
        path=_CLUSTER,
        replaces=_CLUSTER_REPLACES,
        etag="eTag",
    ),
    ResourceType(
        name="azure-native:containerservice:AgentPool",
        version="2025-09-01",
        path=_CLUSTER + "/agentPools/{agentPoolName}",
        inner=frozenset({"type", "tags"}),
        replaces=frozenset({"gpuInstanceProfile", "vmSize", "networkProfile.nodePublicIPTags"}),
        etag="properties.eTag",
    ),
    ResourceType(
        name="azure-native:containerservice:MaintenanceConfiguration",
        version="2025-09-01",
        path=_CLUSTER + "/maintenanceConfigurations/{configName}",
    ),
    ResourceType(
        name="azure-native:dns:Zone",
        version="2023-07-01-preview",
        path=_NETWORK + "/dnsZones/{zoneName}",
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:dns:RecordSet",
        version="2023-07-01-preview",
        path=_NETWORK + "/dnsZones/{zoneName}/{recordType}/{relativeRecordSetName}",
    ),
    ResourceType(
        name="azure-native:privatedns:PrivateZone",
        version="2024-06-01",
        path=_NETWORK + "/privateDnsZones/{privateZoneName}",
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:privatedns:VirtualNetworkLink",
        version="2024-06-01",
        path=_NETWORK + "/privateDnsZones/{privateZoneName}/virtualNetworkLinks/{virtualNetworkLinkName}",
        replaces=_LOCATION,
    ),
    ResourceType(
        name="azure-native:trafficmanager:Profile",
        version="2022-04-01",
        path=_NETWORK + "/trafficmanagerprofiles/{profileName}",
        replaces=_LOCATION,
        maintained=("endpoints",),
    ),
    ResourceType(
        name="azure-native:trafficmanager:Endpoint",
        version="2022-04-01",
        path=_NETWORK + "/trafficmanagerprofiles/{profileName}/{endpointType}/{endpointName}",
    ),
)

BY_TOKEN = {type_.name: type_ for type_ in TYPES}
