"""What holds for one agent pool, by itself: name, size, zones, counts, version; and what AKS fills in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lab.azure import regions
from lab.azure.aks import sizes, versions
from lab.azure.http import ArmError, Document

_NAME = re.compile(r"[a-z][a-z0-9]{0,11}")
_TAINT = re.compile(r"[^=:]+(=[^=:]*)?:(NoSchedule|PreferNoSchedule|NoExecute)")
_RESERVED = ("kubernetes.azure.com", "kubernetes.io", "k8s.io")
_SURGE = re.compile(r"\d+%?")
MOST_NODES = 1000
ZONES = ("1", "2", "3")

DEFAULTS: Document = {
    "count": 1,
    "osDiskType": "Managed",
    "osDiskSizeGB": 128,
    "kubeletDiskType": "OS",
    "maxPods": 110,
    "type": "VirtualMachineScaleSets",
    "enableAutoScaling": False,
    "scaleDownMode": "Delete",
    "enableNodePublicIP": False,
    "mode": "User",
    "osType": "Linux",
    "osSKU": "Ubuntu",
    "enableEncryptionAtHost": False,
    "enableUltraSSD": False,
    "enableFIPS": False,
    "upgradeSettings": {"maxSurge": "10%", "maxUnavailable": "0"},
}


def invalid(parameter: str, why: str) -> ArmError:
    """The error of AKS for most mistakes."""
    return ArmError(
        400, "InvalidParameter", f"The value of parameter {parameter} is invalid. Error details: {why}."
    )


def filled(pool: Document, cluster_version: str) -> Document:
    """The pool with what AKS fills in."""
    return {
        **DEFAULTS,
        "orchestratorVersion": cluster_version,
        **{k: v for k, v in pool.items() if v is not None},
    }


def scaled(before: Document, pool: Document) -> None:
    """The count of a pool that is there is its autoscaler's: what is sent is passed over, and the least is enforced.

    So the least may be raised above what there is (AKS#1758, and the release of AKS of 2021-07-22).
    """
    low, high = pool.get("minCount"), pool.get("maxCount")
    if pool.get("enableAutoScaling") and low is not None and high is not None and low <= high:
        pool["count"] = min(max(before["count"], low), high)


def check(name: str, pool: Document, location: str, cluster_version: str) -> int:
    """Check a pool that was filled. Returns how many vCPUs it takes. Raises `ArmError`."""
    if not _NAME.fullmatch(name):
        raise invalid(
            "agentPoolProfile.name",
            f"'{name}' must begin with a lower-case letter, and have up to 12 lower-case letters and digits",
        )
    if not pool.get("vmSize"):
        raise ArmError(
            400, "InvalidParameter", "Required parameter agentPoolProfile.vmSize is missing (null)."
        )
    system = pool["mode"] == "System"
    each = sizes.require(pool["vmSize"], location, system=system)
    _check_kind(name, pool, system=system)
    _check_zones(name, pool, location)
    _check_counts(name, pool, system=system)
    _check_nodes(name, pool)
    versions.require_supported(pool["orchestratorVersion"], name)
    versions.require_pool(name, pool["orchestratorVersion"], cluster_version)
    return int(pool["count"]) * each


def _check_kind(name: str, pool: Document, *, system: bool) -> None:
    if system and pool["osType"] != "Linux":
        raise invalid("agentPoolProfile.osType", f"system pool {name} must run Linux")
    if system and pool.get("scaleSetPriority") == "Spot":
        raise invalid("agentPoolProfile.scaleSetPriority", f"system pool {name} can't be a spot pool")
    if pool["type"] == "AvailabilitySet" and pool.get("availabilityZones"):
        raise invalid(
            "agentPoolProfile.type", f"pool {name} of type AvailabilitySet can't have availability zones"
        )


def _check_zones(name: str, pool: Document, location: str) -> None:
    asked = [str(zone) for zone in pool.get("availabilityZones") or []]
    known = ZONES if regions.REGIONS.get(location) else ()
    if wrong := [zone for zone in asked if zone not in known]:
        raise ArmError(
            400,
            "AvailabilityZoneNotSupported",
            f"Preflight validation check for resource(s) for container service failed. Message: The zone(s) "
            f"'{', '.join(wrong)}' for resource '{name}' is not supported. The supported zones for location "
            f"'{location}' are '{','.join(known)}'",
        )


def _check_counts(name: str, pool: Document, *, system: bool) -> None:
    count, low, high = pool["count"], pool.get("minCount"), pool.get("maxCount")
    least = 1 if system else 0
    if not least <= count <= MOST_NODES:
        raise invalid(
            "agentPoolProfile.count", f"{count} of pool {name} is not within {least} and {MOST_NODES}"
        )
    if not pool["enableAutoScaling"]:
        if low is not None or high is not None:
            raise invalid(
                "agentPoolProfile.enableAutoScaling",
                f"pool {name} has minCount or maxCount, and no autoscaler",
            )
        return
    if low is None or high is None:
        raise invalid(
            "agentPoolProfile.minCount", f"the autoscaler of pool {name} needs minCount and maxCount"
        )
    if not least <= low <= high <= MOST_NODES:
        raise invalid("agentPoolProfile.minCount", f"pool {name} has minCount {low} and maxCount {high}")
    if not low <= count <= high:
        raise invalid(
            "agentPoolProfile.count",
            f"{count} of pool {name} is not within minCount {low} and maxCount {high}",
        )


def _check_nodes(name: str, pool: Document) -> None:
    if not 10 <= pool["maxPods"] <= 250:
        raise invalid(
            "agentPoolProfile.maxPods", f"{pool['maxPods']} of pool {name} is not within 10 and 250"
        )
    for taint in pool.get("nodeTaints") or []:
        if not _TAINT.fullmatch(taint):
            raise invalid("agentPoolProfile.nodeTaints", f"'{taint}' of pool {name} is not key=value:effect")
    for label in pool.get("nodeLabels") or {}:
        domain = label.partition("/")[0] if "/" in label else ""
        if any(domain == word or domain.endswith(f".{word}") for word in _RESERVED):
            raise invalid(
                "agentPoolProfile.nodeLabels", f"the prefix of '{label}' of pool {name} is reserved"
            )
    surge = (pool.get("upgradeSettings") or {}).get("maxSurge")
    if surge is not None and not _SURGE.fullmatch(surge):
        raise invalid(
            "agentPoolProfile.upgradeSettings.maxSurge",
            f"'{surge}' of pool {name} is no number or percentage",
        )


def require_system(pools: Iterable[Document]) -> None:
    """Raises the `ArmError` of a cluster that would have no system pool."""
    if not any(pool.get("mode") == "System" and pool.get("count", 0) > 0 for pool in pools):
        raise ArmError(
            400,
            "InvalidParameter",
            "There has to be at least one system agent pool with at least one node. For more details, please visit "
            "https://aka.ms/aks/system-node-pools",
        )


def computed(version: str) -> Document:
    """What only AKS says of a pool.

    Args:
        version: the Kubernetes version that runs.
    """
    return {
        "currentOrchestratorVersion": version,
        "nodeImageVersion": "AKSUbuntu-2204gen2containerd-202511.07.0",
        "powerState": {"code": "Running"},
    }
