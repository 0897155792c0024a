"""What a topology says of virtual IPs: checks over several clusters, and VRRP router ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.topology.checks import routers
from federation.topology.models import VipPool
from federation.vip.router import IDS, router_ids


def clusters(*ids: object) -> dict[str, object]:
    pools = [{"cidr": "10.0.0.0/24"} if number is None else {"router_id": number} for number in ids]
    return {"clusters": [{"name": f"c{i}", "vips": pool} for i, pool in enumerate(pools)]}


def test_two_clusters_of_one_router_id_are_a_mistake() -> None:
    assert [str(mistake) for mistake in routers(clusters(51, None, 51, 7))] == [
        "clusters[2].vips.router_id: '51' is also that of clusters[0]; give each its own, or leave them out"
    ]


def test_what_is_no_number_is_told_by_the_models() -> None:
    assert list(routers(clusters("a", "a", True, True))) == []


def test_more_pools_than_router_ids_are_a_mistake() -> None:
    assert list(routers(clusters(*[None] * 255))) == []
    assert [str(mistake) for mistake in routers(clusters(*[None] * 256))] == [
        (
            "clusters[255].vips: is the 256th pool, and there are 255 VRRP router ids; "
            "leave vips out where a cluster has a load balancer of its own"
        )
    ]


def test_services_without_a_class_are_served_unless_the_topology_says_otherwise() -> None:
    assert VipPool.model_validate({"cidr": "10.250.0.0/24"}).default_class
    assert not VipPool.model_validate({"cidr": "10.250.0.0/24", "default_class": False}).default_class


@given(
    st.dictionaries(st.text(min_size=1, max_size=5), st.none(), max_size=IDS),
    st.lists(st.integers(1, IDS), unique=True, max_size=5),
)
def test_every_cluster_has_a_router_id_of_its_own(chosen: dict[str, None], named: list[int]) -> None:
    wanted: dict[str, int | None] = {**dict(list(chosen.items())[: IDS - len(named)])}
    wanted |= {f"named-{number}": number for number in named}
    found = router_ids(wanted)
    assert list(found) == list(wanted)
    assert len(set(found.values())) == len(found)
    assert all(1 <= number <= IDS for number in found.values())
    assert all(found[f"named-{number}"] == number for number in named)


@given(st.lists(st.text(min_size=1, max_size=5), unique=True, min_size=1, max_size=100))
def test_a_cluster_that_is_added_changes_no_others_router_id(names: list[str]) -> None:
    before = router_ids(dict.fromkeys(names[:-1]))
    assert before.items() <= router_ids(dict.fromkeys(names)).items()


def test_more_clusters_than_router_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="there are 255 router ids, and 256 clusters with virtual IPs"):
        router_ids({str(number): None for number in range(256)})
