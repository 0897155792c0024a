"""The federation's zone in one store of records, as the rest of the graph needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.cluster import Cluster
from components.coredns.stack import CoreDnsArgs, CoreDnsStack
from components.workload_identity import WorkloadIdentity
from federation import etcd_files
from federation.azure.cloud import Cloud
from federation.dns.store import Store
from federation.names import Service
from federation.topology import models

Child = Callable[..., pulumi.ResourceOptions]
"""Options of a child of the component that the zone belongs to; takes what it depends on, and other options."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The federation's zone in one store.

    Attributes:
        name: of its resources.
        store: how the engine writes it; secret.
        controller_store: how a pod of `cluster` writes it; secret.
        cluster: where its controller runs.
        namespace: of its controller; `made` is its resource, or None where the controller makes it.
        identity: as whom its controller writes; None where the store has users of its own.
        nameservers: who answers for it.
        asked: whether the members' own DNS shall ask them.
        ready: done once they answer.
        alias: makes a service's global name something that fails over by itself, out of the service, the port that its
            addresses answer on, and these addresses by member; None: it is a record set as all others.
    """

    name: str
    store: pulumi.Output[dict[str, Any]]
    controller_store: pulumi.Output[dict[str, Any]]
    cluster: Cluster
    namespace: str
    made: pulumi.Resource | None = None
    identity: WorkloadIdentity | None = None
    nameservers: pulumi.Output[list[str]]
    asked: bool = False
    ready: Sequence[pulumi.Resource] = field(default=())
    alias: Callable[[Service, int, pulumi.Output[Any]], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What zones are made in.

    Attributes:
        topology: of the federation.
        clusters: all of them by name.
        virtual_ips: what gives load balancers an address, of the clusters that have none of their own.
        child: see `Child`.
        cloud: where zones in Azure are; None: there are none.
    """

    topology: models.Topology
    clusters: Mapping[str, Cluster]
    virtual_ips: Mapping[str, pulumi.Resource]
    child: Child
    cloud: Cloud | None = None


def zone(place: int, around: Surroundings) -> Zone:
    """The zone in the store at that place of the topology's list.

    Raises `FederationError` if a file that it names cannot be read.
    """
    spec = around.topology.dns[place]
    name = f"{around.topology.name}-{spec.provider}" + (f"-{place + 1}" if place else "")
    if isinstance(spec, models.AzureDns):
        from components.azure.zone import azure_zone  # noqa: PLC0415  a large SDK

        return azure_zone(spec, name, around)
    cluster = around.clusters[spec.cluster or around.topology.host_cluster.name]
    return _existing(spec, name, cluster) if spec.endpoints else _own(spec, name, cluster, around)


def _own(spec: models.CoreDns, name: str, cluster: Cluster, around: Surroundings) -> Zone:
    """On a CoreDNS that is made for it."""
    args = CoreDnsArgs(
        federation=around.topology.name,
        domain=around.topology.domain,
        spec=spec,
        cluster=cluster.name,
        kubeconfig=cluster.kubeconfig,
        kubeconfig_path=cluster.reference.path,
        kubeconfig_context=cluster.reference.context,
    )
    vips = [made for at, made in around.virtual_ips.items() if at == cluster.name]
    stack = CoreDnsStack(name, args, around.child(*vips, providers=[cluster.provider]))
    return Zone(
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


def _existing(spec: models.CoreDns, name: str, cluster: Cluster) -> Zone:
    """On a CoreDNS of somebody else's: only its etcd is written."""
    assert spec.tls, "checked by the topology"  # noqa: S101
    files = etcd_files.read(spec.tls, "dns.tls")
    store = pulumi.Output.secret(
        Store(endpoints=spec.endpoints, ca=files.ca, certificate=files.certificate, key=files.key).as_props()
    )
    return Zone(
        name=name,
        store=store,
        controller_store=store,
        cluster=cluster,
        namespace=spec.namespace,
        nameservers=pulumi.Output.from_input(list(spec.nameservers)),
        asked=spec.wire_members and bool(spec.nameservers),
    )
