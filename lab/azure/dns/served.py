"""From the inventory to the zones that are answered: public zones, their aliases resolved, and Azure's own zones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lab.azure.dns import alias, routing
from lab.azure.dns.names import APEX
from lab.azure.dns.state import of
from lab.azure.dns.traffic import DOMAIN, PROFILE
from lab.azure.dns.zonefile import ServedSet, ServedZone
from lab.azure.dns.zones import HOSTMASTER, ZONES, name_servers
from lab.azure.dns.zonesets import sets_of, version
from lab.azure.kinds import Context
from lab.azure.store import Entry

SERVER_TTL = 3_600


def served_zones(context: Context, address: str) -> list[ServedZone]:
    """All zones of the public nameserver, by name.

    Zones of one name in several resource groups have other nameservers in Azure. Here is one: it answers for the first.

    Args:
        address: of the nameserver, for the names that Azure's servers have.
    """
    with context.store.transaction():
        zones: dict[str, Entry] = {}
        for zone in context.store.of_type(ZONES):
            name = zone.resource_id.name.lower()
            if name not in zones or zone.private["pool"] < zones[name].private["pool"]:
                zones[name] = zone
        found = [_zone(context, name, zone) for name, zone in sorted(zones.items())]
        pools = sorted({zone.private["pool"] for zone in context.store.of_type(ZONES)})
        return [*found, *_servers(pools, address), *_profiles(context)]


@dataclass(frozen=True)
class _Known:
    """A zone as it was served last.

    Attributes:
        version: of its sets.
        aliases: key of each alias → what it was resolved to: that may change while the zone's own sets do not.
        sets: etag of each other set → how it is answered.
    """

    version: int
    aliases: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, ServedSet]
    zone: ServedZone


def _zone(context: Context, name: str, zone: Entry) -> ServedZone:
    """The zone; the very same object as before when nothing in it is another."""
    cache: dict[str, _Known] = of(context).served
    id_ = zone.resource_id
    now, known = version(context, id_), cache.get(id_.key)
    if known is not None and known.version == now and _resolved(context, known.aliases) == known.aliases:
        return known.zone
    aliases: dict[str, tuple[str, ...]] = {}
    sets: dict[str, ServedSet] = {}
    for entry in sets_of(context, id_):
        if known is not None and (found := known.sets.get(entry.etag)):
            sets[entry.etag] = found
            continue
        rdata = alias.resolve(context, entry)
        if alias.target_of(entry.properties):
            aliases[entry.id.lower()] = rdata
        else:
            sets[entry.etag] = _set(entry, rdata)
    named = [(context.store.get(key), rdata) for key, rdata in aliases.items()]
    followed = [_set(entry, rdata) for entry, rdata in named if entry]
    made = ServedZone(name, tuple(s for s in (*sets.values(), *followed) if s.rdata))
    cache[id_.key] = _Known(now, aliases, sets, made)
    return made


def _resolved(context: Context, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found = ((key, context.store.get(key)) for key in keys)
    return {key: alias.resolve(context, entry) for key, entry in found if entry}


def _set(entry: Entry, rdata: tuple[str, ...]) -> ServedSet:
    head, _, name = entry.id.rpartition("/")
    return ServedSet(name, head.rpartition("/")[2].upper(), entry.properties["TTL"], rdata)


def _own(name: str, sets: Sequence[ServedSet]) -> ServedZone:
    """One of Azure's own zones."""
    servers = name_servers(1)
    soa = f"{servers[0]} {HOSTMASTER}. 1 3600 300 2419200 300"
    apex = (
        ServedSet(APEX, "SOA", SERVER_TTL, (soa,)),
        ServedSet(APEX, "NS", SERVER_TTL, tuple(servers)),
    )
    return ServedZone(name, (*apex, *sets))


def _servers(pools: Sequence[int], address: str) -> list[ServedZone]:
    """The zones that Azure's nameservers have their names in: all of them are this server."""
    by_zone: dict[str, list[ServedSet]] = {}
    record = {4: "A", 6: "AAAA"}[alias.is_address(address) or 4]
    for pool in pools:
        for server in name_servers(pool):
            host, _, zone = server.rstrip(".").partition(".")
            by_zone.setdefault(zone, []).append(ServedSet(host, record, SERVER_TTL, (address,)))
    return [_own(zone, sets) for zone, sets in sorted(by_zone.items())]


def _profiles(context: Context) -> list[ServedZone]:
    """`trafficmanager.net`, if there is any profile."""
    profiles = context.store.of_type(PROFILE.type)
    sets = [answer for profile in profiles for answer in _profile(context, profile)]
    return [_own(DOMAIN, sets)] if profiles else []


def _profile(context: Context, profile: Entry) -> list[ServedSet]:
    """What a profile's own name has: addresses, or the name of its first endpoint."""
    dns = profile.properties["dnsConfig"]
    targets = routing.targets(context, profile)
    names = [t for t in targets if not routing.is_ip(t)]
    if names and names[0] == targets[0]:
        return [ServedSet(dns["relativeName"].lower(), "CNAME", dns["ttl"], (f"{names[0].rstrip('.')}.",))]
    answers = (
        ServedSet(
            dns["relativeName"].lower(),
            record,
            dns["ttl"],
            tuple(t for t in targets if alias.is_address(t) == family),
        )
        for record, family in (("A", 4), ("AAAA", 6))
    )
    return [answer for answer in answers if answer.rdata]
