"""What becomes of a lab's record when clusters come and go, while the lab is up. Nothing is made or removed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.layout import ClusterLayout, lay_out
from lab.node import cgroups
from lab.ranges import free_place
from lab.state import Record, State
from lab.topology import DEFAULT, Cluster, Topology, parse


def settled(state: State, old: Record | None, wanted: Topology | None) -> Topology:
    """`wanted`, if the lab can become it while it is up: clusters may be added, and that is all.

    Those that came by `add` stay: no topology file knows of them.
    """
    if wanted is None:
        return old.topology if old else DEFAULT
    if old is None or old.topology == wanted:
        return wanted
    named = tuple(c for c in old.topology.clusters if c.name not in old.added)
    kept = wanted.clusters[: len(named)]
    if kept != named or wanted.pod_routing != old.topology.pod_routing:
        raise LabError(
            f"lab {state.lab!r}",
            "it is up with another topology, and only clusters at the end of the list can be added to it",
            "run `lab down` first, or name another lab with --lab",
        )
    others = [c for c in old.topology.clusters if c.name in old.added]
    return _with_clusters(wanted, [*wanted.clusters, *others])


def recorded(state: State, old: Record | None, topology: Topology) -> Record:
    """The record of a lab that becomes `topology`: what is there keeps its groups."""
    hierarchies = cgroups.current()
    groups = {
        node.name: cgroups.directories(hierarchies, cgroups.group_name(state.lab, node.name))
        for node in lay_out(state.lab, topology).nodes
    }
    kept = _usable(old.groups) if old else {}
    return Record(
        topology=topology,
        added=old.added if old else (),
        groups={name: kept.get(name, found) for name, found in groups.items()},
        cgroup_version=hierarchies[0].version,
    )


def _usable(groups: dict[str, tuple[Path, ...]]) -> dict[str, tuple[Path, ...]]:
    """Those that can still be made: after a reboot, the groups above them are others."""
    return {name: paths for name, paths in groups.items() if all(path.parent.is_dir() for path in paths)}


def _with_clusters(topology: Topology, clusters: Sequence[Cluster | Mapping[str, Any]]) -> Topology:
    """The topology with other clusters. Raises `LabError` for names, places or ranges that clash."""
    plain = [c.model_dump() if isinstance(c, Cluster) else dict(c) for c in clusters]
    return parse({**topology.model_dump(), "clusters": plain})


def with_added(state: State, old: Record, cluster: Mapping[str, Any]) -> Record:
    """The record with the cluster in it; without `place` or ranges it gets the lowest place that is free.

    Raises `LabError` when it is there with other settings.
    """
    clusters = old.topology.clusters
    present = old.topology.cluster(str(cluster.get("name")))
    place = present.place if present else free_place([c.place for c in clusters])
    others = [c for c in clusters if c != present]
    topology = _with_clusters(old.topology, [*others, {"place": place, **cluster}])
    if present is None:
        return recorded(state, old, topology).model_copy(update={"added": (*old.added, cluster["name"])})
    if topology.clusters[-1] != present:
        raise LabError(f"cluster {present.name}", "it is there with other settings", "remove it first")
    return recorded(state, old, old.topology)


def without(record: Record, cluster: ClusterLayout) -> Record:
    """The record once the cluster is gone; the others keep their places."""
    gone = {node.name for node in cluster.nodes}
    rest = [c for c in record.topology.clusters if c.name != cluster.name]
    return record.model_copy(
        update={
            "topology": _with_clusters(record.topology, rest),
            "added": tuple(name for name in record.added if name != cluster.name),
            "groups": {name: paths for name, paths in record.groups.items() if name not in gone},
        }
    )
