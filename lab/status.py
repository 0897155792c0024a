"""What a lab looks like now, as plain data and as tables."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from lab.api import Api, Unavailable, condition
from lab.faults import Condition, Hand
from lab.layout import ClusterLayout
from lab.node import cgroups
from lab.state import Record, State


@dataclass(frozen=True, kw_only=True)
class NodeStatus:
    """One node: `condition` is the machine's, `ready` is Kubernetes' own word ("True", "False", "Unknown" or None)."""

    name: str
    address: str
    condition: str
    ready: str | None
    memory_bytes: int | None
    restarts: dict[str, int]
    """Processes that had to be started again since the node was switched on → how often."""


@dataclass(frozen=True, kw_only=True)
class ClusterStatus:
    """One cluster; `problem` says why its API server gives no version."""

    name: str
    server: str
    region: str | None
    zone: str | None
    version: str | None
    problem: str | None
    pods: str
    services: str
    vips: str
    nodes: tuple[NodeStatus, ...]


def collect(state: State, record: Record) -> tuple[ClusterStatus, ...]:
    """Ask every node and every API server of the lab."""
    layout = state.layout(record)
    hand = Hand(state, record, layout)
    return tuple(_cluster(state, record, hand, cluster) for cluster in layout.clusters)


def _cluster(state: State, record: Record, hand: Hand, cluster: ClusterLayout) -> ClusterStatus:
    version, problem, ready = None, None, dict[str, str | None]()
    try:
        api = Api(hand.layout.fabric, cluster, state.cluster_directory(cluster) / "pki")
        version = api.version()
        ready = {n["metadata"]["name"]: condition(n, "Ready") for n in api.items("/api/v1/nodes")}
    except FileNotFoundError:
        problem = "it was never up: it has no certificates"
    except (Unavailable, OSError) as error:
        problem = str(error)
    nodes = []
    for node in cluster.nodes:
        machine = state.machine(record, node)
        now = hand.condition(node)
        restarts = {name: s["starts"] - 1 for name, s in machine.services().items() if s["starts"] > 1}
        nodes.append(
            NodeStatus(
                name=node.name,
                address=str(node.address),
                condition=now.value,
                ready=ready.get(node.name),
                memory_bytes=None if now is Condition.OFF else cgroups.memory_in_use(machine.groups),
                restarts=restarts,
            )
        )
    return ClusterStatus(
        name=cluster.name,
        server=cluster.server,
        region=cluster.region,
        zone=cluster.zone,
        version=version,
        problem=problem,
        pods=str(cluster.pods),
        services=str(cluster.services),
        vips="-".join(map(str, cluster.vip_range)),
        nodes=tuple(nodes),
    )


def as_data(lab: str, clusters: tuple[ClusterStatus, ...]) -> dict[str, Any]:
    """For `--json`."""
    return {"lab": lab, "kernel": platform.release(), "clusters": [asdict(c) for c in clusters]}


def table(clusters: tuple[ClusterStatus, ...]) -> Table:
    """For people."""
    made = Table(box=None, pad_edge=False)
    for column in ("CLUSTER", "VERSION", "REGION/ZONE", "NODE", "ADDRESS", "MACHINE", "READY", "MEMORY"):
        made.add_column(column, no_wrap=True)
    for cluster in clusters:
        place = "/".join(p or "-" for p in (cluster.region, cluster.zone))
        for i, node in enumerate(cluster.nodes):
            memory = "-" if node.memory_bytes is None else f"{node.memory_bytes >> 20} MiB"
            first = (cluster.name, cluster.version or "no answer", place) if i == 0 else ("", "", "")
            made.add_row(*first, node.name, node.address, node.condition, node.ready or "-", memory)
    return made
