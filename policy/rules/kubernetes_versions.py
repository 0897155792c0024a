"""Which version of Kubernetes clusters of AKS run: one that is supported, and for a while yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from policy.aks import CLUSTER, POOL, cluster_of, findings, pools, wrong
from policy.properties import Property
from policy.retirements import (
    CALENDAR,
    LONG_TERM,
    VERSIONS,
    CalendarSettings,
    Retirement,
    due,
    find,
)
from policy.rule import Context, Policy, Verdicts, each, each_resource
from policy.stack import Resource, Stack

UPGRADE_DAYS = 89
"""An upgrade of the minor version takes a quarter of a year to plan and test: less than 90 days are too few."""

Judge = Callable[[Retirement | None, Context[CalendarSettings]], str]
"""What to say about a version, if anything."""


def unsupported(resource: Resource, context: Context[CalendarSettings]) -> Verdicts:
    """Versions of Kubernetes that AKS does not support (AKS, supported-kubernetes-versions)."""
    yield from _of_cluster(resource, context, _over)


def unsupported_pools(stack: Stack, context: Context[CalendarSettings]) -> Verdicts:
    """The same, of pools whose cluster says whether the long support counts."""
    yield from _of_pools(stack, context, _over)


def ending(resource: Resource, context: Context[CalendarSettings]) -> Verdicts:
    """Versions whose support ends before an upgrade is planned, tested and done; and those that Azure chooses."""
    if resource.is_a(CLUSTER):
        yield from findings(_chosen(resource, resource.props.at("kubernetesVersion")))
    yield from findings(_of_cluster(resource, context, _soon))


def ending_pools(stack: Stack, context: Context[CalendarSettings]) -> Verdicts:
    """The same, of pools."""
    yield from findings(_of_pools(stack, context, _soon))


def _of_cluster(resource: Resource, context: Context[CalendarSettings], judge: Judge) -> Verdicts:
    if resource.is_a(CLUSTER):
        own = resource.props.at("kubernetesVersion")
        yield from each((own,), partial(_version, resource, resource, context, judge))
        stated = [pool.at("orchestratorVersion") for pool in pools(resource)]
        yield from each(stated, partial(_version, resource, resource, context, judge))


def _of_pools(stack: Stack, context: Context[CalendarSettings], judge: Judge) -> Verdicts:
    def look(pool: Resource) -> Verdicts:
        found = pool.props.at("orchestratorVersion")
        yield from _version(pool, cluster_of(pool, stack), context, judge, found)

    yield from each_resource(stack.of(POOL), look)


def _version(
    resource: Resource,
    cluster: Resource | None,
    context: Context[CalendarSettings],
    judge: Judge,
    found: Property,
) -> Verdicts:
    if text := found.text():
        minor = ".".join(text.split(".")[:2]) + (LONG_TERM if cluster and _long_term(cluster) else "")
        entry = find((*context.settings.retirements, *VERSIONS), "kubernetesVersion", minor)
        if says := judge(entry, context):
            yield wrong(resource, found.path, f"is {text}, {says}")


def _long_term(cluster: Resource) -> bool:
    tier, plan = cluster.props.at("sku", "tier").text(), cluster.props.at("supportPlan").text()
    return (tier.lower(), plan.lower()) == ("premium", "akslongtermsupport")


def _over(entry: Retirement | None, context: Context[CalendarSettings]) -> str:
    if entry is None:
        return f"which AKS does not support ({CALENDAR})"
    return f"whose support ended on {entry.told}" if due(entry.date, context.today) == "past" else ""


def _soon(entry: Retirement | None, context: Context[CalendarSettings]) -> str:
    if entry and due(entry.date, context.today, UPGRADE_DAYS) == "soon":
        return f"whose support ends on {entry.told}"
    return ""


def _chosen(resource: Resource, found: Property) -> Verdicts:
    if not found.exists():
        yield wrong(resource, found.path, "is not set, so Azure chooses, and members drift apart")


POLICIES = (
    Policy(
        id="P16",
        name="p16-kubernetes-version",
        title="A version of Kubernetes that AKS supports for a while yet",
        why="A version without support gets no more fixes of security, and one day cannot be upgraded any more.",
        remedy="set kubernetesVersion and orchestratorVersion to a supported version, and upgrade one minor at a time",
        source="AKS, supported-kubernetes-versions, release calendar",
        seed="In our case, it was 1.8.11 (Azure)",
        settings=CalendarSettings,
        checks=(unsupported,),
        stack_checks=(unsupported_pools,),
        advice=(ending,),
        stack_advice=(ending_pools,),
    ),
)
