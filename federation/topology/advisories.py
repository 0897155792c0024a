"""What is no mistake in a topology, and still should be known before it is acted on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from federation.topology import sizes, versions
from federation.topology.aks import AksCluster
from federation.topology.models import Topology
from federation.topology.regions import REGIONS


def advisories(topology: Topology, today: date | None = None) -> tuple[str, ...]:
    """A line for each, in the order of the topology.

    Args:
        topology: checked already.
        today: when that is; by the clock if left out.
    """
    day = today or datetime.now(UTC).date()
    aks = [cluster for cluster in topology.clusters if isinstance(cluster, AksCluster)]
    found = [line for cluster in aks for line in _cluster(cluster, day)]
    return (*found, *_together(aks))


def _cluster(cluster: AksCluster, today: date) -> Iterator[str]:
    for line in (*_place(cluster), *_access(cluster), *_version(cluster, today), *_sizes(cluster, today)):
        yield f"cluster {cluster.name}: {line}"


def _place(cluster: AksCluster) -> Iterator[str]:
    if not REGIONS[cluster.location]:
        yield (
            f"{cluster.location} has no availability zones: its nodes may fail together, and 99.9 % of uptime are "
            "promised instead of 99.95 %. Next: take a region with zones, if one is near"
        )
    if cluster.tier == "Free":
        yield "tier Free has no promised uptime and is meant for tests. Next: leave tier out"


def _access(cluster: AksCluster) -> Iterator[str]:
    if not cluster.private and not cluster.authorized_ranges:
        yield (
            "its API server lets in the federation's clusters in Azure and nobody else. Next: name the addresses that "
            "you and clusters elsewhere come from in authorized_ranges"
        )


def _version(cluster: AksCluster, today: date) -> Iterator[str]:
    last = versions.ends(cluster.kubernetes_version, long_term=cluster.tier == "Premium")
    if today > last:
        when = f"ended on {last}"
    elif today >= last - timedelta(days=versions.SOON_DAYS):
        when = f"ends on {last}"
    else:
        return
    newer = [known for known in versions.ENDS if known > versions.minor(cluster.kubernetes_version)]
    step = (
        f"raise kubernetes_version to {versions.shown(min(newer))}" if newer else "see what AKS supports now"
    )
    yield f"support of Kubernetes {cluster.kubernetes_version} {when}. Next: {step}"


def _sizes(cluster: AksCluster, today: date) -> Iterator[str]:
    for pool in (cluster.system, *cluster.pools):
        size = sizes.SIZES[pool.vm_size]
        if size.retires is not None:
            tense = "were stopped for good" if today >= size.retires else "will be stopped for good"
            yield (
                f"pool {pool.name}: machines of size {size.name} {tense} on {size.retires}. "
                f"Next: take {size.successor}"
            )
        if pool.mode == "System" and size.burstable:
            yield f"pool {pool.name}: {size.name} is throttled under load. Next: take a size of series D for it"


def _together(clusters: list[AksCluster]) -> Iterator[str]:
    first: dict[tuple[str, str], str] = {}
    for cluster in clusters:
        window = cluster.maintenance.window(cluster.name)
        if window in first:
            yield (
                f"cluster {cluster.name}: is upgraded in the same window as {first[window]} "
                f"({window[0]}, {window[1]} UTC). Next: give one of them another maintenance.weekday"
            )
        first.setdefault(window, cluster.name)
