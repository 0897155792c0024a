"""Who gets which virtual IP: the pool, the rules, and that nobody loses what it has."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation.vip.allocation import Allocation, allocate
from federation.vip.pool import Pool
from federation.vip.services import LOAD_BALANCER_CLASS, Service

POOL = Pool(IPv4Network("10.250.0.0/29"))  # .2 to .6


def service(name: str, *, age: int = 0, **more: object) -> Service:
    """A Service of no class; the higher the age, the older."""
    plain = Service(
        key=f"default/{name}",
        uid=f"uid-{name}",
        version="1",
        created=f"2026-01-01T00:00:{59 - age:02d}Z",
        balanced=True,
        load_balancer_class=None,
        requested=None,
        ipv4=True,
        leaving=False,
        addresses=(),
        conditions=(),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def given_to(*services: Service, pool: Pool = POOL, default_class: bool = True) -> dict[str, str | None]:
    outcomes = allocate(pool, services, default_class=default_class).outcomes
    return {key.partition("/")[2]: outcome.address for key, outcome in outcomes.items()}


def refusal(*services: Service, of: str) -> tuple[str | None, str, str]:
    outcome = allocate(POOL, services, default_class=True).outcomes[f"default/{of}"]
    return outcome.address, outcome.reason, outcome.message


@pytest.mark.parametrize(
    ("cidr", "router", "first", "last", "size"),
    [
        ("10.250.0.0/24", "10.250.0.1", "10.250.0.2", "10.250.0.254", 253),
        ("10.250.0.64/30", "10.250.0.65", "10.250.0.66", "10.250.0.66", 1),
        ("10.250.0.0/31", "10.250.0.0", "10.250.0.1", "10.250.0.1", 1),
    ],
)
def test_a_pool_gives_all_but_the_first_and_those_that_are_nobodys(
    cidr: str, router: str, first: str, last: str, size: int
) -> None:
    pool = Pool(IPv4Network(cidr))
    assert [str(a) for a in (pool.router, pool.first, pool.last)] == [router, first, last]
    assert pool.size == size == len(list(pool))
    assert all(address in pool for address in pool)
    assert pool.router not in pool


def test_a_pool_of_one_address_gives_none() -> None:
    pool = Pool(IPv4Network("10.250.0.7/32"))
    assert (pool.size, list(pool), IPv4Address("10.250.0.7") in pool) == (0, [], False)


def test_the_oldest_service_gets_the_lowest_address() -> None:
    assert given_to(service("young"), service("old", age=9)) == {"old": "10.250.0.2", "young": "10.250.0.3"}


def test_who_has_an_address_keeps_it_although_a_lower_one_is_free() -> None:
    assert given_to(service("a", addresses=("10.250.0.5",)), service("b", age=9)) == {
        "a": "10.250.0.5",
        "b": "10.250.0.2",
    }


def test_a_request_is_granted_before_others_get_what_is_free() -> None:
    assert given_to(service("any", age=9), service("asks", requested="10.250.0.2")) == {
        "asks": "10.250.0.2",
        "any": "10.250.0.3",
    }


def test_a_service_moves_to_the_address_that_it_asks_for_and_its_old_one_is_free() -> None:
    moved = service("a", addresses=("10.250.0.2",), requested="10.250.0.6")
    assert given_to(moved, service("b")) == {"a": "10.250.0.6", "b": "10.250.0.2"}


def test_an_address_of_somebody_is_not_taken_away_by_a_request() -> None:
    holder = service("holder", addresses=("10.250.0.4",))
    asks = service("asks", age=9, requested="10.250.0.4")
    assert refusal(holder, asks, of="asks") == (
        None,
        "AddressTaken",
        "10.250.0.4 belongs to Service default/holder; ask for another one, or for none",
    )
    assert given_to(holder, asks)["holder"] == "10.250.0.4"


def test_a_service_whose_new_wish_cannot_be_granted_keeps_what_it_has() -> None:
    asks = service("asks", addresses=("10.250.0.3",), requested="10.250.0.4")
    assert refusal(service("holder", addresses=("10.250.0.4",)), asks, of="asks") == (
        "10.250.0.3",
        "AddressTaken",
        "10.250.0.4 belongs to Service default/holder; ask for another one, or for none; it keeps 10.250.0.3",
    )


@pytest.mark.parametrize(
    ("requested", "reason", "message"),
    [
        (
            "10.250.0.1",
            "AddressNotInPool",
            "10.250.0.1 is not one of 10.250.0.2 to 10.250.0.6; ask for one of these",
        ),
        (
            "10.9.9.9",
            "AddressNotInPool",
            "10.9.9.9 is not one of 10.250.0.2 to 10.250.0.6; ask for one of these",
        ),
        ("ten", "AddressInvalid", "'ten' is no IPv4 address; write one such as 10.250.0.2"),
        ("::1", "AddressInvalid", "'::1' is no IPv4 address; write one such as 10.250.0.2"),
    ],
)
def test_a_request_that_cannot_be_granted_is_refused_with_what_to_do(
    requested: str, reason: str, message: str
) -> None:
    assert refusal(service("a", requested=requested), of="a") == (None, reason, message)


def test_a_pool_that_is_exhausted_refuses_the_youngest() -> None:
    services = [service(f"s{i}", age=i) for i in range(6)]
    assert refusal(*services, of="s0") == (
        None,
        "PoolExhausted",
        (
            "all 5 addresses of 10.250.0.0/29 are in use; "
            "delete a Service of type LoadBalancer, or give the cluster a wider pool"
        ),
    )
    assert sorted(filter(None, given_to(*services).values())) == [f"10.250.0.{i}" for i in range(2, 7)]


def test_a_service_of_ipv6_addresses_only_is_refused() -> None:
    assert refusal(service("a", ipv4=False), of="a") == (
        None,
        "NoIPv4",
        "it has IPv6 addresses only, and the pool IPv4 ones; add IPv4 to spec.ipFamilies",
    )


def test_only_services_of_our_class_or_of_none_are_served() -> None:
    services = [
        service("none"),
        service("ours", load_balancer_class=LOAD_BALANCER_CLASS),
        service("theirs", load_balancer_class="metallb.io/metallb"),
        service("cluster-ip", balanced=False),
    ]
    assert set(given_to(*services)) == {"none", "ours"}
    assert set(given_to(*services, default_class=False)) == {"ours"}


def test_an_address_that_another_provider_gave_out_of_our_pool_is_not_given_again() -> None:
    theirs = service("theirs", load_balancer_class="metallb.io/metallb", addresses=("10.250.0.2",))
    assert given_to(theirs, service("a")) == {"a": "10.250.0.3"}


def test_a_service_that_is_no_load_balancer_any_more_frees_its_address() -> None:
    changed = service("changed", balanced=False, addresses=("10.250.0.2",))
    assert given_to(changed, service("a")) == {"a": "10.250.0.2"}


def test_of_two_with_one_address_the_older_keeps_it() -> None:
    both = [service(n, age=a, addresses=("10.250.0.2",)) for n, a in (("young", 1), ("old", 2))]
    assert given_to(*both) == {"old": "10.250.0.2", "young": "10.250.0.3"}


def test_a_service_that_is_being_deleted_keeps_what_it_has_and_gets_nothing_new() -> None:
    leaving = [service("has", leaving=True, addresses=("10.250.0.2",)), service("has-not", leaving=True)]
    assert given_to(*leaving, service("a")) == {"has": "10.250.0.2", "a": "10.250.0.3"}


def test_an_address_outside_of_a_pool_that_was_changed_is_replaced() -> None:
    assert given_to(service("a", addresses=("10.251.0.9",))) == {"a": "10.250.0.2"}


texts = st.sampled_from([*(f"10.250.0.{i}" for i in range(9)), "10.9.9.9", "nonsense"])
services = st.lists(
    st.builds(
        service,
        st.text("abcdef", min_size=1, max_size=3),
        age=st.integers(0, 5),
        balanced=st.booleans(),
        load_balancer_class=st.sampled_from([None, LOAD_BALANCER_CLASS, "other/class"]),
        requested=st.none() | texts,
        ipv4=st.booleans(),
        leaving=st.booleans(),
        addresses=st.lists(texts, max_size=2).map(tuple),
    ),
    max_size=12,
    unique_by=lambda s: s.key,
)


def settled(before: list[Service], allocation: Allocation) -> list[Service]:
    """The Services when all statuses are written."""
    after = []
    for one in before:
        outcome = allocation.outcomes.get(one.key)
        address = outcome.address if outcome else None
        after.append(replace(one, addresses=(address,) if address else ()) if outcome else one)
    return after


@given(services, st.booleans())
def test_no_two_services_ever_have_one_address(found: list[Service], default_class: bool) -> None:
    allocation = allocate(POOL, found, default_class=default_class)
    addresses = [o.address for o in allocation.outcomes.values() if o.address]
    assert len(set(addresses)) == len(addresses)
    assert {IPv4Address(a) for a in addresses} <= set(POOL)
    assert {key: address for address, key in allocation.held.items()} == {
        key: o.address for key, o in allocation.outcomes.items() if o.address
    }


def test_who_waits_for_an_address_gets_it_as_soon_as_its_holder_moves() -> None:
    waits = service("waits", age=2, addresses=("10.250.0.4",), requested="10.250.0.2")
    moves = service("moves", age=1, addresses=("10.250.0.2",), requested="10.250.0.3")
    greedy = service("greedy", requested="10.250.0.2")
    assert given_to(waits, moves, greedy) == {"waits": "10.250.0.2", "moves": "10.250.0.3", "greedy": None}
    swap = service("moves", age=1, addresses=("10.250.0.2",), requested="10.250.0.4")
    assert given_to(waits, swap) == {"waits": "10.250.0.4", "moves": "10.250.0.2"}


@example(
    [
        service("b", addresses=("10.250.0.2",), requested="10.250.0.3"),
        service("aa", addresses=("10.250.0.4",), requested="10.250.0.2"),
    ],
    True,
)
@given(services, st.booleans())
def test_once_written_nothing_moves(found: list[Service], default_class: bool) -> None:
    first = allocate(POOL, found, default_class=default_class)
    second = allocate(POOL, settled(found, first), default_class=default_class)
    assert {k: v for k, v in first.held.items() if second.held.get(k) != v} == {}


@given(services, st.data())
def test_order_does_not_matter(found: list[Service], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(found))
    assert allocate(POOL, found, default_class=True) == allocate(POOL, shuffled, default_class=True)


@given(services, st.builds(service, st.just("newcomer"), requested=st.none() | texts))
def test_a_newcomer_takes_nothing_from_anybody(found: list[Service], newcomer: Service) -> None:
    before = allocate(POOL, found, default_class=True)
    there = settled(found, before)
    after = allocate(POOL, [*there, newcomer], default_class=True)
    assert all(after.held.get(address) == key for address, key in before.held.items())
