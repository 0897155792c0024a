"""Which namespaces workloads go to, and what their pods may do there."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from pydantic import Field

from policy.objects import KubernetesObject
from policy.properties import Property
from policy.rule import Context, Finding, Policy, Severity, Verdicts, each
from policy.rules.mending import below, mended
from policy.rules.reading import shown
from policy.settings import PolicySettings
from policy.stack import Resource

ENFORCE = "pod-security.kubernetes.io/enforce"
_LEVELS = ("baseline", "restricted")
_ANYWHERE = frozenset({"Lease", "LimitRange", "NetworkPolicy", "ResourceQuota"})
"""Kinds that run nothing, and may protect a namespace of Kubernetes."""
_READER = "extension-apiserver-authentication-reader"
"""A role in kube-system that API servers beside Kubernetes' own must be bound to there."""

_OWN = "give it a namespace of its own, and set metadata.namespace"


class NamespaceSettings(PolicySettings):
    """Of P22."""

    forbidden: tuple[str, ...] = Field(
        ("default", "kube-system", "kube-public", "kube-node-lease"),
        description="namespaces that nothing of a stack may be in",
    )
    cluster_wide: tuple[str, ...] = Field(
        (),
        description="kinds of custom resources that are in no namespace, beside those that start with Cluster",
    )
    enforce: Literal["baseline", "restricted"] = Field(
        "restricted", description="Pod Security Standard that the remediating variant gives to a namespace"
    )


def objects_in_namespaces_of_kubernetes(resource: Resource, context: Context[NamespaceSettings]) -> Verdicts:
    """Nothing goes into `default`, or among the components of Kubernetes (CIS Kubernetes Benchmark 5.7.4)."""
    objects = [found for found in resource.objects if not found.partial]
    yield from each(objects, partial(_place, resource, context.settings))


def namespaces_without_standard(resource: Resource, _context: Context[NamespaceSettings]) -> Verdicts:
    """Namespaces say which pods they let in (Pod Security Admission)."""
    complete = not resource.type.endswith("Patch")
    namespaces = [found for found in resource.objects if found.kind == "Namespace"]
    yield from each(namespaces, lambda found: _standard(found, complete and not found.partial))


def overridden_standards(resource: Resource, _context: Context[NamespaceSettings]) -> Verdicts:
    """Karmada would let other pods into members (OverridePolicy, `labelsOverrider`)."""
    policies = [o for o in resource.objects if o.kind in ("OverridePolicy", "ClusterOverridePolicy")]
    yield from each(
        policies, lambda found: each(found.root.at("spec", "overrideRules").items(), partial(_rule, found))
    )


def _place(resource: Resource, settings: NamespaceSettings, found: KubernetesObject) -> Verdicts:
    said = found.root.at("metadata", "namespace").text()
    if not found.namespace or found.kind in settings.cluster_wide:
        return
    if not said and found.kind.startswith("Cluster"):
        return
    own = found.root.path == ""
    namespace = said or (own and Property(resource.provider).at("namespace").text()) or "default"
    if namespace in settings.forbidden and not _belongs(found, namespace):
        key = f"{namespace}/{shown(found.root.at('metadata', 'name')) or '?'}"
        says = f"is in the namespace {namespace}" if said else f"says no namespace, which means {namespace}"
        yield Finding(key, f"{found.kind} {key} {says} ({key!r})", fix=_OWN)


def _belongs(found: KubernetesObject, namespace: str) -> bool:
    """Whether it must be there, or does no harm there."""
    name = found.name
    if found.kind in _ANYWHERE:
        return True
    if found.kind == "ServiceAccount":
        return name == "default"
    if namespace == "default":
        return name == "kubernetes" and found.kind in ("EndpointSlice", "Endpoints", "Service")
    role = found.root.at("roleRef", "name").text() if found.kind == "RoleBinding" else name
    return found.kind in ("Role", "RoleBinding") and (role == _READER or "leader" in role)


def _standard(found: KubernetesObject, complete: bool) -> Verdicts:
    label = found.root.at("metadata", "labels", ENFORCE)
    what = _wrong(label) if label.exists() else "says no Pod Security Standard" if complete else ""
    if what:
        yield Finding(found.key, f"{found.title} {what} ({found.key!r}, {label.path})")


def _wrong(label: Property) -> str:
    if label.text() in _LEVELS:
        return ""
    if label.text() == "privileged":
        return "lets in pods that may do anything"
    return f"has the Pod Security Standard {shown(label)!r}, which there is not"


def _rule(policy: KubernetesObject, rule: Property) -> Verdicts:
    changes = rule.at("overriders", "labelsOverrider").items()
    yield from each(changes, partial(_override, policy))


def _override(policy: KubernetesObject, change: Property) -> Verdicts:
    label = change.at("value", ENFORCE)
    removed = change.at("operator").text() == "remove"
    if label.exists() and (removed or label.text() not in _LEVELS):
        key = policy.key
        yield Finding(key, f"{policy.title} lets namespaces take in other pods ({key!r}, {label.path})")


def add_standard(resource: Resource, context: Context[NamespaceSettings]) -> dict[str, Any] | None:
    """A standard for namespaces that have none. Where things go is for somebody to decide."""
    return mended(resource, partial(_mend, context.settings))


def _mend(settings: NamespaceSettings, found: KubernetesObject) -> None:
    if found.kind == "Namespace" and not found.root.at("metadata", "labels", ENFORCE).exists():
        below(found.root, "metadata", "labels")[ENFORCE] = settings.enforce


POLICIES = (
    Policy(
        id="P22",
        name="p22-namespaces",
        title="Namespaces of their own, with a Pod Security Standard",
        why="Workloads would stand beside components of Kubernetes, and nothing would limit what their pods may do.",
        remedy=f"label the namespace {ENFORCE}=restricted, or baseline if its pods need it",
        source="Pod Security Admission; CIS Kubernetes Benchmark 5.7.1 and 5.7.4",
        seed="kubectl create ns default; helm install --name coredns … (default);"
        " kube-keepalived-vip, namespace: kube-system (on premises)",
        severity=Severity.MEDIUM,
        settings=NamespaceSettings,
        checks=(objects_in_namespaces_of_kubernetes, namespaces_without_standard, overridden_standards),
        fix=add_standard,
    ),
)
