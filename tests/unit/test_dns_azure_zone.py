"""What a zone costs in requests: a large one is built as fast as Azure's limits allow, and is not read all the time."""

from __future__ import annotations

import pytest

from bench.azure_zone import real, simulated
from federation.azure.quota import Rate
from federation.dns.azure_sets import PRIVATE_RATES, RATES
from federation.dns.backend import StaleError
from federation.dns.facts import Current, Facts
from federation.dns.reconcile import reconcile
from federation.dns.records import Change, RecordSet
from tests.unit.azure_zone_fixtures import DOMAIN, LESS, NGINX, Account, Wire, account, create
from tests.unit.test_dns_reconcile import FED, facts, service

__all__ = ["account"]


def many(count: int) -> list[RecordSet]:
    return [RecordSet(f"n{n:04}.{DOMAIN}", "A", 30, ("10.0.0.2",)) for n in range(count)]


def test_the_limits_are_those_that_azure_publishes() -> None:
    """learn.microsoft.com: "Azure subscription and service limits", Azure DNS and Azure Private DNS."""
    assert {"write": Rate(200, 60), "list": Rate(60, 60), "get": Rate(2000, 60)} == RATES
    assert {"write": Rate(60, 60), "list": Rate(100, 60), "get": Rate(200, 60)} == PRIVATE_RATES


@pytest.mark.parametrize("private", [False, True])
def test_a_zone_is_built_in_the_time_that_the_limit_allows_and_nothing_is_refused(private: bool) -> None:
    account = Account(private=private)
    wire, rate = Wire(account.dns), (PRIVATE_RATES if private else RATES)["write"]
    backend, began = account.backend(wire), account.now
    wanted = many(5 * rate.calls)
    backend.write(create(*wanted), backend.read(), owner="fed")
    assert len(account.sets()) == len(wanted)
    assert wire.count("PUT") == len(wanted), "nothing was refused or sent twice"
    allowed = len(wanted) * rate.spacing
    assert 0.75 * allowed <= account.now - began <= 1.1 * allowed
    assert account.said[0] == (
        f"zone {DOMAIN} in Azure {'Private ' if private else ''}DNS: waiting, Azure takes {rate.calls} writes in 60 s"
    )
    assert any(f" of {len(wanted)} names written" in text for text in account.said)
    account.close()


def test_services_with_five_names_are_built_within_a_tenth_more_than_the_limit_allows() -> None:
    outcome = simulated(80, list[str]().append)
    assert (outcome.sets, outcome.allowed, outcome.refused) == (400, 120, 0)
    assert outcome.ratio <= 1.1


@pytest.mark.long
def test_a_thousand_services_with_five_names_are_built_within_a_tenth_more_than_the_limit_allows() -> None:
    """25 minutes for 5,000 record sets at 200 a minute, by the clock of the stand-in."""
    outcome = simulated(1_000, list[str]().append)
    assert (outcome.sets, outcome.allowed, outcome.refused) == (5_000, 1_500, 0)
    assert outcome.ratio <= 1.1


@pytest.mark.long
def test_threads_in_real_time_are_as_fast() -> None:
    """Over TLS, at limits that are five times as wide: with the time that requests take, on a busy machine too."""
    outcome = real(200, 5, list[str]().append)
    assert (outcome.sets, outcome.refused) == (1_000, 0)
    assert outcome.ratio <= 1.1


def test_a_few_changes_wait_for_nothing(account: Account) -> None:
    backend, began = account.backend(), account.now
    backend.write(create(*many(150)), backend.read(), owner="fed")
    assert account.now == began


def test_a_small_zone_is_read_anew_each_time(account: Account) -> None:
    backend, other = account.backend(), account.backend()
    for number in range(20):
        record = RecordSet(NGINX.name, "A", 30, (f"10.0.0.{number}",))
        other.write([Change("update" if number else "create", record)], other.read(), owner="fed")
        assert backend.read()[NGINX.key].record == record


def test_what_was_seen_last_stands_in_for_readings_that_azure_does_not_allow(account: Account) -> None:
    wire = Wire(account.dns)
    backend, began = account.backend(wire), account.now
    backend.write(create(NGINX), backend.read(), owner="fed")
    for _ in range(200):
        assert backend.read()[NGINX.key].record == NGINX
    assert account.now == began, "nobody has waited"
    assert wire.count("GET") == 60


@pytest.fixture
def large() -> Account:
    """A zone of so many pages that it is not read each time."""
    made = Account(page_size=2)
    first = made.backend()
    first.write(create(NGINX, *many(12)), first.read(), owner="fed")
    return made


def test_a_large_zone_is_read_every_two_minutes(large: Account) -> None:
    wire = Wire(large.dns)
    backend = large.backend(wire)
    backend.read()
    large.put("www", {"properties": {"TTL": 5, "ARecords": [{"ipv4Address": "10.9.9.9"}]}})
    large.dns.clock.sleep(119)
    assert (f"www.{DOMAIN}", "A") not in backend.read()
    assert wire.count("GET") == 8
    large.dns.clock.sleep(2)
    assert (f"www.{DOMAIN}", "A") in backend.read()
    assert wire.count("GET") == 16
    large.close()


def test_own_writes_are_known_without_a_reading(large: Account) -> None:
    wire = Wire(large.dns)
    backend = large.backend(wire)
    backend.write([Change("update", LESS), Change("delete", many(1)[0])], backend.read(), owner="fed")
    seen = backend.read()
    assert seen[LESS.key].record == LESS
    assert many(1)[0].key not in seen
    backend.write([Change("update", NGINX)], seen, owner="fed")
    assert wire.count("GET") == 8
    large.close()


def test_what_was_refused_is_looked_at_again_and_only_that(large: Account) -> None:
    wire = Wire(large.dns)
    backend, other = large.backend(wire), large.backend()
    seen = backend.read()
    other.write([Change("update", LESS)], other.read(), owner="fed")
    with pytest.raises(StaleError):
        backend.write([Change("delete", NGINX)], seen, owner="fed")
    assert backend.read()[LESS.key].record == LESS
    assert wire.count("GET") == 8 + 3, "A, AAAA and CNAME of the name"
    other.write([Change("delete", LESS)], other.read(), owner="fed")
    with pytest.raises(StaleError):
        backend.write([Change("update", NGINX)], backend.read(), owner="fed")
    assert LESS.key not in backend.read()
    large.close()


def test_two_processes_that_hold_what_they_saw_still_lose_no_update(large: Account) -> None:
    """The second one's view is old at each of its writes."""
    first, second = large.backend(), large.backend()
    world = dict[str, str]()

    def known(current: tuple[Current, ...]) -> Facts:
        return facts(current, service("nginx", world), *(service(f"n{n:04}", {}) for n in range(12)))

    for number in range(5):
        world["fc01"] = f"10.0.0.{number}"
        reconcile(first, known, owner=FED)
        world["fc02"] = f"10.0.1.{number}"
        reconcile(second, known, owner=FED)
        found = large.answers()
        assert found["nginx.default.fed.svc"] == (f"10.0.0.{number}", f"10.0.1.{number}")
        assert found["nginx.default.fed.svc.east.us"] == (f"10.0.0.{number}",)
    large.close()
