"""`lab up` and `lab down`: from nothing to clusters that can be used, and back to nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab import kubeconfig, preflight
from lab.cluster import Booter, Say
from lab.errors import LabError
from lab.layout import ClusterLayout, Layout, lay_out
from lab.network import fabric, netns
from lab.node import cgroups
from lab.state import Record, State
from lab.topology import DEFAULT, Topology


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
    topology = _settled(state, record, wanted)
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
        record = _record(state, wanted)
        layout = state.layout(record)
        off = [n for c in layout.clusters for n in c.nodes if _is_off(state, record, c, n.name)]
        preflight.require(len(off), len({n.cluster for n in off}))
        made = supplies()
        state.save(record)
        fabric.ensure(layout)
        booter = Booter(
            state=state,
            record=record,
            layout=layout,
            program=made.program,
            image=made.image,
            archives=made.archives(["core", *layout.images]),
            say=say,
        )
        _boot_all(booter, layout)
        _write_merged_kubeconfig(state, layout)
        return layout


def _boot_all(booter: Booter, layout: Layout) -> None:
    """As many at once as there are processors: more would only make each of them slower."""
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for boot in [pool.submit(booter.boot, cluster) for cluster in layout.clusters]:
            boot.result()


def _record(state: State, wanted: Topology | None) -> Record:
    old = state.record()
    topology = _settled(state, old, wanted)
    hierarchies = cgroups.current()
    groups = {
        node.name: cgroups.directories(hierarchies, cgroups.group_name(state.lab, node.name))
        for node in lay_out(state.lab, topology).nodes
    }
    return Record(
        topology=topology,
        groups={**groups, **(_usable(old.groups) if old else {})},
        cgroup_version=hierarchies[0].version,
    )


def _usable(groups: dict[str, tuple[Path, ...]]) -> dict[str, tuple[Path, ...]]:
    """Those that can still be made: after a reboot, the groups above them are others."""
    return {name: paths for name, paths in groups.items() if all(path.parent.is_dir() for path in paths)}


def _settled(state: State, old: Record | None, wanted: Topology | None) -> Topology:
    """`wanted`, if the lab can become it while it is up: clusters may be added, and that is all."""
    if wanted is None:
        return old.topology if old else DEFAULT
    if old is None or old.topology == wanted:
        return wanted
    kept = wanted.clusters[: len(old.topology.clusters)]
    if kept != old.topology.clusters or wanted.pod_routing != old.topology.pod_routing:
        raise LabError(
            f"lab {state.lab!r}",
            "it is up with another topology, and only clusters at the end of the list can be added to it",
            "run `lab down` first, or name another lab with --lab",
        )
    return wanted


def _write_merged_kubeconfig(state: State, layout: Layout) -> None:
    configs = (kubeconfig.kubeconfig(c, state.cluster_directory(c) / "pki", "admin") for c in layout.clusters)
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
    with state.lock("down"):
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
    layout = state.layout(record)
    machines = [state.machine(record, node) for node in layout.nodes]
    left = [f"process {pid} of {m.node.name}" for m in machines for pid in m.power_off()]
    for machine in machines:
        machine.wait_for_groups()
        left += map(str, cgroups.remove(machine.groups))
        fabric.disconnect(layout, machine.node)
    left += [f"process {pid} in the fabric" for pid in end_visitors(layout, say)]
    fabric.delete(layout)
    netns.release_directory()
    return left


def end_visitors(layout: Layout, say: Say) -> list[int]:
    """End what `lab exec` and `lab forward` started in the fabric. Returns what would not end."""
    if visitors := netns.processes(layout.fabric):
        say(layout.lab, f"ending {len(visitors)} processes that still run in the fabric")
    return netns.end_processes(layout.fabric)
