"""The names of a federation's services: their zone, who asks it, each service's records, and what keeps them true.

Order of start, and backwards of removal: the zone answers; the members ask it; the records of each service; the DNS
controller; the names that fail over by themselves. The controller stops before the records go, as it would write again
what is being removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.cluster import Cluster
from components.dns_controller import DnsController, DnsControllerArgs
from components.dns_identity import DnsIdentity, DnsIdentityArgs
from components.dynamic.cluster_dns import ClusterDns, ClusterDnsArgs
from components.dynamic.records import DnsRecords, DnsRecordsArgs
from components.federation import FederationControlPlane
from components.zone import Surroundings, Zone
from components.zones import zone
from federation.azure.cloud import Cloud
from federation.dns import limits
from federation.dns.service import ServiceSpec, check_zone
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
        services: those that the stack itself federates, and that have names; with the first port of each.
        after: done once members and services are in the federation API, and members give addresses.
        cloud: where zones in Azure are; None: there are none.
    """

    topology: models.Topology
    clusters: Mapping[str, Cluster]
    virtual_ips: Mapping[str, pulumi.Resource]
    plane: FederationControlPlane
    services: Mapping[Service, int]
    after: Sequence[pulumi.Resource]
    cloud: Cloud | None = None


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
        require_room(args.topology, args.services)
        around = Surroundings(
            topology=args.topology,
            clusters=args.clusters,
            virtual_ips=args.virtual_ips,
            child=self._child,
            cloud=args.cloud,
        )
        zones = [zone(place, around) for place in range(len(args.topology.dns))]
        for each in zones:
            if each.asked:
                self._wire(each)
        records = {service: self._records(service, zones) for service in args.services}
        identity = DnsIdentity(
            f"{name}-identity", DnsIdentityArgs(plane=args.plane), self._child(*args.after)
        )
        for each in zones:
            controller = self._controller(each, identity, records.values())
            if each.alias is None:
                continue
            for service, made in records.items():
                # Not before the controller knows of it: to the one before, the name would be a record set to put right.
                each.alias(service, args.services[service], made.placements, controller)
        self.names = pulumi.Output.from_input({str(service): each.names for service, each in records.items()})
        self.nameservers = pulumi.Output.all(*(each.nameservers for each in zones)).apply(
            lambda found: [server for servers in found for server in servers]
        )
        self.stores = pulumi.Output.secret([each.store for each in zones])
        self.register_outputs({"names": self.names, "nameservers": self.nameservers})

    def _wire(self, zone: Zone) -> None:
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

    def _records(self, service: Service, zones: Sequence[Zone]) -> DnsRecords:
        topology = self._args.topology
        args = DnsRecordsArgs(
            federation=topology.name,
            domain=topology.domain,
            ttl=topology.ttl,
            namespace=service.namespace,
            service=service.name,
            members=_members(topology),
            federation_kubeconfig=self._args.plane.kubeconfig,
            stores=[zone.store for zone in zones],
        )
        after = (*self._args.after, *(each for zone in zones for each in zone.ready))
        return DnsRecords(f"{service.namespace}/{service.name}", args, self._child(*after))

    def _controller(
        self, zone: Zone, identity: DnsIdentity, after: Iterable[pulumi.Resource]
    ) -> DnsController:
        """Stopped before the records go, and before the rights that it needs."""
        topology = self._args.topology
        args = DnsControllerArgs(
            federation=topology.name,
            domain=topology.domain,
            ttl=topology.ttl,
            controllers=topology.controllers,
            kubeconfig=identity.kubeconfig,
            store=zone.controller_store,
            identity=zone.identity,
            namespace=zone.namespace,
            namespace_made=zone.made,
        )
        needs = (identity, *zone.ready, *after)
        options = self._child(*needs, providers=[zone.cluster.provider])
        return DnsController(f"{zone.name}-controller", args, options)

    def _child(self, *after: pulumi.Resource, **more: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), **more)


def require_room(topology: models.Topology, services: Iterable[Service]) -> None:
    """Refuse in the preview what a zone of Azure cannot hold. Raises `LimitError`."""
    props = {
        "federation": topology.name,
        "domain": topology.domain,
        "ttl": topology.ttl,
        "members": _members(topology),
    }
    specs = [
        ServiceSpec.from_props({**props, "namespace": each.namespace, "service": each.name})
        for each in services
    ]
    for backend in topology.dns:
        if isinstance(backend, models.AzureDns):
            check_zone(specs, limits.AZURE_PRIVATE if backend.private else limits.AZURE)


def _members(topology: models.Topology) -> list[dict[str, Any]]:
    """As `DnsRecords` is given them."""
    return [{"name": m.name, "region": m.region, "zones": list(m.zones)} for m in topology.members]
