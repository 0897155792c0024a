"""P13."""

from __future__ import annotations

import json
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, azure, bad, deployment, federation, good, kubernetes, unknown


def cluster(name: str, pods: Any = None, services: Any = None, **profile: Any) -> Resource:
    """In AKS."""
    given = {"podCidr": pods, "serviceCidr": services, **profile}
    known = {key: value for key, value in given.items() if value is not None}
    more = {"networkProfile": known} if known else {}
    return azure("containerservice:ManagedCluster", name, resourceName=f"{name}-aks", **more)


def overlay(name: str, pods: str, services: str) -> Resource:
    return cluster(name, pods, services, networkPlugin="azure", networkPluginMode="overlay")


def guard(name: str, pods: str, services: str) -> Resource:
    return federation(
        "ClusterGuard", f"{name}-guard", cluster=name, replacing={"pods": pods, "services": services}
    )


def network(name: str, *prefixes: str) -> Resource:
    return azure("network:VirtualNetwork", name, addressSpace={"addressPrefixes": [*prefixes]})


def vips(name: str, cidr: Any, called: str = "vip-controller", kind: str = "v1:ConfigMap") -> Resource:
    made = kubernetes(kind, f"federation-vips/{called}", data={"config.json": json.dumps({"cidr": cidr})})
    return Resource(made.type, name, f"urn::{name}", made.raw)


def metallb(name: str, *addresses: str, api: str = "metallb.io/v1beta1:IPAddressPool") -> Resource:
    return kubernetes(api, f"metallb-system/{name}", spec={"addresses": [*addresses]})


def cilium(
    name: str, *blocks: dict[str, str], api: str = "cilium.io/v2:CiliumLoadBalancerIPPool"
) -> Resource:
    return kubernetes(api, name, spec={"blocks": [*blocks]})


def provider(name: str, cidr: Any, variable: str = "KEEPALIVED_SERVICE_CIDR") -> Resource:
    env = [{"name": "KEEPALIVED_NAMESPACE", "value": "10.250.0.0/16"}, {"name": variable, "value": cidr}]
    return deployment({"image": "me/keepalived-cloud-provider", "env": env}, name=f"kube-system/{name}")


def aks(role: str, name: str) -> str:
    return f"{role} of ManagedCluster {name!r}"


def overlap(late: str, whose: str, early: str, other: str) -> str:
    return f"{late!r} ({whose}) overlaps {early} ({other})"


POOL = "10.250.0.0/24"
FC01 = vips("fc01", POOL)
OF_FC01 = "virtual IPs of ConfigMap 'fc01'"
WEST, EAST = (
    overlay("west", "100.64.0.0/16", "172.16.0.0/20"),
    overlay("east", "100.65.0.0/16", "172.17.0.0/20"),
)
CASES = [
    bad(
        "P13",
        "one pool for two",
        FC01,
        vips("fc02", POOL),
        says=overlap(POOL, OF_FC01.replace("fc01", "fc02"), POOL, OF_FC01),
    ),
    good("P13", "two pools", FC01, vips("fc02", "10.250.1.0/24")),
    good("P13", "another ConfigMap", FC01, vips("other", POOL, "settings")),
    good("P13", "another kind", FC01, vips("other", POOL, kind="v1:Secret")),
    good("P13", "no range at all", FC01, vips("fc02", "anything"), vips("fc03", None)),
    bad(
        "P13",
        "pools of keepalived-cloud-provider",
        provider("one", "10.250.1.0/24"),
        provider("two", "10.250.0.0/22"),
        says=overlap(
            "10.250.0.0/22",
            "virtual IPs of Deployment 'two'",
            "10.250.1.0/24",
            "virtual IPs of Deployment 'one'",
        ),
    ),
    good("P13", "another variable", FC01, provider("one", POOL, "SERVICE_CIDR")),
    *(
        bad(
            "P13",
            f"MetalLB with {text}",
            FC01,
            metallb("pool", "192.0.2.0/30", text),
            says=overlap(text, "virtual IPs of IPAddressPool 'pool'", POOL, OF_FC01),
        )
        for text in ("10.250.0.255-10.250.1.9", "10.249.0.0 - 10.250.0.0", "10.250.0.7", "10.250.0.9/16")
    ),
    good(
        "P13",
        "MetalLB beside it",
        FC01,
        metallb("pool", "10.250.1.0-10.250.1.9", "10.249.0.0-10.249.255.255", "fd00::/64"),
    ),
    good("P13", "an IPv6 address of the same number", metallb("a", "0.0.0.1"), metallb("b", "::1")),
    good("P13", "two ranges of one pool", metallb("a", POOL, "10.250.0.0/16")),
    good("P13", "another kind of MetalLB", FC01, metallb("a", POOL, api="metallb.io/v1beta1:Community")),
    good("P13", "a pool of something else", FC01, metallb("a", POOL, api="example.com/v1:IPAddressPool")),
    *(
        bad(
            "P13",
            f"Cilium with {text}",
            FC01,
            cilium("pool", block),
            says=overlap(text, "virtual IPs of CiliumLoadBalancerIPPool 'pool'", POOL, OF_FC01),
        )
        for text, block in (
            (POOL, {"cidr": POOL}),
            ("10.250.0.2-10.250.0.3", {"start": "10.250.0.2", "stop": "10.250.0.3"}),
            ("10.250.0.2-10.250.0.2", {"start": "10.250.0.2"}),
        )
    ),
    good("P13", "another kind of Cilium", FC01, cilium("a", {"cidr": POOL}, api="cilium.io/v2:CiliumNode")),
    good(
        "P13",
        "a Cilium of something else",
        FC01,
        cilium("a", {"cidr": POOL}, api="example.com/v2:CiliumLoadBalancerIPPool"),
    ),
    good(
        "P13",
        "two clusters in AKS",
        WEST,
        EAST,
        network("west", "10.1.0.0/16"),
        network("east", "10.2.0.0/16"),
    ),
    bad(
        "P13",
        "pods in another cluster's Services",
        WEST,
        overlay("east", "172.16.0.0/16", "172.17.0.0/20"),
        says=overlap(
            "172.16.0.0/16",
            aks("pods", "east"),
            "172.16.0.0/20",
            aks("services", "west"),
        ),
    ),
    bad(
        "P13",
        "pods and Services of one cluster",
        overlay("west", "10.0.0.0/8", "10.1.0.0/16"),
        says=overlap("10.1.0.0/16", aks("services", "west"), "10.0.0.0/8", aks("pods", "west")),
    ),
    bad(
        "P13",
        "what nobody has chosen",
        cluster("west"),
        cluster("east", networkPlugin="kubenet"),
        says=[
            overlap(
                "10.244.0.0/16",
                aks("pods", "east"),
                "10.244.0.0/16",
                aks("pods", "west"),
            ),
            overlap(
                "10.0.0.0/16",
                aks("services", "east"),
                "10.0.0.0/16",
                aks("services", "west"),
            ),
        ],
    ),
    bad(
        "P13",
        "an overlay that nobody has chosen",
        cluster("west", None, "172.16.0.0/20"),
        cluster("east", None, "172.17.0.0/20", networkPlugin="azure", networkPluginMode="overlay"),
        says=overlap("10.244.0.0/16", aks("pods", "east"), "10.244.0.0/16", aks("pods", "west")),
    ),
    good(
        "P13",
        "pods in the nodes' network",
        *(
            cluster(name, None, f"172.{n}.0.0/20", networkPlugin="azure")
            for n, name in ((16, "west"), (17, "east"))
        ),
        network("net", "10.244.0.0/16"),
    ),
    bad(
        "P13",
        "two IP versions",
        cluster(
            "west",
            "100.64.0.0/16",
            "172.16.0.0/20",
            podCidrs=["100.64.0.0/16", "fd00::/64"],
            serviceCidrs=["172.16.0.0/20", "fd01::/108"],
        ),
        network("net", "fd00::/48", "fd01::/48"),
        says=[
            overlap("fd00::/48", "addresses of VirtualNetwork 'net'", "fd00::/64", aks("pods", "west")),
            overlap(
                "fd01::/48",
                "addresses of VirtualNetwork 'net'",
                "fd01::/108",
                aks("services", "west"),
            ),
        ],
    ),
    good(
        "P13",
        "a guard of a cluster that is not known yet",
        guard(UNKNOWN, "100.64.0.0/16", "172.16.0.0/20"),
        WEST,
    ),
    good("P13", "a guard of its cluster", guard("west-aks", "100.64.0.0/16", "172.16.0.0/20"), WEST),
    bad(
        "P13",
        "a guard and its cluster",
        guard("west-aks", "100.64.0.0/16", "172.16.0.0/20"),
        WEST,
        network("net", "100.64.1.0/24"),
        says=overlap(
            "100.64.1.0/24",
            "addresses of VirtualNetwork 'net'",
            "100.64.0.0/16",
            aks("pods", "west"),
        ),
    ),
    bad(
        "P13",
        "a guard of a cluster that is not here",
        guard("north", "100.64.0.0/16", "172.16.0.0/20"),
        overlay("west", "100.64.0.0/16", "172.17.0.0/20"),
        overlay("east", "100.65.0.0/16", "172.16.0.0/20"),
        says=[
            overlap(
                "100.64.0.0/16",
                aks("pods", "west"),
                "100.64.0.0/16",
                "pods of ClusterGuard 'north-guard'",
            ),
            overlap(
                "172.16.0.0/20",
                aks("services", "east"),
                "172.16.0.0/20",
                "services of ClusterGuard 'north-guard'",
            ),
        ],
    ),
    good(
        "P13",
        "a guard of a cluster without a name",
        guard("a", "100.64.0.0/16", "172.16.0.0/20"),
        azure(
            "containerservice:ManagedCluster",
            "west",
            networkProfile={"podCidr": "100.64.0.0/16", "serviceCidr": "172.16.0.0/20"},
        ),
    ),
    good("P13", "a resource that has a cluster's name", azure("x:Y", "y", cluster="west-aks"), WEST),
    bad(
        "P13",
        "what is reserved",
        FC01,
        network("net", "10.1.0.0/16"),
        says=overlap(POOL, OF_FC01, "10.250.0.0/16", "reserved"),
        settings={"reserved": ["nonsense", "192.0.2.0/24", "10.250.0.0/16"]},
    ),
    unknown(
        "P13",
        "pods",
        cluster("west", UNKNOWN, "172.16.0.0/20"),
        network("n", "172.16.0.0/12"),
        paths="networkProfile.podCidr",
        says=overlap(
            "172.16.0.0/12",
            "addresses of VirtualNetwork 'n'",
            "172.16.0.0/20",
            aks("services", "west"),
        ),
    ),
    unknown(
        "P13",
        "a pool",
        metallb("pool", POOL, UNKNOWN),
        FC01,
        paths="spec.addresses[1]",
        says=overlap(POOL, OF_FC01, POOL, "virtual IPs of IPAddressPool 'pool'"),
    ),
    unknown(
        "P13",
        "a configuration",
        kubernetes("v1:ConfigMap", "federation-vips/vip-controller", data={"config.json": UNKNOWN}),
        paths="data.config.json",
    ),
]
