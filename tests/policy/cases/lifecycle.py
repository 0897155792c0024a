"""P26."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    azure,
    bad,
    dynamic,
    federation,
    good,
    kubernetes,
    overriding,
    unknown,
)

WHEN = "spec.persistentVolumeClaimRetentionPolicy"


def stateful(policy: Any = None, templates: Any = ({},), kind: str = "StatefulSet") -> Resource:
    spec = {"volumeClaimTemplates": [*templates], "persistentVolumeClaimRetentionPolicy": policy}
    return kubernetes(f"apps/v1:{kind}", "dns/etcd", spec=spec)


def untold(missing: str, what: str = "StatefulSet 'dns/etcd'") -> str:
    return f"{what} does not say what becomes of its data ({missing})"


def held(name: str) -> str:
    return f"nothing says whether {name!r} may go with all its data: it is not protected"


def cluster(name: str = "west", **more: Any) -> Resource:
    return azure("containerservice:ManagedCluster", name, resourceGroupName="g", **more)


def protected(one: Resource) -> Resource:
    return Resource(one.type, one.name, one.urn, one.raw, protect=True)


def protection(**more: Any) -> Resource:
    return federation("Protection", **more)


def override(kind: str, api: str) -> Resource:
    return overriding(f"{api}:{kind}", "/spec", {"volumeClaimTemplates": [{}]})


CLAIM = kubernetes("v1:PersistentVolumeClaim", "apps/data", spec={})
KEEP = {"whenDeleted": "Retain", "whenScaled": "Retain"}
CASES = [
    bad("P26", "no policy", stateful(), says=untold(f"{WHEN}.whenDeleted and {WHEN}.whenScaled")),
    bad("P26", "half of it", stateful({"whenDeleted": "Delete"}), says=untold(f"{WHEN}.whenScaled")),
    bad("P26", "the other half", stateful({"whenScaled": "Delete"}), says=untold(f"{WHEN}.whenDeleted")),
    good("P26", "a policy", stateful(KEEP)),
    good("P26", "no volumes", stateful(templates=())),
    good("P26", "another kind", stateful(kind="Other")),
    good("P26", "a part of it", override("StatefulSet", "apps/v1")),
    bad(
        "P26",
        "a class",
        kubernetes("storage.k8s.io/v1:StorageClass", "fast", provisioner="x"),
        says=untold("reclaimPolicy", "StorageClass 'fast'"),
    ),
    good(
        "P26",
        "a class that says it",
        kubernetes("storage.k8s.io/v1:StorageClass", "fast", reclaimPolicy="Delete"),
    ),
    bad(
        "P26",
        "a volume",
        kubernetes("v1:PersistentVolume", "data", spec={}),
        says=untold("spec.persistentVolumeReclaimPolicy", "PersistentVolume 'data'"),
    ),
    good(
        "P26",
        "a volume that says it",
        kubernetes("v1:PersistentVolume", "data", spec={"persistentVolumeReclaimPolicy": "Retain"}),
    ),
    bad("P26", "a claim", CLAIM, says=held("data")),
    bad(
        "P26",
        "a claim in a dynamic resource",
        dynamic("my:Object", manifest=CLAIM.raw),
        says=held("it"),
    ),
    bad("P26", "clusters", cluster(), cluster("east"), says=[held("west"), held("east")]),
    *(
        bad("P26", f"a {kind}", azure(kind, "names", resourceGroupName="g"), says=held("names"))
        for kind in ("dns:Zone", "network/v20180501:PrivateZone", "network:Zone", "privatedns:PrivateZone")
    ),
    good("P26", "protected", protected(CLAIM), protected(cluster())),
    good("P26", "a Protection of some", CLAIM, cluster(), protection(protects=["cluster east"])),
    good("P26", "a Protection of none", cluster(), protection(protects=[])),
    bad("P26", "a Protection that says nothing", cluster(), protection(), says=held("west")),
    bad(
        "P26", "something else that protects", cluster(), federation("Guard", protects=[]), says=held("west")
    ),
    good(
        "P26",
        "a cluster that is only looked at",
        azure("containerservice:ManagedCluster", "there", location="westus"),
    ),
    good("P26", "another resource", azure("network:PublicIPAddress", resourceGroupName="g")),
    good("P26", "a part of a claim", override("PersistentVolumeClaim", "v1")),
    unknown("P26", "the policy", stateful({**KEEP, "whenScaled": UNKNOWN}), paths=f"{WHEN}.whenScaled"),
    unknown(
        "P26",
        "the volumes",
        kubernetes("apps/v1:StatefulSet", "dns/etcd", spec={"volumeClaimTemplates": UNKNOWN}),
        stateful(),
        paths="spec.volumeClaimTemplates",
        says=untold(f"{WHEN}.whenDeleted and {WHEN}.whenScaled"),
    ),
    unknown("P26", "what is protected", cluster(), protection(protects=UNKNOWN), paths="protects"),
]
