"""The federation's zone in one store of records: which component makes it."""

from __future__ import annotations

import pulumi

from components.cluster import Cluster
from components.coredns.stack import CoreDnsArgs, CoreDnsStack
from components.zone import Surroundings, Zone
from federation import etcd_files
from federation.dns.store import Store
from federation.topology import models


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
