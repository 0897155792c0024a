"""Measures a federation where its clusters can be reached: `lab exec -- python -m bench.measure`.

Prints samples as JSON on standard output (bench/goals.py says what each is), and how far it is on standard error.
`make bench` brings the lab up first, and makes a table of it. What is started or deployed here is removed again.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import peer
from bench.members import ApiMember, Members, generated
from bench.stack import FEDERATION, Cluster, Stack, Topology, cluster, crds, topology
from federation.deadline import Deadline
from federation.karmada import join, leave
from federation.karmada.member import MemberSpec, not_ready
from federation.kube import Kube, Ref
from federation.kubeconfig import access, read
from lab.errors import LabError
from lab.shell import run
from lab.tools.toolbox import Toolbox

HOST, MEMBER = "fc01", "fc02"
MORE = 8  # members that join beside one
JOIN_SECONDS = 120.0
SETTLE_SECONDS = 20.0  # until nine API servers are done with their first minute's work
SMALL, LARGE = 20, 100  # members of a preview
PARTS = ("plane", "join", "unchanged", "preview", "members")


class Bench:
    """One run of all measurements.

    Args:
        work: directory for all that is written.
        repeat: how often each figure is measured.
    """

    def __init__(self, work: Path, repeat: int) -> None:
        self.samples: dict[str, list[float]] = defaultdict(list)
        self._work, self._repeat = work, repeat
        self._kubeconfig = Path(os.environ["KUBECONFIG"])
        self._crds = crds()
        self._stack = Stack(f"bench-{os.getpid()}", work / "stack")

    def measure(self, parts: Sequence[str]) -> None:
        """These parts, in the order of `PARTS`. The stack goes at the end, however it ends."""
        try:
            if "plane" in parts:
                self._planes()
            else:
                self._up(self._host_alone())
            for part in parts:
                if part != "plane":
                    getattr(self, f"_{part}")()
        finally:
            self._record("destroy", self._stack.destroy().seconds)
            self._stack.remove()

    def _record(self, figure: str, value: float) -> None:
        self.samples[figure].append(value)
        print(f"{figure}: {value:.2f}", file=sys.stderr, flush=True)

    @contextmanager
    def _timed(self, figure: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._record(figure, time.monotonic() - start)

    def _up(self, wanted: Topology) -> float:
        self._stack.configure(wanted)
        return self._stack.up().seconds

    # Control plane

    def _planes(self) -> None:
        """karmadactl's and ours in turn, as both want the same port of the host. The last one stays."""
        archive = peer.archive(self._crds, self._work / "crds.tar.gz")
        for left in reversed(range(self._repeat)):
            rival = peer.karmadactl(self._kubeconfig, HOST, Path(tempfile.mkdtemp(dir=self._work)))
            try:
                with self._timed("karmadactl init"):
                    run(rival.init(archive), timeout=peer.SECONDS)
            finally:
                peer.removed(rival, Toolbox().path("kubectl"))
            self._record("plane", self._up(self._host_alone()))
            if left:
                self._stack.destroy()

    def _host_alone(self) -> Topology:
        return topology(self._cluster(HOST, join=False), crds=str(self._crds))

    def _cluster(self, name: str, **more: object) -> Cluster:
        return cluster(name, str(self._kubeconfig), **more)

    # Join

    def _join(self) -> None:
        """karmadactl's and ours in turn, into the same control plane, each until the `Cluster` is Ready."""
        federation = self._work / "federation.kubeconfig"
        federation.write_text(text := self._stack.output("kubeconfig"))
        plane = Kube.connect(text, "federation")
        spec = MemberSpec(
            MEMBER,
            FEDERATION,
            region="us",
            kubeconfig=read(str(self._kubeconfig), context=MEMBER),
            federation_kubeconfig=text,
        )
        rival = peer.karmadactl(self._kubeconfig, HOST, self._work)
        for _ in range(self._repeat):
            with self._timed("karmadactl join"):
                run(rival.join(MEMBER, federation), timeout=JOIN_SECONDS)
                _wait(lambda: _readiness(spec, plane))
            run(rival.unjoin(MEMBER, federation), timeout=JOIN_SECONDS)
            _wait(lambda: _presence(spec, plane))
            with self._timed("join"):
                join.join(spec, _due())
            member = Kube(access(spec.kubeconfig), spec.subject)
            leave.leave(spec, member, plane, _due(), say=lambda _: None)

    # The stack

    def _walk_through(self, *more: Cluster) -> Topology:
        both = [self._cluster(HOST), self._cluster(MEMBER)]
        return topology(*both, *more, crds=str(self._crds), workloads=["apps/nginx"])

    def _unchanged(self) -> None:
        self._up(self._walk_through())
        for _ in range(self._repeat):
            self._record("unchanged", self._stack.up("--expect-no-changes").seconds)

    def _preview(self) -> None:
        """Of a new stack, and of one whose control plane is there. Nobody is asked, so the members need not exist."""
        self._up(self._walk_through())
        files = generated([f"m{i:03}" for i in range(1, LARGE - 1)], self._work)
        more = [cluster(file.stem, str(file)) for file in files]
        fresh = Stack(f"{self._stack.name}-fresh", self._work / "fresh")
        try:
            for _ in range(self._repeat):
                for size in (SMALL, LARGE):
                    wanted = self._walk_through(*more[: size - 2])
                    self._preview_of(fresh, wanted, f"of {size}")
                    self._preview_of(self._stack, wanted, f"of {size}, deployed")
        finally:
            fresh.remove()
            self._stack.configure(self._walk_through())

    def _preview_of(self, stack: Stack, wanted: Topology, what: str) -> None:
        stack.configure(wanted)
        done = stack.preview()
        self._record(f"preview {what}", done.seconds)
        self._record(f"memory {what}", done.memory)

    # Members

    def _members(self) -> None:
        """Members without nodes: one, and then eight more, each time by `pulumi up`."""
        self._up(self._walk_through())
        names = [f"api{i}" for i in range(1, MORE + 2)]
        members = Members(names, _own_address(self._kubeconfig), self._work / "api", Toolbox().path)
        try:
            members.start()
            time.sleep(SETTLE_SECONDS)
            with self._without_members():
                for _ in range(self._repeat):
                    self._record("1 member", self._up(self._walk_through(*_as_clusters(members.members[:1]))))
                    self._record("8 members", self._up(self._walk_through(*_as_clusters(members.members))))
                    self._up(self._walk_through())
        finally:
            members.stop()

    @contextmanager
    def _without_members(self) -> Iterator[None]:
        """Afterwards, they have left, which they cannot do once they have ended."""
        try:
            yield
        finally:
            self._up(self._walk_through())


def _as_clusters(members: Iterable[ApiMember]) -> list[Cluster]:
    return [cluster(m.name, str(m.kubeconfig_file)) for m in members]


def _readiness(spec: MemberSpec, plane: Kube) -> str | None:
    found = plane.get(spec.cluster_ref)
    return "there is no such Cluster" if found is None else not_ready(found)


def _presence(spec: MemberSpec, plane: Kube) -> str | None:
    """What the next join would have to wait for."""
    left = [
        ref for ref in (spec.cluster_ref, Ref("v1", "namespaces", spec.execution_space)) if plane.get(ref)
    ]
    return f"{left[0]} is still there" if left else None


def _due() -> Deadline:
    return Deadline(JOIN_SECONDS, progress=lambda text: print(text, file=sys.stderr))


def _wait(probe: Callable[[], str | None]) -> None:
    _due().until(f"member {MEMBER}", probe, fix="read the logs of karmada-controller-manager", interval=0.05)


def _own_address(kubeconfig: Path) -> str:
    """This network's address on the side of the host cluster, where its pods can reach us. No packet is sent."""
    server = access(read(str(kubeconfig), context=HOST)).server
    host, _, port = server.removeprefix("https://").rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, int(port)))
        return str(probe.getsockname()[0])


def main() -> None:
    """Print samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    chosen = parser.parse_args()
    place = Path(os.environ["KUBECONFIG"]).parent  # of the lab: what a killed run leaves goes with that
    with tempfile.TemporaryDirectory(prefix="bench-", dir=place) as work:
        bench = Bench(Path(work), chosen.repeat)
        try:
            bench.measure([part for part in PARTS if part in chosen.parts])
        except LabError as error:
            sys.exit(f"error: {error}")
        finally:
            print(json.dumps(bench.samples))


if __name__ == "__main__":
    main()
