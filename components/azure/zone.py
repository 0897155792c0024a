"""The federation's zone in Azure DNS, as the rest of the graph needs it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pulumi

from components.azure.acs_cluster import AcsCluster
from components.azure.dns_zone import AzureDnsZone, AzureDnsZoneArgs
from components.azure.traffic_manager import TrafficManager, TrafficManagerArgs
from components.cluster import Cluster
from components.dns_controller import CONTROLLER
from components.dynamic.delegation import Delegation
from components.workload_identity import WorkloadIdentity
from components.zone import Surroundings, Zone
from federation.azure.cloud import Cloud
from federation.dns.azure_records import OWNER
from federation.dns.azure_store import AzureStore
from federation.names import Service
from federation.topology.models import AksCluster, AzureDns


def azure_zone(spec: AzureDns, name: str, around: Surroundings) -> Zone:
    """The zone, and whom its controller is."""
    topology = around.topology
    cluster = around.clusters[spec.cluster or topology.host_cluster.name]
    assert around.cloud, "known where a zone is in Azure"  # noqa: S101
    networks = {c.name: c.network_id for c in around.clusters.values() if isinstance(c, AcsCluster)}
    args = AzureDnsZoneArgs(
        spec=spec,
        domain=topology.domain,
        federation=topology.name,
        location=_location(spec, around),
        issuer=_issuer(spec, cluster),
        namespace=spec.namespace,
        service_account=CONTROLLER,
        networks=networks,
    )
    made = AzureDnsZone(name, args, around.child())
    if not spec.private:
        Delegation(f"{name}-delegated", made.zone_name, made.name_servers, around.child(made))
    store = partial(_store, around.cloud, spec)
    place = {
        "zone": made.zone_name,
        "subscription": made.subscription,
        "resource_group": made.resource_group,
    }
    identity = {"tenant": made.tenant_id, "client_id": made.client_id}
    return Zone(
        name=name,
        store=pulumi.Output.all(**place).apply(store),
        controller_store=pulumi.Output.all(**place, **identity).apply(store),
        cluster=cluster,
        namespace=spec.namespace,
        identity=WorkloadIdentity(
            client_id=made.client_id, tenant_id=made.tenant_id, authority=around.cloud.authority
        ),
        nameservers=made.name_servers.apply(lambda servers: [f"{server}:53" for server in servers]),
        ready=[made],
        alias=partial(_alias, made, around) if spec.traffic_manager else None,
    )


def _store(cloud: Cloud, spec: AzureDns, known: Mapping[str, Any]) -> dict[str, Any]:
    return AzureStore.of(
        cloud,
        private=spec.private,
        without_global=spec.traffic_manager,
        **known,
    ).as_props()


def _alias(
    zone: AzureDnsZone,
    around: Surroundings,
    service: Service,
    port: int,
    placements: pulumi.Output[Any],
    after: pulumi.Resource,
) -> None:
    topology = around.topology
    args = TrafficManagerArgs(
        service=service,
        federation=topology.name,
        domain=topology.domain,
        zone_name=zone.zone_name,
        resource_group=zone.resource_group,
        own_group=zone.own_group,
        ttl=topology.ttl,
        port=port,
        placements=placements,
        metadata={OWNER: topology.name},
        after=[after],
    )
    TrafficManager(f"{service.namespace}-{service.name}", args, around.child(zone))


def _location(spec: AzureDns, around: Surroundings) -> str:
    """Checked by the topology: it says so, or there is a cluster in Azure."""
    made = [c.location for c in around.topology.clusters if isinstance(c, AksCluster)]
    return spec.location or made[0]


def _issuer(spec: AzureDns, cluster: Cluster) -> pulumi.Input[str]:
    """Checked by the topology: it says so, or the cluster is in Azure."""
    if spec.issuer:
        return spec.issuer
    assert isinstance(cluster, AcsCluster), cluster.name  # noqa: S101
    return cluster.issuer
