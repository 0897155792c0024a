"""Whether workloads move when a cluster fails: somebody has decided it."""

from __future__ import annotations

from functools import partial

from policy.objects import KubernetesObject
from policy.pods import arguments, containers, flag, pod_spec
from policy.properties import Property
from policy.rule import Context, Finding, Level, Policy, Severity, Verdicts, each
from policy.rules.across import image_name
from policy.settings import PolicySettings
from policy.stack import Resource

MANAGER = "karmada-controller-manager"
EVICTION, PURGE_MODE = "enable-no-execute-taint-eviction", "no-execute-taint-eviction-purge-mode"
PROPAGATION = ("PropagationPolicy", "ClusterPropagationPolicy")


def choices(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """A controller manager whose failover is what its version has by default (karmada-io/karmada#7455).

    Failover has been on, off and beta; with it on, objects are evicted only by the second flag, and how by the third.
    """
    whole = [found for found in resource.objects if not found.partial]
    yield from each(whole, _workload)


def _workload(found: KubernetesObject) -> Verdicts:
    pod = pod_spec(found)
    managers = [one for one in containers(pod) if image_name(one) == MANAGER] if pod else []
    yield from each(managers, partial(_manager, found))


def _manager(found: KubernetesObject, container: Property) -> Verdicts:
    words = arguments(container)
    gates = dict(part.partition("=")[::2] for part in (flag(words, "feature-gates") or "").split(","))
    purge = flag(words, PURGE_MODE)
    undecided = {
        "--feature-gates=Failover": "Failover" not in gates,
        f"--{EVICTION}": flag(words, EVICTION) is None,
        f"--{PURGE_MODE}": gates.get("Failover") == "true" and purge is None,
    }
    for name in (name for name, missing in undecided.items() if missing):
        yield Finding(
            found.key, f"{found.kind} {found.key!r} leaves {name} to its version ({container.path})"
        )
    if purge == "Gracefully" and gates.get("GracefulEviction") == "false":
        text = f"{found.kind} {found.key!r} evicts gracefully with GracefulEviction off ({container.path})"
        yield Finding(
            found.key, text, fix="take GracefulEviction=false out, or set the purge mode to Directly"
        )


def narrow_policies(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Policies with one feasible cluster, or with one at a time (Karmada, PropagationPolicy)."""
    found = [o for o in resource.objects if o.group == "policy.karmada.io" and o.kind in PROPAGATION]
    for look in (_one_cluster, _one_group):
        yield from each(found, look)


def _one_cluster(found: KubernetesObject) -> Verdicts:
    placement = found.root.at("spec", "placement")
    terms = [placement.at("clusterAffinity"), *placement.at("clusterAffinities").items()]
    names = [term.at("clusterNames").texts() for term in terms if term.exists()]
    if all(names) and len({name for group in names for name in group}) == 1:
        text = (
            f"{found.kind} {found.key!r} knows one cluster, so nothing of it can fail over ({placement.path})"
        )
        yield Finding(found.key, text, fix="name a second cluster, or select clusters by labels")


def _one_group(found: KubernetesObject) -> Verdicts:
    for constraint in found.root.at("spec", "placement", "spreadConstraints").items():
        most = constraint.at("maxGroups")
        if most.number() == 1:
            text = f"{found.kind} {found.key!r} puts all in one place, which fails as a whole ({most.path})"
            yield Finding(found.key, text, fix="let maxGroups be 2 or more")


POLICIES = (
    Policy(
        id="P30",
        name="p30-failover",
        title="Failover is decided, on or off, and has somewhere to go",
        why="With a default of another version, nothing moves when a cluster dies, or everything does.",
        remedy="name the flag with its value in the command of karmada-controller-manager",
        source="Karmada, cluster failover; karmada-io/karmada#7455",
        seed="two replicas, one pod per cluster: nothing says what happens when one of them fails (Azure)",
        severity=Severity.LOW,
        level=Level.ADVISORY,
        checks=(choices, narrow_policies),
    ),
)
