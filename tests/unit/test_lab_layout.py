"""Names and addresses of every machine."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from lab.errors import NotFoundError
from lab.layout import Layout, lay_out
from lab.topology import Topology
from tests.unit.lab_fixtures import networks, refusal, topologies, two_clusters, with_worker

LONGEST_LINK = 15  # IFNAMSIZ - 1, <linux/if.h>
LONGEST_NODE = 63  # RFC 1123: a node's name is its host name

layouts = topologies().map(lambda topology: lay_out("lab", topology))
many = settings(deadline=None)


@many
@given(layouts)
def test_every_node_has_an_address_of_its_own_in_its_clusters_range(layout: Layout) -> None:
    addresses = [node.address for node in layout.nodes]
    assert len(set(addresses)) == len(addresses)
    for cluster in layout.clusters:
        taken = {
            cluster.node_range.network_address,
            cluster.gateway,
            cluster.node_range.broadcast_address,
        }
        assert all(node.address in cluster.node_range for node in cluster.nodes)
        assert not [node for node in cluster.nodes if node.address in taken]


@many
@given(layouts)
def test_no_node_ever_has_a_virtual_address(layout: Layout) -> None:
    for cluster in layout.clusters:
        first, last = cluster.vip_range
        assert cluster.gateway < first < last < cluster.node_range.broadcast_address
        assert not [node for node in cluster.nodes if first <= node.address <= last]


@many
@given(layouts)
def test_every_node_has_a_pod_range_of_its_own_in_its_clusters(layout: Layout) -> None:
    for cluster in layout.clusters:
        assert all(node.pods.subnet_of(cluster.pods) for node in cluster.nodes)
    assert all(node.pods.prefixlen == 24 for node in layout.nodes)
    assert not [(a, b) for a, b in combinations(layout.nodes, 2) if a.pods.overlaps(b.pods)]


@many
@given(layouts)
def test_ranges_of_nodes_and_pods_are_alone_in_the_lab(layout: Layout) -> None:
    assert not [(a, b) for a, b in combinations(networks(layout), 2) if a.overlaps(b)]


@many
@given(layouts)
def test_names_are_short_enough_and_unique(layout: Layout) -> None:
    links = [node.link for node in layout.nodes] + [cluster.bridge for cluster in layout.clusters]
    namespaces = [node.namespace for node in layout.nodes] + [layout.fabric]
    assert max(map(len, links)) <= LONGEST_LINK
    assert max(len(node.name) for node in layout.nodes) <= LONGEST_NODE
    assert len(set(links)) == len(links)
    assert len(set(namespaces)) == len(namespaces)


@many
@given(topologies())
def test_only_the_first_node_of_a_cluster_is_its_control_plane(topology: Topology) -> None:
    for cluster, asked in zip(lay_out("lab", topology).clusters, topology.clusters, strict=True):
        assert [node.control_plane for node in cluster.nodes] == [True] + [False] * asked.workers
        assert cluster.control_plane is cluster.nodes[0]
        assert tuple(node.name for node in cluster.nodes) == asked.node_names


def test_the_default_lab_has_the_addresses_that_the_walk_through_names() -> None:
    layout = two_clusters()
    west = layout.cluster("fc02")
    assert layout.fabric == "lab-fabric"
    assert (west.server, west.bridge) == ("https://10.99.2.10:6443", "br1")
    assert (str(west.gateway), str(west.api_service), str(west.dns_service)) == (
        "10.99.2.1",
        "10.201.0.1",
        "10.201.0.10",
    )
    assert "-".join(map(str, west.vip_range)) == "10.99.2.191-10.99.2.254"
    node = west.control_plane
    assert (node.name, node.namespace, node.link) == (
        "fc02-control-plane",
        "lab-fc02-control-plane",
        "c1n0",
    )
    assert (str(node.address), str(node.pods), node.cluster) == ("10.99.2.10", "10.101.0.0/24", "fc02")


def test_a_name_stands_for_a_cluster_or_for_a_node() -> None:
    layout = with_worker()
    assert layout.select("fc01") == layout.nodes
    assert layout.select("fc01-worker-1") == layout.nodes[1:]
    assert layout.cluster("fc01") is layout.clusters[0]


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    layout = with_worker()
    with pytest.raises(NotFoundError):
        layout.cluster("fc09")
    assert refusal(lambda: layout.cluster("fc09")) == (
        "cluster fc09: lab 'lab' has no such cluster. Next: name one of: fc01."
    )
    assert refusal(lambda: layout.select("fc09")) == (
        "fc09: lab 'lab' has no such cluster or node. "
        "Next: name one of: fc01, fc01-control-plane, fc01-worker-1."
    )


def test_the_fabric_has_the_first_address_of_nodes_and_of_virtual_ips() -> None:
    with_vips = Topology.model_validate({"clusters": [{"name": "a"}, {"name": "b", "vips": "10.250.1.0/24"}]})
    first, second = lay_out("lab", with_vips).clusters
    assert first.addresses == ("10.99.1.1/24",)
    assert second.addresses == ("10.99.2.1/24", "10.250.1.1/24")
