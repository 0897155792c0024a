"""The map of a report: the topology's graph with what is there, or what is there alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from federation.dns.facts import Member
from federation.graph import Graph, describe
from federation.graph.model import ClusterNode, Node
from federation.manifests import Manifest
from federation.report.model import ClusterFacts
from federation.topology.models import Topology


def of_topology(
    topology: Topology,
    manifests: Mapping[str, Sequence[Manifest]],
    members: Sequence[Member],
    clusters: Sequence[ClusterFacts],
) -> Graph:
    """With the versions that members have now, and members that the topology does not know.

    `manifests` are as `federation.graph.describe` takes them.
    """
    graph = describe(topology, manifests)
    versions = {cluster.name: cluster.version for cluster in clusters}
    known = {cluster.name for cluster in graph.clusters}
    nodes = tuple(replace(c, version=versions.get(c.name) or c.version) for c in graph.clusters)
    strangers = tuple(
        replace(_node(member, versions), facts=("not in the topology",))
        for member in members
        if member.name not in known
    )
    return replace(graph, clusters=(*nodes, *strangers))


def of_members(title: str, server: str, members: Sequence[Member], clusters: Sequence[ClusterFacts]) -> Graph:
    """Without a topology, nobody knows where the control plane runs and which zones there are."""
    versions = {cluster.name: cluster.version for cluster in clusters}
    nodes = tuple(_node(member, versions) for member in members)
    return Graph(name=title, domain="", clusters=nodes, plane=Node("federation API", (server,)))


def _node(member: Member, versions: Mapping[str, str]) -> ClusterNode:
    version = versions.get(member.name) or None
    return ClusterNode(member.name, region=member.region, zones=member.zones, version=version)
