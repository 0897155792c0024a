"""Records in DNS: whose they are, how long they are believed, and what may stand beside what."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from policy.objects import KubernetesObject
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each, each_resource
from policy.rules.across import known_any, shown
from policy.settings import PolicySettings
from policy.stack import FEDERATION, Resource, Stack

SETS = (
    "azure-native:dns:RecordSet",
    "azure-native:network:RecordSet",
    "azure-native:network:PrivateRecordSet",
    "azure-native:privatedns:PrivateRecordSet",
)
MOST_RECORDS = 20
"""Of one set (Azure, "Azure subscription and service limits", DNS)."""
ALIAS_KEYS = ("targetResource", "trafficManagementProfile")
"""What makes a set an alias, whose TTL is that of what it points to."""


class RecordSettings(PolicySettings):
    """Of P21."""

    owner_keys: tuple[str, ...] = Field(
        ("owner", "federation-owner", "stack"),
        description="keys of a record set's metadata, one of which has to say whose it is",
    )
    min_ttl: int = Field(20, description="seconds; with less, each client asks all the time")
    max_ttl: int = Field(300, description="seconds; with more, clients go on asking a place that is gone")
    steady_types: tuple[str, ...] = Field(
        ("NS", "SOA"),
        description="types of records that fail over with nothing and may be believed for longer",
    )


def record_sets(resource: Resource, context: Context[RecordSettings]) -> Verdicts:
    """Record sets without an owner, that are believed too long, or that Azure or DNS refuse (RFC 1034, 3.6.2)."""
    if resource.is_a(*SETS):
        looks = (_owner, _ttl, _count, _apex)
        yield from each(looks, lambda look: look(resource, context.settings))


def _owner(found: Resource, settings: RecordSettings) -> Verdicts:
    metadata = found.props.at("metadata")
    if not known_any(settings.owner_keys, lambda key: bool(metadata.at(key).text())):
        keys = " or ".join(settings.owner_keys)
        yield Finding(
            _called(found), f"record set {_called(found)!r} does not say whose it is (metadata: {keys})"
        )


def _ttl(found: Resource, settings: RecordSettings) -> Verdicts:
    if _type(found) in settings.steady_types:
        return
    ttl = found.props.at("ttl")
    if ttl.exists():
        yield from _bounds(_called(found), settings, ttl)
    elif not any(found.props.at(key).exists() for key in ALIAS_KEYS):
        yield Finding(
            _called(found),
            f"record set {_called(found)!r} does not say how long it counts (ttl)",
            fix=f"set ttl to {settings.min_ttl} to {settings.max_ttl} seconds",
        )


def _count(found: Resource, _settings: RecordSettings) -> Verdicts:
    lists = [value for key, value in found.props.entries() if key.endswith("Records")]
    records = sum(len(value.items()) for value in lists)
    if records > MOST_RECORDS:
        text = f"record set {_called(found)!r} has {records} records, and Azure takes {MOST_RECORDS}"
        yield Finding(_called(found), text, fix="leave some out, or spread them over several names")


def _apex(found: Resource, _settings: RecordSettings) -> Verdicts:
    if found.props.at("relativeRecordSetName").text() == "@" and _type(found) == "CNAME":
        text = f"{_called(found)!r} is the zone's own name, which cannot be a CNAME"
        yield Finding(_called(found), text, fix="make it an A record set, or an alias of the target")


def _type(found: Resource) -> str:
    return found.props.at("recordType").text().upper()


def _zone_key(found: Resource) -> str:
    return "privateZoneName" if found.type.endswith(":PrivateRecordSet") else "zoneName"


def _called(found: Resource) -> str:
    """Its whole name, with "?" for what is not known yet."""
    name, zone = (shown(found.props.at(key)) for key in ("relativeRecordSetName", _zone_key(found)))
    return zone if name == "@" else f"{name}.{zone}"


def _bounds(subject: str, settings: RecordSettings, ttl: Property) -> Verdicts:
    seconds = ttl.number()
    if seconds is not None and not settings.min_ttl <= seconds <= settings.max_ttl:
        allowed = f"{settings.min_ttl} to {settings.max_ttl} s are allowed"
        text = f"the TTL of {subject!r} is {seconds:g} s, and {allowed} ({ttl.path})"
        yield Finding(subject, text, fix="set one of these")


def other_ttls(resource: Resource, context: Context[RecordSettings]) -> Verdicts:
    """TTLs of what becomes records elsewhere: ours, Traffic Manager's, and those of external-dns' DNSEndpoints."""
    settings = context.settings
    if resource.is_a(f"{FEDERATION}DnsRecords"):
        yield from _bounds(resource.name, settings, resource.props.at("ttl"))
    if resource.is_a("azure-native:trafficmanager:Profile", "azure-native:network:Profile"):
        yield from _bounds(resource.name, settings, resource.props.at("dnsConfig", "ttl"))
    endpoints = [o for o in resource.objects if (o.group, o.kind) == ("externaldns.k8s.io", "DNSEndpoint")]
    yield from each(endpoints, partial(_endpoints, settings))


def _endpoints(settings: RecordSettings, found: KubernetesObject) -> Verdicts:
    yield from each(found.root.at("spec", "endpoints").items(), partial(_endpoint, settings, found))


def _endpoint(settings: RecordSettings, found: KubernetesObject, endpoint: Property) -> Verdicts:
    if endpoint.at("recordType").text() not in settings.steady_types:
        yield from _bounds(found.key, settings, endpoint.at("recordTTL"))


def clashes(stack: Stack, _context: Context[RecordSettings]) -> Verdicts:
    """A CNAME beside another set of its name (RFC 1034, 3.6.2): Azure refuses whichever comes second."""
    sets = stack.of(*SETS)
    yield from each_resource(sets, lambda found: _clash(found, [one for one in sets if one is not found]))


def _clash(found: Resource, others: list[Resource]) -> Verdicts:
    if _type(found) != "CNAME":
        return
    yield from each(others, partial(_beside, found), found.urn)


def _beside(found: Resource, other: Resource) -> Verdicts:
    if _same_name(found, other) and _type(other) != "CNAME":
        text = f"{_called(found)!r} is a CNAME, and {other.title} has the same name"
        yield Finding(_called(found), text, found.urn, fix="keep one of them")


def _same_name(one: Resource, other: Resource) -> bool:
    """The zone is asked last: it is often not known yet, and names alone mostly tell."""
    zone = _zone_key(one)
    return zone == _zone_key(other) and all(
        one.props.at(key).text().lower() == other.props.at(key).text().lower()
        for key in ("relativeRecordSetName", zone, "resourceGroupName")
    )


POLICIES = (
    Policy(
        id="P21",
        name="p21-records",
        title="Record sets name their owner, and clients notice a failover in minutes",
        why="Two programs that write one name undo each other, and long TTLs send users to a place that is gone.",
        remedy="name the owner in the set's metadata",
        source="Azure, DNS zones and records (metadata, TTL, limits); RFC 1034, 3.6.2",
        seed="kubefed init … --dns-provider=azure-azuredns: A and CNAME records that nobody owns (Azure)",
        severity=Severity.MEDIUM,
        settings=RecordSettings,
        checks=(record_sets, other_ttls),
        stack_checks=(clashes,),
    ),
)
