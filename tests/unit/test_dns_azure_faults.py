"""A service that throttles, fails and loses connections: the zone becomes what it shall be, and nothing is orphaned."""

from __future__ import annotations

import random
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from federation.azure.quota import Rate
from federation.dns.azure_sets import RATES
from federation.dns.backend import StaleError, UnfinishedError
from federation.dns.facts import Current, Facts
from federation.dns.reconcile import reconcile
from federation.dns.records import Change, RecordSet
from federation.errors import FederationError, UnreachableError
from lab.azure.settings import Rate as Limit
from tests.unit.azure_zone_fixtures import DOMAIN, LESS, NGINX, OTHER, Account, Wire, account, create
from tests.unit.test_dns_reconcile import FED, facts, service

__all__ = ["account"]
WRITES = "dns-record-set-writes"


def records(account: Account) -> set[RecordSet]:
    """As another process reads them, but for the zone's own."""
    account.faults()
    return {each.record for each in account.backend().read().values() if each.record.name != DOMAIN}


def many(count: int) -> list[RecordSet]:
    return [RecordSet(f"n{n:04}.{DOMAIN}", "A", 30, ("10.0.0.2",)) for n in range(count)]


def test_a_refusal_as_too_much_is_waited_for_as_long_as_it_says(account: Account) -> None:
    account.faults({"match": {"method": "PUT"}, "status": 429, "retry_after": 17})
    backend, began = account.backend(), account.now
    backend.write(create(LESS), backend.read(), owner="fed")
    assert account.now - began == 17
    assert records(account) == {LESS}


def test_a_refusal_that_does_not_say_how_long_is_waited_for_longer_each_time(account: Account) -> None:
    account.faults({"match": {"method": "PUT", "count": 3}, "status": 429})
    backend, began = account.backend(), account.now
    backend.write(create(LESS), backend.read(), owner="fed")
    assert account.now - began == 5 + 10 + 20
    assert account.said[-1] == "zone example.com in Azure DNS: waiting, Azure takes 200 writes in 60 s"


def test_who_is_refused_all_the_time_is_told_in_the_end(account: Account) -> None:
    account.faults({"match": {"count": None}, "status": 429, "retry_after": 60})
    with pytest.raises(UnreachableError) as raised:
        account.backend().read()
    assert str(raised.value) == (
        "zone example.com in Azure DNS: Azure has refused every request for 960 s, as more come in than it allows. "
        "Next: see who else writes the zone, then try again."
    )


def test_somebody_else_who_uses_the_limit_up_slows_us_down_and_no_more(account: Account) -> None:
    account = Account(rates={WRITES: Limit(calls=5, seconds=60)})
    wire = Wire(account.dns)
    backend = account.backend(wire)
    backend.write(create(*many(12)), backend.read(), owner="fed")
    assert records(account) == set(many(12))
    assert wire.count("PUT", 429) <= 8, "one for each that waits, and not one a second"
    account.close()


@pytest.mark.parametrize("drop", ["before", "after"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_answer_is_no_failure_whatever_has_happened(account: Account, method: str, drop: str) -> None:
    backend = account.backend()
    backend.write(create(NGINX, OTHER), backend.read(), owner="fed")
    account.faults({"match": {"method": method}, "drop": drop})
    changes = [Change("update", LESS), Change("delete", OTHER)]
    backend.write(changes, backend.read(), owner="fed")
    assert records(account) == {LESS}


def test_a_created_set_whose_answer_is_lost_is_known_for_ours(account: Account) -> None:
    account.faults({"match": {"method": "PUT"}, "drop": "after"})
    wire = Wire(account.dns)
    backend = account.backend(wire)
    backend.write(create(LESS), backend.read(), owner="fed")
    assert [(method, status) for method, _, status in wire.log] == [
        ("GET", 200),
        ("PUT", 0),
        ("PUT", 412),
        ("GET", 200),
    ]
    assert records(account) == {LESS}


def test_a_lost_answer_does_not_make_us_overwrite_who_came_in_between(account: Account) -> None:
    other = account.backend()
    answered = iter([False, True])

    def before(method: str, _path: str) -> None:
        if method == "PUT" and next(answered):
            account.faults()
            other.write(create(NGINX), other.read(), owner="fed")

    account.faults({"match": {"method": "PUT"}, "drop": "before"})
    backend = account.backend(Wire(account.dns, before))
    with pytest.raises(StaleError):
        backend.write(create(LESS), backend.read(), owner="fed")
    assert records(account) == {NGINX}


def test_a_service_that_recovers_is_waited_for(account: Account) -> None:
    account.faults(
        {"match": {"method": "PUT", "count": 2}, "status": 500},
        {"match": {"method": "PUT", "count": 1}, "status": 503, "retry_after": 2},
        {"match": {"method": "GET", "count": 3}, "drop": "before"},
    )
    backend = account.backend()
    backend.write(create(LESS), backend.read(), owner="fed")
    assert records(account) == {LESS}


@pytest.mark.parametrize(
    ("fault", "why"),
    [({"status": 500}, "HTTP 500: A fault that was asked for"), ({"drop": "before"}, "Connection aborted.")],
)
def test_a_service_that_does_not_recover_is_told(account: Account, fault: dict[str, Any], why: str) -> None:
    account.faults({"match": {"count": None}, **fault})
    began = account.now
    with pytest.raises(UnreachableError) as raised:
        account.backend().read()
    assert 50 <= account.now - began <= 60
    assert str(raised.value).startswith("zone example.com in Azure DNS: no answer for 5")
    assert str(raised.value).endswith(f" s: {why}. Next: try again; status.azure.com tells of outages.")
    assert account.said[-1] == "zone example.com in Azure DNS: no answer, trying again"


def test_an_address_that_nobody_has_is_told_without_the_objects_around_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ServiceRequestError("<urllib3.connection object at 0x7f>: [Errno -2] Name or service not known")

    zone = account.opened(failing=3)
    monkeypatch.setattr(zone._sets, "get", fails)
    with pytest.raises(UnreachableError, match=r"no answer for \d s: Name or service not known\. Next"):
        zone._get(("www.example.com", "A"))


def test_a_write_that_was_given_up_is_looked_at_again(account: Account) -> None:
    """It may have happened: what stands in for a reading must not say that it has not."""
    backend = account.backend(failing=3)
    backend.write(create(*many(2)), backend.read(), owner="fed")
    backend._zone._pages = 99  # a reading would be too dear
    account.faults(
        {"match": {"method": "PUT"}, "drop": "after"},
        {"match": {"method": "PUT", "count": None}, "status": 500},
    )
    with pytest.raises(UnreachableError):
        backend.write(create(LESS), backend.read(), owner="fed")
    account.faults()
    assert backend.read()[LESS.key].record == LESS


def test_a_turn_ends_although_there_is_more_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.dns.azure_open.RATES", {**RATES, "write": Rate(20)})
    account, wanted, told = Account(), many(45), list[tuple[int, int]]()
    backend = account.backend(turn=15.0)
    for _ in range(9):
        began, seen = account.now, backend.read()
        try:
            backend.write(create(*(r for r in wanted if r.key not in seen)), seen, owner="fed")
        except UnfinishedError as later:
            told.append((len(later.made), later.left))
            assert account.now - began <= 15
        else:
            break
        account.dns.clock.sleep(15)
    assert told[0] == (20, 25)
    assert told[-1][1] <= 5
    assert (len(told), sum(made for made, _ in told)) == (7, 45 - told[-1][1])
    assert records(account) == set(wanted)
    account.close()


def world(count: int) -> Any:
    """Facts of services that are on both members."""

    def known(current: tuple[Current, ...]) -> Facts:
        found = [service(f"s{n}", {"fc01": f"10.0.0.{n}", "fc02": f"10.0.1.{n}"}) for n in range(count)]
        return facts(current, *found)

    return known


def script(seed: int) -> list[dict[str, Any]]:
    """Faults that end."""
    chance = random.Random(seed)
    kinds: list[dict[str, Any]] = [
        {"status": 429, "retry_after": 3},
        {"status": 429},
        {"status": 500},
        {"status": 502},
        {"status": 503, "retry_after": 1},
        {"drop": "before"},
        {"drop": "after"},
    ]
    rules = []
    for _ in range(chance.randint(3, 8)):
        match = {
            "method": chance.choice(["PUT", "DELETE", "GET"]),
            "skip": chance.randint(0, 6),
            "count": chance.randint(1, 3),
        }
        rules.append({"match": match, **chance.choice(kinds)})
    return rules


def storm(seed: int) -> None:
    """Services come, change and go while the service fails in a way that the seed says."""
    account = Account(rates={WRITES: Limit(calls=20, seconds=10)})
    backend = account.backend()
    account.put("www", {"properties": {"TTL": 5, "ARecords": [{"ipv4Address": "10.9.9.9"}]}})
    for count in (3, 2, 0):
        account.faults(*script(seed * 10 + count))
        for _ in range(5):
            try:
                reconcile(backend, world(count), owner=FED)
            except FederationError:
                continue
            break
        account.faults()
        reconcile(backend, world(count), owner=FED)
        expected: dict[str, tuple[str, ...]] = {"www": ("10.9.9.9",)}
        for n in range(count):
            name, first, second = f"s{n}.default.fed.svc", f"10.0.0.{n}", f"10.0.1.{n}"
            expected |= {name: (first, second), f"{name}.us": (first, second)}
            expected |= {f"{name}.east.us": (first,), f"{name}.west.us": (second,)}
        assert account.answers() == expected, (seed, count)
    account.close()


def test_whatever_fails_the_zone_becomes_what_it_shall_be() -> None:
    for seed in range(12):
        storm(seed)


@pytest.mark.long
def test_whatever_fails_the_zone_becomes_what_it_shall_be_in_all_cases() -> None:
    for seed in range(12, 600):
        storm(seed)
