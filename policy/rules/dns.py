"""Zones in Azure DNS stay, whatever is removed around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from policy.properties import UnknownValueError
from policy.rule import Context, Finding, Policy, Severity, Undecided, Verdicts, each, each_resource
from policy.rules.across import PROTECTION, ZONES, Looks, known_any, made_here
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

BY_SCOPE = "azure-native:authorization:ManagementLockByScope"
AT_RESOURCE = "azure-native:authorization:ManagementLockAtResourceLevel"
SOA = "/soa/@"
RECORD_SET = "the zone's SOA record set, <id of the zone>/SOA/@"


@dataclass(frozen=True)
class Lock:
    """A lock of the stack that keeps something from being deleted.

    Attributes:
        urn: of it.
        place: id of what it is on, or the end of that, in small letters.
        unknown: path of the property that says it, if that is not known yet.
    """

    urn: str
    place: str = ""
    unknown: str = ""


def zone_guards(stack: Stack, _context: Context[PolicySettings]) -> Verdicts:
    """Zones that anybody can delete with all records (Azure, "Protect DNS zones and records").

    Both guards are wanted: protection stops this program, the lock everybody else. The lock goes on the SOA record
    set, which nobody deletes but with its zone; on the zone itself it is also in the way of each record's end.
    """
    locks = [lock for resource in stack.of(BY_SCOPE, AT_RESOURCE) for lock in _lock(resource)]
    zones = filter(made_here, stack.of(*ZONES))
    yield from each_resource(zones, lambda zone: _zone(stack, locks, zone))


def _lock(resource: Resource) -> Iterable[Lock]:
    try:
        if resource.props.at("level").text() == "CanNotDelete":
            yield Lock(resource.urn, place=_place(resource).lower())
    except UnknownValueError as error:
        yield Lock(resource.urn, unknown=error.path)


def _place(lock: Resource) -> str:
    if lock.is_a(BY_SCOPE):
        return lock.props.at("scope").text()
    keys = ("parentResourcePath", "resourceType", "resourceName")
    return "".join(f"/{lock.props.at(key).text()}" for key in keys)


def _zone(stack: Stack, locks: Sequence[Lock], zone: Resource) -> Verdicts:
    private = zone.type.endswith(":PrivateZone")
    name = zone.props.at("privateZoneName" if private else "zoneName").text()
    # Where resources are stand-ins (Pulumi's mocks), an id has the program's name for the zone.
    ends = tuple(f"/{each}".lower() for each in (name, zone.name))
    looks: Looks = (
        lambda: _removable(stack, zone, name),
        lambda: _unlocked(zone, locks, name, (*ends, *(end + SOA for end in ends))),
        lambda: _frozen(locks, name, ends),
    )
    yield from each(looks, lambda look: look(), zone.urn)


def _removable(stack: Stack, zone: Resource, name: str) -> Verdicts:
    named = partial(_names, f"zone {name}")
    if not zone.protect and not known_any(stack.of(PROTECTION), named):
        text = f"nothing keeps `pulumi destroy` from zone {name!r}: it is not protected"
        yield Finding(name, text, zone.urn, fix="set protect on it, or name it in a Protection")


def _names(part: str, protection: Resource) -> bool:
    return known_any(protection.props.at("protects").items(), lambda item: item.text() == part)


def _unlocked(zone: Resource, locks: Sequence[Lock], name: str, ends: tuple[str, ...]) -> Verdicts:
    if any(lock.place.endswith(ends) for lock in locks):
        return
    text = f"zone {name!r} has no CanNotDelete lock on its SOA record set"
    unknown = [Undecided(lock.unknown, lock.urn) for lock in locks if lock.unknown]
    yield from unknown
    if not unknown:
        yield Finding(name, text, zone.urn, fix=f"lock {RECORD_SET}")


def _frozen(locks: Sequence[Lock], name: str, ends: tuple[str, ...]) -> Verdicts:
    for lock in locks:
        if lock.place.endswith(ends):
            text = f"the lock is on zone {name!r} itself, so no record of it can be deleted either"
            yield Finding(name, text, lock.urn, fix=f"put it on {RECORD_SET}")


POLICIES = (
    Policy(
        id="P20",
        name="p20-zone-guard",
        title="DNS zones are protected, and locked by their SOA record set",
        why="A zone that is deleted takes all names of the federation along, and comes back with other name servers.",
        remedy=f"set protect on the zone, and lock {RECORD_SET}",
        source="Azure, Protect DNS zones and records (dns-protect-zones-recordsets)",
        seed="You can do this through the Portal, it's very intuitive (Azure)",
        severity=Severity.HIGH,
        stack_checks=(zone_guards,),
    ),
)
