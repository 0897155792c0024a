"""P24."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    azure,
    bad,
    deployment,
    dynamic,
    federation,
    good,
    kubernetes,
    resource,
    secret,
    unknown,
)

ZONE = "failure-domain.beta.kubernetes.io/zone"
ARCH = "beta.kubernetes.io/arch"
NAMES = {
    ARCH: "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    ZONE: "topology.kubernetes.io/zone",
    "node-role.kubernetes.io/master": "node-role.kubernetes.io/control-plane",
}
POD = "spec.template.spec"
WITHOUT_ZONES = """australiacentral australiacentral2 australiasoutheast brazilsoutheast canadaeast chinaeast
chinaeast2 chinaeast3 chinanorth chinanorth2 francesouth germanynorth jioindiacentral jioindiawest koreasouth
northcentralus norwaywest southafricawest southindia swedensouth switzerlandwest uaecentral ukwest usgovarizona
usgovtexas westcentralus westindia westus""".split()


def join(region: Any = "eastus", zones: Any = ("1",), member: Any = "fc01") -> Resource:
    return federation(
        "Join", member=member, region=region, zones=[*zones] if isinstance(zones, tuple) else zones
    )


def cluster(name: str = "fc01", type_: str = "cluster.karmada.io/v1alpha1:Cluster", **spec: Any) -> Resource:
    return kubernetes(type_, name, spec=spec)


def says(old: str, *places: str) -> str:
    return f"{old!r} is called {NAMES[old]} today ({', '.join(places)})"


CASES = [
    *(
        bad(
            "P24",
            f"a selector by {old}",
            deployment(nodeSelector={old: "amd64"}),
            says=says(old, f"{POD}.nodeSelector.{old}"),
        )
        for old in NAMES
    ),
    good("P24", "today's names", *(deployment(nodeSelector={new: "amd64"}) for new in NAMES.values())),
    good("P24", "an old name in a text", kubernetes("v1:ConfigMap", "apps/x", data={"a": f"{ARCH}: amd64"})),
    bad(
        "P24",
        "terms, tolerations and spreads, in the order in which they are found",
        deployment(
            affinity={
                "nodeAffinity": {"terms": [{"matchExpressions": [{"key": ZONE, "operator": "Exists"}]}]}
            },
            tolerations=[{"key": "x"}, {"key": "node-role.kubernetes.io/master"}],
            topologySpreadConstraints=[{"topologyKey": ZONE}],
        ),
        says=[
            says(
                ZONE,
                f"{POD}.affinity.nodeAffinity.terms[0].matchExpressions[0].key",
                f"{POD}.topologySpreadConstraints[0].topologyKey",
            ),
            says("node-role.kubernetes.io/master", f"{POD}.tolerations[1].key"),
        ],
    ),
    bad(
        "P24",
        "a label whose value is no text",
        kubernetes("v1:Node", "n", metadata={"labels": {ARCH: None, ZONE: [["x", {"a": ZONE}]]}}),
        says=[
            says(ARCH, f"metadata.labels.{ARCH}"),
            says(ZONE, f"metadata.labels.{ZONE}", f"metadata.labels.{ZONE}[0][1].a"),
        ],
    ),
    bad(
        "P24",
        "other resources",
        dynamic("my:Object", labels={ARCH: "amd64"}),
        azure("containerservice:AgentPool", nodeLabels={ARCH: "amd64"}),
        resource("kubernetes:helm.sh/v4:Chart", values={"nodeSelector": secret({ARCH: "amd64"})}),
        says=[
            says(ARCH, f"labels.{ARCH}"),
            says(ARCH, f"nodeLabels.{ARCH}"),
            says(ARCH, f"values.nodeSelector.{ARCH}"),
        ],
    ),
    bad(
        "P24",
        "a pointer of an OverridePolicy",
        kubernetes(
            "policy.karmada.io/v1alpha1:OverridePolicy",
            "apps/arch",
            spec={"plaintext": [{"path": "/spec/nodeSelector/beta.kubernetes.io~1arch", "value": "arm64"}]},
        ),
        says=says(ARCH, "spec.plaintext[0].path"),
    ),
    good("P24", "members with a region and zones", join(zones=("1", "2")), cluster(region="eu", zones=["a"])),
    good("P24", "members where there are no zones", *(join(region, ()) for region in WITHOUT_ZONES)),
    good(
        "P24",
        "a member of a region of one's own",
        join("bonn", None),
        settings={"regions_without_zones": ["bonn"]},
    ),
    good("P24", "a patch of a member", cluster(type_="cluster.karmada.io/v1alpha1:ClusterPatch")),
    good(
        "P24",
        "what is no member",
        cluster(type_="cluster.x-k8s.io/v1beta1:Cluster"),
        cluster(type_="cluster.karmada.io/v1alpha1:Other"),
        dynamic("my:Join"),
        federation("Leave"),
    ),
    bad(
        "P24",
        "a member that says nothing",
        join(None, None),
        says=[
            "member fc01 says no region ('fc01', region)",
            "member fc01 says no zone ('fc01', zones)",
        ],
    ),
    bad(
        "P24",
        "members that say too little",
        join("", ("1",)),
        join("eastus", (), secret("fc02")),
        join("eastus", ("",), None),
        join("westus", (), "fc03"),
        says=[
            "member fc01 says no region ('fc01', region)",
            "member [secret] says no zone ('[secret]', zones)",
            "member ? says no zone ('?', zones)",
            "member fc03 says no zone ('fc03', zones)",
        ],
        settings={"regions_without_zones": ["eastus2"]},
    ),
    bad(
        "P24",
        "members as Karmada has them",
        cluster(),
        cluster("fc02", region="us", zone="a"),
        says=[
            "Cluster fc01 says no region ('fc01', spec.region)",
            "Cluster fc01 says no zone ('fc01', spec.zones)",
            "Cluster fc02 says no zone ('fc02', spec.zones)",
        ],
    ),
    unknown(
        "P24",
        "a region, and no zones",
        join(UNKNOWN, ()),
        join("westus", UNKNOWN),
        cluster(region="", zones=UNKNOWN),
        paths=["region", "region", "zones", "spec.zones"],
        says="Cluster fc01 says no region ('fc01', spec.region)",
    ),
    unknown("P24", "one of several labels", dynamic("my:Object", labels=[UNKNOWN]), paths="labels[0]"),
    *(
        unknown(
            "P24",
            f"all {key}, beside another",
            dynamic("my:Object", a=[{key: UNKNOWN}], b={ARCH: ""}, c=UNKNOWN),
            paths=f"a[0].{key}",
            says=says(ARCH, f"b.{ARCH}"),
        )
        for key in ("labels", "matchLabels", "nodeLabels", "nodeSelector")
    ),
]
