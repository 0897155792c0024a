"""Who may do what in clusters and in the federation API."""

from __future__ import annotations

from functools import partial

from policy.objects import KubernetesObject
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.settings import PolicySettings
from policy.stack import Resource

EVERYBODY = frozenset(
    {"system:authenticated", "system:unauthenticated", "system:masters", "system:anonymous"}
)
SERVICE_ACCOUNTS = "system:serviceaccounts"
EVERYTHING = "*"


def cluster_admin_for_groups(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Bindings of cluster-admin to groups that nobody has chosen the members of."""
    bindings = [o for o in resource.objects if o.kind in ("ClusterRoleBinding", "RoleBinding")]
    yield from each(bindings, _bound)


def _bound(binding: KubernetesObject) -> Verdicts:
    role = binding.root.at("roleRef", "name").text()
    if role in ("cluster-admin", EVERYTHING):
        yield from each(binding.root.at("subjects").items(), partial(_subject, binding, role))


def _subject(binding: KubernetesObject, role: str, subject: Property) -> Verdicts:
    name = subject.at("name").text()
    if name in EVERYBODY or name == SERVICE_ACCOUNTS or name.startswith(f"{SERVICE_ACCOUNTS}:"):
        yield Finding(name, f"{binding.title} gives {role} to {name!r} ({subject.path})")


def wildcard_roles(resource: Resource, _context: Context[PolicySettings]) -> Verdicts:
    """Roles that may do everything to everything."""
    roles = [o for o in resource.objects if o.kind in ("ClusterRole", "Role")]
    yield from each(roles, lambda role: each(role.root.at("rules").items(), partial(_rule, role)))


def _rule(role: KubernetesObject, rule: Property) -> Verdicts:
    if all(EVERYTHING in rule.at(key).texts() for key in ("verbs", "resources", "apiGroups")):
        yield Finding(role.key, f"{role.title} may do everything to everything ({role.key!r}, {rule.path})")


POLICIES = (
    Policy(
        id="P01",
        name="p01-cluster-admin",
        title="No cluster-admin for groups of everybody",
        why="Whoever gets into any pod, or gets any login, would own the cluster.",
        remedy="bind a ClusterRole with the verbs that are needed to a ServiceAccount of its own",
        source="CIS Kubernetes Benchmark 5.1.1; NSA/CISA Kubernetes Hardening Guide, RBAC",
        seed="kubectl create clusterrolebinding permissive-binding … --group=system:serviceaccounts (Azure)",
        severity=Severity.CRITICAL,
        checks=(cluster_admin_for_groups,),
    ),
    Policy(
        id="P02",
        name="p02-wildcard-role",
        title="No role with every verb on every resource of every group",
        why="A federation that is taken over would take over each of its members.",
        remedy="list API groups, resources and verbs, or add an exception with the day it ends",
        source="CIS Kubernetes Benchmark 5.1.3; karmada-io/karmada#5721 and #6219",
        seed="kubefed join fc01-context --host-cluster-context=fc01-context (on premises)",
        severity=Severity.CRITICAL,
        checks=(wildcard_roles,),
    ),
)
