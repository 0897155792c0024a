"""Measures names and virtual IPs where the clusters can be reached: `lab exec -- python -m bench.names_measure`.

Prints samples as JSON on standard output (bench/names_goals.py says what each is), and how far it is on standard
error. `make bench` brings the lab up first, and makes a table of it; what is deployed goes with the lab.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from bench import names_plan
from bench.names_answers import Log, settled, unanswered
from bench.names_failover import Failover
from bench.names_race import Race
from bench.names_site import GATEWAYS, HOST, MEMBER, Site, eventually, fault
from federation.errors import FederationError
from federation.kube import Kube, Ref
from lab.errors import LabError

PARTS = ("plan", "memory", "answer", "emptied", "killed", "failover")
MEMBERS, SERVICES = 20, 1000
"""Of the facts that are planned."""
IDLE_SECONDS = 20.0
KILLED_SECONDS, EMPTIED_SECONDS = 120.0, 30.0
"""After which a name that still answers with what is lost ends the measurement."""
CONTROLLERS = {
    "dns": (HOST, "federation-dns", "dns-controller"),
    "vip": (GATEWAYS, "federation-vips", "vip-controller"),
}
"""Figure → cluster, namespace and label of the pods."""


class Bench:
    """One run of all measurements.

    Args:
        work: directory for all that is written.
        repeat: how often most figures are measured.
        services: how many are created, one after the other.
        kills: how often a member is.
    """

    def __init__(self, work: Path, *, repeat: int, services: int, kills: int) -> None:
        self.samples: dict[str, list[float]] = defaultdict(list)
        self._work, self._repeat, self._services, self._kills = work, repeat, services, kills

    def measure(self, parts: Sequence[str]) -> None:
        """These parts, in this order. One that fails leaves its figures out; the others may have taken hours."""
        for part in parts:
            try:
                getattr(self, f"_{part}")()
            except (LabError, FederationError) as error:
                print(f"error: {part}: {error}", file=sys.stderr, flush=True)

    @cached_property
    def _site(self) -> Site:
        """Deployed when it is needed first: a plan needs none."""
        return Site(self._work)

    def _record(self, figure: str, value: float) -> None:
        self.samples[figure].append(value)
        print(f"{figure}: {value:.2f}", file=sys.stderr, flush=True)

    def _plan(self) -> None:
        file = self._work / "facts.json"
        file.write_text(json.dumps(names_plan.facts(MEMBERS, SERVICES)))
        for _ in range(self._repeat):
            argv = [sys.executable, "-m", "bench.names_plan", str(file)]
            found = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout)
            self._record("plan", found["seconds"])
            self._record("processor time of the plan", found["processor"])
            self._record("memory of the plan", found["bytes"] / 1e6)

    def _memory(self) -> None:
        """Of every replica, by its own word: /proc/self/stat, which it exports."""
        clients = {figure: self._site.member(where[0]) for figure, where in CONTROLLERS.items()}
        time.sleep(IDLE_SECONDS)
        for figure, (_, namespace, label) in CONTROLLERS.items():
            for held in resident(clients[figure], namespace, label):
                self._record(f"memory of {figure}", held / 1e6)

    def _answer(self) -> None:
        race = Race(self._site, self._work / "external-dns")
        with race.rival:
            race.ready()
            for number in range(self._services):
                for figure, seconds in race.run(f"s{number}").items():
                    self._record(figure, seconds)

    def _emptied(self) -> None:
        """The only node of a member takes no pods, and its nginx goes."""
        member = self._site.member(MEMBER)
        node = Ref("v1", "nodes", f"{MEMBER}-control-plane")
        pods = Ref("v1", "pods", namespace="default")
        for _ in range(self._repeat):
            member.merge(node, {"spec": {"unschedulable": True}})

            def empty() -> None:
                for pod in member.list(pods, labels="app.kubernetes.io/name=nginx"):
                    member.delete(Ref("v1", "pods", pod["metadata"]["name"], "default"))

            try:
                self._lost("emptied", empty, EMPTIED_SECONDS)
            finally:
                member.merge(node, {"spec": {"unschedulable": None}})
            self._site.healthy()

    def _killed(self) -> None:
        """A power cut: every process of the member's node ends at once."""
        for _ in range(self._kills):
            try:
                self._lost("killed", lambda: fault("kill", MEMBER), KILLED_SECONDS)
            finally:
                fault("restore", MEMBER)
            self._site.healthy()

    def _lost(self, figure: str, lose: Callable[[], None], within: float) -> None:
        """From the moment before the loss to the last answer that had an address of the lost member."""
        wanted = self._site.without(MEMBER)
        with Log(self._site.nameserver, tuple(wanted)) as log:
            time.sleep(1)
            began = time.monotonic()
            lose()
            eventually("names", lambda: _dead(log, wanted, began), within=within)
            time.sleep(2)
            ended = time.monotonic()
        self._record(figure, settled(log.entries, began, wanted, until=ended))
        self._record("unanswered", unanswered(log.entries))

    def _failover(self) -> None:
        failover = Failover(self._site.member(GATEWAYS), self._work)
        with failover.ready():
            for _ in range(self._repeat):
                self._record("failover", failover.silence())
        self._site.healthy()


def _dead(log: Log, wanted: Mapping[str, frozenset[str]], began: float) -> str | None:
    """Names whose last answer is not the wanted one."""
    last = {entry.name: entry for entry in log.entries}
    wrong = {n: sorted(e.values) for n, e in last.items() if e.at < began or e.values != wanted[n]}
    return f"answers: {wrong}" if wrong else None


def resident(cluster: Kube, namespace: str, label: str) -> list[float]:
    """Bytes of each pod's process, from its metrics."""
    found = []
    for pod in cluster.list(Ref("v1", "pods", namespace=namespace), labels=f"app.kubernetes.io/name={label}"):
        path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:8080/proxy/metrics"
        lines = cluster.text(path).splitlines()
        found += [
            float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes ")
        ]
    return found


def main() -> None:
    """Print samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--services", type=int, default=5)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    chosen = parser.parse_args()
    place = Path(os.environ["KUBECONFIG"]).parent  # of the lab: what a killed run leaves goes with that
    with tempfile.TemporaryDirectory(prefix="bench-", dir=place) as work:
        bench = Bench(Path(work), repeat=chosen.repeat, services=chosen.services, kills=chosen.kills)
        bench.measure([part for part in PARTS if part in chosen.parts])
        print(json.dumps(bench.samples))


if __name__ == "__main__":
    main()
