"""Record sets of the stand-in's Azure DNS: each rule that is published."""

from __future__ import annotations

from typing import Any

import pytest

from lab.azure.dns.sets import PublicSet
from lab.azure.settings import Rate
from tests.unit.azure_arm_fixtures import code, message
from tests.unit.azure_dns_fixtures import PLENTY, Dns, a, cname, dns_arm

__all__ = ["dns_arm"]
APEX_NS = [
    "ns1-01.azure-dns.com.",
    "ns2-01.azure-dns.net.",
    "ns3-01.azure-dns.org.",
    "ns4-01.azure-dns.info.",
]


@pytest.fixture
def zone(dns_arm: Dns) -> str:
    return dns_arm.zone()


def test_a_new_set_is_201_and_says_all_that_the_api_says(dns_arm: Dns, zone: str) -> None:
    made = dns_arm.put(f"{zone}/A/www", a("10.0.0.1", metadata={"owner": "us"}))
    assert made.status == 201
    found = made.json()
    etag = found.pop("etag")
    assert made.headers["ETag"] == f'"{etag}"'
    assert found == {
        "id": f"{zone}/A/www",
        "name": "www",
        "type": "Microsoft.Network/dnszones/A",
        "properties": {
            "TTL": 30,
            "ARecords": [{"ipv4Address": "10.0.0.1"}],
            "metadata": {"owner": "us"},
            "fqdn": "www.example.com.",
            "provisioningState": "Succeeded",
            "targetResource": {},
        },
    }


def test_each_write_gives_another_etag_and_an_update_is_200(dns_arm: Dns, zone: str) -> None:
    first = dns_arm.put(f"{zone}/A/www", a("10.0.0.1")).json()["etag"]
    again = dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    assert again.status == 200
    assert again.json()["etag"] != first


@pytest.mark.parametrize(
    ("headers", "exists", "status"),
    [
        ({}, True, 200),
        ({}, False, 201),
        ({"If-Match": "*"}, True, 200),
        ({"If-Match": "*"}, False, 412),
        ({"If-Match": "same"}, True, 200),
        ({"If-Match": "another"}, True, 412),
        ({"If-None-Match": "*"}, False, 201),
        ({"If-None-Match": "*"}, True, 412),
    ],
)
def test_preconditions_hold_for_a_put(
    dns_arm: Dns, zone: str, headers: dict[str, str], exists: bool, status: int
) -> None:
    etag = dns_arm.put(f"{zone}/A/www", a("10.0.0.1")).json()["etag"] if exists else ""
    sent = {k: v.replace("same", etag) for k, v in headers.items()}
    response = dns_arm.put(f"{zone}/A/www", a("10.0.0.2"), headers=sent)
    assert response.status == status
    if status == 412:
        assert code(response) == "412 PreconditionFailed"
        kept = dns_arm.get(f"{zone}/A/www").json().get("properties", {})
        assert kept.get("ARecords") == ([{"ipv4Address": "10.0.0.1"}] if exists else None)


@pytest.mark.parametrize(("tag", "status"), [("same", 200), ("another", 412), ("*", 200)])
def test_preconditions_hold_for_a_delete(dns_arm: Dns, zone: str, tag: str, status: int) -> None:
    etag = dns_arm.put(f"{zone}/A/www", a("10.0.0.1")).json()["etag"]
    response = dns_arm.delete(f"{zone}/A/www", headers={"If-Match": tag.replace("same", etag)})
    assert response.status == status
    assert dns_arm.get(f"{zone}/A/www").status == (404 if status == 200 else 200)


def test_deleting_what_is_not_there_is_204(dns_arm: Dns, zone: str) -> None:
    assert dns_arm.delete(f"{zone}/A/www").status == 204


def test_a_set_in_no_zone_is_refused(dns_arm: Dns, zone: str) -> None:
    response = dns_arm.put(f"{zone.replace('example', 'other')}/A/www", a("10.0.0.1"))
    assert response.status == 404


@pytest.mark.parametrize("ttl", [1, 2_147_483_647])
def test_the_smallest_and_the_largest_ttl_are_taken(dns_arm: Dns, zone: str, ttl: int) -> None:
    assert dns_arm.put(f"{zone}/A/www", a("10.0.0.1", ttl=ttl)).status == 201


@pytest.mark.parametrize("ttl", [0, -1, 2_147_483_648])
def test_another_ttl_is_refused(dns_arm: Dns, zone: str, ttl: int) -> None:
    response = dns_arm.put(f"{zone}/A/www", a("10.0.0.1", ttl=ttl))
    assert code(response) == "400 BadRequest"
    assert message(response) == f"The TTL '{ttl}' is invalid: it must be from 1 to 2147483647 seconds."


def test_a_set_without_ttl_is_refused(dns_arm: Dns, zone: str) -> None:
    response = dns_arm.put(f"{zone}/A/www", {"properties": {"ARecords": [{"ipv4Address": "10.0.0.1"}]}})
    assert code(response) == "400 BadRequest"


def test_twenty_records_are_taken_and_one_more_is_refused(dns_arm: Dns, zone: str) -> None:
    many = [f"10.0.0.{i}" for i in range(1, 22)]
    assert dns_arm.put(f"{zone}/A/www", a(*many[:20])).status == 201
    response = dns_arm.put(f"{zone}/A/www", a(*many))
    assert code(response) == "400 BadRequest"
    assert "21 records" in message(response)
    assert "is 20" in message(response)


def test_a_zone_takes_so_many_sets_and_no_more(
    dns_arm: Dns, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PublicSet.most_sets == 10_000
    monkeypatch.setattr(PublicSet, "most_sets", 4)  # two are the zone's own
    assert dns_arm.put(f"{zone}/A/one", a("10.0.0.1")).status == 201
    assert (
        dns_arm.put(f"{zone}/TXT/one", {"properties": {"TTL": 1, "TXTRecords": [{"value": ["x"]}]}}).status
        == 201
    )
    refused = dns_arm.put(f"{zone}/A/two", a("10.0.0.1"))
    assert code(refused) == "400 BadRequest"
    assert "maximum number of record sets" in message(refused)
    assert dns_arm.put(f"{zone}/A/one", a("10.0.0.2")).status == 200, "an update is no new set"
    dns_arm.delete(f"{zone}/TXT/one")
    assert dns_arm.put(f"{zone}/A/two", a("10.0.0.1")).status == 201


def test_a_cname_stands_alone_at_its_name(dns_arm: Dns, zone: str) -> None:
    assert dns_arm.put(f"{zone}/A/www", a("10.0.0.1")).status == 201
    refused = dns_arm.put(f"{zone}/CNAME/WWW", cname("other.example.com"))
    assert code(refused) == "409 Conflict"
    assert message(refused) == (
        "The CNAME record could not be created because another record with the same name already exists in this zone."
    )
    assert dns_arm.put(f"{zone}/CNAME/alias", cname("www.example.com")).status == 201
    refused = dns_arm.put(f"{zone}/TXT/alias", {"properties": {"TTL": 1, "TXTRecords": [{"value": ["x"]}]}})
    assert code(refused) == "409 Conflict"
    assert message(refused) == (
        "The record could not be created because a CNAME record with the same name already exists in this zone."
    )
    dns_arm.delete(f"{zone}/CNAME/alias")
    assert dns_arm.put(f"{zone}/A/alias", a("10.0.0.1")).status == 201


def test_no_cname_is_at_the_apex(dns_arm: Dns, zone: str) -> None:
    assert code(dns_arm.put(f"{zone}/CNAME/@", cname("other.com"))) == "400 BadRequest"


@pytest.mark.parametrize("kind", ["SOA", "NS"])
def test_the_sets_of_the_zone_itself_can_not_be_deleted(dns_arm: Dns, zone: str, kind: str) -> None:
    assert code(dns_arm.delete(f"{zone}/{kind}/@")) == "400 BadRequest"
    assert dns_arm.get(f"{zone}/{kind}/@").status == 200


def test_soa_is_changed_in_all_but_its_host_and_never_made(dns_arm: Dns, zone: str) -> None:
    soa = dns_arm.get(f"{zone}/SOA/@").json()["properties"]
    assert soa["SOARecord"] == {
        "host": "ns1-01.azure-dns.com.",
        "email": "azuredns-hostmaster.microsoft.com",
        "serialNumber": 1,
        "refreshTime": 3600,
        "retryTime": 300,
        "expireTime": 2419200,
        "minimumTTL": 300,
    }
    short = {"properties": {"TTL": 60, "SOARecord": {**soa["SOARecord"], "minimumTTL": 30}}}
    assert dns_arm.put(f"{zone}/SOA/@", short).json()["properties"]["SOARecord"]["minimumTTL"] == 30
    other = {"properties": {"TTL": 60, "SOARecord": {**soa["SOARecord"], "host": "ns.example.com."}}}
    assert code(dns_arm.put(f"{zone}/SOA/@", other)) == "400 BadRequest"
    assert code(dns_arm.put(f"{zone}/SOA/www", short)) == "400 BadRequest"


def test_the_serial_does_not_rise_by_itself(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    assert dns_arm.get(f"{zone}/SOA/@").json()["properties"]["SOARecord"]["serialNumber"] == 1


def test_apex_ns_takes_more_servers_and_keeps_its_own(dns_arm: Dns, zone: str) -> None:
    def ns(*names: str) -> dict[str, Any]:
        return {"properties": {"TTL": 3600, "NSRecords": [{"nsdname": name} for name in names]}}

    assert dns_arm.put(f"{zone}/NS/@", ns(*APEX_NS, "ns.example.org")).status == 200
    refused = dns_arm.put(f"{zone}/NS/@", ns(*APEX_NS[1:], "ns.example.org"))
    assert code(refused) == "400 BadRequest"
    assert dns_arm.put(f"{zone}/NS/child", ns("ns.example.org")).status == 201
    assert dns_arm.delete(f"{zone}/NS/child").status == 200


def test_an_empty_set_is_a_set(dns_arm: Dns, zone: str) -> None:
    made = dns_arm.put(f"{zone}/A/www", a())
    assert made.status == 201
    assert "ARecords" not in made.json()["properties"]


def test_a_patch_changes_what_it_names(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1", metadata={"owner": "us"}))
    patched = dns_arm.patch(f"{zone}/A/www", {"properties": {"TTL": 60}})
    assert patched.status == 200
    assert patched.json()["properties"]["TTL"] == 60
    assert patched.json()["properties"]["ARecords"] == [{"ipv4Address": "10.0.0.1"}]
    patched = dns_arm.patch(f"{zone}/A/www", {"properties": {"metadata": {"owner": "you"}}})
    assert patched.json()["properties"]["metadata"] == {"owner": "you"}
    assert patched.json()["properties"]["ARecords"] == [{"ipv4Address": "10.0.0.1"}]
    assert dns_arm.patch(f"{zone}/A/none", {"properties": {"TTL": 60}}).status == 404
    stale = dns_arm.patch(f"{zone}/A/www", {"properties": {"TTL": 61}}, headers={"If-Match": "old"})
    assert code(stale) == "412 PreconditionFailed"


def test_sets_are_listed_by_type_and_all_together(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/b", a("10.0.0.1"))
    dns_arm.put(f"{zone}/CNAME/c", cname("b.example.com"))
    dns_arm.put(f"{dns_arm.zone('example.org')}/A/foreign", a("10.0.0.1"))
    assert [s["name"] for s in dns_arm.get(f"{zone}/A").json()["value"]] == ["b"]
    for path in ("recordsets", "all", "ALL"):
        found = [
            (s["type"].rpartition("/")[2], s["name"]) for s in dns_arm.get(f"{zone}/{path}").json()["value"]
        ]
        assert sorted(found) == [("A", "b"), ("CNAME", "c"), ("NS", "@"), ("SOA", "@")]


def test_lists_come_in_pages_with_a_link_to_the_next(dns_arm: Dns, zone: str) -> None:
    for i in range(5):
        dns_arm.put(f"{zone}/A/n{i}", a("10.0.0.1"))
    first = dns_arm.get(f"{zone}/A", query={"$top": "2"}).json()
    assert [s["name"] for s in first["value"]] == ["n0", "n1"]
    assert first["nextLink"].startswith(f"https://10.98.0.1{zone}/A?")
    last = dns_arm.get(f"{zone}/A", query={"$top": "3", "$skiptoken": "4"}).json()
    assert [s["name"] for s in last["value"]] == ["n4"]
    assert "nextLink" not in last


@pytest.mark.parametrize("collection", ["A", "recordsets"])
def test_a_suffix_is_of_whole_labels(dns_arm: Dns, zone: str, collection: str) -> None:
    for name in ("web.west", "west", "midwest", "web.east"):
        dns_arm.put(f"{zone}/A/{name}", a("10.0.0.1"))
    found = dns_arm.get(f"{zone}/{collection}", query={"$recordsetnamesuffix": "west"}).json()["value"]
    assert [s["name"] for s in found] == ["web.west", "west"]


def test_a_lock_on_a_set_stops_its_deletion(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    dns_arm.lock(f"{zone}/A/www")
    assert code(dns_arm.delete(f"{zone}/A/www")) == "409 ScopeLocked"
    assert dns_arm.put(f"{zone}/A/www", a("10.0.0.2")).status == 200


def test_writes_are_limited_by_zone_as_published() -> None:
    arm = Dns()
    zone, other = arm.zone(), arm.zone("example.org")
    statuses = [arm.put(f"{zone}/A/n{i}", a("10.0.0.1")).status for i in range(200)]
    assert set(statuses) == {201}
    refused = arm.put(f"{zone}/AAAA/one-more", {"properties": {"TTL": 5, "AAAARecords": []}})
    assert refused.status == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert arm.put(f"{other}/A/x", a("10.0.0.1")).status == 201, "the limit is of one zone"
    arm.clock.sleep(60)
    assert arm.put(f"{zone}/AAAA/one-more", {"properties": {"TTL": 5, "AAAARecords": []}}).status == 201


def test_a_limit_can_be_another_one() -> None:
    arm = Dns(rates={**PLENTY, "dns-record-set-writes": Rate(calls=1)})
    zone = arm.zone()
    assert arm.put(f"{zone}/A/x", a("10.0.0.1")).status == 201
    assert arm.put(f"{zone}/A/y", a("10.0.0.1")).status == 429
