"""What workloads need to run well where others run, too, and while nodes come and go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from functools import partial
from typing import Any

from pydantic import Field

from policy.objects import KubernetesObject
from policy.pods import pod_spec
from policy.properties import Property, UnknownValueError
from policy.rule import Context, Finding, Level, Policy, Severity, Verdicts, each
from policy.rules.mending import below, mended
from policy.rules.reading import shown, whole
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

_ENDING = frozenset({"CronJob", "Job"})
_REPLICATED = frozenset({"Deployment", "StatefulSet"})
_HOST = "kubernetes.io/hostname"


class QualitySettings(PolicySettings):
    """Of P23; both amounts are used by the remediating variant only."""

    cpu: str = Field("50m", description="request of CPU for a container that has none", min_length=1)
    memory: str = Field("64Mi", description="request of memory for a container that has none", min_length=1)


def incomplete_workloads(resource: Resource, _context: Context[QualitySettings]) -> Verdicts:
    """Requests, limits of memory, probes, two replicas and their spread (AKS deployment safeguards).

    It asks for no limit of CPU: that slows a container down although the node has time to spare. A limit counts as
    a request, as Kubernetes takes it for one.
    """
    yield from each(whole(resource), _workload)


def workloads_without_budget(stack: Stack, _context: Context[QualitySettings]) -> Verdicts:
    """Two replicas help nothing while a drain may evict both (PodDisruptionBudget)."""
    for resource in stack.resources:
        replicated = [found for found in whole(resource) if found.kind in _REPLICATED]
        yield from each(replicated, partial(_budget, stack, resource), resource.urn)


def _workload(found: KubernetesObject) -> Verdicts:
    pod = pod_spec(found)
    missing = [*_of_containers(found.kind, pod), *_of_replicas(found, pod)] if pod else []
    if missing:
        yield Finding(found.key, f"{found.title} lacks {'; '.join(missing)} ({found.key!r})")


def _of_containers(workload: str, pod: Property) -> Iterator[str]:
    for key in ("initContainers", "containers"):
        probes = ("readinessProbe", "livenessProbe") if key == "containers" else ()
        wanted = () if workload in _ENDING else probes
        for container in pod.at(key).items():
            missing = [*_resources(container), *(name for name in wanted if not container.at(name).exists())]
            if missing:
                yield f"{', '.join(missing)} of container {shown(container.at('name')) or '?'}"


def _resources(container: Property) -> Iterator[str]:
    yield from (f"requests.{name}" for name in ("cpu", "memory") if not _requested(container, name))
    if not container.at("resources", "limits", "memory").exists():
        yield "limits.memory"


def _requested(container: Property, name: str) -> bool:
    return any(container.at("resources", kind, name).exists() for kind in ("requests", "limits"))


def _of_replicas(found: KubernetesObject, pod: Property) -> Iterator[str]:
    if found.kind in _REPLICATED:
        if _replicas(found) < 2:
            yield "a second replica"
        elif not _spread(pod):
            yield "topologySpreadConstraints or podAntiAffinity"


def _replicas(found: KubernetesObject) -> float:
    number = found.root.at("spec", "replicas").number()
    return 1 if number is None else number


def _spread(pod: Property) -> bool:
    return bool(
        pod.at("topologySpreadConstraints").items() or pod.at("affinity", "podAntiAffinity").entries()
    )


def _budget(stack: Stack, resource: Resource, found: KubernetesObject) -> Verdicts:
    number = _replicas(found)
    if number >= 2 and not any(
        other.provider == resource.provider and _selects(budget, found)
        for other, budget in stack.objects("PodDisruptionBudget")
    ):
        told = f"{found.title} has {number:g} replicas and no PodDisruptionBudget"
        yield Finding(
            found.key,
            f"{told} ({found.key!r})",
            urn=resource.urn,
            fix="add a PodDisruptionBudget with maxUnavailable: 1 that selects its pods",
        )


def _selects(budget: KubernetesObject, found: KubernetesObject) -> bool:
    """As the API reads it: an empty selector is all pods of the namespace, and a missing one is none."""
    selector = budget.root.at("spec", "selector")
    labels = {
        key: value.text() for key, value in found.root.at("spec", "template", "metadata", "labels").entries()
    }
    return (
        budget.namespace == found.namespace
        and selector.exists()
        and all(labels.get(key) == value.text() for key, value in selector.at("matchLabels").entries())
        and all(_matches(labels, term) for term in selector.at("matchExpressions").items())
    )


def _matches(labels: dict[str, str], term: Property) -> bool:
    key, operator, values = term.at("key").text(), term.at("operator").text(), term.at("values").texts()
    results = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return results.get(operator, False)


def add_requests_and_spread(resource: Resource, context: Context[QualitySettings]) -> dict[str, Any] | None:
    """What can be made up: requests from the settings, and a spread over nodes that never blocks a pod.

    Probes cannot be made up, and more replicas or a limit could break what runs.
    """
    return mended(resource, partial(_mend, context.settings))


def _mend(settings: QualitySettings, found: KubernetesObject) -> None:
    pod = pod_spec(found)
    if pod:
        for key in ("initContainers", "containers"):
            for container in pod.at(key).items():
                with suppress(UnknownValueError):
                    _add_requests(settings, container)
        if found.kind in _REPLICATED and _replicas(found) >= 2 and not _spread(pod):
            _add_spread(found, pod)


def _add_requests(settings: QualitySettings, container: Property) -> None:
    for name, amount in (("cpu", settings.cpu), ("memory", settings.memory)):
        if not _requested(container, name):
            below(container, "resources", "requests")[name] = amount


def _add_spread(found: KubernetesObject, pod: Property) -> None:
    labels = found.root.at("spec", "selector", "matchLabels")
    if labels.entries():
        below(pod)["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": _HOST,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": deepcopy(labels.raw)},
            }
        ]


POLICIES = (
    Policy(
        id="P23",
        name="p23-workload-quality",
        title="Requests, limits of memory, probes, and two replicas apart from each other",
        why="Workloads would starve each other, take requests before they are ready, and go down with a single node.",
        remedy="set what is missing in the workload's manifest",
        source="AKS deployment safeguards; Kubernetes documentation, Disruptions",
        seed="resources: requests: cpu: 200m, and replicas: 1 (on premises)",
        severity=Severity.LOW,
        level=Level.ADVISORY,
        settings=QualitySettings,
        checks=(incomplete_workloads,),
        stack_advice=(workloads_without_budget,),
        fix=add_requests_and_spread,
    ),
)
