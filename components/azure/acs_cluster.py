"""`AcsCluster`: a cluster of Azure Kubernetes Service that a careful operator would make, out of few inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_azure_native import authorization, containerservice

from components.azure import arm, lookups, pools, settings
from components.azure.identities import Identities, IdentitiesArgs
from components.azure.lifetime import identifier
from components.azure.monitoring import Monitoring, MonitoringArgs
from components.azure.network import AcsNetwork
from components.cluster import WayIn
from federation.topology.addresses import subnet
from federation.topology.aks import AksCluster

LONG = pulumi.CustomTimeouts(create="40m", update="60m", delete="40m")
"""Of what AKS does with machines; an upgrade goes through all of them."""
_SERVICE = "service.beta.kubernetes.io/azure"


@dataclass(frozen=True, kw_only=True)
class AcsClusterArgs:
    """Inputs of `AcsCluster`.

    Attributes:
        cluster: its part of the topology.
        federation: name of the federation.
        network: its network, made before.
        egress: addresses of all clusters of the federation, this one's too.
    """

    cluster: AksCluster
    federation: str
    network: AcsNetwork
    egress: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class NoFile:
    """Its kubeconfig came from no file; a `components.cluster.Reference`."""

    path: None = None
    context: None = None


class AcsCluster(pulumi.ComponentResource):
    """A managed cluster, its pools, identities, logs and maintenance; a `components.cluster.Cluster`.

    Attributes:
        name: in the topology.
        location: Azure region.
        resource_group: its name.
        kubeconfig: one context, named after the cluster; its tokens come from kubelogin. Secret.
        reference: nowhere.
        issuer: of its service account tokens, as Entra ID knows it.
        egress_addresses: that its pods' traffic comes from.
        network_id: id of its virtual network.
        ready: pools and rights are there; whoever runs something in it depends on these.
    """

    name: str
    location: str
    resource_group: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    reference: NoFile
    issuer: pulumi.Output[str]
    egress_addresses: pulumi.Output[list[str]]
    network_id: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: AcsClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:azure:AcsCluster", name, {}, opts)
        self._spec, self._network, self._resource_name = args.cluster, args.network, name
        self._tags = arm.tags(args.federation, args.cluster.tags)
        self.name, self.location, self.reference = args.cluster.name, args.cluster.location, NoFile()
        self.resource_group = args.network.group.name
        self.egress_addresses = pulumi.Output.all(args.network.egress)
        self.network_id = args.network.network.id
        self._me = lookups.me(self)
        identities, monitoring = self._identities(), self._monitoring()
        cluster = self._cluster(args, identities, monitoring)
        watched = monitoring.watch(cluster.id)
        admins = identities.administer(cluster.id, self._me.object_id, self._spec.administrators, self)
        inside = [*self._pools(cluster), *self._windows(cluster)]
        self._lock(cluster, [*watched, *admins, *inside])
        self.ready = [*admins, *inside]
        self.issuer = cluster.oidc_issuer_profile.apply(lambda found: str(found.issuer_url))
        self.kubeconfig = self._credentials(cluster, admins)
        self.register_outputs({"name": self.name, "kubeconfig": self.kubeconfig, "issuer": self.issuer})

    @cached_property
    def provider(self) -> kubernetes.Provider:
        """For objects that are declared in it. Made on first use: each is a process of 107 MB.

        Its identifier is another one when the cluster is: so all that was declared in the old one is made anew.
        """
        return kubernetes.Provider(
            self._resource_name,
            kubeconfig=self.kubeconfig,
            cluster_identifier=identifier(self._spec),
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=self.ready),
        )

    def way_in(self, name: str) -> WayIn:
        """By a load balancer with a static address: a public one, or one of the network if the cluster is private."""
        if self._spec.private:
            inner = str(subnet(self._spec.network)[-3])  # nodes are given the lowest ones first
            return WayIn(
                inner, {f"{_SERVICE}-load-balancer-internal": "true", f"{_SERVICE}-load-balancer-ipv4": inner}
            )
        address = self.public_address(name)
        annotations: dict[str, pulumi.Input[str]] = {
            f"{_SERVICE}-load-balancer-resource-group": self.resource_group,
            f"{_SERVICE}-pip-name": address.name,
            f"{_SERVICE}-allowed-ip-ranges": self._allowed,
        }
        return WayIn(address.ip_address.apply(str), annotations)

    def public_address(self, name: str) -> Any:
        """A static `PublicIPAddress` in the cluster's resource group, where its identity may use it."""
        return self._network.address(name, self)

    @property
    def _allowed(self) -> pulumi.Output[str]:
        """Who may reach what is reached by `way_in`: those that may reach the API server."""
        return pulumi.Output.all(*self._ranges).apply(",".join)

    def _identities(self) -> Identities:
        return Identities(
            f"{self._resource_name}-identities",
            IdentitiesArgs(
                cluster=self.name,
                location=self.location,
                group=self._network.group,
                tags=self._tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _monitoring(self) -> Monitoring:
        return Monitoring(
            f"{self._resource_name}-monitoring",
            MonitoringArgs(
                cluster=self.name,
                location=self.location,
                group=self._network.group,
                tags=self._tags,
                foreign_tags=self._spec.foreign_tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _cluster(
        self, args: AcsClusterArgs, identities: Identities, monitoring: Monitoring
    ) -> containerservice.ManagedCluster:
        kubelet = identities.kubelet
        around = settings.Around(
            subnet=self._network.subnet.id,
            identity=identities.control_plane.id,
            kubelet={
                "resource_id": kubelet.id,
                "client_id": kubelet.client_id,
                "object_id": kubelet.principal_id,
            },
            tenant=self._me.tenant,
            workspace=monitoring.workspace.id,
            egress=args.egress,
            tags=self._tags,
        )
        properties = settings.properties(self._spec, around)
        self._ranges = properties["api_server_access_profile"].get("authorized_ip_ranges", [])
        return containerservice.ManagedCluster(
            f"{self.name}-cluster",
            resource_name_=self.name,
            resource_group_name=self.resource_group,
            location=self.location,
            **properties,
            opts=arm.options(
                self,
                *identities.rights,
                ignore=[*settings.moved_by_azure(self._spec), *arm.foreign(self._spec.foreign_tags)],
                replace_on_changes=list(settings.REPLACING),
                protect=self._spec.protect,
                custom_timeouts=LONG,
            ),
        )

    def _pools(self, cluster: containerservice.ManagedCluster) -> list[pulumi.Resource]:
        return [
            containerservice.AgentPool(
                f"{self.name}-{pools.arm_name(pool)}",
                agent_pool_name=pools.arm_name(pool),
                resource_name_=cluster.name,
                resource_group_name=self.resource_group,
                **pools.profile(
                    pool,
                    subnet=self._network.subnet.id,
                    version=self._spec.kubernetes_version,
                    tags=self._tags,
                ),
                opts=arm.options(
                    self,
                    ignore=[*settings.moved_in_pools(self._spec), *arm.foreign(self._spec.foreign_tags)],
                    custom_timeouts=LONG,
                ),
            )
            for pool in self._spec.pools
        ]

    def _windows(self, cluster: containerservice.ManagedCluster) -> list[pulumi.Resource]:
        return [
            containerservice.MaintenanceConfiguration(
                f"{self.name}-{name}",
                config_name=name,
                resource_name_=cluster.name,
                resource_group_name=self.resource_group,
                maintenance_window=window,
                opts=arm.options(self, ignore=["maintenanceWindow.startDate"]),
            )
            for name, window in settings.windows(self._spec).items()
        ]

    def _lock(self, cluster: containerservice.ManagedCluster, under: Sequence[pulumi.Resource]) -> None:
        """On the cluster alone: one on the machines' group would stop load balancers from being removed (AKS#621).

        It holds for all that is under the cluster's id, so it is made last, and goes first. The cluster is protected in
        the stack, the lock is not: it shall go in the same run that is told of protect: false.
        """
        if self._spec.protect:
            authorization.ManagementLockByScope(
                f"{self.name}-lock",
                lock_name="federation",
                level="CanNotDelete",
                notes=f"Cluster of a federation; set protect: false for {self.name} in its topology.",
                scope=cluster.id,
                opts=arm.options(self, *under),
            )

    def _credentials(
        self, cluster: containerservice.ManagedCluster, admins: Sequence[pulumi.Resource]
    ) -> pulumi.Output[str]:
        """Known once whoever is logged in may use it."""
        return pulumi.Output.secret(
            lookups.kubeconfig(self, group=self.resource_group, cluster=cluster, after=admins)
        )
