"""`AcsNetwork`: resource group, virtual network and way out of one cluster.

It is made before the clusters, as each of them must let the others' addresses in: the federation's parts in one
cluster talk to the API servers of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network, resources

from components.azure import arm
from federation.topology.addresses import subnet
from federation.topology.aks import AksCluster
from federation.topology.regions import REGIONS, ZONES

SUBNET = "nodes"


@dataclass(frozen=True, kw_only=True)
class AcsNetworkArgs:
    """Inputs of `AcsNetwork`.

    Attributes:
        cluster: its part of the topology.
        federation: name of the federation.
        after: what is done before the first of it.
    """

    cluster: AksCluster
    federation: str
    after: Sequence[pulumi.Resource] = ()


class AcsNetwork(pulumi.ComponentResource):
    """Nodes have no public addresses: all that they send leaves by a NAT gateway with one static address.

    Attributes:
        group: the resource group.
        network: the virtual network.
        subnet: of the nodes; has the way out.
        egress: the address that others see.
    """

    group: resources.ResourceGroup
    network: network.VirtualNetwork
    subnet: network.Subnet
    egress: pulumi.Output[str]

    def __init__(self, name: str, args: AcsNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:azure:AcsNetwork", name, {}, opts)
        self._args, self._cluster = args, args.cluster
        self.group = resources.ResourceGroup(
            f"{self._cluster.name}-group",
            resource_group_name=self._cluster.group,
            location=self._cluster.location,
            tags=self._tags(),
            opts=self._opts(*args.after),
        )
        address = self.address("egress", self)
        self.egress = address.ip_address.apply(str)
        gateway = network.NatGateway(
            f"{self._cluster.name}-gateway",
            nat_gateway_name=f"{self._cluster.name}-gateway",
            resource_group_name=self.group.name,
            location=self._cluster.location,
            sku={"name": "Standard"},
            idle_timeout_in_minutes=4,
            public_ip_addresses=[{"id": address.id}],
            tags=self._tags(),
            opts=self._opts(),
        )
        self.network = network.VirtualNetwork(
            f"{self._cluster.name}-network",
            virtual_network_name=f"{self._cluster.name}-network",
            resource_group_name=self.group.name,
            location=self._cluster.location,
            address_space={"address_prefixes": [str(self._cluster.network)]},
            tags=self._tags(),
            opts=self._opts(),
        )
        self.subnet = network.Subnet(
            f"{self._cluster.name}-nodes",
            subnet_name=SUBNET,
            resource_group_name=self.group.name,
            virtual_network_name=self.network.name,
            address_prefix=str(subnet(self._cluster.network)),
            nat_gateway={"id": gateway.id},
            default_outbound_access=False,
            opts=arm.options(self),
        )
        self.register_outputs({"egress": self.egress})

    def address(self, name: str, parent: pulumi.Resource) -> network.PublicIPAddress:
        """A static address in the cluster's resource group, in all zones of its region."""
        return network.PublicIPAddress(
            f"{self._cluster.name}-{name}",
            public_ip_address_name=f"{self._cluster.name}-{name}",
            resource_group_name=self.group.name,
            location=self._cluster.location,
            sku={"name": "Standard"},
            public_ip_address_version="IPv4",
            public_ip_allocation_method="Static",
            zones=list(ZONES) if REGIONS[self._cluster.location] else None,
            tags=self._tags(),
            opts=arm.options(parent, ignore=arm.foreign(self._cluster.foreign_tags)),
        )

    def _tags(self) -> dict[str, str]:
        return arm.tags(self._args.federation, self._cluster.tags)

    def _opts(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return arm.options(self, *after, ignore=arm.foreign(self._cluster.foreign_tags))
