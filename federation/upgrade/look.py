"""What runs now: asked of the host cluster and of the federation API. What objects say is read by pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from federation.errors import FederationError
from federation.karmada import health
from federation.karmada.member import CLUSTERS, not_ready
from federation.karmada.release import HASHES
from federation.kube import Kube, Object, Ref
from federation.upgrade.plan import Member, Parts, Seen, Use, number
from federation.upgrade.releases import RETIRED_MODES

_POLICY = "policy.karmada.io/v1alpha1"
_POLICIES = (
    "propagationpolicies",
    "clusterpropagationpolicies",
    "overridepolicies",
    "clusteroverridepolicies",
)
_CRDS = Ref("apiextensions.k8s.io/v1", "customresourcedefinitions")
_KARMADA = "karmada-"
_API_SERVER = "karmada-apiserver"
"""Is Kubernetes' own."""
ETCD = "etcd"


def look(
    host: Kube | None, plane: Kube | None, namespace: str, args: Mapping[str, Mapping[str, str]]
) -> Seen:
    """Ask both, as far as they are given.

    Args:
        host: the cluster of the control plane.
        plane: the federation API.
        namespace: of the control plane.
        args: component → flags that the topology adds.

    Raises `FederationError` if one of them does not answer.
    """
    workloads = _workloads(host, namespace) if host else []
    versions = {w["metadata"]["name"]: version for w in workloads if (version := image_version(w))}
    karmada = {n: v for n, v in versions.items() if n.startswith(_KARMADA) and n != _API_SERVER}
    kubernetes = plane.version().removeprefix("v") if plane else versions.get(_API_SERVER)
    flags = {w["metadata"]["name"]: {*flags_of(w)} for w in workloads}
    for component, added in args.items():
        flags[component] = flags.get(component, set()) | {*added}
    return Seen(
        parts=Parts(min(karmada.values(), key=number, default=None), kubernetes, versions.get(ETCD)),
        images=karmada,
        flags=flags,
        members=_members(plane) if plane else (),
        uses=[use for found in _policies(plane) for use in uses_of(found)] if plane else (),
        stored=_stored(plane) if plane else {},
        hashes={*HASHES},
        unhealthy=[*_unhealthy(plane, workloads)],
    )


def _workloads(host: Kube, namespace: str) -> list[Object]:
    found = [
        {**workload, "plural": kind}
        for kind in ("deployments", "statefulsets")
        for workload in host.list(Ref("apps/v1", kind, namespace=namespace))
    ]
    if not any(workload["metadata"]["name"] == _API_SERVER for workload in found):
        raise FederationError(
            host.name,
            f"namespace {namespace} has no control plane",
            "name its host with --kubeconfig and --context",
        )
    return found


def image_version(workload: Mapping[str, Any]) -> str | None:
    """Of its first container, such as "1.18.2"; None if the image has a digest or another tag."""
    image = str(workload["spec"]["template"]["spec"]["containers"][0]["image"])
    hit = re.search(r":v?(\d+\.\d+\.\d+(?:-\d+)?)$", image.partition("@")[0])
    return hit[1] if hit else None


def flags_of(workload: Mapping[str, Any]) -> Iterator[str]:
    """Names of the flags on its command line."""
    container = workload["spec"]["template"]["spec"]["containers"][0]
    for word in (*(container.get("command") or ()), *(container.get("args") or ())):
        if hit := re.match(r"--([a-z0-9-]+)", str(word)):
            yield hit[1]


def _members(plane: Kube) -> list[Member]:
    found = plane.list(CLUSTERS)
    return [
        Member(
            each["metadata"]["name"],
            str((each.get("status") or {}).get("kubernetesVersion") or "").removeprefix("v"),
            not_ready(each),
        )
        for each in sorted(found, key=lambda each: str(each["metadata"]["name"]))
    ]


def _policies(plane: Kube) -> Iterator[Object]:
    for kind in _POLICIES:
        for policy in plane.list(Ref(_POLICY, kind)):
            yield {**policy, "plural": kind}


def uses_of(policy: Mapping[str, Any]) -> Iterator[Use]:
    """Deprecated fields of a policy (Karmada, pkg/apis/policy/v1alpha1)."""
    metadata, spec = policy["metadata"], policy["spec"]
    kind = str(policy["plural"]).removesuffix("ies") + "y"
    name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    where = f"{kind} {name}"
    if spec.get("association"):
        yield Use(where, "spec.association", "spec.propagateDeps")
    for key in ("targetCluster", "overriders"):
        if spec.get(key):
            yield Use(where, f"spec.{key}", "spec.overrideRules")
    for mode in _modes(spec.get("failover") or {}):
        instead, until = RETIRED_MODES[mode]
        yield Use(where, f"purgeMode {mode}", instead, until)


def _modes(failover: Mapping[str, Any]) -> Iterator[str]:
    for part in failover.values():
        if isinstance(part, Mapping) and part.get("purgeMode") in RETIRED_MODES:
            yield str(part["purgeMode"])


def _stored(plane: Kube) -> dict[str, list[str]]:
    """Of Karmada's kinds: versions that are stored, and were stored before."""
    return {
        crd["metadata"]["name"]: list((crd.get("status") or {}).get("storedVersions") or ())
        for crd in plane.list(_CRDS)
        if crd["metadata"]["name"].endswith(".karmada.io")
    }


def _unhealthy(plane: Kube | None, workloads: Iterable[Object]) -> Iterator[str]:
    for workload in workloads:
        if why := health.rollout(workload, workload["metadata"]["name"]):
            yield why
    if plane and (why := plane.ready()):
        yield f"{plane.server} is not ready: {why}"
