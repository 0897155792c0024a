"""What becomes of records, out of the events of a preview."""

from __future__ import annotations

from typing import Any

from federation.preview.changes import parse
from federation.preview.zone_diff import zone_diffs
from tests.preview.comment_events import AKS, RECORDS, Event, lines, replacement, state, step

RECORD_SET = "azure-native:dns:RecordSet"
LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
FC01 = {"name": "fc01", "region": "us", "zones": ["east"]}
FC02 = {"name": "fc02", "region": "us", "zones": ["west"]}
NGINX = {
    "federation": "fed",
    "domain": "example.com",
    "namespace": "default",
    "service": "nginx",
    "ttl": 30.0,
}


def service(op: str, old: Any = None, new: Any = None, **more: Any) -> Event:
    return step(op, RECORDS, "default/nginx", old=old, new=new, **more)


def nginx(*members: Any, outputs: Any = None, **inputs: Any) -> dict[str, Any]:
    return state({**NGINX, "members": list(members), **inputs}, outputs)


def diffs(*told: Event) -> dict[str, list[str]]:
    return zone_diffs(parse(lines(*told)).changes)


def test_a_new_service_has_its_names_with_addresses_that_are_not_known_yet() -> None:
    assert diffs(service("create", new=nginx(FC01))) == {
        "example.com": [
            "+ nginx.default.fed.svc.east.us 30 IN A (address in fc01)",
            "+ nginx.default.fed.svc 30 IN A (address in fc01)",
            "+ nginx.default.fed.svc.us 30 IN A (address in fc01)",
        ]
    }


def test_a_new_member_adds_its_names_and_an_address_to_those_that_are_there() -> None:
    old = nginx(FC01, outputs={"placements": {"fc01": ["10.0.0.1"]}})
    assert diffs(service("update", old, nginx(FC01, FC02))) == {
        "example.com": [
            "+ nginx.default.fed.svc 30 IN A (address in fc02)",
            "+ nginx.default.fed.svc.us 30 IN A (address in fc02)",
            "+ nginx.default.fed.svc.west.us 30 IN A (address in fc02)",
        ]
    }


def test_a_cluster_that_is_made_anew_gets_another_address() -> None:
    there = {"placements": {"west": ["10.0.0.1"]}}
    west = {"name": "west", "region": "westus"}
    old, new = nginx(west, outputs=there), nginx(west | {"region": "westus2"})
    told = (service("update", old, new), *replacement(AKS, "west-cluster", "location"))
    assert diffs(*told)["example.com"] == [
        "- nginx.default.fed.svc 30 IN A 10.0.0.1",
        "+ nginx.default.fed.svc 30 IN A (address in west)",
        "- nginx.default.fed.svc.westus 30 IN A 10.0.0.1",
        "+ nginx.default.fed.svc.westus2 30 IN A (address in west)",
    ]


def test_a_service_that_goes_takes_the_records_that_were_written() -> None:
    written = {"name": "nginx.default.fed.svc.example.com", "type": "A", "ttl": 30.0, "values": ["10.0.0.1"]}
    assert diffs(service("delete", nginx(FC01, FC02, outputs={"records": [written]}))) == {
        "example.com": ["- nginx.default.fed.svc 30 IN A 10.0.0.1"]
    }


def test_another_domain_is_a_difference_in_both_zones() -> None:
    old = nginx(FC01, outputs={"placements": {"fc01": ["10.0.0.1"]}})
    found = diffs(service("replace", old, nginx(FC01, domain="example.org")))
    assert [line[0] for line in found["example.com"]] == ["-"] * 3
    assert [line[0] for line in found["example.org"]] == ["+"] * 3


def test_a_new_ttl_is_a_line_that_goes_and_one_that_comes_for_each_name() -> None:
    old = nginx(FC01, outputs={"placements": {"fc01": ["10.0.0.1"]}})
    assert diffs(service("update", old, nginx(FC01, ttl=60))) == {
        "example.com": [
            "- nginx.default.fed.svc.east.us 30 IN A 10.0.0.1",
            "+ nginx.default.fed.svc.east.us 60 IN A 10.0.0.1",
            "- nginx.default.fed.svc 30 IN A 10.0.0.1",
            "+ nginx.default.fed.svc 60 IN A 10.0.0.1",
            "- nginx.default.fed.svc.us 30 IN A 10.0.0.1",
            "+ nginx.default.fed.svc.us 60 IN A 10.0.0.1",
        ]
    }


def test_what_stays_the_same_or_cannot_be_compared_is_no_difference() -> None:
    old = nginx(FC01)
    assert diffs(service("same", old, nginx(FC01))) == {}
    assert diffs(service("replace", old, nginx(FC02), unknown=True)) == {}


def test_names_that_are_not_known_yet_are_left_out() -> None:
    assert diffs(service("create", new=nginx(FC01, domain=LATER))) == {}
    assert diffs(service("create", new=state({}))) == {}


def azure(name: str, **inputs: Any) -> dict[str, Any]:
    return state({"relativeRecordSetName": name, "zoneName": "example.com", "ttl": 30, **inputs})


def test_record_sets_of_azure_are_told_with_their_values() -> None:
    delegation = azure(
        "fed", recordType="NS", nsRecords=[{"nsdname": "ns2.azure."}, {"nsdname": "ns1.azure."}]
    )
    later = azure("www", recordType="A", aRecords=LATER)
    six = azure("six", recordType="AAAA", aaaaRecords=[{"ipv6Address": "fd00::1"}])
    assert diffs(
        step("create", "azure-native:dns/v20230701preview:RecordSet", "a", new=delegation),
        step("create", RECORD_SET, "b", new=later),
        step("delete", RECORD_SET, "c", old=six),
    ) == {
        "example.com": [
            "+ fed 30 IN NS ns1.azure.",
            "+ fed 30 IN NS ns2.azure.",
            "- six 30 IN AAAA fd00::1",
            "+ www 30 IN A (known after the update)",
        ]
    }


def test_a_name_that_fails_over_by_itself_is_an_alias_and_no_record_of_the_service() -> None:
    profile = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/trafficmanagerprofiles/nginx"
    alias = azure("nginx.default.fed.svc", recordType="A", targetResource={"id": profile})
    assert diffs(service("create", new=nginx(FC01)), step("create", RECORD_SET, "alias", new=alias)) == {
        "example.com": [
            "+ nginx.default.fed.svc.east.us 30 IN A (address in fc01)",
            "+ nginx.default.fed.svc 30 IN A (alias of nginx)",
            "+ nginx.default.fed.svc.us 30 IN A (address in fc01)",
        ]
    }


def test_record_sets_that_cannot_be_read_are_left_out() -> None:
    for inputs in ({}, {"recordType": "A", "ttl": LATER}, {"recordType": "A", "aRecords": ["10.0.0.1"]}):
        assert diffs(step("create", RECORD_SET, "a", new=azure("www", **inputs))) == {}
