"""P16 and P19."""

from __future__ import annotations

from datetime import date
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import ADVICE, UNKNOWN, azure, bad, good, unknown

CLUSTER, POOL = "ManagedCluster 'west'", "AgentPool 'apps'"


def cluster(*pools: Any, name: str = "west", **props: Any) -> Resource:
    base = {"sku": {"tier": "Standard"}, "kubernetesVersion": "1.36"}
    return azure("containerservice:ManagedCluster", name, **{**base, "agentPoolProfiles": [*pools], **props})


def pool(**props: Any) -> Resource:
    return azure("containerservice:AgentPool", "apps", **{"resourceName": "west", **props})


CALENDAR = "AKS release calendar of August 2026"
TOLD = f"({CALENDAR}); take 1.36"
EXTRA = {
    "retirements": [
        {
            "what": "Kubernetes 1.37",
            "pattern": "kubernetesVersion=1.37",
            "date": "2027-10-31",
            "source": "AKS#1",
            "successor": "1.38",
        },
        {
            "what": "Kubernetes 1.36",
            "pattern": "kubernetesVersion=1.36",
            "date": "2026-11-28",
            "source": "AKS#2",
            "successor": "1.37",
        },
    ]
}
LONG: dict[str, Any] = {"sku": {"tier": "Premium"}, "supportPlan": "AKSLongTermSupport"}


def old(path: str, version: str, title: str = CLUSTER) -> str:
    return f"'{path}' of {title} is {version}, which AKS does not support ({CALENDAR})"


def ended(path: str, version: str, day: str, title: str = CLUSTER) -> str:
    return f"'{path}' of {title} is {version}, whose support ended on {day} {TOLD}"


def ends(path: str, version: str, day: str, title: str = CLUSTER) -> str:
    return f"{ADVICE}'{path}' of {title} is {version}, whose support ends on {day} {TOLD}"


VERSION, NODES = "kubernetesVersion", "agentPoolProfiles[0].orchestratorVersion"
VERSIONS = [
    bad(
        "P16",
        "the seed's version",
        cluster(
            {"orchestratorVersion": "1.36"}, {"orchestratorVersion": "1.8.11"}, kubernetesVersion="1.8.11"
        ),
        pool(orchestratorVersion="1.8.11"),
        says=[
            old(VERSION, "1.8.11"),
            old("agentPoolProfiles[1].orchestratorVersion", "1.8.11"),
            old("orchestratorVersion", "1.8.11", POOL),
        ],
    ),
    bad(
        "P16",
        "the last day",
        cluster({"orchestratorVersion": "1.34"}, kubernetesVersion="1.34.2"),
        pool(orchestratorVersion="1.34"),
        says=[
            ends(VERSION, "1.34.2", "2026-11-30"),
            ends(NODES, "1.34", "2026-11-30"),
            ends("orchestratorVersion", "1.34", "2026-11-30", POOL),
        ],
        today=date(2026, 11, 30),
    ),
    bad(
        "P16",
        "the day after it",
        cluster({"orchestratorVersion": "1.34"}, kubernetesVersion="1.34.2"),
        pool(orchestratorVersion="1.34"),
        says=[
            ended(VERSION, "1.34.2", "2026-11-30"),
            ended(NODES, "1.34", "2026-11-30"),
            ended("orchestratorVersion", "1.34", "2026-11-30", POOL),
        ],
        today=date(2026, 12, 1),
    ),
    bad(
        "P16",
        "89 days before it",
        cluster(kubernetesVersion="1.35"),
        says=ends(VERSION, "1.35", "2027-03-31"),
        today=date(2027, 1, 1),
    ),
    good("P16", "90 days before it", cluster(kubernetesVersion="1.35"), today=date(2026, 12, 31)),
    bad(
        "P16",
        "a version that Azure chooses",
        cluster(kubernetesVersion=None),
        says=f"{ADVICE}'kubernetesVersion' of {CLUSTER} is not set, so Azure chooses, and members drift apart",
    ),
    *(
        bad(
            "P16",
            f"long support, but for {missing}",
            cluster(kubernetesVersion="1.34", **{**LONG, missing: None}),
            pool(orchestratorVersion="1.34"),
            says=[
                ended(VERSION, "1.34", "2026-11-30"),
                ended("orchestratorVersion", "1.34", "2026-11-30", POOL),
            ],
            today=date(2027, 1, 1),
        )
        for missing in LONG
    ),
    good(
        "P16",
        "long support",
        cluster({"orchestratorVersion": "1.34"}, kubernetesVersion="1.34", **LONG),
        pool(orchestratorVersion="1.34"),
        today=date(2027, 1, 1),
    ),
    bad(
        "P16",
        "a pool of a cluster elsewhere has the short support",
        cluster(name="east", **LONG),
        pool(orchestratorVersion="1.34"),
        says=ended("orchestratorVersion", "1.34", "2026-11-30", POOL),
        today=date(2027, 1, 1),
    ),
    bad(
        "P16",
        "a calendar of one's own",
        cluster(kubernetesVersion="1.36"),
        cluster(kubernetesVersion="1.37", name="new"),
        says=f"'{VERSION}' of {CLUSTER} is 1.36, whose support ended on 2026-11-28 (AKS#2); take 1.37",
        settings=EXTRA,
    ),
    good("P16", "versions of other types", azure("foo:Bar", kubernetesVersion="1.8"), pool()),
    unknown(
        "P16",
        "one version of three",
        cluster({"orchestratorVersion": UNKNOWN}, {"orchestratorVersion": "1.34"}, kubernetesVersion=UNKNOWN),
        paths=[VERSION, NODES],
        says=ends("agentPoolProfiles[1].orchestratorVersion", "1.34", "2026-11-30"),
    ),
    unknown("P16", "the pools", cluster(agentPoolProfiles=UNKNOWN), paths="agentPoolProfiles"),
    unknown(
        "P16",
        "a pool",
        cluster(),
        pool(orchestratorVersion=UNKNOWN),
        pool(orchestratorVersion="1.8"),
        paths="orchestratorVersion",
        says=old("orchestratorVersion", "1.8", POOL),
    ),
]
IDS = "/subscriptions/s/resourceGroups/west/providers/Microsoft.ContainerService"


def guarded(policy: Any = "cilium", name: str = "west", **props: Any) -> Resource:
    return azure(
        "containerservice:ManagedCluster",
        name,
        networkProfile={"networkPolicy": policy},
        securityProfile={"defender": {"securityMonitoring": {"enabled": True}}},
        **props,
    )


def log(uri: str = f"{IDS}/managedClusters/west", **entry: Any) -> Resource:
    first = {"enabled": True, "category": "guard"}
    return azure(
        "monitor:DiagnosticSetting",
        resourceUri=uri,
        logs=[first, {"enabled": True, "category": "kube-audit", **entry}],
    )


def unaudited(name: str = "west") -> str:
    return (
        f"'kube-audit' of ManagedCluster {name!r} is not the target of a diagnostic setting with kube-audit or"
        " kube-audit-admin"
    )


NO_POLICY = f"'networkProfile.networkPolicy' of {CLUSTER} is none, so nothing holds back what runs in a pod"
NETWORKS = [
    *(
        bad("P19", f"network policy {policy!r}", guarded(policy), log(), says=NO_POLICY)
        for policy in (None, "", "none", "None")
    ),
    bad("P19", "no setting", guarded(), says=unaudited()),
    *(
        bad("P19", f"a setting with {entry}", guarded(), log(**entry), says=unaudited())
        for entry in ({"enabled": False}, {"enabled": None}, {"category": "kube-apiserver"}, {"category": ""})
    ),
    *(
        bad("P19", f"a setting of {uri}", guarded(), log(uri), says=unaudited())
        for uri in (
            "",
            "west",
            "/west",
            f"{IDS}/managedClusters/east",
            f"{IDS}/workspaces/west",
            f"{IDS}/managedClusters/",
        )
    ),
    bad(
        "P19",
        "one cluster of two",
        guarded(),
        guarded(name="east"),
        log(),
        says=unaudited("east"),
    ),
    bad("P19", "a log of another type", guarded(), azure("foo:Bar", **log().raw), says=unaudited()),
    bad(
        "P19",
        "Defender off",
        azure(
            "containerservice:ManagedCluster",
            "west",
            networkProfile={"networkPolicy": "calico"},
            securityProfile={"defender": {"securityMonitoring": {"enabled": False}}},
        ),
        log(),
        says=f"{ADVICE}'securityProfile.defender.securityMonitoring.enabled' of {CLUSTER} is not true, so nobody is"
        " told of attacks",
    ),
    *(
        good("P19", f"a setting with {entry} is enough", guarded(), log(**entry))
        for entry in (
            {"category": "Kube-Audit"},
            {"category": "kube-audit-admin"},
            {"category": None, "categoryGroup": "audit"},
            {"category": None, "categoryGroup": "allLogs"},
        )
    ),
    *(
        good("P19", f"a setting of {uri} is enough", guarded(resourceName="Name"), log(uri))
        for uri in (f"{IDS}/managedClusters/name", f"{IDS}/managedcluster/West".upper())
    ),
    good("P19", "another type", azure("foo:Bar", networkProfile={"networkPolicy": "none"})),
    good("P19", "one known setting is enough", guarded(), log(UNKNOWN), log()),
    good("P19", "the target of what does not audit", guarded(), log(UNKNOWN, category="guard"), log()),
    unknown("P19", "the target", guarded(), guarded(name="east"), log(UNKNOWN), paths="resourceUri"),
    unknown(
        "P19",
        "the name, which a log of another may be about",
        guarded(resourceName=UNKNOWN),
        log(f"{IDS}/managedClusters/other"),
        paths="resourceName",
    ),
    unknown(
        "P19",
        "the name and a target, of which the target is told",
        guarded(resourceName=UNKNOWN),
        log(f"{IDS}/managedClusters/other"),
        log(UNKNOWN),
        paths="resourceUri",
    ),
    bad("P19", "the name, and nothing audits", guarded(resourceName=UNKNOWN), says=unaudited()),
    unknown("P19", "the logs", guarded(), azure("monitor:DiagnosticSetting", logs=UNKNOWN), paths="logs"),
    bad(
        "P19",
        "the target of what does not audit is no excuse",
        guarded(),
        log(UNKNOWN, category="guard"),
        says=unaudited(),
    ),
    unknown(
        "P19",
        "policy and Defender",
        azure("containerservice:ManagedCluster", "west", networkProfile=UNKNOWN, securityProfile=UNKNOWN),
        log(),
        paths=["networkProfile", "securityProfile"],
    ),
]
CASES = [*VERSIONS, *NETWORKS]
