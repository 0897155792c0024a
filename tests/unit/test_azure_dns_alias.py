"""Alias record sets of the stand-in: what they may point to, what they answer, and that none is left dangling."""

from __future__ import annotations

import pytest

from lab.azure.dns import alias
from lab.azure.dns.served import served_zones
from lab.azure.dns.zonefile import ServedSet
from lab.azure.ids import resource
from tests.unit.azure_arm_fixtures import Arm, code, message
from tests.unit.azure_dns_fixtures import TRAFFIC, Dns, a, dns_arm, endpoint, to

__all__ = ["dns_arm"]
TWO = [endpoint("west", "10.90.1.1"), endpoint("east", "10.90.2.1")]


@pytest.fixture
def zone(dns_arm: Dns) -> str:
    return dns_arm.zone()


def answers(arm: Dns, name: str, zone: str = "example.com") -> dict[str, tuple[str, ...]]:
    """What is answered for a name, by type."""
    found = {z.name: z for z in served_zones(arm.service.context, "10.98.0.1")}
    return {s.type: s.rdata for s in (found[zone].sets if zone in found else ()) if s.name == name}


def test_an_alias_follows_its_address(dns_arm: Dns, zone: str) -> None:
    ip = dns_arm.address(address="10.90.1.1")
    made = dns_arm.put(f"{zone}/A/@", to(ip))
    assert made.status == 201
    assert made.json()["properties"]["targetResource"] == {"id": ip}
    assert "ARecords" not in made.json()["properties"]
    assert answers(dns_arm, "@")["A"] == ("10.90.1.1",)
    dns_arm.address(address="10.90.1.2")
    assert answers(dns_arm, "@")["A"] == ("10.90.1.2",)


def test_an_alias_whose_target_goes_is_empty_and_refers_to_nothing(dns_arm: Dns, zone: str) -> None:
    ip = dns_arm.address()
    before = dns_arm.put(f"{zone}/A/www", to(ip)).json()["etag"]
    dns_arm.store.delete(ip)
    assert answers(dns_arm, "www") == {}
    assert dns_arm.get(f"{zone}/A/www").json()["properties"]["targetResource"] == {}
    alias.release_dangling(dns_arm.service.context)
    dns_arm.address()  # the same id again is another resource
    found = dns_arm.get(f"{zone}/A/www").json()
    assert found["properties"]["targetResource"] == {}
    assert found["etag"] != before
    assert answers(dns_arm, "www") == {}


def test_aliases_of_a_profile_have_its_healthy_endpoints(dns_arm: Dns, zone: str) -> None:
    dns_arm.profile(endpoints=TWO)
    assert dns_arm.put(f"{zone}/A/global", to(dns_arm.profile_id(), ttl=15)).status == 201
    assert dns_arm.put(f"{zone}/CNAME/named", to(dns_arm.profile_id())).status == 201
    assert answers(dns_arm, "global")["A"] == ("10.90.1.1", "10.90.2.1")
    assert answers(dns_arm, "named")["CNAME"] == ("web.trafficmanager.net.",)
    assert answers(dns_arm, "web", "trafficmanager.net")["A"] == ("10.90.1.1", "10.90.2.1")
    dns_arm.delete(dns_arm.profile_id(), version=TRAFFIC)
    assert answers(dns_arm, "global") == {}
    assert answers(dns_arm, "named") == {}
    assert answers(dns_arm, "web", "trafficmanager.net") == {}
    assert dns_arm.get(f"{zone}/A/global").json()["properties"]["targetResource"] == {}


def test_families_are_kept_apart(dns_arm: Dns, zone: str) -> None:
    dns_arm.profile(endpoints=[TWO[0], endpoint("six", "fd00::1")])
    dns_arm.put(f"{zone}/A/x", to(dns_arm.profile_id()))
    dns_arm.put(f"{zone}/AAAA/x", to(dns_arm.profile_id()))
    assert answers(dns_arm, "x") == {"A": ("10.90.1.1",), "AAAA": ("fd00::1",)}


def test_a_profile_with_a_name_can_only_be_a_cname(dns_arm: Dns, zone: str) -> None:
    dns_arm.profile(endpoints=[endpoint("west", "west.example.org")])
    assert code(dns_arm.put(f"{zone}/A/x", to(dns_arm.profile_id()))) == "400 BadRequest"
    assert dns_arm.put(f"{zone}/CNAME/x", to(dns_arm.profile_id())).status == 201
    assert answers(dns_arm, "web", "trafficmanager.net") == {"CNAME": ("west.example.org.",)}


def test_a_profile_with_address_aliases_takes_no_name(dns_arm: Dns, zone: str) -> None:
    dns_arm.profile(endpoints=TWO)
    dns_arm.put(f"{zone}/A/x", to(dns_arm.profile_id()))
    path = f"{dns_arm.profile_id()}/externalEndpoints/named"
    refused = dns_arm.put(
        path, {"properties": {"target": "west.example.org", "priority": 3}}, version=TRAFFIC
    )
    assert code(refused) == "400 BadRequest"


def test_an_alias_of_a_set_has_its_records_through_a_chain(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/one", a("10.0.0.1", "10.0.0.2"))
    dns_arm.put(f"{zone}/A/two", to(f"{zone}/A/one"))
    dns_arm.put(f"{zone}/A/three", to(f"{zone}/A/two"))
    assert answers(dns_arm, "three")["A"] == ("10.0.0.1", "10.0.0.2")
    dns_arm.delete(f"{zone}/A/one")
    assert answers(dns_arm, "three") == {}
    assert dns_arm.get(f"{zone}/A/two").json()["properties"]["targetResource"] == {}
    assert dns_arm.get(f"{zone}/A/three").json()["properties"]["targetResource"] == {"id": f"{zone}/A/two"}


def test_a_circle_of_aliases_answers_nothing(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/one", a("10.0.0.1"))
    dns_arm.put(f"{zone}/A/two", to(f"{zone}/A/one"))
    assert dns_arm.put(f"{zone}/A/one", to(f"{zone}/A/two")).status == 200
    assert answers(dns_arm, "one") == {}


def test_targets_that_are_refused(dns_arm: Dns, zone: str) -> None:
    other = dns_arm.zone("example.org")
    dns_arm.put(f"{other}/A/x", a("10.0.0.1"))
    dns_arm.put(f"{zone}/AAAA/x", {"properties": {"TTL": 5, "AAAARecords": [{"ipv6Address": "fd00::1"}]}})
    network = dns_arm.foreign("Microsoft.Network/virtualNetworks", "net")
    ip6 = dns_arm.address("six", "fd00::1", "IPv6")
    for target in (
        f"{dns_arm.rg}/providers/Microsoft.Network/publicIPAddresses/none",
        f"{other}/A/x",
        f"{zone}/AAAA/x",
        f"{zone}/A/www",
        network,
        ip6,
    ):
        assert code(dns_arm.put(f"{zone}/A/www", to(target))) == "400 BadRequest", target
    assert dns_arm.put(f"{zone}/AAAA/www", to(ip6)).status == 201
    txt = {"properties": {"TTL": 5, "targetResource": {"id": dns_arm.address()}}}
    assert code(dns_arm.put(f"{zone}/TXT/www", txt)) == "400 BadRequest"


def test_a_set_has_records_or_a_target(dns_arm: Dns, zone: str) -> None:
    both = a("10.0.0.1", targetResource={"id": dns_arm.address()})
    assert "not both" in message(dns_arm.put(f"{zone}/A/www", both))
    assert dns_arm.put(f"{zone}/A/www", a("10.0.0.1", targetResource={})).status == 201


def test_a_resource_has_at_most_twenty_aliases(dns_arm: Dns, zone: str) -> None:
    ip = dns_arm.address()
    for i in range(20):
        assert dns_arm.put(f"{zone}/A/n{i}", to(ip)).status == 201
    refused = dns_arm.put(f"{zone}/A/n20", to(ip))
    assert code(refused) == "400 BadRequest"
    assert "20 alias record sets" in message(refused)
    assert dns_arm.put(f"{zone}/A/n0", to(ip, ttl=5)).status == 200, "an update is no further alias"
    dns_arm.put(f"{zone}/A/n0", a("10.0.0.1"))
    assert dns_arm.put(f"{zone}/A/n20", to(ip)).status == 201


def test_aliases_are_known_again_after_a_restart(dns_arm: Dns, zone: str) -> None:
    ip = dns_arm.address()
    dns_arm.put(f"{zone}/A/www", to(ip))
    dns_arm.service.context.parts.pop("dns")
    assert [e.id for e in alias.aliases_of(dns_arm.service.context, ip)] == [f"{zone}/A/www"]


# What is served


def test_private_zones_are_not_served(dns_arm: Dns) -> None:
    dns_arm.private_zone("corp.internal")
    assert "corp.internal" not in [z.name for z in served_zones(dns_arm.service.context, "10.98.0.1")]


def test_of_zones_with_one_name_the_first_is_served(dns_arm: Dns, zone: str) -> None:
    other = f"{dns_arm.group('aaa')}/providers/Microsoft.Network/dnszones/example.com"
    dns_arm.put(other, {"location": "global"})
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    dns_arm.put(f"{other}/A/www", a("10.0.0.2"))
    assert answers(dns_arm, "www")["A"] == ("10.0.0.1",)
    dns_arm.delete(zone)
    assert answers(dns_arm, "www")["A"] == ("10.0.0.2",)


def test_names_of_azures_servers_are_this_server(dns_arm: Dns, zone: str) -> None:
    for suffix, number in (("com", 1), ("net", 2), ("org", 3), ("info", 4)):
        assert answers(dns_arm, f"ns{number}-01", f"azure-dns.{suffix}") == {"A": ("10.98.0.1",)}


def test_sets_are_served_with_their_ttl(dns_arm: Dns, zone: str) -> None:
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1", ttl=17))
    (found,) = (z for z in served_zones(dns_arm.service.context, "10.98.0.1") if z.name == "example.com")
    assert ServedSet("www", "A", 17, ("10.0.0.1",)) in found.sets
    assert resource(f"{zone}/A/www").name == "www"


def test_an_alias_does_not_hold_its_address() -> None:
    """With the network's own kinds: the address goes, and the alias is empty."""
    arm = Arm(version="2018-05-01")
    zone = f"{arm.group()}/providers/Microsoft.Network/dnszones/example.com"
    ip = f"{zone.rpartition('/dnszones')[0]}/publicIPAddresses/ip"
    body = {
        "location": "westus",
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }
    arm.put(zone, {"location": "global"})
    made = arm.put(ip, body, version="2024-05-01").json()
    assert arm.put(f"{zone}/A/@", to(ip)).status == 201
    found = {z.name: z for z in served_zones(arm.service.context, "10.98.0.1")}["example.com"]
    assert ServedSet("@", "A", 30, (made["properties"]["ipAddress"],)) in found.sets
    assert arm.delete(ip, version="2024-05-01").status == 202
    assert arm.get(f"{zone}/A/@").json()["properties"]["targetResource"] == {}
