"""Address ranges of clusters, networks and load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from pydantic import Field

from policy.objects import KubernetesObject
from policy.pods import containers, pod_spec
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Undecided, Verdicts
from policy.rules.across import known, parsed, shown
from policy.settings import PolicySettings
from policy.stack import FEDERATION, Resource, Stack

CLUSTER = "azure-native:containerservice:ManagedCluster"
NETWORK = "azure-native:network:VirtualNetwork"
GUARD = f"{FEDERATION}ClusterGuard"
PODS, SERVICES = "10.244.0.0/16", "10.0.0.0/16"
"""Of AKS where a cluster names none (AKS, "Configure kubenet", "Configure Azure CNI Overlay")."""
POOL = "virtual IPs"
SERVICE_CIDR = "KEEPALIVED_SERVICE_CIDR"
"""Variable of keepalived-cloud-provider with its pool."""

Named = Iterator[tuple[str, str]]
"""Pairs of what addresses are for, and a range."""


class RangeSettings(PolicySettings):
    """Of P13."""

    reserved: tuple[str, ...] = Field(
        (), description="ranges of networks elsewhere that this stack must leave alone, such as 10.20.0.0/16"
    )


@dataclass(frozen=True)
class Span:
    """Addresses from the first to the last, of one IP version."""

    version: int
    first: int
    last: int

    def overlaps(self, other: Span) -> bool:
        """Whether an address is in both."""
        return self.version == other.version and self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Range:
    """Addresses that are somebody's.

    Attributes:
        text: as it is written.
        span: what it means.
        whose: what they are for, and of what.
        urn: of the resource; empty if they are reserved for others.
    """

    text: str
    span: Span
    whose: str
    urn: str = ""


def span(text: str) -> Span | None:
    """Of "10.250.0.0/24", "10.250.0.2" or "10.250.0.2-10.250.0.9"; None if it is something else."""
    low, dash, high = (part.strip() for part in text.partition("-"))
    try:
        if dash:
            first, last = ip_address(low), ip_address(high)
        else:
            network = ip_network(low, strict=False)
            first, last = network[0], network[-1]
    except ValueError:
        return None
    return Span(first.version, int(first), int(last))


def disjoint(stack: Stack, context: Context[RangeSettings]) -> Verdicts:
    """Ranges that overlap: who is in one never reaches who has the same address in the other."""
    seen = [Range(text, its, "reserved") for text in context.settings.reserved if (its := span(text))]
    for found in _ranges(stack):
        if isinstance(found, Undecided):
            yield found
            continue
        for earlier in seen:
            if (found.urn, found.whose) != (earlier.urn, earlier.whose) and found.span.overlaps(earlier.span):
                text = f"{found.text!r} ({found.whose}) overlaps {earlier.text} ({earlier.whose})"
                yield Finding(found.text, text, found.urn)
        seen.append(found)


def _ranges(stack: Stack) -> Iterator[Range | Undecided]:
    clusters = {shown(one.props.at("resourceName")) for one in stack.of(CLUSTER)}
    for resource in stack.resources:
        if resource.is_a(GUARD) and _has(shown(resource.props.at("cluster")), clusters):
            continue
        for source in _sources(resource):
            for named in known(source, resource.urn):
                if isinstance(named, Undecided):
                    yield named
                elif found := span(named[1]):
                    yield Range(named[1], found, f"{named[0]} of {resource.title}", resource.urn)


def _has(name: str, clusters: set[str]) -> bool:
    """Whether a guard, which remembers what its cluster says, may be of one of these; "?" may be any name."""
    return bool(clusters) and (name == "?" or bool(clusters & {name, "?"}))


def _sources(resource: Resource) -> list[Named]:
    """Where its ranges are said; each can be unknown on its own."""
    if resource.is_a(CLUSTER):
        profile = resource.props.at("networkProfile")
        return [_pods(profile), _services(profile)]
    if resource.is_a(NETWORK):
        return [_prefixes(resource)]
    if resource.is_a(GUARD):
        return [_remembered(resource, role) for role in ("pods", "services")]
    return [pool(found) for found in resource.objects for pool in (_metallb, _cilium, _ours, _keepalived)]


def _pods(profile: Property) -> Named:
    """With Azure CNI, pods have addresses of the nodes' network, unless an overlay is on it."""
    plugin, mode = profile.at("networkPlugin").text(), profile.at("networkPluginMode").text()
    own = mode == "overlay" or plugin in ("", "kubenet")
    for text in _cidrs(profile, "podCidr") or ([PODS] if own else []):
        yield "pods", text


def _services(profile: Property) -> Named:
    for text in _cidrs(profile, "serviceCidr") or [SERVICES]:
        yield "services", text


def _cidrs(profile: Property, key: str) -> list[str]:
    """One, or one of each IP version."""
    return profile.at(f"{key}s").texts() or [text for text in [profile.at(key).text()] if text]


def _prefixes(network: Resource) -> Named:
    for prefix in network.props.at("addressSpace", "addressPrefixes").items():
        yield "addresses", prefix.text()


def _remembered(guard: Resource, role: str) -> Named:
    yield role, guard.props.at("replacing", role).text()


def _metallb(found: KubernetesObject) -> Named:
    if (found.group, found.kind) == ("metallb.io", "IPAddressPool"):
        for address in found.root.at("spec", "addresses").items():
            yield POOL, address.text()


def _cilium(found: KubernetesObject) -> Named:
    if (found.group, found.kind) == ("cilium.io", "CiliumLoadBalancerIPPool"):
        for block in found.root.at("spec", "blocks").items():
            low, high = block.at("start").text(), block.at("stop").text()
            yield POOL, block.at("cidr").text() or f"{low}-{high or low}"


def _ours(found: KubernetesObject) -> Named:
    """This project's vip controller (components/keepalived)."""
    if found.kind == "ConfigMap" and found.name == "vip-controller":
        yield POOL, parsed(found.root.at("data", "config.json")).at("cidr").text()


def _keepalived(found: KubernetesObject) -> Named:
    """keepalived-cloud-provider."""
    pod = pod_spec(found)
    for container in containers(pod) if pod else []:
        for variable in container.at("env").items():
            if variable.at("name").text() == SERVICE_CIDR:
                yield POOL, variable.at("value").text()


POLICIES = (
    Policy(
        id="P13",
        name="p13-address-ranges",
        title="No two ranges of addresses overlap",
        why="Clusters whose pods, Services, nodes or virtual IPs share addresses cannot reach each other.",
        remedy="choose another range for one of them",
        source="Kubernetes multi-cluster Services API, KEP-1645; AKS, plan IP addressing for your cluster",
        seed="KEEPALIVED_SERVICE_CIDR: 10.250.1.0/24 # pick a CIDR that is explicitly reserved (on premises)",
        severity=Severity.HIGH,
        settings=RangeSettings,
        stack_checks=(disjoint,),
    ),
)
