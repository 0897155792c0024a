"""What the stand-in's nameserver is given: the same from its caches as from an inventory that is read anew."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lab.azure.dns.dataplane import DataPlane
from lab.azure.dns.publisher import DnsServer
from lab.azure.dns.served import served_zones
from lab.azure.dns.zonefile import ServedZone
from lab.azure.settings import Rate
from tests.unit.azure_dns_fixtures import PLENTY, TRAFFIC, Dns, a, cname, dns_arm, endpoint, to

__all__ = ["dns_arm"]
UNLIMITED = {f"dns-record-set-{verb}": Rate(calls=1_000_000) for verb in ("writes", "deletes")}
NAMES = ("@", "a", "b", "*.c", "d.e")


def served(arm: Dns) -> dict[str, ServedZone]:
    return {zone.name: zone for zone in served_zones(arm.service.context, "10.98.0.1")}


def test_a_zone_is_made_anew_only_when_something_in_it_has_changed(dns_arm: Dns) -> None:
    one, two = dns_arm.zone("one.com"), dns_arm.zone("two.com")
    ip = dns_arm.address(address="10.90.1.1")
    dns_arm.put(f"{one}/A/www", to(ip))
    before = served(dns_arm)
    assert served(dns_arm)["one.com"] is before["one.com"]
    dns_arm.put(f"{two}/A/www", a("10.0.0.1"))
    between = served(dns_arm)
    assert between["one.com"] is before["one.com"]
    assert between["two.com"] is not before["two.com"]
    dns_arm.address(address="10.90.1.2")
    assert served(dns_arm)["one.com"] is not before["one.com"], (
        "an alias follows what no set of the zone says"
    )


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_the_same_is_served_as_by_a_new_server(seed: int) -> None:
    arm, dice = Dns(rates={**PLENTY, **UNLIMITED}), random.Random(seed)
    zones = [arm.zone(name) for name in ("one.com", "two.com")]
    profiles = ("web", "shop")
    for step in range(120):
        _change(arm, dice, zones, profiles)
        if step % 10 == 0:
            warm = {name: frozenset(zone.sets) for name, zone in served(arm).items()}
            counts = [arm.get(zone).json()["properties"]["numberOfRecordSets"] for zone in zones]
            arm.service.context.parts.pop("dns")
            assert warm == {name: frozenset(zone.sets) for name, zone in served(arm).items()}
            cold = [len(arm.get(f"{z}/recordsets", query={"$top": "100"}).json()["value"]) for z in zones]
            assert counts == cold


def _change(arm: Dns, dice: random.Random, zones: list[str], profiles: tuple[str, ...]) -> None:
    """One change by chance; refusals are none."""
    zone, name, profile = dice.choice(zones), dice.choice(NAMES), dice.choice(profiles)
    address = f"10.0.0.{dice.randrange(9)}"
    match dice.randrange(9):
        case 0 | 1:
            arm.put(f"{zone}/A/{name}", a(address))
        case 2:
            arm.put(f"{zone}/CNAME/{name}", cname("x.org"))
        case 3:
            arm.put(f"{zone}/A/{name}", to(f"{zone}/A/{dice.choice(NAMES)}"))
        case 4:
            arm.put(f"{zone}/A/{name}", to(arm.profile_id(profile)))
        case 5:
            arm.delete(f"{zone}/{dice.choice(['A', 'CNAME'])}/{name}")
        case 6:
            arm.profile(profile, endpoints=[endpoint("e", address)])
        case 7:
            arm.delete(arm.profile_id(profile), version=TRAFFIC)
        case _:
            if dice.random() < 0.2:
                arm.delete(zone)
                arm.zone(zone.rpartition("/")[2])


def test_a_bad_moment_does_not_end_the_publisher(
    dns_arm: Dns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: what could not be written is written later."""
    plane = DataPlane(tmp_path, Path("/no/coredns"), "127.0.0.1", 53)
    server = DnsServer(dns_arm.service.context, plane)
    zone = dns_arm.zone()
    server.publish()
    dns_arm.put(f"{zone}/A/www", a("10.0.0.1"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", _full)
        with pytest.raises(OSError, match="no space"):
            server.publish()
    assert server.publish() == ["example.com"]
    assert "10.0.0.1" in (plane.zones / "example.com.zone").read_text()
    assert server.publish() == []


def _full(*_: object, **__: object) -> int:
    raise OSError("no space")
