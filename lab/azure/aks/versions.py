"""Kubernetes versions that AKS would take, and the steps between them.

The lab has one build of Kubernetes, and runs it whatever version is asked for: a cluster's `kubernetesVersion` is what
was asked for, its `currentKubernetesVersion` is what runs. Rules of upgrades go by what was asked for.
Source: AKS release calendar (N-2, and one more in long-term support), and its version skew policy.
"""

from __future__ import annotations

import re

from lab.azure.http import ArmError

SUPPORTED = ("1.33", "1.34", "1.35", "1.36")
DEFAULT = "1.35"
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def minor(version: str) -> str:
    """`1.34` of `1.34.2`."""
    return ".".join(version.split(".")[:2])


def require_supported(version: str, cluster: str) -> None:
    """Raises the `ArmError` (400) of a version that is none, or too old, or not there yet."""
    if _VERSION.fullmatch(version) and minor(version) in SUPPORTED:
        return
    raise ArmError(
        400,
        "K8sVersionNotSupported",
        f"Managed cluster {cluster} is on version {version}, which is not supported in this region. Please use "
        "[az aks get-versions] command to get the supported version list in this region "
        f"({', '.join(SUPPORTED)}). For more information, please check https://aka.ms/supported-version-list",
    )


def require_step(before: str, after: str) -> None:
    """Raises the `ArmError` (400) of an upgrade that skips a minor version, or of a way back."""
    old, new = _numbers(before), _numbers(after)
    if new[:2] == old[:2]:
        if len(new) < 3 or len(old) < 3 or new[2] >= old[2]:
            return
    elif new[0] == old[0] and new[1] == old[1] + 1:
        return
    later = [v for v in SUPPORTED if _numbers(v)[1] in (old[1], old[1] + 1)]
    raise ArmError(
        400,
        "OperationNotAllowed",
        f"Upgrading Kubernetes version {before} to {after} is not allowed. Available upgrades: "
        f"[{', '.join(later)}]. Please see https://aka.ms/version-skew-policy for version details.",
    )


def require_no_way_back(before: str, after: str) -> None:
    """Raises the `ArmError` (400) of nodes that would become older than they are."""
    if _numbers(after) < _numbers(before)[: len(_numbers(after))]:
        raise ArmError(
            400,
            "OperationNotAllowed",
            f"Downgrading node pool version {before} to {after} is not allowed. Please see "
            "https://aka.ms/version-skew-policy for version details.",
        )


def require_pool(pool: str, version: str, cluster_version: str) -> None:
    """Raises the `ArmError` (400) of nodes newer than their control plane, or more than three minors older."""
    nodes, plane = _numbers(version), _numbers(cluster_version)
    newer = nodes[:2] > plane[:2] or (len(nodes) == len(plane) == 3 and nodes > plane)
    if newer or plane[1] - nodes[1] > 3:
        raise ArmError(
            400,
            "NodePoolMcVersionIncompatible",
            f"Node pool version {version} and control plane version {cluster_version} are incompatible. Minor version "
            f"of node pool {pool} must be within 3 of the control plane's, and not above it. For more information, "
            "please check https://aka.ms/aks/UpgradeVersionRules",
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(word) for word in version.split("."))
