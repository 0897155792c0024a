"""Topology files: what is filled in, and every mistake with its path and its fix."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import LabError
from lab.layout import lay_out
from lab.ranges import free_place
from lab.state import Record
from lab.topology import DEFAULT, Topology, load, parse
from tests.unit.lab_fixtures import networks, refusal, topologies

NAME = "up to 48 lower-case letters, digits and '-', with a letter or a digit at both ends"
PLACE = "up to 63 letters, digits, '-', '_' and '.', with a letter or a digit at both ends"
RANGE = "a range such as 10.99.1.0/24, without bits behind the mask"
URL = "an https URL, such as https://10.98.0.1/id"
APART = "choose ranges that share no address"
KEYS = (
    "name",
    "workers",
    "region",
    "zone",
    "nodes",
    "pods",
    "services",
    "vips",
    "place",
    "labels",
    "issuer",
    "oidc",
)
UNIQUE = "names of clusters and of their nodes are unique in a lab"


def mistakes(*clusters: Any, **others: Any) -> list[str]:
    """The lines of the refusal, one for each mistake."""
    return lines(refusal(lambda: parse({"clusters": list(clusters), **others})))


def lines(message: str) -> list[str]:
    first, *items, last = message.split("\n")
    assert first == "topology: it has mistakes:"
    assert last == "Next: mend them and run the command again."
    return [item.removeprefix("  - ") for item in items]


def test_names_are_enough() -> None:
    first, second = parse({"clusters": [{"name": "a"}, {"name": "b"}]}).clusters
    assert first.model_dump(mode="json") == {
        "name": "a",
        "workers": 0,
        "region": None,
        "zone": None,
        "nodes": "10.99.1.0/24",
        "pods": "10.100.0.0/16",
        "services": "10.200.0.0/16",
        "vips": None,
        "place": 0,
        "labels": [],
        "issuer": None,
        "oidc": None,
    }
    assert [str(n) for n in (second.nodes, second.pods, second.services)] == [
        "10.99.2.0/24",
        "10.101.0.0/16",
        "10.201.0.0/16",
    ]


def test_without_a_file_there_are_two_clusters_with_a_place_each() -> None:
    assert [(c.name, c.workers, c.region, c.zone) for c in DEFAULT.clusters] == [
        ("fc01", 0, "us", "east"),
        ("fc02", 0, "us", "west"),
    ]
    assert DEFAULT.pod_routing
    assert DEFAULT.images == ("workload",)


def test_a_key_without_a_value_gets_its_default() -> None:
    assert parse(yaml.safe_load("clusters: [{name: a, pods: , region: }]")) == parse(
        {"clusters": [{"name": "a"}]}
    )


def test_fifty_clusters_need_no_ranges() -> None:
    topology = parse({"clusters": [{"name": f"c{i}", "workers": 20} for i in range(50)]})
    pairs = combinations(networks(lay_out("lab", topology)), 2)
    assert not [(a, b) for a, b in pairs if a.overlaps(b)]


def test_from_the_fifty_first_cluster_on_ranges_must_be_given() -> None:
    names = [{"name": f"c{i}"} for i in range(51)]
    says = "only the first 50 clusters have a default range; give one"
    assert mistakes(*names) == [f"clusters[50].{key}: {says}" for key in ("nodes", "pods", "services")]
    given_ranges = {"nodes": "172.16.0.0/24", "pods": "172.17.0.0/16", "services": "172.18.0.0/16"}
    assert len(parse({"clusters": [*names[:50], {"name": "c50", **given_ranges}]}).clusters) == 51


@pytest.mark.parametrize(
    ("cluster", "mistake"),
    [
        ({}, f"clusters[0].name: it is missing; write {NAME}"),
        ({"name": None}, f"clusters[0].name: it is missing; write {NAME}"),
        ({"name": 7}, f"clusters[0].name: 7 will not do; write {NAME}"),
        ({"name": "Fc01"}, f"clusters[0].name: 'Fc01' will not do; write {NAME}"),
        ({"name": "fc.01"}, f"clusters[0].name: 'fc.01' will not do; write {NAME}"),
        ({"name": "-fc"}, f"clusters[0].name: '-fc' will not do; write {NAME}"),
        ({"name": "fc\n"}, f"clusters[0].name: 'fc\\n' will not do; write {NAME}"),
        ({"name": "x" * 49}, f"clusters[0].name: '{'x' * 49}' will not do; write {NAME}"),
        ({"workers": -1}, "clusters[0].workers: -1 will not do; write a whole number from 0 to 20"),
        ({"workers": 21}, "clusters[0].workers: 21 will not do; write a whole number from 0 to 20"),
        ({"workers": "two"}, "clusters[0].workers: 'two' will not do; write a whole number from 0 to 20"),
        ({"workers": True}, "clusters[0].workers: True will not do; write a whole number from 0 to 20"),
        ({"region": "new york"}, f"clusters[0].region: 'new york' will not do; write {PLACE}"),
        ({"zone": 1}, f"clusters[0].zone: 1 will not do; write {PLACE}"),
        ({"nodes": "10.99.1.5/24"}, f"clusters[0].nodes: '10.99.1.5/24' will not do; write {RANGE}"),
        ({"pods": "fd00::/64"}, f"clusters[0].pods: 'fd00::/64' will not do; write {RANGE}"),
        ({"services": "all"}, f"clusters[0].services: 'all' will not do; write {RANGE}"),
        ({"worker": 1}, "clusters[0].worker: there is no such key; did you mean 'workers'?"),
        (
            {"colour": "red"},
            "clusters[0].colour: there is no such key; known are " + ", ".join(KEYS),
        ),
        ({"nodes": "10.0.0.0/28"}, "clusters[0].nodes: 10.0.0.0/28 is too small; take a /27 or wider"),
        ({"pods": "10.0.0.0/25"}, "clusters[0].pods: 10.0.0.0/25 is too small; take a /24 or wider"),
        ({"services": "10.0.0.0/25"}, "clusters[0].services: 10.0.0.0/25 is too small; take a /24 or wider"),
        (
            {"nodes": "10.0.0.0/27", "workers": 13},
            "clusters[0].nodes: 10.0.0.0/27 has room for 13 nodes, and the cluster has 14; take a wider range",
        ),
        (
            {"pods": "10.0.0.0/22", "workers": 4},
            "clusters[0].pods: 10.0.0.0/22 has room for 4 nodes, and the cluster has 5; take a wider range",
        ),
        ({"place": -1}, "clusters[0].place: -1 will not do; write a whole number from 0 to 999"),
        ({"place": True}, "clusters[0].place: True will not do; write a whole number from 0 to 999"),
        ({"place": "first"}, "clusters[0].place: 'first' will not do; write a whole number from 0 to 999"),
        (
            {"labels": [{"agentpool": 1}]},
            "clusters[0].labels[0].agentpool: 1 will not do; write a list of mappings, such as [{agentpool: system}]",
        ),
        (
            {"issuer": "http://10.98.0.1/id"},
            f"clusters[0].issuer: 'http://10.98.0.1/id' will not do; write {URL}",
        ),
        (
            {"oidc": {"issuer": "https://a", "audience": ""}},
            "clusters[0].oidc.audience: '' will not do; write a word",
        ),
        ({"oidc": {"audience": "api"}}, f"clusters[0].oidc.issuer: it is missing; write {URL}"),
        (
            {"oidc": {"issuer": "https://a", "audience": "api", "isuer": 1}},
            "clusters[0].oidc.isuer: there is no such key; did you mean 'issuer'?",
        ),
        ({"vips": "10.250.0.0"}, "clusters[0].vips: 10.250.0.0/32 is too small; take a /30 or wider"),
        (
            {"vips": "10.99.1.192/26"},
            f"clusters[0].vips: 10.99.1.192/26 overlaps 10.99.1.0/24 of clusters[0].nodes; {APART}",
        ),
    ],
)
def test_a_mistake_in_a_cluster_has_its_path_and_its_fix(cluster: Mapping[str, Any], mistake: str) -> None:
    assert mistakes({"name": "a", **cluster} if cluster else {}) == [mistake]


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        ({}, "clusters: it is missing; write a list of clusters, such as [{name: fc01}]"),
        ({"clusters": "a"}, "clusters: 'a' will not do; write a list of clusters, such as [{name: fc01}]"),
        ({"clusters": ["a"]}, "clusters[0]: 'a' will not do; write a mapping, such as {name: fc01}"),
        (
            {"clusters": [{"name": "a"}], "pod_route": 1},
            "pod_route: there is no such key; did you mean 'pod_routing'?",
        ),
        (
            {"clusters": [{"name": "a"}], "x": 1},
            "x: there is no such key; known are clusters, pod_routing, images",
        ),
        (
            {"clusters": [{"name": "a"}], "pod_routing": "maybe"},
            "pod_routing: 'maybe' will not do; write true or false",
        ),
        (
            {"clusters": [{"name": "a"}], "images": "workload"},
            "images: 'workload' will not do; write a list of names, such as [workload]",
        ),
        (
            {"clusters": [{"name": "a"}], "images": [1]},
            "images[0]: 1 will not do; write a list of names, such as [workload]",
        ),
    ],
)
def test_a_mistake_outside_clusters_has_its_path_and_its_fix(data: dict[str, Any], mistake: str) -> None:
    assert lines(refusal(lambda: parse(data))) == [mistake]


def test_a_name_is_given_once() -> None:
    assert mistakes({"name": "a", "workers": 3}, {"name": "b"}, {"name": "a", "workers": 3}) == [
        f"clusters[2].name: 'a' is already the name of clusters[0]; {UNIQUE}"
    ]


def test_a_cluster_is_not_named_like_a_node() -> None:
    assert mistakes({"name": "a", "workers": 1}, {"name": "a-worker-1"}) == [
        f"clusters[1].name: 'a-worker-1' is already the name of a node of clusters[0]; {UNIQUE}"
    ]
    assert mistakes({"name": "a-control-plane"}, {"name": "a"}) == [
        f"clusters[1].name: 'a-control-plane' is already the name of clusters[0]; {UNIQUE}"
    ]


def test_no_range_overlaps_another() -> None:
    first = {"name": "a", "nodes": "10.0.0.0/24", "pods": "10.1.0.0/16", "services": "10.1.4.0/24"}
    second = {"name": "b", "nodes": "10.1.8.0/24", "pods": "10.0.0.0/16", "services": "10.3.0.0/16"}
    assert mistakes(first, second) == [
        f"clusters[1].pods: 10.0.0.0/16 overlaps 10.0.0.0/24 of clusters[0].nodes; {APART}",
        f"clusters[1].nodes: 10.1.8.0/24 overlaps 10.1.0.0/16 of clusters[0].pods; {APART}",
        f"clusters[0].services: 10.1.4.0/24 overlaps 10.1.0.0/16 of clusters[0].pods; {APART}",
    ]


def test_a_lab_may_have_a_fabric_alone() -> None:
    assert parse({"clusters": []}).clusters == ()


def test_a_place_chooses_the_default_ranges() -> None:
    first, second, third = parse(
        {"clusters": [{"name": "a", "place": 4}, {"name": "b"}, {"name": "c"}]}
    ).clusters
    assert [(c.place, str(c.nodes), str(c.pods), str(c.services)) for c in (first, second, third)] == [
        (4, "10.99.5.0/24", "10.104.0.0/16", "10.204.0.0/16"),
        (1, "10.99.2.0/24", "10.101.0.0/16", "10.201.0.0/16"),
        (2, "10.99.3.0/24", "10.102.0.0/16", "10.202.0.0/16"),
    ]


def test_a_place_is_given_once() -> None:
    ranges = {"nodes": "172.16.0.0/24", "pods": "172.17.0.0/16", "services": "172.18.0.0/16"}
    assert mistakes({"name": "a"}, {"name": "b", "place": 0, **ranges}) == [
        "clusters[1].place: 0 is already the place of clusters[0]; give each its own"
    ]


def test_the_lowest_free_place_is_taken() -> None:
    assert [free_place(taken) for taken in ([], [0], [1], [0, 2], [0, 1, 2])] == [0, 1, 0, 1, 3]


def test_clusters_may_share_their_service_range() -> None:
    parse({"clusters": [{"name": n, "services": "10.96.0.0/16"} for n in ("a", "b")]})


def test_all_mistakes_are_told_at_once() -> None:
    assert mistakes(
        {"name": "UP", "workers": 30, "pods": "10.101.0.0/16"},
        {"name": "b", "rgion": "us", "nodes": "10.9.0.0/30"},
        "c",
        {"name": "b"},
        pod_routin=False,
    ) == [
        f"clusters[0].name: 'UP' will not do; write {NAME}",
        "clusters[0].workers: 30 will not do; write a whole number from 0 to 20",
        "clusters[1].rgion: there is no such key; did you mean 'region'?",
        "clusters[2]: 'c' will not do; write a mapping, such as {name: fc01}",
        "pod_routin: there is no such key; did you mean 'pod_routing'?",
        f"clusters[3].name: 'b' is already the name of clusters[1]; {UNIQUE}",
        "clusters[1].nodes: 10.9.0.0/30 is too small; take a /27 or wider",
        f"clusters[1].pods: 10.101.0.0/16 overlaps 10.101.0.0/16 of clusters[0].pods; {APART}",
    ]


prefixes = st.integers(18, 24)
ranges = st.builds(
    lambda block, prefix: str(IPv4Network((0x0A000000 + (block << 8), prefix), strict=False)),
    st.integers(0, 1023),
    prefixes,
)
wide_clusters = st.lists(
    st.fixed_dictionaries({"nodes": ranges, "pods": ranges, "services": st.just("11.0.0.0/16")}), min_size=1
)


@settings(deadline=None)
@given(wide_clusters)
def test_a_topology_is_accepted_just_when_no_two_ranges_overlap(clusters: list[dict[str, str]]) -> None:
    spans = sorted(
        (int(n[0]), int(n[-1])) for c in clusters for n in map(IPv4Network, (c["nodes"], c["pods"]))
    )
    disjoint = all(end < start for (_, end), (start, _) in pairwise(spans))
    try:
        parse({"clusters": [{"name": f"c{i}", **c} for i, c in enumerate(clusters)]})
    except LabError as error:
        assert not disjoint
        assert " overlaps " in str(error)  # noqa: PT017 - it may also accept
    else:
        assert disjoint


@settings(deadline=None)
@given(topologies())
def test_what_is_printed_can_be_read_again(topology: Topology) -> None:
    assert parse(topology.model_dump()) == topology
    assert parse(yaml.safe_load(yaml.safe_dump(topology.model_dump(mode="json")))) == topology
    record = Record(topology=topology, groups={}, cgroup_version=2)
    assert Record.model_validate_json(record.model_dump_json()) == record


def test_a_topology_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text("clusters: [{name: a, workers: 2}]\nimages: []\n")
    topology = load(file)
    assert topology.images == ()
    assert topology.clusters[0].node_names == ("a-control-plane", "a-worker-1", "a-worker-2")
    assert topology.cluster("a") is topology.clusters[0]
    assert topology.cluster("b") is None


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert refusal(lambda: load(tmp_path / "no.yaml")) == (
        f"topology {tmp_path}/no.yaml: there is no such file. "
        "Next: give the path of a topology file, or none for two clusters."
    )


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert refusal(lambda: load(tmp_path)) == (
        f"topology {tmp_path}: it can't be read ([Errno 21] Is a directory: '{tmp_path}'). "
        "Next: give the path of a readable YAML file."
    )


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_bytes(b"\xff\xfe")
    assert refusal(lambda: load(file)) == (
        f"topology {file}: it can't be read ('utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte). Next: give the path of a readable YAML file."
    )


def test_a_file_that_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text("clusters:\n  - {name: a\n")
    message = refusal(lambda: load(file))
    assert message.startswith(f"topology {file}: it is not YAML (while parsing a flow mapping\n")
    assert "line 3, column 1" in message
    assert message.endswith("). Next: mend the file at that line.")


@pytest.mark.parametrize("text", ["", "- name: a\n", "clusters\n"])
def test_a_file_that_is_no_mapping_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "lab.yaml"
    file.write_text(text)
    assert refusal(lambda: load(file)) == (
        f"topology {file}: it must be a mapping with the key 'clusters'. "
        "Next: see `lab up --help` for an example."
    )
