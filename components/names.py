"""The names of a federation's services: their zone, who asks it, each service's records, and what keeps them true.

Order of start, and backwards of removal: the zone answers; the members ask it; the records of each service; the DNS
controller. It stops first, as it would write again what is being removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.coredns.stack import CoreDnsArgs, CoreDnsStack
from components.dns_controller import DnsController, DnsControllerArgs
from components.dns_identity import DnsIdentity, DnsIdentityArgs
from components.dynamic.cluster_dns import ClusterDns, ClusterDnsArgs
from components.dynamic.records import DnsRecords, DnsRecordsArgs
from components.existing_cluster import ExistingCluster
from components.federation import FederationControlPlane
from federation import etcd_files
from federation.dns.store import Store
from federation.errors import TopologyError
from federation.names import Service
from federation.topology import models


@dataclass(frozen=True, kw_only=True)
class FederatedNamesArgs:
    """Inputs of `FederatedNames`.

    Attributes:
        topology: of the federation; `dns` names at least one backend.
        clusters: all of them by name.
        virtual_ips: what gives load balancers an address, of the clusters that have none of their own.
        plane: the control plane.
        services: those that the stack itself federates, and that have names.
        after: done once members and services are in the federation API, and members give addresses.
    """

    topology: models.Topology
    clusters: Mapping[str, ExistingCluster]
    virtual_ips: Mapping[str, pulumi.Resource]
    plane: FederationControlPlane
    services: Sequence[Service]
    after: Sequence[pulumi.Resource]


@dataclass(frozen=True, kw_only=True)
class _Zone:
    """The federation's zone in one backend.

    Attributes:
        name: of its resources.
        store: how the engine writes it; secret.
        controller_store: how a pod of `cluster` writes it; secret.
        cluster: where its controller runs.
        namespace: of its controller; `made` is its resource, or None where the controller makes it.
        nameservers: who answers for it.
        asked: whether the members' own DNS shall ask them.
        ready: done once they answer.
    """

    name: str
    store: pulumi.Output[dict[str, Any]]
    controller_store: pulumi.Output[dict[str, Any]]
    cluster: ExistingCluster
    namespace: str
    made: pulumi.Resource | None
    nameservers: pulumi.Output[list[str]]
    asked: bool
    ready: Sequence[pulumi.Resource]


class FederatedNames(pulumi.ComponentResource):
    """Needs no provider in `opts`: each cluster brings its own.

    Attributes:
        names: of each service that the stack federates, "namespace/name" to its names, the global one first.
        nameservers: "address:port" of each server that answers.
        stores: how the engine writes each zone, as `Store.as_props` has it; secret.
    """

    names: pulumi.Output[dict[str, list[str]]]
    nameservers: pulumi.Output[list[str]]
    stores: pulumi.Output[list[dict[str, Any]]]

    def __init__(
        self, name: str, args: FederatedNamesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("federation:dns:FederatedNames", name, {}, opts)
        self._name, self._args = name, args
        zones = [self._zone(spec, self._zone_name(place)) for place, spec in enumerate(args.topology.dns)]
        for zone in zones:
            if zone.asked:
                self._wire(zone)
        records = {service: self._records(service, zones) for service in args.services}
        identity = DnsIdentity(
            f"{name}-identity", DnsIdentityArgs(plane=args.plane), self._child(*args.after)
        )
        for zone in zones:
            self._controller(zone, identity, records.values())
        self.names = pulumi.Output.from_input({str(service): each.names for service, each in records.items()})
        self.nameservers = pulumi.Output.all(*(zone.nameservers for zone in zones)).apply(
            lambda found: [server for servers in found for server in servers]
        )
        self.stores = pulumi.Output.secret([zone.store for zone in zones])
        self.register_outputs({"names": self.names, "nameservers": self.nameservers})

    def _zone_name(self, place: int) -> str:
        return f"{self._name}-coredns" + (f"-{place + 1}" if place else "")

    def _zone(self, spec: models.CoreDns | models.AzureDns, name: str) -> _Zone:
        if isinstance(spec, models.AzureDns):
            raise TopologyError(
                "dns", "zones in Azure DNS are not written yet", "use provider coredns, or leave it out"
            )
        topology = self._args.topology
        cluster = self._args.clusters[spec.cluster or topology.host_cluster.name]
        return _existing(spec, name, cluster) if spec.endpoints else self._own(spec, name, cluster)

    def _own(self, spec: models.CoreDns, name: str, cluster: ExistingCluster) -> _Zone:
        topology = self._args.topology
        args = CoreDnsArgs(
            federation=topology.name,
            domain=topology.domain,
            spec=spec,
            cluster=cluster.name,
            kubeconfig=cluster.kubeconfig,
            kubeconfig_path=cluster.reference.path,
            kubeconfig_context=cluster.reference.context,
        )
        vips = [made for at, made in self._args.virtual_ips.items() if at == cluster.name]
        stack = CoreDnsStack(name, args, self._child(*vips, providers=[cluster.provider]))
        return _Zone(
            name=name,
            store=stack.store,
            controller_store=stack.controller_store,
            cluster=cluster,
            namespace=spec.namespace,
            made=stack.namespace,
            nameservers=stack.nameservers,
            asked=spec.wire_members,
            ready=[stack],
        )

    def _wire(self, zone: _Zone) -> None:
        """The members' pods resolve the names."""
        topology = self._args.topology
        for member in topology.members:
            cluster = self._args.clusters[member.name]
            args = ClusterDnsArgs(
                federation=topology.name,
                member=member.name,
                domain=topology.domain,
                nameservers=zone.nameservers,
                ttl=topology.ttl,
                kubeconfig=cluster.kubeconfig,
                kubeconfig_path=cluster.reference.path,
                kubeconfig_context=cluster.reference.context,
            )
            ClusterDns(f"{member.name}-{zone.name}", args, self._child(*zone.ready))

    def _records(self, service: Service, zones: Sequence[_Zone]) -> DnsRecords:
        topology = self._args.topology
        args = DnsRecordsArgs(
            federation=topology.name,
            domain=topology.domain,
            ttl=topology.ttl,
            namespace=service.namespace,
            service=service.name,
            members=[{"name": m.name, "region": m.region, "zones": list(m.zones)} for m in topology.members],
            federation_kubeconfig=self._args.plane.kubeconfig,
            stores=[zone.store for zone in zones],
        )
        after = (*self._args.after, *(each for zone in zones for each in zone.ready))
        return DnsRecords(f"{service.namespace}/{service.name}", args, self._child(*after))

    def _controller(self, zone: _Zone, identity: DnsIdentity, after: Iterable[pulumi.Resource]) -> None:
        """Stopped before the records go, and before the rights that it needs."""
        topology = self._args.topology
        args = DnsControllerArgs(
            federation=topology.name,
            domain=topology.domain,
            ttl=topology.ttl,
            controllers=topology.controllers,
            kubeconfig=identity.kubeconfig,
            store=zone.controller_store,
            namespace=zone.namespace,
            namespace_made=zone.made,
        )
        needs = (identity, *zone.ready, *after)
        DnsController(f"{zone.name}-controller", args, self._child(*needs, providers=[zone.cluster.provider]))

    def _child(self, *after: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), **more)


def _existing(spec: models.CoreDns, name: str, cluster: ExistingCluster) -> _Zone:
    """On a CoreDNS of somebody else's: only its etcd is written. Raises `FederationError` if a file cannot be read."""
    assert spec.tls, "checked by the topology"  # noqa: S101
    files = etcd_files.read(spec.tls, "dns.tls")
    store = pulumi.Output.secret(
        Store(endpoints=spec.endpoints, ca=files.ca, certificate=files.certificate, key=files.key).as_props()
    )
    return _Zone(
        name=name,
        store=store,
        controller_store=store,
        cluster=cluster,
        namespace=spec.namespace,
        made=None,
        nameservers=pulumi.Output.from_input(list(spec.nameservers)),
        asked=spec.wire_members and bool(spec.nameservers),
        ready=[],
    )
