"""Zones of the stand-in's Azure DNS and Azure Private DNS, and the links of the latter."""

from __future__ import annotations

from typing import Any

import pytest

from lab.azure.dns.names import is_within
from tests.unit.azure_arm_fixtures import code, message
from tests.unit.azure_dns_fixtures import GLOBAL, PRIVATE, Dns, a, dns_arm

__all__ = ["dns_arm"]
NETWORK = "Microsoft.Network/virtualNetworks"


def test_a_new_zone_has_its_servers_and_two_sets(dns_arm: Dns) -> None:
    path = f"{dns_arm.rg}/providers/Microsoft.Network/dnsZones/syncweek.com"
    made = dns_arm.put(path, {"location": "Global", "tags": {"a": "b"}})
    assert made.status == 201
    zone = made.json()
    assert zone.pop("etag")
    assert zone == {
        "id": path,
        "name": "syncweek.com",
        "type": "Microsoft.Network/dnszones",
        "location": "global",
        "tags": {"a": "b"},
        "properties": {
            "maxNumberOfRecordSets": 10000,
            "maxNumberOfRecordsPerRecordSet": None,
            "numberOfRecordSets": 2,
            "zoneType": "Public",
            "nameServers": [
                "ns1-01.azure-dns.com.",
                "ns2-01.azure-dns.net.",
                "ns3-01.azure-dns.org.",
                "ns4-01.azure-dns.info.",
            ],
        },
    }
    ns = dns_arm.get(f"{path}/NS/@").json()["properties"]
    assert [r["nsdname"] for r in ns["NSRecords"]] == zone["properties"]["nameServers"]
    assert ns["TTL"] == 172_800
    assert dns_arm.get(f"{path}/SOA/@").json()["properties"]["TTL"] == 3_600


def test_the_number_of_sets_follows(dns_arm: Dns) -> None:
    zone = dns_arm.zone()
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    assert dns_arm.get(zone).json()["properties"]["numberOfRecordSets"] == 3


def test_another_put_changes_tags_and_keeps_servers_and_sets(dns_arm: Dns) -> None:
    zone = dns_arm.zone()
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    before = dns_arm.get(zone).json()
    after = dns_arm.put(zone, {**GLOBAL, "tags": {"x": "y"}})
    assert after.status == 200
    assert after.json()["properties"] == before["properties"]
    assert after.json()["tags"] == {"x": "y"}
    assert dns_arm.patch(zone, {"tags": {"z": "1"}}).json()["tags"] == {"z": "1"}


def test_the_same_name_in_another_group_has_other_servers(dns_arm: Dns) -> None:
    dns_arm.zone("example.com")
    other = dns_arm.group("other")
    path = f"{other}/providers/Microsoft.Network/dnszones/EXAMPLE.com"
    servers = dns_arm.put(path, GLOBAL).json()["properties"]["nameServers"]
    assert servers[0] == "ns1-02.azure-dns.com."


@pytest.mark.parametrize(
    "name", ["com", "-a.com", "a_b.com", "a.com.", "a..com", "ä.com", "x" * 64 + ".com", ".".join(["a"] * 35)]
)
def test_names_that_no_zone_has(dns_arm: Dns, name: str) -> None:
    response = dns_arm.put(f"{dns_arm.rg}/providers/Microsoft.Network/dnszones/{name}", GLOBAL)
    assert response.status == 400


@pytest.mark.parametrize("name", ["azure-dns.com", "my.trafficmanager.net", "Azure.com"])
def test_azures_own_names_are_not_to_be_had(dns_arm: Dns, name: str) -> None:
    response = dns_arm.put(f"{dns_arm.rg}/providers/Microsoft.Network/dnszones/{name}", GLOBAL)
    assert "reserved" in message(response)


def test_a_zone_is_global(dns_arm: Dns) -> None:
    path = f"{dns_arm.rg}/providers/Microsoft.Network/dnszones/example.com"
    assert code(dns_arm.put(path, {"location": "westus"})) == "400 LocationNotAvailableForResourceType"


def test_zones_of_a_subscription_are_limited() -> None:
    arm = Dns(quotas={"dns-zones": 1})
    arm.zone("example.com")
    response = arm.put(f"{arm.rg}/providers/Microsoft.Network/dnszones/example.org", GLOBAL)
    assert code(response) == "400 BadRequest"


def test_a_deletion_is_an_operation_and_takes_all_sets(dns_arm: Dns) -> None:
    zone = dns_arm.zone()
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    response = dns_arm.delete(zone)
    assert response.status == 202
    assert "Location" in response.headers
    assert dns_arm.operation(response)["status"] == "Succeeded"
    assert dns_arm.get(zone).status == 404
    assert not dns_arm.store.under(zone)
    assert dns_arm.delete(zone).status == 204


def test_a_lock_on_the_soa_set_keeps_the_zone_and_lets_records_change(dns_arm: Dns) -> None:
    zone = dns_arm.zone()
    dns_arm.lock(f"{zone}/SOA/@")
    refused = dns_arm.delete(zone)
    assert code(refused) == "409 ScopeLocked"
    assert message(refused).startswith(
        f"The scope '{zone}' cannot perform delete operation because following scope(s) are locked: '{zone}/SOA/@'."
    )
    assert dns_arm.get(zone).status == 200
    assert dns_arm.put(f"{zone}/A/www", a("10.0.0.1")).status == 201
    assert dns_arm.delete(f"{zone}/A/www").status == 200


def test_a_child_zone_is_delegated_by_a_set_of_its_parent(dns_arm: Dns) -> None:
    """What a client that checks a delegation reads: the parent's NS set and the child's servers say the same."""
    parent, child = dns_arm.zone("example.com"), dns_arm.zone("west.example.com")
    servers = dns_arm.get(child).json()["properties"]["nameServers"]
    body = {"properties": {"TTL": 3600, "NSRecords": [{"nsdname": s} for s in servers]}}
    dns_arm.put(f"{parent}/NS/west", body)
    found = dns_arm.get(f"{parent}/NS/west").json()["properties"]
    assert [r["nsdname"] for r in found["NSRecords"]] == servers
    assert found["fqdn"] == "west.example.com."


def test_names_are_within_zones_by_whole_labels() -> None:
    assert is_within("a.Example.com.", "example.com")
    assert is_within("example.com", "example.com")
    assert not is_within("an-example.com", "example.com")


# Private zones


def vnet(arm: Dns, name: str = "net") -> str:
    return arm.foreign(NETWORK, name)


def link(network: str, **properties: Any) -> dict[str, Any]:
    return {
        **GLOBAL,
        "properties": {"virtualNetwork": {"id": network}, "registrationEnabled": False, **properties},
    }


def test_a_private_zone_is_made_by_an_operation(dns_arm: Dns) -> None:
    path = f"{dns_arm.rg}/providers/Microsoft.Network/privateDnsZones/corp.internal"
    first = dns_arm.put(path, GLOBAL, version=PRIVATE)
    assert first.status == 201
    assert first.json()["properties"]["provisioningState"] == "Creating"
    zone = dns_arm.get(path, version=PRIVATE).json()
    assert zone["properties"] == {
        "maxNumberOfRecordSets": 25000,
        "maxNumberOfVirtualNetworkLinks": 1000,
        "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
        "numberOfRecordSets": 1,
        "numberOfVirtualNetworkLinks": 0,
        "numberOfVirtualNetworkLinksWithRegistration": 0,
        "provisioningState": "Succeeded",
    }


def test_private_sets_are_spelled_as_their_api_spells_them(dns_arm: Dns) -> None:
    zone = dns_arm.private_zone()
    body = {"properties": {"ttl": 30, "aRecords": [{"ipv4Address": "10.0.0.1"}], "metadata": {"owner": "us"}}}
    made = dns_arm.put(f"{zone}/A/www", body, version=PRIVATE, headers={"If-None-Match": "*"})
    assert made.status == 201
    assert made.json()["properties"] == {
        "ttl": 30,
        "aRecords": [{"ipv4Address": "10.0.0.1"}],
        "metadata": {"owner": "us"},
        "fqdn": "www.corp.internal.",
        "isAutoRegistered": False,
    }
    taken = dns_arm.put(f"{zone}/A/www", body, version=PRIVATE, headers={"If-None-Match": "*"})
    assert code(taken) == "412 PreconditionFailed"
    assert (
        code(
            dns_arm.put(
                f"{zone}/CNAME/www",
                {"properties": {"ttl": 1, "cnameRecord": {"cname": "x.y"}}},
                version=PRIVATE,
            )
        )
        == "409 Conflict"
    )
    found = dns_arm.get(f"{zone}/ALL", version=PRIVATE).json()["value"]
    assert sorted(s["type"].rpartition("/")[2] for s in found) == ["A", "SOA"]
    assert code(dns_arm.delete(f"{zone}/SOA/@", version=PRIVATE)) == "400 BadRequest"
    assert dns_arm.delete(f"{zone}/A/www", version=PRIVATE).status == 200


@pytest.mark.parametrize("kind", ["NS", "CAA"])
def test_private_zones_have_no_such_sets(dns_arm: Dns, kind: str) -> None:
    zone = dns_arm.private_zone()
    assert dns_arm.put(f"{zone}/{kind}/x", {"properties": {"ttl": 5}}, version=PRIVATE).status == 404


def test_soa_of_a_private_zone_is_changed_in_part(dns_arm: Dns) -> None:
    zone = dns_arm.private_zone()
    body = {"properties": {"ttl": 60, "soaRecord": {"minimumTtl": 5}}}
    found = dns_arm.patch(f"{zone}/SOA/@", body, version=PRIVATE).json()["properties"]
    assert found["soaRecord"]["minimumTtl"] == 5
    assert found["soaRecord"]["host"] == "azureprivatedns.net"
    other = {"properties": {"soaRecord": {"host": "ns.example.com"}}}
    assert code(dns_arm.patch(f"{zone}/SOA/@", other, version=PRIVATE)) == "400 BadRequest"


def test_a_linked_zone_can_not_be_deleted(dns_arm: Dns) -> None:
    zone, network = dns_arm.private_zone(), vnet(dns_arm)
    path = f"{zone}/virtualNetworkLinks/net"
    assert dns_arm.put(path, link(network), version=PRIVATE).status == 201
    found = dns_arm.get(path, version=PRIVATE).json()["properties"]
    assert found == {
        "virtualNetwork": {"id": network},
        "registrationEnabled": False,
        "resolutionPolicy": "Default",
        "virtualNetworkLinkState": "Completed",
        "provisioningState": "Succeeded",
    }
    assert dns_arm.get(zone, version=PRIVATE).json()["properties"]["numberOfVirtualNetworkLinks"] == 1
    refused = dns_arm.delete(zone, version=PRIVATE)
    assert code(refused) == "409 CannotDeleteResource"
    assert "privateDnsZones/corp.internal/virtualNetworkLinks/net" in message(refused)
    assert dns_arm.delete(path, version=PRIVATE).status == 202
    assert dns_arm.delete(zone, version=PRIVATE).status == 202
    assert dns_arm.get(zone, version=PRIVATE).status == 404


def test_a_link_needs_a_network_that_is_there_and_keeps_it(dns_arm: Dns) -> None:
    zone = dns_arm.private_zone()
    path = f"{zone}/virtualNetworkLinks/net"
    missing = f"{dns_arm.rg}/providers/{NETWORK}/none"
    assert code(dns_arm.put(path, link(missing), version=PRIVATE)) == "400 InvalidResourceReference"
    assert code(dns_arm.put(path, {**GLOBAL, "properties": {}}, version=PRIVATE)) == "400 BadRequest"
    dns_arm.put(path, link(vnet(dns_arm)), version=PRIVATE)
    assert code(dns_arm.put(path, link(vnet(dns_arm, "two")), version=PRIVATE)) == "400 BadRequest"
    patched = dns_arm.patch(path, {"properties": {"registrationEnabled": True}}, version=PRIVATE)
    assert patched.json()["properties"]["registrationEnabled"] is True


def test_a_network_is_linked_to_a_name_once_and_registers_in_one_zone(dns_arm: Dns) -> None:
    network = vnet(dns_arm)
    first, second = dns_arm.private_zone("one.internal"), dns_arm.private_zone("two.internal")
    made = dns_arm.put(
        f"{first}/virtualNetworkLinks/a", link(network, registrationEnabled=True), version=PRIVATE
    )
    assert made.status == 201
    again = dns_arm.put(f"{first}/virtualNetworkLinks/b", link(network), version=PRIVATE)
    assert code(again) == "409 Conflict"
    registering = dns_arm.put(
        f"{second}/virtualNetworkLinks/a", link(network, registrationEnabled=True), version=PRIVATE
    )
    assert code(registering) == "409 Conflict"
    assert dns_arm.put(f"{second}/virtualNetworkLinks/a", link(network), version=PRIVATE).status == 201


def test_a_group_takes_zones_and_links_along(dns_arm: Dns) -> None:
    zone = dns_arm.private_zone()
    dns_arm.put(f"{zone}/virtualNetworkLinks/net", link(vnet(dns_arm)), version=PRIVATE)
    dns_arm.zone()
    dns_arm.profile()
    dns_arm.delete(dns_arm.rg, version="2024-03-01")
    left = [e.type for e in dns_arm.store.all() if e.type != NETWORK]
    assert left == []
