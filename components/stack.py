"""A whole federation, from its topology: clusters, control plane, members and workloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pulumi

from components.dynamic.join import Join, JoinArgs
from components.dynamic.membership import Membership, MembershipArgs
from components.existing_cluster import ExistingCluster, ExistingClusterArgs, kubeconfig_text
from components.federation import FederationControlPlane, FederationControlPlaneArgs
from components.keepalived import KeepalivedArgs, KeepalivedStack
from components.names import FederatedNames, FederatedNamesArgs
from components.verification import Verification, VerificationArgs
from components.workloads import FederatedWorkloads, WorkloadsArgs
from federation.errors import TopologyError
from federation.karmada import crds
from federation.kubeconfig import endpoint, merge
from federation.paths import cache_dir
from federation.topology import models
from federation.vip.router import router_ids


@dataclass(frozen=True, kw_only=True)
class FederationArgs:
    """Inputs of `Federation`.

    Attributes:
        topology: what it is made of.
        kubeconfigs: of every cluster, by its name: text with one context and everything inside.
    """

    topology: models.Topology
    kubeconfigs: Mapping[str, str]


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
    endpoint: str
    kubeconfig: pulumi.Output[str]
    names: pulumi.Output[dict[str, list[str]]]
    nameservers: pulumi.Output[list[str]]
    stores: pulumi.Output[list[dict[str, Any]]]
    next_steps: pulumi.Output[list[str]]

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:index:Federation", name, {}, opts)
        self._topology = topology = args.topology
        self._kubeconfigs = args.kubeconfigs
        clusters = {c.name: self._cluster(c) for c in map(_existing, topology.clusters)}
        vips = self._virtual_ips(clusters)
        plane = self._control_plane(clusters[topology.host_cluster.name])
        joins = {c.name: self._join(c, plane) for c in map(_existing, topology.members)}
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
                services=workloads.services if workloads else [],
                after=everything,
            )
            made = FederatedNames(topology.name, naming, self._child())
            self.names, self.nameservers, self.stores = made.names, made.nameservers, made.stores
            everything = [*everything, made]
        if topology.verify:
            self._verify(plane, joins, everything)
        self.members = pulumi.Output.all(*(_row(join) for join in joins.values()))
        self.endpoint = plane.endpoint
        self.kubeconfig = self._merged(plane.kubeconfig)
        self.next_steps = pulumi.Output.all(self.names, self.nameservers).apply(
            lambda known: _next_steps(topology, *known)
        )
        self.register_outputs({"members": self.members, "endpoint": self.endpoint})

    def _cluster(self, cluster: models.ExistingCluster) -> ExistingCluster:
        args = ExistingClusterArgs(
            cluster=cluster, federation=self._topology.name, kubeconfig=self._kubeconfigs[cluster.name]
        )
        return ExistingCluster(cluster.name, args, self._child())

    def _virtual_ips(self, clusters: Mapping[str, ExistingCluster]) -> dict[str, KeepalivedStack]:
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

    def _control_plane(self, host: ExistingCluster) -> FederationControlPlane:
        topology, spec = self._topology, self._topology.control_plane
        cluster = _existing(topology.host_cluster)
        text = self._kubeconfigs[cluster.name]
        args = FederationControlPlaneArgs(
            federation=topology.name,
            spec=spec,
            cluster=cluster.name,
            kubeconfig=text,
            kubeconfig_path=cluster.kubeconfig.path,
            kubeconfig_context=cluster.kubeconfig.context,
            address=spec.api_server.advertise_address or str(urlsplit(endpoint(text)[0]).hostname),
            crds=crds.load(spec.crds, version=spec.karmada_version, cache=cache_dir()),
        )
        return FederationControlPlane(topology.name, args, self._child(providers=[host.provider]))

    def _join(self, cluster: models.ExistingCluster, plane: FederationControlPlane) -> Join:
        args = JoinArgs(
            member=cluster.name,
            federation=self._topology.name,
            kubeconfig=self._kubeconfigs[cluster.name],
            kubeconfig_path=cluster.kubeconfig.path,
            kubeconfig_context=cluster.kubeconfig.context,
            federation_kubeconfig=plane.kubeconfig,
            region=cluster.region,
            zones=cluster.zones,
            labels=cluster.labels,
            grants=[
                {"apiGroups": list(g.api_groups), "resources": list(g.resources), "verbs": list(g.verbs)}
                for g in cluster.grants
            ],
            on_leave=cluster.on_leave,
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
    ) -> None:
        """When all else is done."""
        args = VerificationArgs(
            topology=self._topology.model_dump_json(exclude_defaults=True),
            federation_kubeconfig=plane.kubeconfig,
            nameservers=self.nameservers,
            members={name: join.id for name, join in joins.items()},
        )
        Verification(f"{self._topology.name}-verification", args, self._child(depends_on=list(after)))

    def _merged(self, federation: pulumi.Output[str]) -> pulumi.Output[str]:
        name, others = self._topology.name, dict(self._kubeconfigs)
        return pulumi.Output.secret(federation.apply(lambda own: merge({**others, name: own}, current=name)))

    def _child(self, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **more)


def kubeconfigs(topology: models.Topology, config: pulumi.Config) -> dict[str, str]:
    """The kubeconfig of every existing cluster, by its name: one context, everything inside.

    Raises `KubeconfigError` if a file cannot be used, and `pulumi.ConfigMissingError` if a secret is not there.
    """
    return {c.name: kubeconfig_text(c.kubeconfig, config) for c in map(_existing, topology.clusters)}


def _existing(cluster: models.ExistingCluster | models.AksCluster) -> models.ExistingCluster:
    if isinstance(cluster, models.ExistingCluster):
        return cluster
    raise TopologyError(
        f"cluster {cluster.name}",
        f"clusters of kind {cluster.kind} are not made yet",
        "make it with other means and give its kubeconfig, with kind existing",
    )


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
