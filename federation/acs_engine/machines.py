"""The machines of an agent pool: their size, their labels, and how they are made."""

from __future__ import annotations

from federation.acs_engine import sources as at
from federation.acs_engine.ledger import Ledger
from federation.acs_engine.sizes import choose
from federation.acs_engine.tree import Node
from federation.acs_engine.values import printable, shown
from federation.topology.sizes import nearest

_EXAMPLE = "Standard_D4ds_v5"


def size_of(pool: Node, index: int, where: str, ledger: Ledger) -> str:
    """The VM size; empty if there is none that could be meant."""
    node = pool.get("vmSize")
    place = f"properties.agentPoolProfiles, pool {index + 1}, vmSize"
    if node is None or not isinstance(node.value, str):
        ledger.refuse_at(node, place, "is missing" if node is None else "is no name of a VM size")
        return ""
    found = choose(node.value[:99])
    if found is None:
        near = nearest(node.value[:99]) or _EXAMPLE
        ledger.refuse(node, f"is no size of machines that is known here; write one such as {near}", at.SIZES)
        return ""
    if found.reason:
        ledger.change(node, f"{where}.vm_size: {found.size}", found.reason, found.source)
    else:
        ledger.keep(node, f"{where}.vm_size: {found.size}", "is still made", at.SIZES)
    return found.size


def labels_of(pool: Node, where: str, ledger: Ledger) -> dict[str, str]:
    """The labels of its nodes."""
    section = pool.get("customNodeLabels")
    labels = {}
    for key, node in (section.fields or ()) if section is not None else ():
        if isinstance(node.value, str) and printable(key) and printable(node.value):
            labels[key] = node.value
            ledger.keep(node, f"{where}.labels: {shown(key)}", "nodes have it")
    return labels


def settings_of(pool: Node, ledger: Ledger) -> None:
    """What says how nodes are made."""
    profile, storage = pool.get("availabilityProfile"), pool.get("storageProfile")
    if _is(profile, "VirtualMachineScaleSets"):
        ledger.keep(profile, "", "AKS makes scale sets", at.AVAILABILITY_SETS)
    else:
        reason = "AKS makes scale sets; availability sets ended on 2025-09-30"
        ledger.change(profile, "VirtualMachineScaleSets", reason, at.AVAILABILITY_SETS)
    if _is(storage, "StorageAccount"):
        ledger.change(storage, "managed disks", "AKS has no disks in storage accounts", at.STORAGE)
    else:
        ledger.keep(
            storage, "", "OS disks are ephemeral where the size has room for one, else managed", at.STORAGE
        )
    if _is(pool.get("osType"), "Linux") or _is(pool.get("osType"), ""):
        ledger.keep(pool.get("osType"), "", "the stack makes Linux nodes")
    ledger.change(
        pool.get("distro"), "Azure Linux", "nodes run Azure Linux, which AKS keeps patched", at.AZURE_LINUX
    )
    fast = pool.get("acceleratedNetworkingEnabled")
    if fast is not None and fast.value is True:
        ledger.keep(fast, "", "AKS turns it on where the VM size can do it")
    else:
        ledger.change(fast, "true", "AKS turns it on where the VM size can do it")


def windows(pool: Node, ledger: Ledger) -> None:
    """Leave out a pool of Windows nodes."""
    reason = "the stack makes Linux nodes only"
    for key in ("name", "count", "vmSize", "osType"):
        ledger.drop(pool.get(key), reason)
    zones = pool.get("availabilityZones")
    for zone in (zones.items or ()) if zones is not None else ():
        ledger.drop(zone, reason)
    name = pool.get("name")
    said = shown(name.value) if name is not None and name.is_leaf else "without a name"
    ledger.notes.append(f"the Windows pool {said} is left out: {reason}")


def _is(node: Node | None, word: str) -> bool:
    return node is not None and isinstance(node.value, str) and node.value.lower() == word.lower()
