"""`lab up` and `lab down`: from nothing to clusters that can be used, and back to nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import changes, kubeconfig, preflight
from lab.cluster import Booter, Say
from lab.errors import LabError
from lab.layout import ClusterLayout, Layout, Node, lay_out
from lab.network import fabric, netns
from lab.node import cgroups
from lab.state import Record, State
from lab.topology import Topology

LOCK_SECONDS = 300.0
"""So long a cluster that comes or goes waits for other commands; `lab up` holds the lab until all is up."""

ADD_SECONDS = 5.0
"""`down` does not wait for an `up`, but for the moment in which the record of a lab changes."""


@dataclass(frozen=True, kw_only=True)
class Supplies:
    """What a lab is made of, found or made by the caller once the machine has passed its checks.

    Attributes:
        program: the path of a program by name. Raises `NotFoundError`.
        image: the full reference of an image by its short name. Raises `NotFoundError`.
        archives: OCI archives with all images of the given names and groups.
    """

    program: Callable[[str], Path]
    image: Callable[[str], str]
    archives: Callable[[Sequence[str]], tuple[Path, ...]]


def plan(state: State, wanted: Topology | None) -> list[str]:
    """What `up` would do, one line each; empty when there is nothing to do. Changes nothing. Raises `LabError`."""
    record = state.record()
    topology = changes.settled(state, record, wanted)
    layout = lay_out(state.lab, topology)
    steps = [] if netns.exists(layout.fabric) else [f"make the fabric {layout.fabric}"]
    for cluster in layout.clusters:
        off = [n.name for n in cluster.nodes if record is None or _is_off(state, record, cluster, n.name)]
        steps += [f"switch on {name}" for name in off]
        if off:
            steps.append(f"wait for cluster {cluster.name} at {cluster.server}")
    return steps


def _is_off(state: State, record: Record, cluster: ClusterLayout, name: str) -> bool:
    node = next(n for n in cluster.nodes if n.name == name)
    return name not in record.groups or state.machine(record, node).init_pid() is None


def up(state: State, wanted: Topology | None, supplies: Callable[[], Supplies], say: Say) -> Layout:
    """Bring the lab to `wanted`, and wait until it can be used. What is there already is kept.

    Args:
        wanted: None means the lab as it is, or else the default of two clusters.

    Raises `LabError`; whatever was made by then, `down` removes and another `up` goes on from.
    """
    preflight.require_linux_and_root()
    with state.lock("up"):
        old = state.record()
        record = changes.recorded(state, old, changes.settled(state, old, wanted))
        layout = state.layout(record)
        off = [n for c in layout.clusters for n in c.nodes if _is_off(state, record, c, n.name)]
        preflight.require(len(off), len({n.cluster for n in off}))
        made = supplies()
        state.save(record)
        fabric.ensure(layout)
        booter = _booter(state, record, made, say)
        _boot_all(booter, layout)
        _write_merged_kubeconfig(state, layout)
        return layout


def _boot_all(booter: Booter, layout: Layout) -> None:
    """As many at once as there are processors: more would only make each of them slower."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for boot in [pool.submit(booter.boot, cluster) for cluster in layout.clusters]:
            boot.result()


def _booter(state: State, record: Record, made: Supplies, say: Say) -> Booter:
    layout = state.layout(record)
    return Booter(
        state=state,
        record=record,
        layout=layout,
        program=made.program,
        image=made.image,
        archives=made.archives(["core", *layout.images]),
        say=say,
    )


def add(
    state: State, cluster: Mapping[str, Any], supplies: Callable[[], Supplies], say: Say
) -> ClusterLayout:
    """Add one cluster to a lab that is up, and wait until it can be used. Several may come up at once.

    The lab is held only while its record changes. A cluster that is there already, whole or in part, is gone on with.

    Args:
        cluster: as in a topology file; without `place` or ranges it gets the lowest place that is free.

    Raises `LabError`; whatever was made by then, `remove` removes and another `add` goes on from.
    """
    preflight.require_linux_and_root()
    made = supplies()
    state.require()
    with state.lock("add", wait=LOCK_SECONDS):
        old = state.require()
        record = changes.with_added(state, old, cluster)
        layout = state.layout(record)
        found = layout.cluster(str(cluster.get("name")))
        off = [n for n in found.nodes if _is_off(state, record, found, n.name)]
        preflight.require(len(off), 1 if off else 0)
        state.save(record)
        fabric.ensure(layout)
    _booter(state, record, made, say).boot(found)
    _merge_again(state)
    return found


def remove(state: State, name: str, say: Say) -> bool:
    """Remove one cluster from a lab that is up, and everything it made. Returns False when there was none.

    Raises `LabError` that names whatever would not go away; another `remove` goes on from there.
    """
    preflight.require_linux_and_root()
    state.require()
    with state.lock("remove", wait=LOCK_SECONDS):
        record = state.require()
        if record.topology.cluster(name) is None:
            return False
        layout = state.layout(record)
        cluster = layout.cluster(name)
        if left := _remove_nodes(state, record, cluster.nodes):
            raise LabError(f"cluster {name}", f"still there: {', '.join(left)}", "remove it again")
        fabric.remove(layout, cluster)
        for directory in (
            state.cluster_directory(cluster),
            *(state.node_directory(n) for n in cluster.nodes),
        ):
            shutil.rmtree(directory, ignore_errors=not directory.exists())
        rest = changes.without(record, cluster)
        state.save(rest)
        fabric.ensure(state.layout(rest))
        _write_merged_kubeconfig(state, state.layout(rest))
    say(name, "removed")
    return True


def _merge_again(state: State) -> None:
    with state.lock("add", wait=LOCK_SECONDS):
        _write_merged_kubeconfig(state, state.layout(state.require()))


def _write_merged_kubeconfig(state: State, layout: Layout) -> None:
    """Of the clusters that have their certificates: others may be about to come up."""
    known = [(c, state.cluster_directory(c) / "pki") for c in layout.clusters]
    configs = (kubeconfig.kubeconfig(c, pki, "admin") for c, pki in known if pki.exists())
    kubeconfig.write(state.merged_kubeconfig, kubeconfig.merge(configs))


def down(state: State, say: Say, *, force: bool = False) -> bool:
    """Remove the lab and everything it made. Returns False when there was none.

    Args:
        force: go on when the record can't be read; what can't be known from names is then left and reported.

    Raises `LabError` that names whatever would not go away.
    """
    preflight.require_linux_and_root()
    if not state.directory.exists():
        return False
    with state.lock("down", wait=ADD_SECONDS):
        if (record := _readable(state, force=force)) is not None:
            left = _remove_machines(state, record, say)
            if left:
                raise LabError(
                    f"lab {state.lab!r}", f"still there: {', '.join(left)}", "run `lab down` again"
                )
        shutil.rmtree(state.directory)
    return True


def _readable(state: State, *, force: bool) -> Record | None:
    try:
        return state.record()
    except LabError:
        if not force:
            raise
        return None


def _remove_machines(state: State, record: Record, say: Say) -> list[str]:
    """Visitors go first: among them may be one that adds clusters."""
    layout = state.layout(record)
    visitors = [f"process {pid} in the fabric" for pid in end_visitors(layout, say)]
    left = [*_remove_nodes(state, record, layout.nodes), *visitors]
    fabric.delete(layout)
    netns.release_directory()
    return left


def _remove_nodes(state: State, record: Record, nodes: Sequence[Node]) -> list[str]:
    """Returns what would not go away."""
    machines = [state.machine(record, node) for node in nodes]
    left = [f"process {pid} of {m.node.name}" for m in machines for pid in m.power_off()]
    for machine in machines:
        machine.wait_for_groups()
        left += map(str, cgroups.remove(machine.groups))
        fabric.disconnect(state.layout(record), machine.node)
    return left


def end_visitors(layout: Layout, say: Say) -> list[int]:
    """End what `lab exec` and `lab forward` started in the fabric. Returns what would not end."""
    if visitors := netns.processes(layout.fabric):
        say(layout.lab, f"ending {len(visitors)} processes that still run in the fabric")
    return netns.end_processes(layout.fabric)
