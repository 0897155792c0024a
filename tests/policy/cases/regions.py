"""P27: regions, zones, and sizes that nobody knows; `retirements` has its other cases."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import ADVICE, UNKNOWN, azure, bad, federation, good, unknown

CLUSTER, POOL = "ManagedCluster 'west'", "AgentPool 'apps'"


def cluster(*pools: Any, name: str = "west", **props: Any) -> Resource:
    return azure("containerservice:ManagedCluster", name, **{"agentPoolProfiles": [*pools], **props})


def pool(**props: Any) -> Resource:
    return azure("containerservice:AgentPool", "apps", **{"resourceName": "west", **props})


def group(location: str) -> Resource:
    return azure("resources:ResourceGroup", location=location)


def lost(location: str, hint: str = "") -> str:
    return f"ResourceGroup 'it' is in {location!r}, which is no region to use{hint}"


PLACES = [
    bad("P27", "the seed's region", group("westtus"), says=lost("westtus", "; did you mean westus?")),
    bad("P27", "nothing like a region", group("mars"), says=lost("mars")),
    bad("P27", "a very long name", group("westu" + "s" * 94 + "x"), says=lost("westu" + "s" * 94 + "x")),
    bad(
        "P27",
        "a region that is not allowed",
        group("East US"),
        says=lost("East US", "; did you mean eastus2?"),
        settings={"regions": ["West Europe", "East US 2"]},
    ),
    good(
        "P27",
        "an allowed region",
        group("westeurope"),
        group("global"),
        settings={"regions": ["West Europe"]},
    ),
    *(good("P27", f"region {name}", group(name)) for name in ("westus", "West US", "global", "Global", "")),
    good("P27", "a region of another cloud", federation("Join", location="westtus")),
    unknown("P27", "the region", group(UNKNOWN), paths="location"),
]


def no_zone(path: str, zone: str, has: str, title: str = CLUSTER) -> str:
    return f"{path!r} of {title} is {zone!r}, and {has}"


ZONES = [
    bad(
        "P27",
        "zones where there are none",
        azure("network:PublicIPAddress", location="West US", zones=["1"]),
        says=no_zone("zones[0]", "1", "West US has no zones", "PublicIPAddress 'it'"),
    ),
    bad(
        "P27",
        "a fourth zone of a pool",
        cluster({"availabilityZones": ["1", "2", "3"]}, {"availabilityZones": ["3", "4"]}, location="eastus"),
        says=no_zone("agentPoolProfiles[1].availabilityZones[1]", "4", "eastus has 1, 2, 3"),
    ),
    bad(
        "P27",
        "a pool of a cluster without zones",
        cluster(location="westus"),
        cluster(name="east", location="eastus"),
        pool(availabilityZones=["1"]),
        says=no_zone("availabilityZones[0]", "1", "westus has no zones", POOL),
    ),
    bad(
        "P27",
        "a fourth zone of wherever",
        pool(availabilityZones=["3", "4"]),
        azure("network:PublicIPAddress", zones=["0"]),
        says=[
            no_zone("zones[0]", "0", "a region has 1, 2, 3", "PublicIPAddress 'it'"),
            no_zone("availabilityZones[1]", "4", "a region has 1, 2, 3", POOL),
        ],
    ),
    good(
        "P27",
        "zones that are there",
        azure("network:PublicIPAddress", location="eastus", zones=["1", "2", "3"]),
        cluster({"availabilityZones": ["1"]}, location="eastus"),
        pool(availabilityZones=["3"]),
    ),
    good("P27", "no zones", cluster({"availabilityZones": []}, location="westus"), pool()),
    good("P27", "no zones of whatever cluster", pool(resourceName=UNKNOWN)),
    good("P27", "zones of no region of Azure", federation("Join", location="westus", zones=["4"])),
    unknown(
        "P27",
        "a zone of two",
        azure("network:PublicIPAddress", location="eastus", zones=[UNKNOWN, "4"]),
        paths="zones[0]",
        says=no_zone("zones[1]", "4", "eastus has 1, 2, 3", "PublicIPAddress 'it'"),
    ),
    unknown(
        "P27",
        "zones of one pool",
        cluster({"availabilityZones": UNKNOWN}, {"availabilityZones": ["4"]}, location="eastus"),
        paths="agentPoolProfiles[0].availabilityZones",
        says=no_zone("agentPoolProfiles[1].availabilityZones[0]", "4", "eastus has 1, 2, 3"),
    ),
    unknown(
        "P27",
        "the region of zones",
        cluster({"availabilityZones": ["1"]}, location=UNKNOWN),
        pool(availabilityZones=["1"]),
        paths=["location", "location", "location"],
    ),
    unknown(
        "P27",
        "zones and the pool's cluster",
        azure("foo:Bar", zones=UNKNOWN),
        pool(availabilityZones=["1"], resourceName=UNKNOWN),
        paths=["zones", "resourceName"],
    ),
]


def new(path: str, size: str, title: str = CLUSTER) -> str:
    return f"{ADVICE}{path!r} of {title} is {size}, a size that the pack does not know"


SIZES = [
    bad(
        "P27",
        "sizes that nobody knows",
        cluster({"vmSize": "Standard_D4ds_v5"}, {"vmSize": "Standard_D4ds_v9"}),
        pool(virtualMachinesProfile={"scale": {"manual": [{"size": "D4ds_v5"}], "autoscale": {"mode": "x"}}}),
        says=[
            new("agentPoolProfiles[1].vmSize", "Standard_D4ds_v9"),
            new("virtualMachinesProfile.scale.manual[0].size", "D4ds_v5", POOL),
        ],
    ),
    bad(
        "P27",
        "a size that is not known, beside one that nobody knows",
        cluster({"vmSize": UNKNOWN}, {"vmSize": "x"}),
        says=new("agentPoolProfiles[1].vmSize", "x"),
        undecided=("agentPoolProfiles[0].vmSize",),
    ),
    good(
        "P27",
        "sizes that retire one day",
        pool(vmSize="Standard_B2ms"),
        pool(vmSize="standard_d2_v2"),
        pool(vmSize=""),
    ),
    good("P27", "a size of ours", pool(vmSize="Standard_D4ds_v9"), settings={"sizes": ["Standard_D#ds_v9"]}),
    good("P27", "a size of another type", azure("foo:Bar", vmSize="x")),
]
CASES = [*PLACES, *ZONES, *SIZES]
