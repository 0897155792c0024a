"""What clusters of AKS must have: machines to spare, network policies and an audit log."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from policy.aks import CLUSTER, POOL, cluster_of, names, pools, wrong
from policy.azure_data import zones
from policy.properties import Property, UnknownValueError
from policy.retirements import (
    AVAILABILITY_SETS,
)
from policy.rule import Context, Policy, Severity, Undecided, Verdicts, each, each_resource
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

FEWEST_NODES = 3
"""Of a system pool: one in each zone."""
FREE = "free"
DIAGNOSTICS = "azure-native:monitor:DiagnosticSetting"
AUDIT = {"kube-audit", "kube-audit-admin"}
AUDIT_GROUPS = {"audit", "alllogs"}


class AvailabilitySettings(PolicySettings):
    """Of P15."""

    production: bool = Field(
        False,
        description="whether clusters serve users: then tier Standard, three system nodes, two of any other pool, and"
        " zones where the region has some are mandatory; otherwise less than two system nodes or tier Free is advice",
    )


def availability_sets(resource: Resource, _context: Context[AvailabilitySettings]) -> Verdicts:
    """Pools of a kind that AKS does not have any more."""
    yield from each(pools(resource), partial(_machines, resource))


def _machines(resource: Resource, pool: Property) -> Verdicts:
    kind = pool.at("type")
    if AVAILABILITY_SETS.used_by("type", kind.text()):
        says = f"is {kind.text()}, whose support ended on {AVAILABILITY_SETS.told}"
        yield wrong(resource, kind.path, says)


def spare(resource: Resource, context: Context[AvailabilitySettings]) -> Verdicts:
    """In production: what ends with the loss of one machine, rack or zone (AKS, reliability)."""
    if context.settings.production:
        yield from _tier(resource)
        yield from each(pools(resource), partial(_nodes, resource))
        if resource.is_a(CLUSTER):
            yield from each(pools(resource), partial(_zones, resource, resource))


def spare_pools(stack: Stack, context: Context[AvailabilitySettings]) -> Verdicts:
    """The same, of pools that know their region by their cluster."""
    if context.settings.production:
        yield from each_resource(
            stack.of(POOL), lambda pool: _zones(pool, cluster_of(pool, stack), pool.props)
        )


def single(resource: Resource, context: Context[AvailabilitySettings]) -> Verdicts:
    """Elsewhere: what has no promise at all."""
    if not context.settings.production:
        yield from _tier(resource)
        yield from each(pools(resource), partial(_single, resource))


def _tier(resource: Resource) -> Verdicts:
    if resource.is_a(CLUSTER):
        yield from each((resource.props,), partial(_free, resource))


def _free(resource: Resource, props: Property) -> Verdicts:
    tier = props.at("sku", "tier")
    if (tier.text() or FREE).lower() == FREE:
        yield wrong(resource, tier.path, "is Free, so nobody promises that the API server is there")


def _is_system(pool: Property) -> bool:
    """Whether system pods run there; in the first pool of a cluster they do if it does not say."""
    mode = pool.at("mode").text().lower()
    return mode == "system" or (not mode and pool.path == "agentPoolProfiles[0]")


def _least(pool: Property) -> tuple[str, float]:
    """The property that says how few nodes it may have, and how few these are; one if it does not say."""
    scaled = pool.at("enableAutoScaling").flag() and pool.at("minCount").exists()
    count = pool.at("minCount" if scaled else "count")
    number = count.number()
    return count.path, 1 if number is None else number


def _nodes(resource: Resource, pool: Property) -> Verdicts:
    path, least = _least(pool)
    if _is_system(pool):
        if least < FEWEST_NODES:
            yield wrong(resource, path, f"is {least:g}, of {FEWEST_NODES} nodes that a system pool needs")
    elif least == 1:
        yield wrong(resource, path, "is 1, and pods have nowhere to go to")


def _single(resource: Resource, pool: Property) -> Verdicts:
    path, least = _least(pool)
    if least <= 1 and _is_system(pool):
        yield wrong(resource, path, f"is {least:g}, and system pods have nowhere to go to")


def _zones(resource: Resource, cluster: Resource | None, pool: Property) -> Verdicts:
    found = pool.at("availabilityZones")
    if cluster and not found.items() and zones(cluster.props.at("location").text()):
        yield wrong(resource, found.path, "is empty, though the region has zones")


def policies_of_networks(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Clusters where every pod reaches every pod (AKS, use-network-policies)."""
    if resource.is_a(CLUSTER):
        found = resource.props.at("networkProfile", "networkPolicy")
        if found.text().lower() in ("", "none"):
            yield wrong(resource, found.path, "is none, so nothing holds back what runs in a pod")


def audited(stack: Stack, _context: Context[PolicySettings]) -> Verdicts:
    """Clusters without an audit log (CIS Benchmark for AKS 2.1.1; AKS, monitor-aks)."""
    logs = stack.of(DIAGNOSTICS)
    found = each_resource(stack.of(CLUSTER), partial(_audited, logs))
    yield from dict.fromkeys(found)  # a log of an unknown cluster may be that of any, and is told of once


def _audited(logs: list[Resource], cluster: Resource) -> Verdicts:
    doubts, others = [], False
    for log in logs:
        try:
            if _audits(log.props):
                if _watches(log.props, cluster):
                    return
                others = True
        except UnknownValueError as error:
            doubts.append(Undecided(error.path, log.urn))
    if others and not doubts:
        cluster.props.at("resourceName").text()  # one of them may be about a name that is not known yet
    says = "is not the target of a diagnostic setting with kube-audit or kube-audit-admin"
    yield from doubts or (wrong(cluster, "kube-audit", says),)


def _audits(log: Property) -> bool:
    on = [entry for entry in log.at("logs").items() if entry.at("enabled").flag()]
    categories = {entry.at("category").text().lower() for entry in on}
    groups = {entry.at("categoryGroup").text().lower() for entry in on}
    return bool(categories & AUDIT or groups & AUDIT_GROUPS)


def _watches(log: Property, cluster: Resource) -> bool:
    """Whether it is about this cluster: its id ends with "/managedClusters/<name>"."""
    parts = log.at("resourceUri").text().lower().rsplit("/", 2)
    return parts[-2:-1] in (["managedclusters"], ["managedcluster"]) and parts[-1] in names(cluster)


def watched(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Clusters in which nobody looks for attacks (AKS, Microsoft Defender for Containers)."""
    if resource.is_a(CLUSTER):
        found = resource.props.at("securityProfile", "defender", "securityMonitoring", "enabled")
        if not found.flag():
            yield wrong(resource, found.path, "is not true, so nobody is told of attacks")


POLICIES = (
    Policy(
        id="P15",
        name="p15-availability",
        title="Clusters outlive the loss of a machine or a zone",
        why="One machine that is updated or breaks would take a whole member with it.",
        remedy="use tier Standard, three nodes in the system pool, two in others, all zones of the region and no"
        " availability sets",
        source="AKS, reliability-availability-zones-overview and free-standard-pricing-tiers; AKS#5021",
        seed='"count": 1, … "availabilityProfile": "AvailabilitySet" (Azure)',
        settings=AvailabilitySettings,
        checks=(availability_sets, spare),
        stack_checks=(spare_pools,),
        advice=(single,),
    ),
    Policy(
        id="P19",
        name="p19-network-policy-and-audit",
        title="Network policies, an audit log, and an eye on attacks",
        why="An intruder in one pod would reach all the others, and nobody could say later what was done.",
        remedy="set networkProfile.networkPolicy to cilium, send the category kube-audit-admin to a workspace by a"
        " DiagnosticSetting of the cluster, and turn on Defender",
        source="CIS Benchmark for AKS 2.1.1 and 4.4; AKS, use-network-policies and monitor-aks",
        seed='"orchestratorProfile": {"orchestratorType": "Kubernetes"}, and nothing else (Azure)',
        severity=Severity.MEDIUM,
        checks=(policies_of_networks,),
        stack_checks=(audited,),
        advice=(watched,),
    ),
)
