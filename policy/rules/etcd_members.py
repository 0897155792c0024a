"""etcd: as many members as a quorum needs, on volumes and nodes of their own."""

from __future__ import annotations

from functools import partial

from pydantic import Field

from policy.objects import KubernetesObject
from policy.pods import WORKLOADS, arguments, pod_spec
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.rules.across import Looks, image_name, known_any, same_cluster
from policy.settings import PolicySettings
from policy.stack import Resource, Stack

ETCD = "etcd"
TOOL = "etcdctl"
STAYING = WORKLOADS - {"CronJob", "Job", "StatefulSet"}
"""Kinds other than StatefulSet whose pods stay: etcd in one of these has no volume of its own for each member."""
OPERATOR = ("etcd.database.coreos.com", "EtcdCluster")
SHARED = ("default", "kube-system")
QUORUM = 3
"""Members of which one may fail (etcd, FAQ)."""
ARCHIVED = "make it a StatefulSet with volumes of its own: coreos/etcd-operator is archived"


class EtcdSettings(PolicySettings):
    """Of P10."""

    production: bool = Field(
        False, description="whether one failing node must not stop any etcd of the stack"
    )


def stateful_sets(resource: Resource, context: Context[EtcdSettings]) -> Verdicts:
    """Members that one failure takes all of, or with their data (etcd, FAQ; Karmada, high availability)."""
    found = [o for o in resource.objects if o.kind == "StatefulSet" and not o.partial]
    yield from each(found, partial(_stateful_set, context.settings))


def _stateful_set(settings: EtcdSettings, found: KubernetesObject) -> Verdicts:
    if _containers(found):
        looks = (_replicas, _volumes, _spread, _namespace)
        yield from each(looks, lambda look: look(settings, found))


def _containers(found: KubernetesObject) -> list[Property]:
    """Those that run etcd."""
    pod = pod_spec(found)
    return [one for one in pod.at("containers").items() if _runs_etcd(one)] if pod else []


def _runs_etcd(container: Property) -> bool:
    named = container.at("name").text() == ETCD or image_name(container) == ETCD
    return named and not any(TOOL in word for word in arguments(container))


def _replicas(settings: EtcdSettings, found: KubernetesObject) -> Verdicts:
    replicas = found.root.at("spec", "replicas")
    yield from _size(settings, found, replicas, default=1, fix="run 3 or 5 members")


def _size(
    settings: EtcdSettings, found: KubernetesObject, where: Property, *, default: float | None, fix: str
) -> Verdicts:
    members = where.number() if where.exists() else default
    if members is None:
        return
    text = f"etcd {found.key!r} has {members:g} members ({where.path})"
    if members % 2 == 0:
        yield Finding(found.key, f"{text}: an even number survives no more failures than one less", fix=fix)
    elif settings.production and members < QUORUM:
        yield Finding(found.key, f"{text}, and in production {QUORUM} are needed", fix=fix)


def _volumes(settings: EtcdSettings, found: KubernetesObject) -> Verdicts:
    templates = found.root.at("spec", "volumeClaimTemplates")
    if not templates.items():
        yield _missing(found, templates, "keeps its data in its pods", fix="add volumeClaimTemplates")
    for template in templates.items():
        kind = template.at("spec", "storageClassName")
        if settings.production and not kind.exists():
            yield _missing(
                found, kind, "takes any class of storage", fix="name one that is fast enough for etcd"
            )


def _missing(found: KubernetesObject, what: Property, effect: str, *, fix: str) -> Finding:
    return Finding(found.key, f"etcd {found.key!r} {effect} ({what.path} is missing)", fix=fix)


def _spread(_settings: EtcdSettings, found: KubernetesObject) -> Verdicts:
    pod = found.root.at("spec", "template", "spec")
    spread = pod.at("affinity", "podAntiAffinity").exists() or pod.at("topologySpreadConstraints").items()
    members = found.root.at("spec", "replicas").number()
    if members and members > 1 and not spread:
        text = f"members of etcd {found.key!r} may all be on one node: no anti-affinity and no spread constraints"
        yield Finding(found.key, f"{text} ({pod.path})", fix="add either of them")


def _namespace(_settings: EtcdSettings, found: KubernetesObject) -> Verdicts:
    if found.namespace in SHARED:
        yield Finding(
            found.key, f"etcd {found.key!r} is in a namespace that others share", fix="give it one of its own"
        )


def other_workloads(resource: Resource, _context: Context[EtcdSettings]) -> Verdicts:
    """etcd in pods that have no name and no volume of their own."""
    found = [o for o in resource.objects if o.kind in STAYING and not o.partial]
    yield from each(found, _other_workload)


def _other_workload(found: KubernetesObject) -> Verdicts:
    pod = pod_spec(found)
    if pod is None or not _containers(found):
        return
    claims = [one for one in pod.at("volumes").items() if one.at("persistentVolumeClaim").exists()]
    if not claims:
        yield Finding(
            found.key, f"{found.kind} {found.key!r} has an etcd whose data goes with the pod ({pod.path})"
        )
    elif len(_containers(found)) == len(pod.at("containers").items()):
        text = f"{found.kind} {found.key!r} is an etcd whose members would share name and volume ({pod.path})"
        yield Finding(found.key, text)


def etcd_clusters(resource: Resource, context: Context[EtcdSettings]) -> Verdicts:
    """The same for clusters of CoreOS' etcd-operator."""
    found = [o for o in resource.objects if (o.group, o.kind) == OPERATOR and not o.partial]
    yield from each(found, partial(_etcd_cluster, context.settings))


def _etcd_cluster(settings: EtcdSettings, found: KubernetesObject) -> Verdicts:
    size = found.root.at("spec", "size")
    claim = found.root.at("spec", "pod", "persistentVolumeClaimSpec")
    looks: Looks = (
        lambda: _size(settings, found, size, default=None, fix=ARCHIVED),
        lambda: _without(found, claim),
        lambda: _namespace(settings, found),
    )
    yield from each(looks, lambda look: look())


def _without(found: KubernetesObject, claim: Property) -> Verdicts:
    if not claim.exists():
        yield _missing(found, claim, "keeps its data in its pods", fix=ARCHIVED)


def budgets(stack: Stack, _context: Context[EtcdSettings]) -> Verdicts:
    """etcds without a PodDisruptionBudget: draining nodes may take the quorum."""
    for resource, found in stack.objects("StatefulSet", OPERATOR[1]):
        yield from each([found], partial(_budget, stack, resource), resource.urn)


def _budget(stack: Stack, resource: Resource, found: KubernetesObject) -> Verdicts:
    operated = (found.group, found.kind) == OPERATOR
    if found.partial or not (operated or _containers(found)):
        return
    near = [one for other, one in stack.objects("PodDisruptionBudget") if same_cluster(resource, other)]
    if not known_any(near, lambda budget: _covers(budget, found, operated=operated)):
        text = f"etcd {found.key!r} has no PodDisruptionBudget"
        yield Finding(found.key, text, resource.urn, fix="add one that selects its pods")


def _covers(budget: KubernetesObject, found: KubernetesObject, *, operated: bool) -> bool:
    """Whether it is about its pods; an operator gives them labels that are not here."""
    if budget.namespace != found.namespace:
        return False
    labels = found.root.at("spec", "template", "metadata", "labels")
    selector = budget.root.at("spec", "selector")
    wanted = selector.at("matchLabels").entries()
    return operated or (
        selector.exists() and all(labels.at(key).text() == value.text() for key, value in wanted)
    )


POLICIES = (
    Policy(
        id="P10",
        name="p10-etcd-members",
        title="etcd has a quorum, volumes, a budget and a namespace of its own",
        why="With one failing node, or one namespace that is cleaned up, the federation forgets all that it knew.",
        remedy="make it a StatefulSet with volumeClaimTemplates",
        source="etcd, FAQ (why an odd number of members); Karmada, high availability",
        seed="kubectl apply -f etcd-operator/cluster.yaml, in the namespace default (on premises)",
        severity=Severity.HIGH,
        settings=EtcdSettings,
        checks=(stateful_sets, other_workloads, etcd_clusters),
        stack_checks=(budgets,),
    ),
)
