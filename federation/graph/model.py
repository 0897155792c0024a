"""What a drawing of a federation shows: its clusters, control plane, zones, workloads and names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from federation.dns.observed import federated
from federation.manifests import Manifest
from federation.names import Level, Scheme, Service
from federation.topology.models import (
    NODE_PORT,
    AksCluster,
    AzureDns,
    Cluster,
    ControlPlane,
    CoreDns,
    DnsBackend,
    Preferences,
    Topology,
    Workload,
)

KINDS = {"existing": "existing cluster", "aks": "AKS, made by the stack"}


@dataclass(frozen=True)
class ClusterNode:
    """A cluster.

    Attributes:
        kind: in words; empty if it is not known.
        region: in names; None if it has none.
        host: whether the control plane runs in it.
        member: whether it takes workloads.
        state: "ready", "not ready", "not joined", or empty if nobody has asked.
        facts: what else there is to say, a line each.
    """

    name: str
    kind: str = ""
    region: str | None = None
    zones: tuple[str, ...] = ()
    version: str | None = None
    host: bool = False
    member: bool = True
    state: str = ""
    facts: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """All but its name and region, a line each."""
        zones = f"zone{'s' * (len(self.zones) != 1)} {', '.join(self.zones)}" if self.zones else ""
        version = f"Kubernetes {self.version}" if self.version else ""
        role = "" if self.member else "takes no workloads"
        return tuple(filter(None, (self.kind, zones, version, *self.facts, role)))


@dataclass(frozen=True)
class Node:
    """Anything else: a title, and what is known about it, a line each."""

    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceNames:
    """The names of one service: level, such as "region us", and name; the global one first."""

    service: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Graph:
    """A federation, to be drawn."""

    name: str
    domain: str
    clusters: tuple[ClusterNode, ...]
    plane: Node
    zones: tuple[Node, ...] = ()
    workloads: tuple[Node, ...] = ()
    services: tuple[ServiceNames, ...] = ()

    @property
    def regions(self) -> dict[str | None, tuple[ClusterNode, ...]]:
        """Clusters by region, in the order in which the regions are named first; those without one last."""
        names = sorted(
            dict.fromkeys(cluster.region for cluster in self.clusters), key=lambda name: name is None
        )
        return {name: tuple(c for c in self.clusters if c.region == name) for name in names}

    @property
    def summary(self) -> str:
        """In one line."""
        members = sum(cluster.member for cluster in self.clusters)
        regions = len({c.region for c in self.clusters if c.region})
        parts = (self.domain, counted(members, "member"), counted(regions, "region") if regions else "")
        return ", ".join(filter(None, parts))

    def with_states(self, states: Mapping[str, str]) -> Graph:
        """The same with what is known of each member now; one that nobody has seen keeps none."""
        return replace(self, clusters=tuple(replace(c, state=states.get(c.name, "")) for c in self.clusters))


def describe(topology: Topology, manifests: Mapping[str, Sequence[Manifest]]) -> Graph:
    """A topology as a graph.

    Args:
        topology: of the federation.
        manifests: of each workload by its path, each with its namespace; one that is left out is drawn without.
    """
    host = topology.host_cluster.name
    found = [m for workload in topology.workloads for m in manifests.get(workload.path, ())]
    services = [each.service for m in found if m["kind"] == "Service" and (each := federated(m))]
    return Graph(
        name=topology.name,
        domain=topology.domain,
        clusters=tuple(_cluster(cluster, host) for cluster in topology.clusters),
        plane=Node(f"control plane in {host}", _plane(topology.control_plane, topology.host_cluster)),
        zones=tuple(_zone(backend, topology) for backend in topology.dns),
        workloads=tuple(_workload(w, manifests.get(w.path, ())) for w in topology.workloads),
        services=tuple(_names(service, topology) for service in services) if topology.dns else (),
    )


def counted(count: int, noun: str) -> str:
    """Such as "2 members"."""
    return f"{count} {noun}{'s' * (count != 1)}"


def _cluster(cluster: Cluster, host: str) -> ClusterNode:
    facts = []
    if isinstance(cluster, AksCluster):
        nodes = sum(pool.count for pool in (cluster.system, *cluster.pools))
        facts.append(f"{counted(nodes, 'node')} at first")
        if cluster.private:
            facts.append("private API server")
    if cluster.vips:
        facts.append(f"virtual IPs {cluster.vips.cidr}")
    return ClusterNode(
        name=cluster.name,
        kind=KINDS[cluster.kind],
        region=cluster.region,
        zones=cluster.zones,
        version=cluster.kubernetes_version if isinstance(cluster, AksCluster) else None,
        host=cluster.name == host,
        member=cluster.join,
        facts=tuple(facts),
    )


def _plane(spec: ControlPlane, host: Cluster) -> tuple[str, ...]:
    etcd = f"{counted(spec.etcd.members, 'member')}, {spec.etcd.storage} each"
    if spec.etcd.servers:
        etcd = "there already"
    # As components.stack has it: a host in Azure has no address for a node port.
    port = spec.api_server.service_type == "NodePort" and not isinstance(host, AksCluster)
    way = f"node port {spec.api_server.port or NODE_PORT}" if port else "a load balancer"
    return (
        f"Karmada {spec.karmada_version}, API of Kubernetes {spec.kubernetes_version}",
        f"etcd: {etcd}",
        f"namespace {spec.namespace}, {way}",
    )


def _zone(backend: DnsBackend, topology: Topology) -> Node:
    where = backend.cluster or topology.host_cluster.name
    if isinstance(backend, AzureDns):
        zone, kind = backend.zone_name(topology.domain), "private zone" if backend.private else "zone"
        above = f"delegated from {backend.parent.zone}" if backend.parent else ""
        profiles = "global names by Traffic Manager" if backend.traffic_manager else ""
        group = f"resource group {backend.resource_group}"
        asked = (
            "nameservers of Azure, in virtual networks only" if backend.private else "nameservers of Azure"
        )
        lines = (f"Azure DNS, {group}", above, profiles, asked, f"controller in {where}")
        return Node(f"{kind} {zone}", tuple(filter(None, lines)))
    return Node(f"zone {topology.domain}", (*_coredns(backend, where), f"controller in {where}"))


def _coredns(spec: CoreDns, where: str) -> tuple[str, ...]:
    if spec.endpoints:
        servers = f"nameservers {', '.join(spec.nameservers)}" if spec.nameservers else ""
        return tuple(filter(None, ("a CoreDNS that is there already", servers)))
    own = "its own address" if spec.service_type == "LoadBalancer" else f"node port {spec.node_port or 'of '}"
    if own.endswith(" of "):
        own = f"a node port of {where}"
    asked = "asked by the cluster DNS of all members" if spec.wire_members else ""
    parts = (
        f"CoreDNS in {where}, {counted(spec.replicas, 'replica')}, etcd of {counted(spec.etcd_members, 'member')}",
        f"nameservers: {spec.address or own}",
        asked,
    )
    return tuple(filter(None, parts))


def _workload(workload: Workload, manifests: Iterable[Manifest]) -> Node:
    lines = [_object(m) for m in manifests]
    if workload.preferences:
        lines.append(_preferences(workload.preferences))
    return Node(workload.path, tuple(lines))


def _object(manifest: Manifest) -> str:
    metadata, spec = manifest["metadata"], manifest.get("spec")
    name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    replicas = spec.get("replicas") if isinstance(spec, dict) else None
    detail = f", {counted(replicas, 'replica')}" if isinstance(replicas, int) else ""
    return f"{manifest['kind']} {name}{detail}"


def _preferences(wishes: Preferences) -> str:
    return "weights " + ", ".join(f"{name}: {each.weight}" for name, each in wishes.clusters.items())


def _names(service: Service, topology: Topology) -> ServiceNames:
    """At the levels of all members: which of them a service is placed on is known to the federation only."""
    scheme = Scheme(topology.name, topology.domain)
    levels = {Level(): "global"}
    for region in dict.fromkeys(m.region for m in topology.members if m.region):
        levels[Level(region)] = f"region {region}"
        for member in topology.members:
            if member.region == region:
                levels |= {Level(region, zone): f"zone {zone}" for zone in member.zones}
    return ServiceNames(str(service), tuple((text, scheme.name(service, at)) for at, text in levels.items()))
