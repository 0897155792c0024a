"""Where resources of Azure are, and what of Azure they use: regions, zones, and what is retired."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import partial

from pydantic import Field

from policy.aks import POOL, cluster_of, findings, pools, wrong
from policy.azure_data import REGIONS, known_size, plain, zones
from policy.properties import Property
from policy.retirements import FEATURES, SIZES, CalendarSettings, Retirement, due, find, fits
from policy.rule import Context, Finding, Policy, Verdicts, each, each_resource
from policy.stack import Resource, Stack

GLOBAL = "global"
HOLDERS = (
    "agentPoolProfiles",
    "networkProfile",
    "addonProfiles",
    "podIdentityProfile",
    "virtualMachinesProfile",
)
"""While one of these is not known yet, what is in it may be retired."""
_INDEX = re.compile(r"\[[0-9]+\]")


class RegionSettings(CalendarSettings):
    """Of P27."""

    regions: tuple[str, ...] = Field(
        REGIONS, description="the only ones that resources may be in; all that the pack knows if left out"
    )
    sizes: tuple[str, ...] = Field(
        (),
        description="sizes of machines that the pack does not know, such as Standard_D#s_v9; # stands for a number,"
        " and * for any text",
    )


def regions(resource: Resource, context: Context[RegionSettings]) -> Verdicts:
    """Resources in a region that does not exist, or that is not to be used."""
    if _azure(resource):
        location = resource.props.at("location")
        allowed = [plain(region) for region in context.settings.regions]
        found = plain(location.text())
        if found and found not in (GLOBAL, *allowed):
            near = difflib.get_close_matches(found[:99], allowed, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            says = f"{resource.title} is in {location.text()!r}, which is no region to use{hint}"
            yield Finding(location.text(), says)


def _azure(resource: Resource) -> bool:
    return resource.type.startswith("azure-native:")


def zones_of_resources(resource: Resource, _context: Context[RegionSettings]) -> Verdicts:
    """Zones that the region does not have."""
    if _azure(resource) and not resource.is_a(POOL):
        yield from each((resource.props.at("zones"),), partial(_zones, resource, resource))
        lists = [pool.at("availabilityZones") for pool in pools(resource)]
        yield from each(lists, partial(_zones, resource, resource))


def zones_of_pools(stack: Stack, _context: Context[RegionSettings]) -> Verdicts:
    """The same, of pools that know their region by their cluster."""

    def look(pool: Resource) -> Verdicts:
        wanted = pool.props.at("availabilityZones")
        if wanted.items():  # those without need no region, which may not be known yet
            yield from _zones(pool, cluster_of(pool, stack), wanted)

    yield from each_resource(stack.of(POOL), look)


def _zones(resource: Resource, place: Resource | None, wanted: Property) -> Verdicts:
    if wanted.items():
        region = place.props.at("location").text() if place else ""
        yield from each(wanted.items(), partial(_zone, resource, region), resource.urn)


def _zone(resource: Resource, region: str, item: Property) -> Verdicts:
    there = zones(region)
    if item.text() not in there:
        says = f"is {item.text()!r}, and {region or 'a region'} has {', '.join(there) or 'no zones'}"
        yield wrong(resource, item.path, says)


def retired(resource: Resource, context: Context[RegionSettings]) -> Verdicts:
    """What is not supported any more (the calendar names the source of each)."""
    yield from _calendar(resource, context, "past")


def retiring(resource: Resource, context: Context[RegionSettings]) -> Verdicts:
    """What is supported for half a year yet, or less."""
    yield from findings(_calendar(resource, context, "soon"))


def _calendar(resource: Resource, context: Context[RegionSettings], when: str) -> Verdicts:
    if _azure(resource):
        look = partial(_used, resource, context, when)
        yield from each(resource.props.leaves(), look)
        yield from each((resource.props,), lambda props: each(_routing(props), look))


def _routing(props: Property) -> Iterator[tuple[str, Property]]:
    """Application routing by nginx, which is what it does unless it is told otherwise, as one property."""
    add_on = props.at("ingressProfile", "webAppRouting")
    kind = add_on.at("nginx", "defaultIngressControllerType")
    if add_on.at("enabled").flag() and kind.text().lower() != "none":
        yield "webAppRouting", Property("nginx", add_on.path)


def _used(
    resource: Resource, context: Context[RegionSettings], when: str, leaf: tuple[str, Property]
) -> Verdicts:
    key, found = leaf
    path = f"{resource.type.rpartition(':')[2]}.{_INDEX.sub('', found.path)}"
    calendar = (*context.settings.retirements, *FEATURES, *SIZES)
    if key in HOLDERS or any(entry.concerns(path) for entry in calendar):
        entry = find(calendar, path, _shown(found))
        if entry and due(entry.date, context.today) == when:
            yield Finding(entry.what, _told(resource, found, entry, when))


def _shown(found: Property) -> str:
    flag = found.flag()
    return found.text() if flag is None else str(flag)


def _told(resource: Resource, found: Property, entry: Retirement, when: str) -> str:
    ends = "ended" if when == "past" else "ends"
    return f"{resource.title} uses {entry.what!r} ({found.path}), whose support {ends} on {entry.told}"


def unknown_sizes(resource: Resource, context: Context[RegionSettings]) -> Verdicts:
    """Sizes that are new, or do not exist."""
    yield from findings(_of_pools(resource, context))


def _of_pools(resource: Resource, context: Context[RegionSettings]) -> Verdicts:
    yield from each(pools(resource), partial(_sizes, resource, context))


def _sizes(resource: Resource, context: Context[RegionSettings], pool: Property) -> Verdicts:
    inner = pool.at("virtualMachinesProfile").leaves()
    sizes = [pool.at("vmSize"), *(found for key, found in inner if key == "size")]
    yield from each(sizes, partial(_size, resource, context))


def _size(resource: Resource, context: Context[RegionSettings], found: Property) -> Verdicts:
    name = found.text()
    patterns = (*(entry.pattern.partition("=")[2] for entry in SIZES), *context.settings.sizes)
    if name and not known_size(name) and not any(fits(pattern, name) for pattern in patterns):
        yield wrong(resource, found.path, f"is {name}, a size that the pack does not know")


POLICIES = (
    Policy(
        id="P27",
        name="p27-regions-and-sizes",
        title="Regions and zones that exist, and nothing that is retired",
        why="A misspelt region ends a deployment half-way, and what is retired stops on its day.",
        remedy="use a region of the list, its zones, and the successor that the message names",
        source="Azure, List of Azure regions; Retired Azure VM size series; AKS release notes",
        seed='--location westtus, "vmSize": "Standard_D2_v2" (Azure)',
        settings=RegionSettings,
        checks=(regions, zones_of_resources, retired),
        stack_checks=(zones_of_pools,),
        advice=(retiring, unknown_sizes),
    ),
)
