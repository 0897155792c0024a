"""A whole federation, from its topology: clusters, control plane, members and workloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.cluster import AnyCluster, Cluster, WayIn
from components.dynamic.join import Join, JoinArgs
from components.dynamic.membership import Membership, MembershipArgs
from components.dynamic.protection import Protection
from components.existing_cluster import ExistingCluster, ExistingClusterArgs, kubeconfig_text
from components.federation import FederationControlPlane, FederationControlPlaneArgs
from components.keepalived import KeepalivedArgs, KeepalivedStack
from components.names import FederatedNames, FederatedNamesArgs
from components.verification import Verification, VerificationArgs
from components.workloads import FederatedWorkloads, WorkloadsArgs
from federation import offline
from federation.azure.cloud import Cloud, cloud_of
from federation.karmada import crds
from federation.kubeconfig import merge
from federation.paths import cache_dir
from federation.topology import models
from federation.vip.router import router_ids


@dataclass(frozen=True, kw_only=True)
class FederationArgs:
    """Inputs of `Federation`.

    Attributes:
        topology: what it is made of.
        kubeconfigs: of every cluster that is there already, by its name: text with one context and everything inside.
        cloud: the cloud of Azure that zones are in; None: there are none.
    """

    topology: models.Topology
    kubeconfigs: Mapping[str, pulumi.Input[str]]
    cloud: Cloud | None = None


class Federation(pulumi.ComponentResource):
    """One federation.

    Attributes:
        members: name, region, zones, version, endpoint and whether it is Ready, of each.
        endpoint: URL of the federation API.
        kubeconfig: a context for every cluster, and one named after the federation; secret.
        names: of each service that the stack federates, "namespace/name" to its DNS names, the global one first.
        nameservers: "address:port" of each server that answers for them.
        stores: how the engine writes each zone, for fedctl's option --store; secret.
        next_steps: commands to go on with.
    """

    members: pulumi.Output[list[dict[str, Any]]]
    endpoint: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    names: pulumi.Output[dict[str, list[str]]]
    nameservers: pulumi.Output[list[str]]
    stores: pulumi.Output[list[dict[str, Any]]]
    next_steps: pulumi.Output[list[str]]

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:index:Federation", name, {}, opts)
        self._topology = topology = args.topology
        self._kubeconfigs = args.kubeconfigs
        clusters = self._clusters()
        vips = self._virtual_ips(clusters)
        plane = self._control_plane(clusters[topology.host_cluster.name])
        joins = {c.name: self._join(c, clusters[c.name], plane) for c in topology.members}
        membership = self._membership(plane, joins)
        workloads = self._workloads(plane, [membership, *vips.values()]) if topology.workloads else None
        self.names, self.nameservers = pulumi.Output.from_input({}), pulumi.Output.from_input([])
        self.stores = pulumi.Output.from_input([])
        everything = [membership, *([workloads] if workloads else [])]
        if topology.dns:
            naming = FederatedNamesArgs(
                topology=topology,
                clusters=clusters,
                virtual_ips=vips,
                plane=plane,
                services=workloads.services if workloads else {},
                after=everything,
                cloud=args.cloud,
            )
            made = FederatedNames(topology.name, naming, self._child())
            self.names, self.nameservers, self.stores = made.names, made.nameservers, made.stores
            everything = [*everything, made]
        if topology.verify:
            everything = [*everything, self._verify(plane, joins, everything)]
        self._forbid_removal([plane, *clusters.values(), *vips.values(), *joins.values(), *everything])
        self.members = pulumi.Output.all(*(_row(join) for join in joins.values()))
        self.endpoint = plane.endpoint
        self.kubeconfig = self._merged(clusters, plane.kubeconfig)
        self.next_steps = pulumi.Output.all(self.names, self.nameservers).apply(
            lambda known: _next_steps(topology, *known)
        )
        self.register_outputs({"members": self.members, "endpoint": self.endpoint})

    def _clusters(self) -> dict[str, Cluster]:
        """All of them by name, in the topology's order."""
        topology, found = self._topology, dict[str, Cluster]()
        made = [c for c in topology.clusters if isinstance(c, models.AksCluster)]
        if made:
            from components.azure.clusters import acs_clusters  # noqa: PLC0415  a large SDK

            found.update(acs_clusters(topology.name, made, self._child()))
        there = [c for c in topology.clusters if isinstance(c, models.ExistingCluster)]
        found.update({c.name: self._existing(c) for c in there})
        return {c.name: found[c.name] for c in topology.clusters}

    def _existing(self, cluster: models.ExistingCluster) -> ExistingCluster:
        args = ExistingClusterArgs(
            cluster=cluster, federation=self._topology.name, kubeconfig=self._kubeconfigs[cluster.name]
        )
        return ExistingCluster(cluster.name, args, self._child())

    def _virtual_ips(self, clusters: Mapping[str, Cluster]) -> dict[str, KeepalivedStack]:
        """For the clusters that have a pool, and so no load balancer of their own."""
        topology = self._topology
        pools = {c.name: c.vips for c in topology.clusters if c.vips}
        ids = router_ids({name: pool.router_id for name, pool in pools.items()})
        return {
            name: KeepalivedStack(
                f"{name}-vips",
                KeepalivedArgs(
                    federation=topology.name,
                    cluster=name,
                    pool=pool,
                    router_id=ids[name],
                    controllers=topology.controllers,
                ),
                self._child(providers=[clusters[name].provider]),
            )
            for name, pool in pools.items()
        }

    def _control_plane(self, host: Cluster) -> FederationControlPlane:
        topology = self._topology
        spec, way = self._way_in(host)
        args = FederationControlPlaneArgs(
            federation=topology.name,
            spec=spec,
            cluster=host.name,
            kubeconfig=host.kubeconfig,
            kubeconfig_path=host.reference.path,
            kubeconfig_context=host.reference.context,
            address=way.address,
            cloud=way.annotations,
            crds=crds.load(spec.crds, version=spec.karmada_version, cache=cache_dir()),
        )
        return FederationControlPlane(topology.name, args, self._child(providers=[host.provider]))

    def _way_in(self, host: Cluster) -> tuple[models.ControlPlane, WayIn]:
        """How clients find the federation API: by a load balancer where the host's nodes have no address outside."""
        spec = self._topology.control_plane
        api = spec.api_server
        if api.advertise_address:
            return spec, WayIn(api.advertise_address)
        way = host.way_in(f"{self._topology.name}-federation-api")
        if way.annotations:
            api = api.model_copy(update={"service_type": "LoadBalancer"})
        return spec.model_copy(update={"api_server": api}), way

    def _join(self, spec: AnyCluster, cluster: Cluster, plane: FederationControlPlane) -> Join:
        args = JoinArgs(
            member=cluster.name,
            federation=self._topology.name,
            kubeconfig=cluster.kubeconfig,
            kubeconfig_path=cluster.reference.path,
            kubeconfig_context=cluster.reference.context,
            federation_kubeconfig=plane.kubeconfig,
            region=spec.region,
            zones=spec.zones,
            labels=spec.labels,
            grants=[
                {"apiGroups": list(g.api_groups), "resources": list(g.resources), "verbs": list(g.verbs)}
                for g in spec.grants
            ],
            on_leave=spec.on_leave,
        )
        return Join(f"{cluster.name}-join", args, self._child(depends_on=plane.ready))

    def _membership(self, plane: FederationControlPlane, joins: Mapping[str, Join]) -> Membership:
        args = MembershipArgs(
            federation=self._topology.name,
            federation_kubeconfig=plane.kubeconfig,
            members={name: join.id for name, join in joins.items()},
            force_delete=self._topology.control_plane.force_delete,
        )
        return Membership(f"{self._topology.name}-members", args, self._child(depends_on=plane.ready))

    def _workloads(
        self, plane: FederationControlPlane, after: Sequence[pulumi.Resource]
    ) -> FederatedWorkloads:
        topology = self._topology
        args = WorkloadsArgs(
            workloads=topology.workloads,
            members=[c.name for c in topology.members],
            failover=topology.control_plane.failover,
        )
        opts = self._child(providers=[plane.provider], depends_on=list(after))
        return FederatedWorkloads(f"{topology.name}-workloads", args, opts)

    def _verify(
        self, plane: FederationControlPlane, joins: Mapping[str, Join], after: Sequence[pulumi.Resource]
    ) -> Verification:
        """When all else is done."""
        args = VerificationArgs(
            topology=self._topology.model_dump_json(exclude_defaults=True),
            federation_kubeconfig=plane.kubeconfig,
            nameservers=self.nameservers,
            members={name: join.id for name, join in joins.items()},
        )
        return Verification(f"{self._topology.name}-verification", args, self._child(depends_on=list(after)))

    def _forbid_removal(self, everything: Sequence[Any]) -> None:
        """Before anything goes, it is refused if a part of it is protected; only what is in Azure can be."""
        topology = self._topology
        clusters = [c for c in topology.clusters if isinstance(c, models.AksCluster)]
        zones = [z for z in topology.dns if isinstance(z, models.AzureDns)]
        if not clusters and not zones:
            return
        protected = [f"cluster {c.name}" for c in clusters if c.protect]
        protected += [f"zone {z.zone_name(topology.domain)}" for z in zones if z.protect and z.create]
        opts = self._child(depends_on=list(everything))
        Protection(f"{topology.name}-protection", topology.name, protected, opts)

    def _merged(self, clusters: Mapping[str, Cluster], federation: pulumi.Output[str]) -> pulumi.Output[str]:
        name = self._topology.name
        texts = {**{each: cluster.kubeconfig for each, cluster in clusters.items()}, name: federation}
        merged = pulumi.Output.all(**texts).apply(lambda known: merge(known, current=name))
        return pulumi.Output.secret(merged)

    def _child(self, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **more)


def kubeconfigs(topology: models.Topology, config: pulumi.Config) -> dict[str, str]:
    """The kubeconfig of every existing cluster, by its name: one context, everything inside.

    In a preview without access, there is nothing in them but the API servers' addresses.

    Raises `KubeconfigError` if a file cannot be used, and `pulumi.ConfigMissingError` if a secret is not there.
    """
    there = [c for c in topology.clusters if isinstance(c, models.ExistingCluster)]
    if facts := offline.known():
        return {c.name: facts.kubeconfig(c.name) for c in there}
    return {c.name: kubeconfig_text(c.kubeconfig, config) for c in there}


def azure_cloud(topology: models.Topology) -> Cloud | None:
    """The cloud that azure-native is configured for, if a zone is in it.

    Raises `FederationError` if a metadata host is named and does not answer.
    """
    if not any(isinstance(spec, models.AzureDns) for spec in topology.dns):
        return None
    config = pulumi.Config("azure-native")
    host = None if offline.known() else config.get("metadataHost")
    return cloud_of(config.get("environment"), host)


def _row(join: Join) -> pulumi.Output[dict[str, Any]]:
    return pulumi.Output.all(
        name=join.member,
        region=join.region,
        zones=join.zones,
        version=join.version,
        ready=join.ready,
        endpoint=join.endpoint,
    )


def _next_steps(
    topology: models.Topology, names: Mapping[str, Sequence[str]], nameservers: Sequence[str]
) -> list[str]:
    context = f"kubectl --kubeconfig federation.kubeconfig --context {topology.name}"
    asked = [of_one[0] for of_one in names.values()][:1]
    digs = [f"dig {_at(server)} {name} +short" for name in asked for server in nameservers[:1]]
    return [
        "pulumi stack output kubeconfig --show-secrets > federation.kubeconfig",
        f"{context} get clusters",
        f"{context} get deployments,services",
        f"kubectl --kubeconfig federation.kubeconfig --context {topology.clusters[0].name} get pods",
        *digs,
    ]


def _at(nameserver: str) -> str:
    """As dig takes it; an IPv6 address is in brackets before its port."""
    host, _, port = nameserver.rpartition(":")
    return f"@{host.strip('[]')} -p {port}"
