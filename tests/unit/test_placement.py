"""kubefed v1's division: worked examples, and what holds for every request."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.placement import (
    ClusterPreference,
    Division,
    Preferences,
    Request,
    divide,
    eligible,
    fnv32,
)

Wishes = dict[str, tuple[int, int | None, int]]
EQUAL: Wishes = {"*": (0, None, 1)}


def request(
    replicas: int,
    clusters: str,
    wishes: Wishes = EQUAL,
    *,
    key: str = "",
    rebalance: bool = False,
    current: dict[str, int] | None = None,
    capacity: dict[str, int] | None = None,
) -> Request:
    """`wishes` are (minimum, maximum, weight) by cluster."""
    preferences = Preferences(
        rebalance=rebalance,
        clusters={
            name: ClusterPreference(min_replicas=least, max_replicas=most, weight=weight)
            for name, (least, most, weight) in wishes.items()
        },
    )
    return Request(
        key=key,
        replicas=replicas,
        clusters=tuple(clusters.split()),
        preferences=preferences,
        current=current or {},
        capacity=capacity or {},
    )


def counts(division: Division) -> list[int]:
    """In the order of the clusters' names."""
    return [division.replicas[name] for name in sorted(division.replicas)]


@pytest.mark.parametrize(
    ("key", "clusters", "wishes", "expected"),
    [
        ("default/nginx", "fc01 fc02", EQUAL, {1: [0, 1], 2: [1, 1], 3: [1, 2], 4: [2, 2], 5: [2, 3]}),
        ("default/calculator", "east west", EQUAL, {1: [1, 0], 2: [1, 1], 3: [2, 1]}),
        ("default/frontend", "east west", EQUAL, {1: [1, 0], 2: [1, 1], 3: [2, 1]}),
    ],
)
def test_the_walk_throughs_divide_as_they_did(
    key: str, clusters: str, wishes: Wishes, expected: dict[int, list[int]]
) -> None:
    found = {n: counts(divide(request(n, clusters, wishes, key=key))) for n in expected}
    assert found == expected


@pytest.mark.parametrize("key", ["default/nginx", "default/frontend"])
def test_a_heavier_cluster_is_served_first_and_fractions_are_rounded_up_for_it(key: str) -> None:
    wishes: Wishes = {"east": (0, None, 1), "west": (0, None, 2)}
    expected = {1: [0, 1], 2: [0, 2], 3: [1, 2], 4: [1, 3], 5: [1, 4], 6: [2, 4], 10: [3, 7]}
    found = {n: counts(divide(request(n, "east west", wishes, key=key))) for n in expected}
    assert found == expected


def test_minimum_and_maximum_bound_what_a_cluster_is_given() -> None:
    expected = {2: [2, 0], 3: [2, 1], 4: [2, 2], 8: [4, 4], 9: [4, 4]}
    wishes: Wishes = {"*": (2, 4, 1)}
    key = "default/frontend"  # as the walk-through's, where east comes before west
    found = {n: counts(divide(request(n, "east west", wishes, key=key))) for n in expected}
    assert found == expected


def test_without_rebalance_replicas_stay_where_they_run_although_weights_say_otherwise() -> None:
    wishes: Wishes = {"east": (0, None, 1), "west": (0, None, 2)}
    for n in (1, 2, 3, 4, 5, 6, 10):
        assert counts(divide(request(n, "east west", wishes, current={"east": n}))) == [n, 0]
    moved = divide(request(6, "east west", wishes, current={"east": 6}, rebalance=True))
    assert counts(moved) == [2, 4]


# What the planner of v1 was tested with.
@pytest.mark.parametrize(
    ("replicas", "clusters", "expected"),
    [
        (50, "A B C", [16, 17, 17]),
        (50, "A B", [25, 25]),
        (1, "A B", [0, 1]),
        (1, "A B C D", [0, 0, 0, 1]),
        (1, "A", [1]),
        (1, "", []),
    ],
)
def test_equal_clusters_share_and_a_hash_says_who_has_the_odd_one(
    replicas: int, clusters: str, expected: list[int]
) -> None:
    assert counts(divide(request(replicas, clusters))) == expected


@pytest.mark.parametrize(
    ("replicas", "clusters", "current", "expected"),
    [
        (50, "A B C", {"C": 30}, [10, 10, 30]),
        (50, "A B", {"A": 30}, [30, 20]),
        *((15, "A B", {"A": running, "B": 8}, [7, 8]) for running in (0, 1, 4, 5, 6, 7)),
        (500000, "A B", {"A": 300000}, [300000, 200000]),
        (50, "A B", {"A": 10}, [25, 25]),
        (50, "A B", {"A": 10, "B": 70}, [0, 50]),
        (1, "A B", {"A": 30}, [1, 0]),
        (50, "A B", {"A": 10, "B": 20}, [25, 25]),
    ],
)
def test_what_runs_counts_against_its_clusters_share(
    replicas: int, clusters: str, current: dict[str, int], expected: list[int]
) -> None:
    division = divide(request(replicas, clusters, current=current))
    assert (counts(division), division.overflow) == (expected, {})


CAPPED: Wishes = {"A": (0, 10, 10000), "B": (0, None, 1), "C": (0, 21, 1), "D": (0, 10, 1)}


@pytest.mark.parametrize(
    ("rebalance", "wishes", "replicas", "clusters", "capacity", "expected"),
    [
        (True, EQUAL, 50, "A B C", {"C": 10}, ([20, 20, 10], {"C": 7})),
        (True, {"A": (0, None, 10000), "B": (0, None, 1)}, 50, "B C", {"B": 10}, ([10, 0], {"B": 40})),
        (True, {"A": (0, None, 1), "B": (0, None, 2)}, 60, "A B C", {"B": 10}, ([50, 10, 0], {"B": 30})),
        (True, CAPPED, 71, "A B C D", {"C": 10}, ([10, 41, 10, 10], {"C": 11})),
        (False, {"A": (0, None, 1), "B": (0, None, 1)}, 60, "A B C", {"A": 10, "B": 10},
         ([10, 10, 0], {"A": 20, "B": 20})),
        (False, {"A": (0, None, 1), "B": (0, None, 5)}, 60, "A B C", {"B": 10}, ([50, 10, 0], {})),
        (False, {"*": (20, None, 0)}, 50, "A B C", {"B": 10}, ([20, 10, 20], {})),
        (True, {"*": (20, None, 1)}, 60, "A B", {"B": 10}, ([50, 10], {"B": 15})),
    ],
)  # fmt: skip
def test_what_a_full_cluster_cannot_take_goes_to_others_and_is_told_as_overflow(
    rebalance: bool,
    wishes: Wishes,
    replicas: int,
    clusters: str,
    capacity: dict[str, int],
    expected: tuple[list[int], dict[str, int]],
) -> None:
    division = divide(request(replicas, clusters, wishes, rebalance=rebalance, capacity=capacity))
    assert (counts(division), division.overflow) == expected


@pytest.mark.parametrize(
    ("wishes", "replicas", "clusters", "expected"),
    [
        ({"*": (2, None, 0)}, 50, "A B C", [2, 2, 2]),
        ({"*": (20, None, 0)}, 50, "A B C", [10, 20, 20]),
        ({"*": (20, None, 0), "A": (100, None, 1)}, 50, "A B C", [50, 0, 0]),
        ({"*": (10, 12, 1)}, 50, "A B C", [12, 12, 12]),
        ({"*": (0, 2, 1)}, 50, "A B C", [2, 2, 2]),
        ({"*": (0, 2, 0)}, 50, "A B C", [0, 0, 0]),
        ({"A": (0, None, 1), "B": (0, None, 2)}, 60, "A B C", [20, 40, 0]),
        ({"A": (0, None, 10000), "B": (0, None, 1)}, 50, "A B C", [50, 0, 0]),
        ({"A": (0, None, 10000), "B": (0, None, 1)}, 50, "B C", [50, 0]),
        ({"A": (0, 10, 10000), "B": (0, None, 1), "C": (0, None, 1)}, 50, "A B C", [10, 20, 20]),
        ({"A": (0, 10, 10000), "B": (0, None, 1), "C": (0, 10, 1)}, 50, "A B C", [10, 30, 10]),
        (CAPPED, 71, "A B C D", [10, 30, 21, 10]),
        ({**CAPPED, "E": (0, None, 1)}, 91, "A B C D E", [10, 25, 21, 10, 25]),
    ],
)
def test_minimum_maximum_and_weight_work_together(
    wishes: Wishes, replicas: int, clusters: str, expected: list[int]
) -> None:
    division = divide(request(replicas, clusters, wishes))
    assert (counts(division), division.overflow) == (expected, {})


def test_a_cluster_that_no_preference_names_is_told_as_zero() -> None:
    assert divide(request(3, "A B", {"A": (0, None, 1)})).replicas == {"A": 3, "B": 0}
    assert divide(request(3, "A B", {})).replicas == {"A": 0, "B": 0}


def test_a_cluster_is_eligible_if_more_replicas_would_reach_it() -> None:
    wishes: Wishes = {"A": (0, None, 1), "B": (1, None, 0), "C": (0, 0, 1), "D": (0, None, 0)}
    assert eligible(request(1, "E D C B A", wishes)) == ("A", "B")
    assert eligible(request(1, "B A")) == ("A", "B")


def test_the_hash_is_fnv_1_not_1a() -> None:
    # Vectors of the FNV specification (draft-eastlake-fnv, appendix C).
    assert [fnv32(text) for text in ("", "a", "foobar")] == [0x811C9DC5, 0x050C5D7E, 0x31F0B262]


NAMES = st.lists(st.sampled_from(["fc01", "fc02", "fc03", "fc04", "fc05"]), unique=True, max_size=5)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    clusters = draw(NAMES)
    count = st.integers(0, 30)
    wishes: Wishes = {}
    for name in draw(st.lists(st.sampled_from([*clusters, "*", "gone"]), unique=True)):
        least = draw(st.sampled_from([0, 0, 2, 5]))
        wishes[name] = (least, draw(st.none() | st.integers(least, 20)), draw(st.integers(0, 9)))
    some = st.dictionaries(st.sampled_from(clusters), count) if clusters else st.just({})
    return request(
        draw(st.integers(0, 60)),
        " ".join(clusters),
        wishes,
        key=draw(st.sampled_from(["default/nginx", "shop/cart", ""])),
        rebalance=draw(st.booleans()),
        current=draw(some),
        capacity=draw(some),
    )


def _wish(asked: Request, name: str) -> ClusterPreference:
    wishes = asked.preferences.clusters
    return wishes.get(name, wishes.get("*", ClusterPreference()))


@given(requests())
def test_never_more_than_wished_for_and_never_beyond_a_bound(asked: Request) -> None:
    division = divide(asked)
    assert set(division.replicas) == set(asked.clusters)
    assert sum(division.replicas.values()) <= asked.replicas
    for name, count in division.replicas.items():
        limit = _wish(asked, name).max_replicas
        assert 0 <= count <= asked.capacity.get(name, count)
        assert limit is None or count <= limit


@given(requests())
def test_minimums_are_given_when_there_are_enough_replicas(asked: Request) -> None:
    least = {
        name: min(_wish(asked, name).min_replicas, asked.capacity.get(name, 10**9)) for name in asked.clusters
    }
    if sum(least.values()) <= asked.replicas:
        given_ = divide(asked).replicas
        assert all(given_[name] >= count for name, count in least.items())


@given(requests())
def test_replicas_are_left_over_only_when_no_weighted_cluster_has_room(asked: Request) -> None:
    division = divide(asked)
    if sum(division.replicas.values()) < asked.replicas:
        for name, count in division.replicas.items():
            wish = _wish(asked, name)
            full = count in (wish.max_replicas, asked.capacity.get(name))
            assert full or wish.weight == 0


@given(requests())
def test_overflow_is_of_full_clusters_only(asked: Request) -> None:
    division = divide(asked)
    for name, extra in division.overflow.items():
        assert extra > 0
        assert division.replicas[name] == asked.capacity[name]
        if not asked.preferences.rebalance:
            assert extra <= asked.replicas - sum(division.replicas.values())


@given(requests(), st.randoms(use_true_random=False))
def test_the_order_of_the_clusters_does_not_matter(asked: Request, chance: random.Random) -> None:
    shuffled = list(asked.clusters)
    chance.shuffle(shuffled)
    assert divide(asked.model_copy(update={"clusters": tuple(shuffled)})) == divide(asked)


@given(requests())
def test_what_was_divided_stays_as_it_is_when_asked_again(asked: Request) -> None:
    first = divide(asked)
    if not asked.preferences.rebalance:
        assert divide(asked.model_copy(update={"current": first.replicas})).replicas == first.replicas
