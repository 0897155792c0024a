"""Names and records that the stand-in's Azure DNS takes, type by type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.azure_arm_fixtures import code, message
from tests.unit.azure_dns_fixtures import Dns, a, dns_arm

__all__ = ["dns_arm"]


@pytest.fixture
def zone(dns_arm: Dns) -> str:
    return dns_arm.zone()


@pytest.mark.parametrize("name", ["*", "*.west", "_sip._tcp", "a-b", "x" * 63, "1.2.3", "xn--bcher-kva"])
def test_names_that_are_taken(dns_arm: Dns, zone: str, name: str) -> None:
    response = dns_arm.put(f"{zone}/A/{name}", a("10.0.0.1"))
    assert response.status == 201, response.json()
    assert response.json()["properties"]["fqdn"] == f"{name}.example.com."


@pytest.mark.parametrize(
    "name", ["a.*", "**", "a*", "a..b", "-a", "a-", "x" * 64, ".".join(["x" * 60] * 5), "a b", "ä"]
)
def test_names_that_are_refused(dns_arm: Dns, zone: str, name: str) -> None:
    response = dns_arm.put(f"{zone}/A/{name}", a("10.0.0.1"))
    assert code(response) == "400 BadRequest"
    assert f"'{name}' is invalid" in message(response)


def test_there_is_no_wildcard_of_ns(dns_arm: Dns, zone: str) -> None:
    body = {"properties": {"TTL": 60, "NSRecords": [{"nsdname": "ns.example.org"}]}}
    assert code(dns_arm.put(f"{zone}/NS/*", body)) == "400 BadRequest"


RECORDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "A": ({"ARecords": [{"ipv4Address": "10.0.0.1"}]}, {"ARecords": [{"ipv4Address": "10.0.0.256"}]}),
    "AAAA": ({"AAAARecords": [{"ipv6Address": "fd00::1"}]}, {"AAAARecords": [{"ipv6Address": "10.0.0.1"}]}),
    "CAA": (
        {"caaRecords": [{"flags": 0, "tag": "issue", "value": "ca.org"}]},
        {"caaRecords": [{"flags": 256, "tag": "issue", "value": "ca.org"}]},
    ),
    "CNAME": ({"CNAMERecord": {"cname": "x.org."}}, {"CNAMERecord": {"cname": '"x.org"'}}),
    "MX": (
        {"MXRecords": [{"preference": 10, "exchange": "mx.org"}]},
        {"MXRecords": [{"preference": 70000, "exchange": "mx.org"}]},
    ),
    "NS": ({"NSRecords": [{"nsdname": "ns.org"}]}, {"NSRecords": [{"nsdname": "n s"}]}),
    "PTR": ({"PTRRecords": [{"ptrdname": "x.org"}]}, {"PTRRecords": [{"ptrdname": ""}]}),
    "SRV": (
        {"SRVRecords": [{"priority": 1, "weight": 2, "port": 3, "target": "x.org"}]},
        {"SRVRecords": [{"priority": 1, "weight": 2, "port": 65536, "target": "x.org"}]},
    ),
    "TXT": ({"TXTRecords": [{"value": ["x" * 255]}]}, {"TXTRecords": [{"value": ["x" * 256]}]}),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_each_type_has_its_records_and_refuses_bad_ones(dns_arm: Dns, zone: str, kind: str) -> None:
    good, bad = RECORDS[kind]
    made = dns_arm.put(f"{zone}/{kind}/x", {"properties": {"TTL": 5, **good}})
    assert made.status == 201, made.json()
    key = next(iter(good))
    assert made.json()["properties"][key] == good[key]
    assert made.json()["type"] == f"Microsoft.Network/dnszones/{kind}"
    refused = dns_arm.put(f"{zone}/{kind}/y", {"properties": {"TTL": 5, **bad}})
    assert code(refused) == "400 BadRequest", refused.json()


def test_records_of_another_type_are_refused(dns_arm: Dns, zone: str) -> None:
    response = dns_arm.put(f"{zone}/AAAA/www", a("10.0.0.1"))
    assert code(response) == "400 BadRequest"
    assert message(response) == "A record set of type AAAA can't have records of type A."


def test_the_same_record_twice_is_refused(dns_arm: Dns, zone: str) -> None:
    assert code(dns_arm.put(f"{zone}/A/www", a("10.0.0.1", "10.0.0.1"))) == "400 BadRequest"


def test_texts_of_a_set_have_4096_characters_together(dns_arm: Dns, zone: str) -> None:
    def texts(count: int) -> dict[str, Any]:
        return {
            "properties": {
                "TTL": 5,
                "TXTRecords": [{"value": ["x" * 128, f"{i:0128}"]} for i in range(count)],
            }
        }

    assert dns_arm.put(f"{zone}/TXT/x", texts(16)).status == 201
    assert code(dns_arm.put(f"{zone}/TXT/x", texts(17))) == "400 BadRequest"


def test_an_unknown_field_is_refused(dns_arm: Dns, zone: str) -> None:
    response = dns_arm.put(f"{zone}/A/www", a("10.0.0.1", recordz=[]))
    assert response.status == 400
