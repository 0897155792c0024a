"""Where the federation's own CoreDNS is reached, and whether it answers for the zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from federation import portforward
from federation.coredns.corefile import DNS_PORT
from federation.deadline import Deadline
from federation.dns import query
from federation.errors import FederationError
from federation.kube import Kube, Object, Ref
from federation.kubeconfig import Access

MOST = 3
"""So many nodes are asked, of however many there are: with NodePort each of them leads to all pods."""
PORT = 53
NAME = "ready"
"""Below the zone; it need not be there, as only a server without its store says SERVFAIL."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """CoreDNS in a cluster.

    Attributes:
        namespace: of the Service and the pods.
        service: name of the Service.
        labels: of the pods.
        address: where clients are told to ask, if not at what the cluster says.
    """

    namespace: str
    service: str
    labels: Mapping[str, str]
    address: str | None = None


def addresses(service: Object, nodes: Sequence[Mapping[str, Any]], address: str | None) -> tuple[str, ...]:
    """Each "address:port" of the Service; none as long as it has none.

    Of a load balancer its addresses, else those of the first three nodes that are ready, with the node port.
    """
    if service["spec"]["type"] == "LoadBalancer":
        given = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
        found = [address] if address else [each["ip"] for each in given if each.get("ip")]
        return tuple(_with_port(each, PORT) for each in found) if given else ()
    ports = [port["nodePort"] for port in service["spec"]["ports"] if port.get("nodePort")]
    hosts = [address] if address else _internal(nodes)
    return tuple(_with_port(host, ports[0]) for host in hosts) if ports else ()


def wait(kube: Kube, access: Access, place: Place, zone: str, deadline: Deadline) -> tuple[str, ...]:
    """Until every pod that is ready answers for the zone out of its store; the addresses of the Service.

    Raises `NotInTimeError`, `UnreachableError`.
    """
    subject = f"CoreDNS in {kube.name}"
    found: tuple[str, ...] = ()

    def no_address() -> str | None:
        nonlocal found
        service = kube.get(Ref("v1", "services", place.service, place.namespace))
        if service is None:
            return f"Service {place.namespace}/{place.service} is not there"
        found = addresses(service, kube.list(Ref("v1", "nodes")), place.address)
        return None if found else f"Service {place.namespace}/{place.service} has no address"

    pods = portforward.ready_pods(kube, place.namespace, place.labels, deadline)
    with ExitStack() as stack:
        forwards = [
            stack.enter_context(portforward.forward(access, place.namespace, pod, DNS_PORT)) for pod in pods
        ]
        for pod, at in zip(pods, forwards, strict=True):
            deadline.until(
                f"{subject}, pod {pod}",
                lambda at=at: _silent(at, zone),  # type: ignore[misc]  # bound at once
                fix=f"see `kubectl -n {place.namespace} logs {pod}`",
                interval=0.5,
            )
    deadline.until(
        subject,
        no_address,
        fix=f"see `kubectl -n {place.namespace} get service {place.service}`; without a load balancer in the "
        "cluster, set service_type to NodePort",
    )
    return found


def _silent(at: str, zone: str) -> str | None:
    """Why it does not answer for the zone; None if it does. That a name is not there is an answer."""
    try:
        answer = query.ask(at, f"{NAME}.{zone}", "A", tcp=True)
    except FederationError as error:
        return error.cause
    return None if answer.rcode in {"NOERROR", "NXDOMAIN"} else f"answers {answer.rcode}"


def _internal(nodes: Sequence[Mapping[str, Any]]) -> list[str]:
    ready = sorted((n for n in nodes if _is_ready(n)), key=lambda node: str(node["metadata"]["name"]))
    found = [
        next((a["address"] for a in node["status"].get("addresses", ()) if a["type"] == "InternalIP"), None)
        for node in ready
    ]
    return [address for address in found if address][:MOST]


def _is_ready(node: Mapping[str, Any]) -> bool:
    conditions = node.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _with_port(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ip_address(host).version == 6 else f"{host}:{port}"
