"""P20."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, azure, bad, federation, good, unknown

ZONE = "/subscriptions/1/resourceGroups/fed-dns-rg/providers/Microsoft.Network/dnsZones/syncweek.com"
OTHER = ZONE.replace("syncweek", "other")
OPEN = "nothing keeps `pulumi destroy` from zone 'syncweek.com': it is not protected"
UNLOCKED = "zone 'syncweek.com' has no CanNotDelete lock on its SOA record set"
FROZEN = "the lock is on zone 'syncweek.com' itself, so no record of it can be deleted either"


def zone(kind: str = "dns:Zone", key: str = "zoneName", *, protect: bool = True, **more: Any) -> Resource:
    props = {key: "syncweek.com", "resourceGroupName": "fed-dns-rg", **more}
    return Resource(f"azure-native:{kind}", "names", f"urn::{kind}", props, protect)


def lock(scope: str = f"{ZONE}/SOA/@", name: str = "lock", level: str = "CanNotDelete") -> Resource:
    return azure("authorization:ManagementLockByScope", name, level=level, scope=scope)


def protection(*parts: str) -> Resource:
    return federation("Protection", protects=[*parts])


def at_resource(parent: str, kind: str, name: str) -> Resource:
    return azure(
        "authorization:ManagementLockAtResourceLevel",
        level="CanNotDelete",
        parentResourcePath=parent,
        resourceType=kind,
        resourceName=name,
    )


CASES = [
    bad("P20", "nothing at all", zone(protect=False), says=[OPEN, UNLOCKED]),
    bad("P20", "no lock", zone(), says=UNLOCKED),
    bad("P20", "a lock alone", zone(protect=False), lock(), says=OPEN),
    *(
        bad("P20", f"a {token}", zone(token, key), says=UNLOCKED)
        for token, key in (
            ("dns/v20180501:Zone", "zoneName"),
            ("network:Zone", "zoneName"),
            ("network:PrivateZone", "privateZoneName"),
            ("privatedns:PrivateZone", "privateZoneName"),
        )
    ),
    bad("P20", "the lock of another zone", zone(), lock(f"{OTHER}/SOA/@"), says=UNLOCKED),
    bad(
        "P20",
        "the lock of a zone whose name ends alike",
        zone(),
        lock("/my-syncweek.com/SOA/@"),
        says=UNLOCKED,
    ),
    bad("P20", "a lock on another record set", zone(), lock(f"{ZONE}/A/@"), says=UNLOCKED),
    bad("P20", "a lock that lets it go", zone(), lock(level="ReadOnly"), says=UNLOCKED),
    bad(
        "P20",
        "another resource on its record set",
        zone(),
        azure("x:Y", level="CanNotDelete", scope=f"{ZONE}/SOA/@"),
        says=UNLOCKED,
    ),
    bad("P20", "a lock on the zone", zone(), lock(ZONE), says=FROZEN),
    bad(
        "P20",
        "a lock on the zone beside that on its record set",
        zone(),
        lock(),
        lock(ZONE, "more"),
        says=FROZEN,
    ),
    bad(
        "P20",
        "a lock on the zone at resource level",
        zone(),
        at_resource("", "dnsZones", "syncweek.com"),
        says=FROZEN,
    ),
    bad(
        "P20",
        "another part is protected",
        zone(protect=False),
        lock(),
        protection("zone other.com", "cluster syncweek.com"),
        says=OPEN,
    ),
    good("P20", "protected and locked", zone(), lock()),
    good("P20", "locked in other letters", zone(), lock(f"{ZONE}/SOA/@".upper())),
    good("P20", "named in other letters", zone(zoneName="SyncWeek.com"), lock()),
    good("P20", "locked by the name in the program", zone(), lock("/dns/Zone/names/SOA/@")),
    good("P20", "locked at resource level", zone(), at_resource("dnsZones/syncweek.com", "SOA", "@")),
    good("P20", "one lock of two", zone(), lock(f"{OTHER}/SOA/@", "other"), lock()),
    good(
        "P20",
        "named by a Protection",
        zone(protect=False),
        lock(),
        protection("cluster fc01", "zone syncweek.com"),
    ),
    good(
        "P20", "only looked at", Resource("azure-native:dns:Zone", "there", "urn", {"name": "syncweek.com"})
    ),
    good("P20", "another resource", azure("dns:RecordSet", zoneName="syncweek.com", resourceGroupName="g")),
    unknown("P20", "where the lock is", zone(protect=False), lock(UNKNOWN), paths="scope", says=OPEN),
    unknown("P20", "what the lock does", zone(), lock(level=UNKNOWN), paths="level"),
    unknown("P20", "the zone's name", zone(zoneName=UNKNOWN), paths="zoneName"),
    unknown(
        "P20",
        "what is protected",
        zone(protect=False),
        protection(UNKNOWN),
        paths="protects[0]",
        says=UNLOCKED,
    ),
    good(
        "P20",
        "one of two parts is not known",
        zone(protect=False),
        lock(),
        protection(UNKNOWN, "zone syncweek.com"),
    ),
    good("P20", "one of two locks is not known", zone(), lock(UNKNOWN), lock(name="more")),
]
