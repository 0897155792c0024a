"""The quota of vCPUs that a subscription has in a region. All sizes count together: families have no quota here."""

from __future__ import annotations

from lab.azure.aks import names, sizes
from lab.azure.http import ArmError
from lab.azure.kinds import Context

VCPUS = 100
"""A new pay-as-you-go subscription has 10 and gets more on demand; `Settings.quotas["vcpus"]` sets another number."""


def require(context: Context, location: str, wanted: int, size: str, *, without: str = "") -> None:
    """Raises the `ArmError` of pools that would take more than is left.

    Args:
        wanted: vCPUs of the new pools, or of those that change.
        size: one of their sizes, for the message.
        without: id under which pools don't count, as they are the ones that change.
    """
    limit = context.settings.quotas.get("vcpus", VCPUS)
    left = limit - used(context, location, without)
    if wanted > left:
        raise ArmError(
            400,
            "ErrCode_InsufficientVCPUQuota",
            "Preflight validation check for resource(s) for container service failed. Message: Insufficient vcpu quota "
            f"requested {wanted}, remaining {max(0, left)} for family {sizes.family(size)} for region {location}. If "
            "you want to increase the quota, please follow this instruction: https://aka.ms/aks/quota",
        )


def used(context: Context, location: str, without: str = "") -> int:
    """vCPUs of all pools in a region."""
    total = 0
    for entry in context.store.of_type(names.POOLS):
        cluster = context.store.get(entry.resource_id.parent) if entry.resource_id.parent else None
        counts = not without or not entry.resource_id.within(without)
        if counts and cluster is not None and cluster.document.get("location") == location:
            total += entry.properties["count"] * (sizes.cpus(entry.properties["vmSize"]) or 0)
    return total
