"""What can't be changed once it is there, and what a PUT that leaves it out means.

Source: "Create or update" of managed clusters and agent pools (REST reference), "Manage node pools", "Limitations", and
the errors that are reported for each property.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab.azure.http import ArmError, Document

CLUSTER = (
    "dnsPrefix",
    "fqdnSubdomain",
    "nodeResourceGroup",
    "enableRBAC",
    "diskEncryptionSetID",
    "networkProfile.networkPlugin",
    "networkProfile.networkPluginMode",
    "networkProfile.networkDataplane",
    "networkProfile.networkMode",
    "networkProfile.podCidr",
    "networkProfile.serviceCidr",
    "networkProfile.dnsServiceIP",
    "networkProfile.loadBalancerSku",
    "networkProfile.ipFamilies",
    "apiServerAccessProfile.enablePrivateCluster",
    "apiServerAccessProfile.privateDNSZone",
)
"""Of `properties`. The outbound type and the network policy can be migrated, so they are not here."""

POOL = (
    "vmSize",
    "osDiskSizeGB",
    "osDiskType",
    "kubeletDiskType",
    "vnetSubnetID",
    "podSubnetID",
    "maxPods",
    "osType",
    "type",
    "availabilityZones",
    "enableNodePublicIP",
    "enableEncryptionAtHost",
    "enableUltraSSD",
    "scaleSetPriority",
    "kubeletConfig",
    "linuxOSConfig",
    "proximityPlacementGroupID",
)
"""Of a pool. With api-versions from 2026 on, `vmSize` can be changed; we speak an older one."""


def read(document: Document, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    found: Any = document
    for word in path.split("."):
        found = found.get(word) if isinstance(found, dict) else None
    return found


def write(document: Document, path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *above, last = path.split(".")
    for word in above:
        document = document.setdefault(word, {})
    document[last] = value


def keep(paths: Iterable[str], before: Document, after: Document, prefix: str) -> None:
    """Put what can't be changed and was left out back into `after`.

    Args:
        prefix: of the property's path in messages.

    Raises the `ArmError` (400) of a value that is another one.
    """
    for path in paths:
        old, new = read(before, path), read(after, path)
        if new is None:
            if old is not None:
                write(after, path, old)
        elif not _same(old, new):
            name = f"{prefix}.{path}"
            raise ArmError(
                400,
                "PropertyChangeNotAllowed",
                f"Changing property '{name}' is not allowed.",
                details=[
                    {
                        "code": "PropertyChangeNotAllowed",
                        "message": f"from {old!r} to {new!r}",
                        "target": name,
                    }
                ],
            )


def _same(old: Any, new: Any) -> bool:
    """Ids and names compare without regard to case, zones without regard to their order."""
    if isinstance(old, str) and isinstance(new, str):
        return old.lower() == new.lower()
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(str, old)) == sorted(map(str, new))
    if not old and not new:
        return True
    return bool(old == new)
