"""A stand-in for Azure in this process, with all that an AKS cluster needs, and machines that nobody boots."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from lab.azure.aks.machines import Paper
from lab.azure.aks.part import start
from lab.azure.clock import ManualClock
from lab.azure.http import Request, Response
from lab.azure.kinds import Caller
from lab.azure.service import Service
from lab.azure.settings import Settings

AKS = "2025-09-01"
VERSIONS = {
    "resourcegroups": "2024-03-01",
    "virtualnetworks": "2024-05-01",
    "publicipaddresses": "2024-05-01",
    "natgateways": "2024-05-01",
    "userassignedidentities": "2023-01-31",
    "roleassignments": "2022-04-01",
    "managedclusters": AKS,
    "providers/microsoft.authorization/locks": "2020-05-01",
}
NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
IDENTITY_OPERATOR = "f1a07417-d97a-45cb-824c-7a7467783830"
CLUSTER_ADMIN = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"

Body = dict[str, Any]


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> Body:
    """A JSON merge patch (RFC 7396): None removes."""
    made = copy.deepcopy(dict(base))
    for key, value in change.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(made.get(key), Mapping):
            made[key] = merged(made[key], value)
        else:
            made[key] = copy.deepcopy(value)
    return made


@dataclass
class Cloud:
    """The stand-in, spoken to as its operator. Operations end before a call returns."""

    service: Service

    @property
    def subscription(self) -> str:
        return f"/subscriptions/{self.service.settings.subscription_id}"

    @property
    def group(self) -> str:
        return f"{self.subscription}/resourceGroups/rg"

    def ask(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        caller: Caller | None = None,
        **headers: str,
    ) -> Response:
        """One request."""
        kind = max((path.lower().rfind(f"/{key}"), v) for key, v in VERSIONS.items())[1]
        return self.service.handle(
            Request(
                method=method,
                path=path,
                query={"api-version": kind},
                headers={k.replace("_", "-"): v for k, v in headers.items()},
                body=b"" if body is None else json.dumps(body).encode(),
                host="10.98.0.1",
            ),
            caller or self.service.operator,
        )

    def put(self, path: str, body: Body) -> Body:
        """A PUT that must succeed, to its operation's end; the document after it."""
        response = self.ask("PUT", path, body)
        assert response.status in (200, 201), response.body
        self.settle()
        return self.get(path)

    def get(self, path: str) -> Body:
        response = self.ask("GET", path)
        assert response.status == 200, response.body
        found: Body = response.json()
        return found

    def refused(
        self, method: str, path: str, body: Body | None = None, **headers: str
    ) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        response = self.ask(method, path, body, caller=None, **headers)
        assert response.status >= 400, response.body
        error = response.json()["error"]
        return response.status, error["code"], error["message"]

    def gone(self, path: str) -> bool:
        return self.ask("GET", path).status == 404

    def settle(self) -> None:
        assert self.service.operations.wait(10)

    def role(self, principal: str, role: str, scope: str, name: str) -> str:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        definition = f"{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        properties = {
            "roleDefinitionId": definition,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        }
        self.put(path, {"properties": properties})
        return path


class Site:
    """A cloud with a group, a network behind a NAT gateway and two identities with their roles in westus."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        group = cloud.group
        here = {"location": "westus"}
        cloud.put(group, here)
        address = f"{group}/providers/Microsoft.Network/publicIPAddresses/out"
        cloud.put(
            address,
            {**here, "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}},
        )
        gateway = f"{group}/providers/Microsoft.Network/natGateways/nat"
        cloud.put(
            gateway,
            {**here, "sku": {"name": "Standard"}, "properties": {"publicIpAddresses": [{"id": address}]}},
        )
        network = f"{group}/providers/Microsoft.Network/virtualNetworks/vnet"
        cloud.put(network, {**here, "properties": {"addressSpace": {"addressPrefixes": ["10.224.0.0/12"]}}})
        self.subnet = f"{network}/subnets/nodes"
        cloud.put(
            self.subnet,
            {"properties": {"addressPrefix": "10.224.0.0/16", "natGateway": {"id": gateway}}},
        )
        kind = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
        self.plane = cloud.put(f"{kind}/plane", here)
        self.kubelet = cloud.put(f"{kind}/kubelet", here)
        principal = self.plane["properties"]["principalId"]
        self.network_role = cloud.role(
            principal, NETWORK_CONTRIBUTOR, self.subnet, "00000000-0000-4000-8000-000000000001"
        )
        self.identity_role = cloud.role(
            principal, IDENTITY_OPERATOR, self.kubelet["id"], "00000000-0000-4000-8000-000000000002"
        )
        self.cluster = f"{group}/providers/Microsoft.ContainerService/managedClusters/west"

    def body(self, change: Mapping[str, Any] | None = None) -> Body:
        """A cluster as our component asks for it."""
        kubelet = self.kubelet["properties"]
        base = {
            "location": "westus",
            "sku": {"name": "Base", "tier": "Standard"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {self.plane["id"]: {}}},
            "properties": {
                "kubernetesVersion": "1.35",
                "dnsPrefix": "west",
                "disableLocalAccounts": True,
                "aadProfile": {"managed": True, "enableAzureRBAC": True},
                "oidcIssuerProfile": {"enabled": True},
                "securityProfile": {"workloadIdentity": {"enabled": True}},
                "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"},
                "apiServerAccessProfile": {
                    "authorizedIPRanges": ["203.0.113.0/24"],
                    "disableRunCommand": True,
                },
                "identityProfile": {
                    "kubeletidentity": {
                        "resourceId": self.kubelet["id"],
                        "clientId": kubelet["clientId"],
                        "objectId": kubelet["principalId"],
                    }
                },
                "networkProfile": {
                    "networkPlugin": "azure",
                    "networkPluginMode": "overlay",
                    "networkDataplane": "cilium",
                    "networkPolicy": "cilium",
                    "outboundType": "userAssignedNATGateway",
                    "loadBalancerSku": "standard",
                    "podCidr": "10.244.0.0/16",
                    "serviceCidr": "10.0.0.0/16",
                    "dnsServiceIP": "10.0.0.10",
                },
                "agentPoolProfiles": [self.pool(name="system", mode="System", count=2)],
            },
        }
        return merged(base, change or {})

    def pool(self, **change: Any) -> Body:
        """A pool of two vCPUs each, unless changed."""
        base = {
            "mode": "User",
            "count": 1,
            "vmSize": "Standard_D2s_v5",
            "vnetSubnetID": self.subnet,
            "osType": "Linux",
            "type": "VirtualMachineScaleSets",
        }
        return merged(base, change)

    def with_system(self, **change: Any) -> Body:
        """A cluster whose system pool is changed."""
        pool = merged(self.pool(name="system", mode="System", count=2), change)
        return self.body({"properties": {"agentPoolProfiles": [pool]}})

    def up(self, change: Mapping[str, Any] | None = None) -> Body:
        """The cluster, once it is there."""
        return self.cloud.put(self.cluster, self.body(change))


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """An empty stand-in."""
    service = Service(Settings(operation_seconds=0.5), clock=ManualClock())
    start(service.context, Paper())
    yield Cloud(service)
    service.stop()


@pytest.fixture
def site(cloud: Cloud) -> Site:
    """All that a cluster needs."""
    return Site(cloud)
