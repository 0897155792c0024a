"""The three servers of the federation API: kube-apiserver, Karmada's aggregated one, and the webhook. Pure.

Flags: kube-apiserver's and Karmada's own reference; what Karmada needs beside the defaults is listed in its
`artifacts/deploy` folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.etcd import Identity
from components.karmada.certificates import PlaneCertificates
from components.karmada.plane import (
    AGGREGATED_API_SERVER,
    API_PORT,
    API_SERVER,
    DELEGATED,
    KUBECONFIG,
    SERVING_PORT,
    WEBHOOK,
    Plane,
    flags,
)
from components.kubernetes import SKIP_AWAIT
from components.pods import CONFIG, Component, field_value, https
from federation.topology.models import ControlPlane


def etcd_flags(plane: Plane) -> dict[str, str | int | bool]:
    """How a server reaches etcd."""
    return {
        "etcd-servers": ",".join(plane.etcd_urls),
        "etcd-cafile": f"{CONFIG}/etcd-ca.crt",
        "etcd-certfile": f"{CONFIG}/etcd-client.crt",
        "etcd-keyfile": f"{CONFIG}/etcd-client.key",
    }


def etcd_files(certificates: PlaneCertificates, etcd_client: Identity) -> dict[str, pulumi.Input[str]]:
    """The files that `etcd_flags` name."""
    return {
        "etcd-ca.crt": certificates.etcd_ca.certificate,
        "etcd-client.crt": etcd_client.certificate,
        "etcd-client.key": etcd_client.key,
    }


def api_server(plane: Plane, certificates: PlaneCertificates) -> Component:
    """kube-apiserver: the federation API itself."""
    server, etcd = certificates.servers[API_SERVER], certificates.etcd_clients[API_SERVER]
    proxy, account = certificates.front_proxy_client, certificates.service_account
    values = {**etcd_flags(plane), **_api_server_flags(plane.spec)}
    return Component(
        name=API_SERVER,
        command=["kube-apiserver", *flags(plane, API_SERVER, values)],
        ports={"https": API_PORT},
        readiness=https("/readyz", API_PORT),
        liveness=https("/livez", API_PORT),
        cpu="250m",
        memory="384Mi",
        files={
            "ca.crt": certificates.ca.certificate,
            "tls.crt": server.certificate,
            "tls.key": server.key,
            **etcd_files(certificates, etcd),
            "front-proxy-ca.crt": certificates.front_proxy_ca.certificate,
            "front-proxy-client.crt": proxy.certificate,
            "front-proxy-client.key": proxy.key,
            "sa.pub": account.certificate,
            "sa.key": account.key,
        },
        fingerprints=[i.fingerprint for i in (server, etcd, proxy, account)],
        behind_service=True,
    )


def _api_server_flags(spec: ControlPlane) -> dict[str, str | int | bool]:
    return {
        "authorization-mode": "Node,RBAC",
        "bind-address": "0.0.0.0",  # noqa: S104 (in its pod)
        "secure-port": API_PORT,
        "client-ca-file": f"{CONFIG}/ca.crt",
        "tls-cert-file": f"{CONFIG}/tls.crt",
        "tls-private-key-file": f"{CONFIG}/tls.key",
        "tls-min-version": "VersionTLS13",
        # No pod ever runs here: what guards pods and volumes would only refuse workloads for the members.
        "disable-admission-plugins": "StorageObjectInUseProtection,ServiceAccount",
        "proxy-client-cert-file": f"{CONFIG}/front-proxy-client.crt",
        "proxy-client-key-file": f"{CONFIG}/front-proxy-client.key",
        "requestheader-client-ca-file": f"{CONFIG}/front-proxy-ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "service-account-issuer": f"https://kubernetes.default.svc.{spec.cluster_domain}",
        "service-account-key-file": f"{CONFIG}/sa.pub",
        "service-account-signing-key-file": f"{CONFIG}/sa.key",
        "service-cluster-ip-range": str(spec.api_server.service_cidr),
        # Federated Services carry their node ports to the members: theirs must be a range of its own.
        "service-node-port-range": spec.api_server.node_port_range,
        "profiling": False,
    }


def aggregated_api_server(plane: Plane, certificates: PlaneCertificates) -> Component:
    """Serves the kind `Cluster`, which is no CRD, out of the same etcd."""
    name = AGGREGATED_API_SERVER
    server, client, etcd = (
        certificates.servers[name],
        certificates.clients[name],
        certificates.etcd_clients[name],
    )
    values: dict[str, str | int | bool] = {
        **etcd_flags(plane),
        **DELEGATED,
        "bind-address": "$(POD_IP)",
        "secure-port": SERVING_PORT,
        "tls-cert-file": f"{CONFIG}/tls.crt",
        "tls-private-key-file": f"{CONFIG}/tls.key",
        "tls-min-version": "VersionTLS13",
        "audit-log-path": "-",
        "audit-log-maxage": 0,
        "audit-log-maxbackup": 0,
    }
    return Component(
        name=name,
        command=[f"/bin/{name}", *flags(plane, name, values)],
        ports={"https": SERVING_PORT},
        readiness=https("/readyz", SERVING_PORT),
        liveness=https("/healthz", SERVING_PORT),
        cpu="50m",
        memory="64Mi",
        files={
            "kubeconfig": certificates.kubeconfig(plane.api_url, client),
            "tls.crt": server.certificate,
            "tls.key": server.key,
            **etcd_files(certificates, etcd),
        },
        fingerprints=[i.fingerprint for i in (server, client, etcd)],
        environment={"POD_IP": field_value("status.podIP")},
        behind_service=True,
    )


def webhook(plane: Plane, certificates: PlaneCertificates) -> Component:
    """Marks what policies claim, and refuses what is wrong; without it the scheduler sees nothing."""
    server, client = certificates.servers[WEBHOOK], certificates.clients[WEBHOOK]
    values: dict[str, str | int | bool] = {
        "kubeconfig": KUBECONFIG,
        "bind-address": "$(POD_IP)",
        "secure-port": SERVING_PORT,
        "cert-dir": CONFIG,
        "metrics-bind-address": "$(POD_IP):8080",
        "health-probe-bind-address": "$(POD_IP):8000",
        "tls-min-version": "1.3",
        # Else the policy that lets workloads leave a dead member is refused.
        "allow-no-execute-taint-policy": plane.spec.failover.enabled,
    }
    return Component(
        name=WEBHOOK,
        command=[f"/bin/{WEBHOOK}", *flags(plane, WEBHOOK, values)],
        ports={"https": SERVING_PORT, "metrics": 8080},
        readiness=https("/readyz", SERVING_PORT),
        liveness=https("/readyz", SERVING_PORT),
        cpu="50m",
        memory="64Mi",
        files={
            "kubeconfig": certificates.kubeconfig(plane.api_url, client),
            "tls.crt": server.certificate,
            "tls.key": server.key,
        },
        fingerprints=[server.fingerprint, client.fingerprint],
        environment={"POD_IP": field_value("status.podIP")},
        behind_service=True,
    )


def service(plane: Plane, component: str, *, port: int, target: int) -> dict[str, Any]:
    """In the host cluster only."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": plane.metadata(component, annotations=SKIP_AWAIT),
        "spec": {
            "selector": plane.selector(component),
            "ports": [{"name": "https", "port": port, "targetPort": target}],
        },
    }


def api_service(
    plane: Plane, *, port: int, cloud: Mapping[str, pulumi.Input[str]] | None = None
) -> dict[str, Any]:
    """The way in from outside: a port of every node, or an address of the host's load balancer.

    Args:
        plane: what it is the way to.
        port: for clients outside.
        cloud: annotations with which an address is asked of the host's cloud, whose load balancer needs node ports.
    """
    settings = plane.spec.api_server
    manifest = service(plane, API_SERVER, port=API_PORT, target=API_PORT)
    spec = {**manifest["spec"], "type": settings.service_type}
    entry = spec["ports"][0]
    if settings.service_type == "NodePort":
        spec["ports"] = [{**entry, "nodePort": port}]
    else:
        # Components inside the cluster keep theirs; clients use the one that is asked for.
        public = [] if port == API_PORT else [{**entry, "name": "public", "port": port}]
        spec |= {"ports": [entry, *public], "allocateLoadBalancerNodePorts": bool(cloud)}
        if cloud:
            manifest["metadata"]["annotations"] = {**manifest["metadata"]["annotations"], **cloud}
        elif settings.advertise_address and _is_address(settings.advertise_address):
            spec["loadBalancerIP"] = settings.advertise_address
    return {**manifest, "spec": spec}


def _is_address(text: str) -> bool:
    return text.replace(".", "").isdigit() or ":" in text
