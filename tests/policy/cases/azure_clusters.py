"""P15."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import ADVICE, UNKNOWN, azure, bad, good, unknown

PRODUCTION = {"production": True}
CLUSTER, POOL = "ManagedCluster 'west'", "AgentPool 'apps'"
ZONED = {"availabilityZones": ["1"]}


def cluster(*pools: Any, name: str = "west", **props: Any) -> Resource:
    base = {"sku": {"tier": "Standard"}, "kubernetesVersion": "1.36", "location": "eastus"}
    return azure("containerservice:ManagedCluster", name, **{**base, "agentPoolProfiles": [*pools], **props})


def pool(**props: Any) -> Resource:
    return azure("containerservice:AgentPool", "apps", **{"resourceName": "west", "count": 2, **props})


def gone(path: str, title: str = CLUSTER) -> str:
    told = "2025-09-30 (AKS#5021); take VirtualMachineScaleSets"
    return f"'{path}' of {title} is AvailabilitySet, whose support ended on {told}"


def few(path: str, count: str, title: str = CLUSTER) -> str:
    return f"'{path}' of {title} is {count}, of 3 nodes that a system pool needs"


def alone(path: str, title: str = CLUSTER) -> str:
    return f"'{path}' of {title} is 1, and pods have nowhere to go to"


def system_alone(count: int, path: str = "agentPoolProfiles[0].count", title: str = CLUSTER) -> str:
    return f"{ADVICE}'{path}' of {title} is {count}, and system pods have nowhere to go to"


def no_zones(path: str = "agentPoolProfiles[0].availabilityZones", title: str = CLUSTER) -> str:
    return f"'{path}' of {title} is empty, though the region has zones"


FREE = f"'sku.tier' of {CLUSTER} is Free, so nobody promises that the API server is there"
SETS = [
    bad(
        "P15",
        "an availability set in the second pool",
        cluster({"count": 3}, {"type": "AvailabilitySet"}),
        says=gone("agentPoolProfiles[1].type"),
    ),
    bad("P15", "an availability set of a pool", pool(type="AvailabilitySet"), says=gone("type", POOL)),
    good("P15", "a scale set", cluster({"type": "VirtualMachineScaleSets", "count": 3}), pool()),
    good("P15", "another type", azure("foo:Bar", "west", type="AvailabilitySet"), settings=PRODUCTION),
    unknown(
        "P15",
        "the type of one pool",
        cluster({"type": UNKNOWN, "count": 3}, {"type": "AvailabilitySet"}),
        paths="agentPoolProfiles[0].type",
        says=gone("agentPoolProfiles[1].type"),
    ),
]
ELSEWHERE = [
    bad("P15", "tier Free", cluster({"count": 2}, sku={"tier": "free"}), says=ADVICE + FREE),
    bad("P15", "no tier", cluster({"count": 2}, sku=None), says=ADVICE + FREE),
    bad("P15", "one system node", cluster({"count": 1, "mode": "System"}), says=system_alone(1)),
    bad("P15", "no system node", cluster({"count": 0}), says=system_alone(0)),
    bad("P15", "nothing said", cluster({}), says=system_alone(1)),
    bad(
        "P15",
        "a system pool of its own",
        pool(count=1, mode="system"),
        says=system_alone(1, "count", "AgentPool 'apps'"),
    ),
    good("P15", "two system nodes, and no zones", cluster({"count": 2}), pool(count=1)),
    good("P15", "one node of users", cluster({"count": 1, "mode": "User"}, {"count": 1}, {})),
    unknown(
        "P15",
        "tier and count",
        cluster({"count": UNKNOWN}, sku=UNKNOWN),
        paths=["sku", "agentPoolProfiles[0].count"],
    ),
]
IN_PRODUCTION = [
    bad(
        "P15",
        "tier Free in production",
        cluster({"count": 3, **ZONED}, sku={"tier": "Free"}),
        says=FREE,
        settings=PRODUCTION,
    ),
    bad(
        "P15",
        "two system nodes in production",
        cluster({"count": 2, **ZONED}),
        says=few("agentPoolProfiles[0].count", "2"),
        settings=PRODUCTION,
    ),
    bad(
        "P15",
        "a minimum of two in production",
        cluster(
            {"mode": "User", "count": 2, **ZONED},
            {"mode": "System", "count": 3, "minCount": 2, "enableAutoScaling": True, **ZONED},
        ),
        says=few("agentPoolProfiles[1].minCount", "2"),
        settings=PRODUCTION,
    ),
    bad(
        "P15",
        "one node of users in production",
        cluster({"count": 3, **ZONED}, {"count": 1, **ZONED}),
        pool(count=1, **ZONED),
        says=[alone("agentPoolProfiles[1].count"), alone("count", POOL)],
        settings=PRODUCTION,
    ),
    bad(
        "P15",
        "no zones in production",
        cluster({"count": 3}),
        pool(),
        says=[no_zones(), no_zones("availabilityZones", POOL)],
        settings=PRODUCTION,
    ),
    good(
        "P15",
        "enough of everything",
        cluster(
            {"count": 3, "minCount": 1, **ZONED},
            {"count": 1, "minCount": 2, "enableAutoScaling": True, **ZONED},
            {"count": 2, "enableAutoScaling": True, **ZONED},
            {"count": 0, **ZONED},
        ),
        pool(**ZONED),
        settings=PRODUCTION,
    ),
    good(
        "P15",
        "a region without zones",
        cluster({"count": 3}, location="West US"),
        pool(),
        settings=PRODUCTION,
    ),
    good(
        "P15",
        "the pool of a cluster elsewhere",
        cluster({"count": 3, **ZONED}),
        pool(resourceName="east"),
        settings=PRODUCTION,
    ),
    unknown(
        "P15",
        "counts, zones and the region in production",
        cluster(
            {"count": UNKNOWN, **ZONED},
            {"count": 1, "availabilityZones": UNKNOWN},
            {"count": 2},
            location=UNKNOWN,
        ),
        paths=["agentPoolProfiles[0].count", "agentPoolProfiles[1].availabilityZones", "location"],
        says=alone("agentPoolProfiles[1].count"),
        settings=PRODUCTION,
    ),
    unknown(
        "P15",
        "a pool that stands beside one cluster",
        cluster({"count": 3, **ZONED}),
        pool(resourceName=UNKNOWN),
        paths="resourceName",
        settings=PRODUCTION,
    ),
    unknown(
        "P15",
        "which cluster a pool is of",
        cluster({"count": 3, **ZONED}),
        cluster(name="east"),
        pool(resourceName=UNKNOWN),
        paths="resourceName",
        settings=PRODUCTION,
    ),
    bad(
        "P15",
        "the cluster of a pool by its name in Azure",
        cluster({"count": 3, **ZONED}, name="first", resourceName="other", location="westus"),
        cluster({"count": 3, **ZONED}, name="second", resourceName="West"),
        pool(resourceName="WEST"),
        says=no_zones("availabilityZones", POOL),
        settings=PRODUCTION,
    ),
    bad(
        "P15",
        "the cluster of a pool by its name in the program",
        cluster({"count": 3, **ZONED}, name="West", resourceName=UNKNOWN),
        pool(),
        says=no_zones("availabilityZones", POOL),
        settings=PRODUCTION,
    ),
    good(
        "P15",
        "no name is no name",
        cluster({"count": 3, **ZONED}, resourceName=UNKNOWN),
        pool(resourceName=""),
        settings=PRODUCTION,
    ),
]
CASES = [*SETS, *ELSEWHERE, *IN_PRODUCTION]
