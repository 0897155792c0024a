"""Clusters of AKS, and what belongs to them."""

from __future__ import annotations

from policy.properties import Property, UnknownValueError
from policy.rule import Finding, Verdicts
from policy.stack import Resource, Stack

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"


def pools(resource: Resource) -> list[Property]:
    """The pools of a cluster, or the one that a resource is; a pool's own properties have the same names in both."""
    if resource.is_a(POOL):
        return [resource.props]
    return resource.props.at("agentPoolProfiles").items() if resource.is_a(CLUSTER) else []


def names(cluster: Resource) -> set[str]:
    """What others may call it: its name in Azure, and, until that is known, the one in the program; in lower case."""
    try:
        own = cluster.props.at("resourceName").text()
    except UnknownValueError:
        own = ""
    return {cluster.name.lower(), own.lower()} - {""}


def cluster_of(pool: Resource, stack: Stack) -> Resource | None:
    """The cluster of a pool; None if it is not in the stack. Raises `UnknownValueError`."""
    name = pool.props.at("resourceName").text().lower()
    return next((cluster for cluster in stack.of(CLUSTER) if name in names(cluster)), None)


def wrong(resource: Resource, path: str, says: str) -> Finding:
    """A finding about a property, which is what an exception names."""
    return Finding(path, f"{path!r} of {resource.title} {says}", resource.urn)


def findings(verdicts: Verdicts) -> Verdicts:
    """The findings alone, where another check of the policy has said already what is not known yet."""
    try:
        yield from (verdict for verdict in verdicts if isinstance(verdict, Finding))
    except UnknownValueError:
        return
