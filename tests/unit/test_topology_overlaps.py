"""Address ranges: told apart by what would break."""

from __future__ import annotations

import time
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.topology.checks import clash, overlaps, ranges


def clusters(*sections: dict[str, Any], **control_plane: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": f"c{i}", **s} for i, s in enumerate(sections)],
        "control_plane": control_plane,
    }


def told(document: dict[str, Any]) -> list[str]:
    return [str(mistake) for mistake in overlaps(document)]


ALLOWED = {
    "pods of two clusters": clusters({"pods": ["10.0.0.0/16"]}, {"pods": ["10.0.0.0/16"]}),
    "services of two clusters": clusters({"services": ["10.0.0.0/16"]}, {"services": ["10.0.0.0/16"]}),
    "pods of one and services of another": clusters({"pods": ["10.0.0.0/16"]}, {"services": ["10.0.0.0/16"]}),
    "federated and other services": clusters(
        {"services": ["10.96.0.0/12"]}, api_server={"service_cidr": "10.96.0.0/12"}
    ),
    "neighbours": clusters({"nodes": ["10.0.0.0/24"]}, {"nodes": ["10.0.1.0/24"]}),
    "two versions of IP": clusters({"nodes": ["0.0.0.0/0"]}, {"nodes": ["::/0"]}),
    "what is no range": clusters({"nodes": ["x", 5, None], "pods": "10.0.0.0/8"}),
}


@pytest.mark.parametrize("document", ALLOWED.values(), ids=ALLOWED)
def test_what_breaks_nothing_is_allowed(document: dict[str, Any]) -> None:
    assert told(document) == []


HIDDEN = "pods would reach neighbours of their own instead of the machine; take another range"
REFUSED = {
    "clusters[1].nodes[0]: '10.0.0.0/24' overlaps clusters[0].nodes[0] (10.0.0.0/16); "
    "give both addresses of their own": clusters({"nodes": ["10.0.0.0/16"]}, {"nodes": ["10.0.0.0/24"]}),
    "clusters[1].vips.cidr: '10.0.0.0/16' overlaps clusters[0].nodes[0] (10.0.0.0/24); "
    "give both addresses of their own": clusters(
        {"nodes": ["10.0.0.0/24"]}, {"vips": {"cidr": "10.0.0.0/16"}}
    ),
    f"clusters[1].pods[0]: '10.0.0.0/8' overlaps clusters[0].nodes[0] (10.0.0.0/24); {HIDDEN}": clusters(
        {"nodes": ["10.0.0.0/24"]}, {"pods": ["10.0.0.0/8"]}
    ),
    f"clusters[1].vips.cidr: '10.0.0.0/24' overlaps clusters[0].services[0] (10.0.0.0/16); {HIDDEN}": clusters(
        {"services": ["10.0.0.0/16"]}, {"vips": {"cidr": "10.0.0.0/24"}}
    ),
    "clusters[0].services[0]: '10.0.0.0/24' overlaps clusters[0].pods[0] (10.0.0.0/16); "
    "give both ranges of their own": clusters({"services": ["10.0.0.0/24"], "pods": ["10.0.0.0/16"]}),
    "control_plane.api_server.service_cidr: '10.0.0.0/12' overlaps clusters[0].nodes[0] (10.1.0.0/24); "
    "no machine may have a federated Service's address": clusters(
        {"nodes": ["10.1.0.0/24"]}, api_server={"service_cidr": "10.0.0.0/12"}
    ),
    "clusters[5].nodes[0]: '10.0.0.0/8' overlaps clusters[0].nodes[0] (10.0.0.0/24), clusters[1].nodes[0] "
    "(10.0.1.0/24), clusters[2].nodes[0] (10.0.2.0/24) and 2 more; give both addresses of their own": clusters(
        *({"nodes": [f"10.0.{i}.0/24"]} for i in range(5)), {"nodes": ["10.0.0.0/8"]}
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_an_overlap_is_told_once_with_both_places(message: str) -> None:
    assert told(REFUSED[message]) == [message]


small = st.builds(
    lambda address, length: str(IPv4Network((address >> (32 - length) << (32 - length), length))),
    st.integers(0x0A000000, 0x0A0000FF),
    st.integers(22, 32),
)
sections = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("nodes", "pods", "services"), st.lists(small, max_size=3)),
        "vips": st.fixed_dictionaries({"cidr": small}),
    },
)


@given(st.lists(sections, max_size=4))
def test_the_same_is_found_as_by_looking_at_every_pair(many: list[dict[str, Any]]) -> None:
    document = clusters(*many)
    expected = {
        late.loc
        for early, late in combinations(ranges(document), 2)
        if early.network.overlaps(late.network) and clash(early, late)
    }
    assert len(told(document)) == len(expected)


def test_a_hundred_clusters_take_no_time_to_speak_of() -> None:
    many = [{"nodes": [f"10.{i}.0.0/24"], "pods": ["172.16.0.0/16"]} for i in range(100)]
    start = time.process_time()
    assert told(clusters(*many)) == []
    assert time.process_time() - start < 1
