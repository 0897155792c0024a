"""What the manifests of a federation become: objects and policies for the federation API, and notes for the operator.

Pure: the same manifests and members give the same plan, so that a preview shows what an update does. For that reason
the division knows nothing of what runs where; `rebalance: false` has its meaning in `fedctl placement` only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from federation.karmada.policies import (
    API_VERSION,
    DEPLOYMENT,
    FEDERATED,
    FOLLOWING,
    LABELS,
    REPLICA_SET,
    SERVICE,
    Kind,
    division_policy,
)
from federation.manifests import Document, Manifest, ManifestError, load
from federation.placement import EVERY_OTHER, Preferences, Request, divide, eligible, parse_preferences
from federation.topology.models import Failover, Workload

NAMESPACE: Final = Kind("v1", "Namespace")
PREFERENCES: Final = {
    DEPLOYMENT: "federation.kubernetes.io/deployment-preferences",
    REPLICA_SET: "federation.kubernetes.io/replica-set-preferences",
}
"""The annotations of kubefed v1 that say how replicas divide."""
_OF_KUBEFED: Final = ("federation.kubernetes.io/", "federation.alpha.kubernetes.io/")
_KEPT: Final = re.compile(r"kube-.*|karmada-system|karmada-cluster|karmada-es-.*")
"""Namespaces that Karmada never propagates (its detector's EventFilter, and --skipped-propagating-namespaces)."""


@dataclass(frozen=True)
class Source:
    """The objects of one workload, and how its Deployments divide unless they say so themselves."""

    documents: Sequence[Document]
    preferences: Preferences | None = None


@dataclass(frozen=True)
class Plan:
    """What to create.

    Attributes:
        manifests: in the order of `stage`, and within a stage as they were found.
        notes: what an operator may not expect, in a sentence each.
    """

    manifests: tuple[Manifest, ...]
    notes: tuple[str, ...]


def read(workload: Workload) -> Source:
    """The files of a workload of the topology. Raises `ManifestError`."""
    wishes = workload.preferences
    documents = load(workload.path, workload.namespace or "default")
    return Source(documents, None if wishes is None else Preferences.model_validate(wishes.model_dump()))


def stage(manifest: Mapping[str, Any]) -> int:
    """0 for what others need to exist, 1 for policies, which must be there before what they select, 2 for the rest."""
    if manifest["kind"] in {"Namespace", "CustomResourceDefinition"}:
        return 0
    return 1 if _is_policy(manifest) else 2


def plan_workloads(sources: Iterable[Source], members: Sequence[str], failover: Failover) -> Plan:
    """The objects, a namespace for each that is used, and a policy for each workload that has preferences.

    Args:
        sources: see `read`.
        members: names of the members that take workloads.
        failover: as for `policies.default_policies`.

    Raises:
        ManifestError: one object is there twice, or its replicas are no number.
        PlacementError: an annotation with preferences is wrong. (v1 divided evenly then, and told nobody.)
    """
    found = [(document, source.preferences) for source in sources for document in source.documents]
    _refuse_twins([document for document, _ in found])
    manifests: list[Manifest] = []
    notes: list[str] = []
    for document, preferences in found:
        if document.manifest["kind"] == "Namespace" and _exists(document.manifest["metadata"]["name"]):
            notes.append(f"{document.reference} exists in every cluster; it is left out.")
            continue
        objects, said = _divided(document, preferences, members, failover)
        manifests += objects
        notes += said
    everything = [*_namespaces(manifests), *manifests]
    notes += _unfederated(everything)
    return Plan(tuple(sorted(everything, key=stage)), tuple(notes))


def _refuse_twins(documents: Iterable[Document]) -> None:
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for document in documents:
        group = document.manifest["apiVersion"].rpartition("/")[0]
        places[group, document.reference].append(document.source)
    twins = [f"{name} is in {' and in '.join(at)}" for (_, name), at in places.items() if len(at) > 1]
    if twins:
        raise ManifestError("workloads", "; ".join(twins), "keep one of each")


def _divided(
    document: Document, preferences: Preferences | None, members: Sequence[str], failover: Failover
) -> tuple[list[Manifest], list[str]]:
    """The object as it will be, its division policy if it has preferences, and notes."""
    manifest, kind = document.manifest, _kind(document.manifest)
    notes = list(_without_effect(document))
    if kind == SERVICE:
        return [_without_node_ports(manifest)], notes
    wishes = _preferences(document, preferences) if kind in PREFERENCES else None
    if wishes is None:
        return [manifest], notes
    replicas = _replicas(document)
    key = f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"
    request = Request(key=key, replicas=replicas, clusters=tuple(members), preferences=wishes)
    plan = divide(request).replicas
    placed = sum(plan.values())
    places = {name: plan[name] for name in eligible(request)}
    if strangers := sorted(wishes.clusters.keys() - {EVERY_OTHER, *members}):
        notes.append(
            f"{document.reference}: its preferences name {', '.join(strangers)}, which are no members."
        )
    if placed < replicas:
        notes.append(
            f"{document.reference}: {placed} of {replicas} replicas are placed; its preferences allow no more."
        )
    sized = {**manifest, "spec": {**manifest["spec"], "replicas": placed}}
    return [sized, *([division_policy(sized, places, failover)] if placed else [])], notes


def _preferences(document: Document, default: Preferences | None) -> Preferences | None:
    """Its annotation's, else the topology's, which are for Deployments only."""
    kind = _kind(document.manifest)
    name = PREFERENCES[kind]
    text = (document.manifest["metadata"].get("annotations") or {}).get(name)
    if text is not None:
        return parse_preferences(text, f"{document.reference}, annotation {name}")
    return default if kind == DEPLOYMENT else None


def _replicas(document: Document) -> int:
    spec = document.manifest.get("spec")
    replicas = spec.get("replicas", 1) if isinstance(spec, dict) else None
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        cause = f"spec.replicas of {document.reference} is {replicas!r}"
        raise ManifestError(document.source, cause, "write a whole number, 0 or more")
    return replicas


def _without_node_ports(service: Manifest) -> Manifest:
    """A LoadBalancer Service that takes no node ports.

    The federation API would choose them, and a member that has given one to another Service would refuse this one
    (karmada-io/karmada#7823).
    """
    spec = service.get("spec")
    if not isinstance(spec, dict) or spec.get("type") != "LoadBalancer":
        return service
    return {**service, "spec": {"allocateLoadBalancerNodePorts": False, **spec}}


def _namespaces(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """One for each that is used, and neither there already nor among the manifests."""
    made = {m["metadata"]["name"] for m in manifests if _kind(m) == NAMESPACE}
    used = {m["metadata"]["namespace"] for m in manifests if "namespace" in m["metadata"]}
    for name in sorted(used - made):
        if not _exists(name):
            metadata = {"name": name, "labels": {**LABELS}}
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _exists(namespace: str) -> bool:
    return namespace == "default" or bool(_KEPT.fullmatch(namespace))


def _without_effect(document: Document) -> Iterator[str]:
    """Annotations of kubefed that nothing reads any more."""
    honoured = PREFERENCES.get(_kind(document.manifest))
    for name in document.manifest["metadata"].get("annotations") or {}:
        if name.startswith(_OF_KUBEFED) and name != honoured:
            yield f"{document.reference}: kubefed's annotation {name} has no effect; see docs/placement.md."


def _unfederated(manifests: Sequence[Manifest]) -> Iterator[str]:
    """Objects that stay in the federation API, one note a reason."""
    kept = [m for m in manifests if _KEPT.fullmatch(m["metadata"].get("namespace", ""))]
    if kept:
        names = ", ".join(sorted(Document(m, "").reference for m in kept))
        yield f"Objects of system namespaces are not propagated to the members: {names}."
    selected = {kind for m in manifests if _is_policy(m) for kind in _selected(m)}
    known = {*FEDERATED, *FOLLOWING, NAMESPACE, *selected}
    rest: dict[Kind, list[str]] = defaultdict(list)
    for manifest in manifests:
        if (
            _kind(manifest) not in known
            and "karmada.io" not in manifest["apiVersion"]
            and manifest not in kept
        ):
            rest[_kind(manifest)].append(Document(manifest, "").reference)
    for kind, names_ in sorted(rest.items()):
        yield (
            f"No policy propagates {kind.kind} ({kind.api_version}) to the members: {', '.join(sorted(names_))}. "
            "Add a PropagationPolicy to the manifests."
        )


def _selected(policy: Manifest) -> Iterator[Kind]:
    spec = policy.get("spec")
    selectors = spec.get("resourceSelectors") if isinstance(spec, dict) else None
    for selector in selectors if isinstance(selectors, list) else ():
        if isinstance(selector, dict):
            yield Kind(str(selector.get("apiVersion")), str(selector.get("kind")))


def _is_policy(manifest: Mapping[str, Any]) -> bool:
    return bool(manifest["apiVersion"] == API_VERSION)


def _kind(manifest: Mapping[str, Any]) -> Kind:
    return Kind(manifest["apiVersion"], manifest["kind"])
