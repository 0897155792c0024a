"""P27: what is retired; `regions` has its other cases."""

from __future__ import annotations

from datetime import date
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import ADVICE, UNKNOWN, azure, bad, federation, good, secret, unknown

CLUSTER, POOL = "ManagedCluster 'west'", "AgentPool 'apps'"


def cluster(*pools: Any, name: str = "west", **props: Any) -> Resource:
    return azure("containerservice:ManagedCluster", name, **{"agentPoolProfiles": [*pools], **props})


def pool(**props: Any) -> Resource:
    return azure("containerservice:AgentPool", "apps", **{"resourceName": "west", **props})


def used(row: str, *, title: str = CLUSTER, ends: str = "ended") -> str:
    """The message of a row: what, path, day, source, successor."""
    what, path, day, source, successor = row.split(" | ")
    return f"{title} uses {what!r} ({path}), whose support {ends} on {day} ({source}); take {successor}"


def network(**profile: str) -> Resource:
    return cluster(networkProfile=profile)


def add_on(name: str, enabled: bool = True) -> Resource:
    return cluster(addonProfiles={name: {"enabled": enabled}})


def routing(enabled: bool = True, kind: Any = None) -> Resource:
    nginx = {"nginx": {"defaultIngressControllerType": kind}} if kind else {}
    return cluster(ingressProfile={"webAppRouting": {"enabled": enabled, **nginx}})


OS = "agentPoolProfiles[0].osSKU"
NGINX = "application routing, nginx | ingressProfile.webAppRouting | 2026-11-30 | AKS#5516 | the Gateway API"
FEATURES: list[tuple[Resource, str, str]] = [
    (
        cluster(podIdentityProfile={"enabled": True}),
        CLUSTER,
        (
            "AAD pod identity | podIdentityProfile.enabled | 2022-10-24"
            " | AKS, use-azure-ad-pod-identity | workload identity"
        ),
    ),
    (
        network(loadBalancerSku="Basic"),
        CLUSTER,
        (
            "Basic Load Balancer | networkProfile.loadBalancerSku | 2025-09-30"
            " | AKS#5020 | loadBalancerSku standard"
        ),
    ),
    (
        azure("network/v20240501:LoadBalancer", sku={"name": "basic"}),
        "LoadBalancer 'it'",
        "Basic Load Balancer | sku.name | 2025-09-30 | Azure, skus of load balancers | sku.name Standard",
    ),
    (
        azure("network:PublicIPAddress", sku={"name": "Basic"}),
        "PublicIPAddress 'it'",
        (
            "Basic public IP addresses | sku.name | 2025-09-30"
            " | Azure, public-ip-basic-upgrade-guidance | sku.name Standard"
        ),
    ),
    (
        cluster({"osSKU": "CBLMariner"}),
        CLUSTER,
        "Azure Linux 2.0 | agentPoolProfiles[0].osSKU | 2025-11-30 | AKS#4988 | osSKU AzureLinux",
    ),
    (pool(osSKU="Mariner"), POOL, "Azure Linux 2.0 | osSKU | 2025-11-30 | AKS#4988 | osSKU AzureLinux"),
    (
        azure("network:VirtualNetwork", subnets=[{"defaultOutboundAccess": True}]),
        "VirtualNetwork 'it'",
        (
            "default outbound access | subnets[0].defaultOutboundAccess | 2026-03-31"
            " | Azure, default-outbound-access | a NAT gateway"
        ),
    ),
    (
        routing(),
        CLUSTER,
        NGINX,
    ),
    (
        cluster({"osSKU": "Ubuntu2004"}),
        CLUSTER,
        "Ubuntu 20.04 | agentPoolProfiles[0].osSKU | 2027-03-17 | AKS#4874 | osSKU Ubuntu",
    ),
    (
        cluster({"osSKU": "Ubuntu2204"}),
        CLUSTER,
        "Ubuntu 22.04 | agentPoolProfiles[0].osSKU | 2027-06-30 | AKS, upgrade-os-version | osSKU Ubuntu",
    ),
    (
        add_on("openServiceMesh"),
        CLUSTER,
        (
            "Open Service Mesh | addonProfiles.openServiceMesh.enabled | 2027-09-30"
            " | AKS, open-service-mesh-about | the Istio add-on"
        ),
    ),
    (
        network(networkPlugin="kubenet"),
        CLUSTER,
        "kubenet | networkProfile.networkPlugin | 2028-03-31 | AKS#4859 | networkPluginMode overlay",
    ),
    (
        network(networkPolicy="azure"),
        CLUSTER,
        (
            "network policy manager | networkProfile.networkPolicy | 2028-09-30"
            " | AKS, use-network-policies | networkPolicy cilium"
        ),
    ),
    (
        cluster({"vmSize": "Standard_D2ds_v6"}, {"vmSize": "standard_d2_v2"}),
        CLUSTER,
        "Standard_D#_v2 | agentPoolProfiles[1].vmSize | 2028-05-01 | Azure update 485569 | series Dds_v6",
    ),
    (
        pool(virtualMachinesProfile={"scale": {"manual": [{"size": "Standard_F16-4s_v2"}]}}),
        POOL,
        (
            "Standard_F#s_v2 | virtualMachinesProfile.scale.manual[0].size | 2028-11-15"
            " | Azure update 500682 | series Dlds_v6"
        ),
    ),
]
FAR = date(2030, 1, 1)
EXTRA = [
    {
        "what": "the v5 series",
        "pattern": "agentPoolProfiles.vmSize=Standard_*_v5",
        "date": "2027-05-28",
        "source": "AKS#1",
        "successor": "the v6 series",
    },
    {
        "what": "Ubuntu 22.04 of ours",
        "pattern": "osSKU=ubuntu2204",
        "date": "2026-11-28",
        "source": "AKS#2",
        "successor": "AzureLinux",
    },
    {"what": "a flag", "pattern": "Bar.old=false", "date": "2026-01-01", "source": "x", "successor": "y"},
]
RETIREMENTS = [
    *(
        bad(
            "P27",
            f"{row} of {title} when it is gone",
            it,
            says=used(row, title=title),
            today=FAR,
        )
        for it, title, row in FEATURES
    ),
    *(good("P27", f"{row} of {title} in time", it, today=date(2022, 1, 1)) for it, title, row in FEATURES),
    *(
        bad(
            "P27",
            f"nginx on {day}",
            routing(),
            says=(ADVICE if ends == "ends" else "")
            + used(
                NGINX,
                ends=ends,
            ),
            today=day,
        )
        for day, ends in (
            (date(2026, 6, 3), "ends"),
            (date(2026, 11, 30), "ends"),
            (date(2026, 12, 1), "ended"),
        )
    ),
    good("P27", "nginx 181 days before", routing(), today=date(2026, 6, 2)),
    bad(
        "P27",
        "nginx by name",
        routing(kind="AnnotationControlled"),
        says=used(
            NGINX,
        ),
        today=FAR,
    ),
    good("P27", "routing without nginx", routing(kind="None"), today=FAR),
    good("P27", "routing that is off", routing(enabled=False), today=FAR),
    good(
        "P27",
        "what stays",
        network(loadBalancerSku="standard", networkPlugin="azure", networkPolicy="cilium"),
        cluster({"osSKU": "AzureLinux", "vmSize": "Standard_D4ds_v5"}, name="east"),
        pool(osSKU="AzureLinux", vmSize="Standard_D2ds_v6", tags={"networkPlugin": "kubenet"}),
        add_on("openServiceMesh", enabled=False),
        azure("network:Subnet", defaultOutboundAccess=False),
        azure("network:NatGateway", sku={"name": "Basic"}),
        federation("Join", osSKU="Ubuntu2004"),
        today=FAR,
    ),
    bad(
        "P27",
        "a calendar of one's own",
        cluster({"vmSize": "Standard_D4ds_v5", "osSKU": "Ubuntu2204"}),
        azure("foo:Bar", old=False),
        azure("foo:Foo", old=False),
        says=[
            used("Ubuntu 22.04 of ours | agentPoolProfiles[0].osSKU | 2026-11-28 | AKS#2 | AzureLinux"),
            used("a flag | old | 2026-01-01 | x | y", title="Bar 'it'"),
            ADVICE
            + used(
                "the v5 series | agentPoolProfiles[0].vmSize | 2027-05-28 | AKS#1 | the v6 series",
                ends="ends",
            ),
        ],
        settings={"retirements": EXTRA},
    ),
    bad(
        "P27",
        "a secret is told by its name",
        cluster({"osSKU": secret("Mariner")}),
        says=used("Azure Linux 2.0 | agentPoolProfiles[0].osSKU | 2025-11-30 | AKS#4988 | osSKU AzureLinux"),
    ),
    unknown(
        "P27",
        "one system of two",
        cluster({"osSKU": UNKNOWN, "vnetSubnetID": UNKNOWN}, {"osSKU": "Mariner"}),
        paths=OS,
        says=used("Azure Linux 2.0 | agentPoolProfiles[1].osSKU | 2025-11-30 | AKS#4988 | osSKU AzureLinux"),
    ),
    *(
        unknown("P27", f"all of {name}", azure("foo:Bar", **{name: UNKNOWN}), paths=name)
        for name in (
            "agentPoolProfiles",
            "networkProfile",
            "addonProfiles",
            "podIdentityProfile",
            "ingressProfile",
        )
    ),
    unknown(
        "P27", "machines of a pool", pool(virtualMachinesProfile=UNKNOWN), paths="virtualMachinesProfile"
    ),
    unknown("P27", "a size", pool(vmSize=UNKNOWN), paths="vmSize"),
    unknown(
        "P27", "the pools of a cluster", cluster(agentPoolProfiles=UNKNOWN), paths=["agentPoolProfiles"] * 2
    ),
]
CASES = RETIREMENTS
