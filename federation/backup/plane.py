"""The control plane that a backup is of, seen from its host cluster: its etcd, its API, and who uses both."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self

from federation import portforward
from federation.backup.store import Say
from federation.deadline import Deadline
from federation.dns.etcd_client import EtcdClient, EtcdTls
from federation.errors import FederationError
from federation.karmada import health
from federation.karmada.host import OWNER
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access, access, read
from federation.topology import Topology

ETCD, ETCD_PORT = "etcd", 2379
API_SERVER, API_PORT = "karmada-apiserver", 5443
CONTROLLER_MANAGER = "karmada-controller-manager"
STAGES = (
    (API_SERVER,),
    ("karmada-aggregated-apiserver", "karmada-webhook", "kube-controller-manager"),
    (CONTROLLER_MANAGER, "karmada-scheduler"),
)
"""Deployments in their order of start: each stage asks the ones before it. All of them write to etcd, or ask for it."""
PARTS = tuple(name for stage in STAGES for name in stage)
COMPONENT = "app.kubernetes.io/name"
REQUEST_SECONDS = 30.0
"""For one request to etcd through the port of a pod: an answer may be some megabytes."""
OPEN_SECONDS = 60.0
"""How long a pod to go through may be looked for."""
AGAIN = "run the same command again: it goes on from there"
_UP = "run `pulumi up`, and the same command again"


@dataclass(frozen=True)
class Host:
    """A federation's control plane and the cluster that it is in.

    Attributes:
        access: of the host cluster's API server.
        kube: the same.
        topology: of the federation.
        say: is told what goes on.
    """

    access: Access
    kube: Kube
    topology: Topology
    say: Say

    @classmethod
    def connect(cls, kubeconfig: Path, context: str | None, topology: Topology, say: Say) -> Self:
        """Raises `KubeconfigError`."""
        found = access(read(str(kubeconfig), context=context))
        return cls(found, Kube(found, f"host cluster {topology.host_cluster.name}"), topology, say)

    @property
    def namespace(self) -> str:
        """Of the plane."""
        return self.topology.control_plane.namespace

    @property
    def subject(self) -> str:
        """How messages call the plane."""
        return f"control plane of federation {self.topology.name}"

    @property
    def again(self) -> str:
        """The next step when a part does not stop or start."""
        return f"see `kubectl -n {self.namespace} get pods` in the host cluster, then {AGAIN}"


def check(host: Host) -> None:
    """Raises `FederationError` if the namespace or a part of the plane is not there, or is another federation's."""
    found = host.kube.get(Ref("v1", "namespaces", host.namespace))
    if found is None:
        raise FederationError(host.subject, f"{host.kube.name} has no namespace {host.namespace}", _UP)
    owner = (found["metadata"].get("labels") or {}).get(OWNER)
    if owner != host.topology.name:
        whose = f"federation {owner}'s" if owner else "no federation's"
        fix = "name the kubeconfig and the topology of one federation"
        raise FederationError(host.subject, f"namespace {host.namespace} of {host.kube.name} is {whose}", fix)
    parts = _parts(host)
    if missing := [name for name in PARTS if name not in parts]:
        raise FederationError(host.subject, f"has no {', '.join(missing)}", _UP)


@contextmanager
def etcd(host: Host) -> Iterator[EtcdClient]:
    """A client of the plane's etcd, as its API server is one; through a pod of etcd, or to one that was there already.

    Raises `FederationError`: `NotInTimeError` if there is no pod to go through.
    """
    files = _secret(host, API_SERVER)
    tls = EtcdTls(files["etcd-ca.crt"], files["etcd-client.crt"], files["etcd-client.key"])
    with ExitStack() as stack:
        endpoints: Sequence[str] = host.topology.control_plane.etcd.servers
        if not endpoints:
            endpoints = [f"https://{stack.enter_context(_forwarded(host, ETCD, ETCD_PORT))}"]
        yield stack.enter_context(closing(EtcdClient(endpoints, tls=tls, timeout=REQUEST_SECONDS)))


@contextmanager
def federation_api(host: Host) -> Iterator[Kube]:
    """A client of the federation API, as Karmada's controller-manager is one, through a pod of its server.

    Raises as `etcd` does.
    """
    who = access(_secret(host, CONTROLLER_MANAGER)["kubeconfig"])
    with _forwarded(host, API_SERVER, API_PORT) as address:
        there = replace(who, server=f"https://{address}", tls_server_name="localhost")
        yield Kube(there, f"federation {host.topology.name}")


@contextmanager
def _forwarded(host: Host, component: str, port: int) -> Iterator[str]:
    """A port of one of the component's pods, here. One on a node that has just died counts as ready for a while."""
    labels, failed = {COMPONENT: component, OWNER: host.topology.name}, None
    deadline = Deadline(OPEN_SECONDS, progress=host.say)
    with ExitStack() as stack:
        for pod in portforward.ready_pods(host.kube, host.namespace, labels, deadline):
            try:
                address = stack.enter_context(portforward.forward(host.access, host.namespace, pod, port))
            except FederationError as error:
                failed = error
            else:
                yield address
                return
        assert failed  # noqa: S101  there is at least one pod
        raise failed


def _secret(host: Host, component: str) -> Mapping[str, str]:
    """The files of a component."""
    found = host.kube.get(Ref("v1", "secrets", component, host.namespace))
    if found is None:
        raise FederationError(host.subject, f"has no Secret {component}", _UP)
    return {name: b64decode(content).decode() for name, content in found["data"].items()}


def stopped(host: Host) -> bool:
    """Whether a part of the plane is switched off, as an interrupted restore leaves it."""
    return any(part["spec"].get("replicas") == 0 for name, part in _parts(host).items() if name in PARTS)


def _parts(host: Host) -> dict[str, Object]:
    parts = host.kube.list(Ref("apps/v1", "deployments", namespace=host.namespace))
    return {part["metadata"]["name"]: part for part in parts}


def stop(host: Host, deadline: Deadline) -> None:
    """Switch off all that uses etcd, and wait until it is gone. Raises `NotInTimeError`."""
    for stage in reversed(STAGES):
        _scale(host, stage, 0)

    def left() -> str | None:
        pods = host.kube.list(
            Ref("v1", "pods", namespace=host.namespace), labels=f"{OWNER}={host.topology.name}"
        )
        running = {pod["metadata"]["labels"].get(COMPONENT) for pod in pods}.intersection(PARTS)
        return f"{', '.join(sorted(running))} still run" if running else None

    deadline.until(host.subject, left, fix=host.again)


def start(host: Host, stages: Sequence[Sequence[str]], deadline: Deadline) -> None:
    """Switch parts on, one stage after the other, with as many replicas as the topology has: an interrupted restore
    needs no other memory. Raises `NotInTimeError`, `FederationError`.
    """
    pods = health.Host(host.kube, host.namespace)
    for stage in stages:
        _scale(host, stage, host.topology.control_plane.replicas)
        missing = partial(pods.missing, workloads(stage))
        deadline.until(host.subject, missing, fix=host.again)


def workloads(names: Iterable[str]) -> list[str]:
    """As `federation.karmada.health` takes them."""
    return [f"deployments/{name}" for name in names]


def _scale(host: Host, names: Sequence[str], replicas: int) -> None:
    for name in names:
        host.kube.merge(Ref("apps/v1", "deployments", name, host.namespace), {"spec": {"replicas": replicas}})
