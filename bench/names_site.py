"""A federation with names and virtual IPs in a lab, for measuring: its stack, its API servers, its nameserver."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.names_answers import addresses
from bench.stack import FEDERATION, Stack, Topology, cluster, crds, topology
from federation.deadline import Deadline
from federation.kube import Kube, Object, Ref
from federation.names import GLOBAL, Level, Scheme, Service
from lab.errors import LabError

HOST, GATEWAYS, MEMBER = "fc03", "fc01", "fc02"
"""The clusters: without workloads; with two gateway nodes; with one node, which is killed."""
REGION, ZONES = "us", {GATEWAYS: "east", MEMBER: "west"}
RANGES = {GATEWAYS: "10.250.0.0/24", MEMBER: "10.250.1.0/24"}
LAB = {
    "clusters": [
        {"name": GATEWAYS, "workers": 2, "vips": RANGES[GATEWAYS]},
        {"name": MEMBER, "vips": RANGES[MEMBER]},
        {"name": HOST},
    ],
    "images": ["workload", "federation", "edge"],
}
NODE_PORT = 30053
NGINX = Service("default", "nginx")
HEALTHY_SECONDS = 240.0
FAULT_SECONDS = 120.0


def wanted(kubeconfig: str) -> Topology:
    """The topology of the stack; `kubeconfig` is a path."""
    members = [cluster(name, kubeconfig, zone=ZONES[name], vips={"cidr": RANGES[name]}) for name in ZONES]
    base = topology(
        *members, cluster(HOST, kubeconfig, join=False), crds=str(crds()), workloads=["apps/nginx"]
    )
    return base | {"host": HOST, "dns": [{"provider": "coredns", "node_port": NODE_PORT}]}


def levels(vips: Mapping[str, str], domain: str) -> dict[str, frozenset[str]]:
    """Every name of nginx, with the addresses it answers if the members with these VIPs (by name) are well."""
    scheme, all_of_them = Scheme(FEDERATION, domain), frozenset(vips.values())
    found = {scheme.name(NGINX, level): all_of_them for level in (GLOBAL, Level(REGION))}
    for member, zone in ZONES.items():
        own = frozenset({vips[member]}) if member in vips else all_of_them
        found[scheme.name(NGINX, Level(REGION, zone))] = own
    return found


def balanced(name: str, selector: Mapping[str, str]) -> Object:
    """A Service with a load balancer, in namespace default."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "type": "LoadBalancer",
            "selector": dict(selector),
            "ports": [{"name": "http", "port": 80, "targetPort": 80}],
        },
    }


def address(service: Mapping[str, Any] | None) -> str | None:
    """The load balancer's address of a Service, if it has one."""
    ingress = ((service or {}).get("status", {}).get("loadBalancer") or {}).get("ingress") or [{}]
    found: str | None = ingress[0].get("ip")
    return found


def fault(verb: str, *words: str) -> None:
    """`lab fault VERB …`. Raises `LabError`."""
    argv = [sys.executable, "-m", "lab", "fault", verb, *words]
    done = subprocess.run(argv, stdout=sys.stderr, timeout=FAULT_SECONDS, check=False)
    if done.returncode != 0:
        raise LabError(f"lab fault {verb}", f"exit status {done.returncode}", "mend what it says above")


def eventually(what: str, probe: Callable[[], str | None], *, within: float = HEALTHY_SECONDS) -> None:
    """Wait until the probe returns None."""
    due = Deadline(within, progress=lambda text: print(text, file=sys.stderr, flush=True))
    due.until(what, probe, fix="read the logs of the controllers with `lab kubectl`", interval=0.5)


class Site:
    """Deployed when this returns; it goes with the lab.

    Args:
        work: directory for all that is written.

    Attributes:
        kubeconfig: file of the federation API.
        plane: the federation API.
        nameserver: "address:port".
        vips: member → address of nginx there.
        domain: of the names.
    """

    def __init__(self, work: Path) -> None:
        self._clusters = os.environ["KUBECONFIG"]
        stack, settings = Stack(f"bench-{os.getpid()}", work / "stack"), wanted(self._clusters)
        stack.configure(settings)
        stack.up()
        text = stack.output("kubeconfig")
        self.domain = str(settings["domain"])
        self.kubeconfig = work / "federation.kubeconfig"
        self.kubeconfig.write_text(text)
        self.plane = Kube.connect(text, "the federation")
        self.nameserver = str(stack.output("nameservers")[0])
        self.vips = {name: str(address(self.member(name).get(self.service("nginx")))) for name in ZONES}
        self.healthy()

    def member(self, name: str) -> Kube:
        """A client of its own for each caller, as they are in threads of their own."""
        return Kube.connect(Path(self._clusters).read_text(), f"cluster {name}", context=name)

    def service(self, name: str = "") -> Ref:
        """A Service's address, or that of all."""
        return Ref("v1", "services", name, "default")

    def without(self, member: str) -> dict[str, frozenset[str]]:
        """What names answer when the member is lost."""
        return levels({m: vip for m, vip in self.vips.items() if m != member}, self.domain)

    def healthy(self) -> None:
        """Wait until every name answers with all that it should."""
        expected = levels(self.vips, self.domain)

        def probe() -> str | None:
            found = {name: addresses(self.nameserver, name) for name in expected}
            unlike = {n: sorted(v) for n, v in found.items() if v != expected[n]}
            return f"answers: {unlike}" if unlike else None

        eventually("names", probe)
