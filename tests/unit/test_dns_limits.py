"""Limits of backends and of names."""

from __future__ import annotations

import pytest

from federation.dns.limits import AZURE, COREDNS, LimitError, Limits, check
from federation.dns.records import RecordSet
from federation.names import Level, Scheme, Service

SCHEME = Scheme("fed", "example.com")
NAME = SCHEME.name(Service("default", "nginx"))


def addresses(count: int) -> tuple[str, ...]:
    return tuple(f"10.0.0.{i}" for i in range(count))


def test_twenty_addresses_fit_into_a_record_set_of_azure_and_one_more_does_not() -> None:
    check([RecordSet(NAME, "A", 30, addresses(20))], AZURE, SCHEME)
    with pytest.raises(LimitError) as error:
        check([RecordSet(NAME, "A", 30, addresses(21))], AZURE, SCHEME)
    assert str(error.value) == (
        "records of example.com: service default/nginx: nginx.default.fed.svc.example.com would have 21 A records, "
        "azure takes 20: place it on fewer members. Next: correct it, then preview the stack again."
    )


def test_coredns_takes_what_there_is() -> None:
    check([RecordSet(NAME, "A", 30, addresses(200))] * 20_000, COREDNS, SCHEME)


def test_the_record_sets_of_others_take_room_too() -> None:
    small = Limits("small", sets=3)
    check([RecordSet(NAME, "A", 30, ("10.0.0.2",))], small, SCHEME, others=2)
    with pytest.raises(LimitError) as error:
        check([RecordSet(NAME, "A", 30, ("10.0.0.2",))], small, SCHEME, others=3)
    assert error.value.cause == (
        "the zone would have 4 record sets, small takes 3: federate fewer services, or give the federation a zone "
        "of its own"
    )


def test_a_name_is_no_longer_than_dns_allows_and_all_that_are_are_told() -> None:
    long = Scheme("fed", ".".join(["d" * 63] * 3))
    records = [
        RecordSet(long.name(Service("default", name), Level("us", "east")), "A", 30, ("10.0.0.2",))
        for name in ("s" * 40, "s" * 64)
    ]
    with pytest.raises(LimitError) as error:
        check(records, COREDNS, long)
    first, second, third = error.value.cause.split("; ")
    assert first == (
        f"service default/{'s' * 40}: {records[0].name} has 256 characters, a DNS name at most 253: shorten the "
        "service, its namespace or the zone"
    )
    assert second.startswith(f"service default/{'s' * 64}: ")
    assert third.endswith(f"{'s' * 64} has 64 characters, a DNS label at most 63: shorten it")


def test_a_name_of_253_characters_is_not_too_long() -> None:
    scheme = Scheme("f" * 30, ".".join(["d" * 63] * 3))
    name = scheme.name(Service("n" * 10, "s" * (253 - len(scheme.name(Service("n" * 10, ""))) - 1)))
    assert len(name) == 253
    check([RecordSet(name, "A", 30, ("10.0.0.2",))], COREDNS, scheme)
