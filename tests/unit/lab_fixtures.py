"""What the tests of the lab share: topologies of every shape, and a machine that has no lab."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from lab.errors import LabError
from lab.layout import Layout, Node, lay_out
from lab.network import netns
from lab.node import files as node_files
from lab.state import Record, State
from lab.topology import DEFAULT, Topology, parse


def refusal(work: Callable[[], object]) -> str:
    """What the user is told when `work` refuses."""
    with pytest.raises(LabError) as refused:
        work()
    return str(refused.value)


@st.composite
def topologies(draw: st.DrawFn) -> Topology:
    """Topologies without mistakes: some ranges given, of many sizes, the others left to their defaults."""
    clusters = []
    for i in range(draw(st.integers(1, 6))):
        workers = draw(st.integers(0, 20))
        cluster: dict[str, Any] = {"name": f"c{i}", "workers": workers}
        if draw(st.booleans()):
            # A /27 has room for 13 nodes, a /26 for 37.
            cluster["nodes"] = f"172.{16 + i}.0.0/{draw(st.integers(16, 27 if workers < 13 else 26))}"
        if draw(st.booleans()):
            narrowest = 24 - workers.bit_length()  # so many bits tell the nodes apart
            cluster["pods"] = f"11.{i}.0.0/{draw(st.integers(16, narrowest))}"
        clusters.append(cluster)
    return parse({"clusters": clusters, "pod_routing": draw(st.booleans())})


def two_clusters() -> Layout:
    """The default lab, laid out."""
    return lay_out("lab", DEFAULT)


def with_worker() -> Layout:
    """One cluster of two nodes that nobody said a place of."""
    return lay_out("lab", parse({"clusters": [{"name": "fc01", "workers": 1}]}))


def networks(layout: Layout) -> list[IPv4Network]:
    """Every range that must be alone in the lab."""
    return [network for c in layout.clusters for network in (c.node_range, c.pods)]


@pytest.fixture(name="machine")
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As root on a machine with no lab and no network namespace; the directory holds `state` and `netns`."""
    monkeypatch.setenv("FEDERATION_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FEDERATION_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LAB_NAME", raising=False)
    monkeypatch.setattr(netns, "DIRECTORY", tmp_path / "netns")
    monkeypatch.setattr(netns, "CLAIM", tmp_path / "claim")
    (tmp_path / "cni").mkdir()
    (tmp_path / "cni" / "bridge").touch(mode=0o755)
    monkeypatch.setattr(node_files, "CNI_PLUGIN_DIRECTORIES", (tmp_path / "cni",))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return tmp_path


def remembered(state: State, topology: Topology = DEFAULT) -> Record:
    """The record of a lab whose machines are all off, as after a crash of the whole machine."""
    root = state.directory.parent.parent / "cgroup"
    nodes: tuple[Node, ...] = lay_out(state.lab, topology).nodes
    record = Record(
        topology=topology,
        groups={node.name: (root / node.name,) for node in nodes},
        cgroup_version=2,
    )
    state.directory.mkdir(parents=True)
    state.save(record)
    return record
