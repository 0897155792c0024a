"""CoreDNS for a zone: its program, its Service, and who may talk to it and to its etcd. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from components import etcd, guards
from components.coredns.zone import COREDNS, Zone
from components.etcd import Identity
from components.kubernetes import SKIP_AWAIT
from components.pods import CONFIG, Component, http
from federation.coredns import corefile
from federation.coredns.corefile import DNS_PORT, HEALTH_PORT, METRICS_PORT, READY_PORT
from federation.dns.skydns import PREFIX

CONTROLLER = "dns-controller"
"""Label `app.kubernetes.io/name` of the pods that write the zone."""


def component(zone: Zone, ca: Any, client: Identity) -> Component:
    """The program and its files. It reads etcd as the user that is its certificate's common name."""
    text = corefile.server(
        zone.domain,
        endpoints=zone.etcd_urls,
        prefix=PREFIX,
        certificate=f"{CONFIG}/client.crt",
        key=f"{CONFIG}/client.key",
        ca=f"{CONFIG}/ca.crt",
    )
    return Component(
        name=COREDNS,
        command=["/coredns", "-conf", f"{CONFIG}/Corefile"],
        ports={"dns-tcp": DNS_PORT, "metrics": METRICS_PORT},
        udp={"dns": DNS_PORT},
        readiness=http("/ready", READY_PORT),
        liveness=http("/health", HEALTH_PORT),
        cpu="100m",
        memory="64Mi",
        files={
            "Corefile": text,
            "ca.crt": ca,
            "client.crt": client.certificate,
            "client.key": client.key,
        },
        fingerprints=[client.fingerprint, sha256(text.encode()).hexdigest()],
        behind_service=True,
        # The program's file in the public image wants it; without it, it is not executed at all.
        capabilities=["NET_BIND_SERVICE"],
        together=True,
    )


def service(zone: Zone) -> dict[str, Any]:
    """Port 53, UDP and TCP, with one node port for both."""
    spec = zone.spec
    node_port = {"nodePort": spec.node_port} if spec.node_port else {}
    wanted = {"loadBalancerIP": spec.address} if spec.service_type == "LoadBalancer" and spec.address else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": zone.metadata(COREDNS, annotations=SKIP_AWAIT),
        "spec": {
            "type": spec.service_type,
            **wanted,
            "selector": zone.selector(COREDNS),
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": DNS_PORT, **node_port},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": DNS_PORT, **node_port},
            ],
        },
    }


def protection(zone: Zone) -> list[dict[str, Any]]:
    """How many may be evicted at once; and who may talk to them, if the topology says so.

    What the engine does goes through the API server to the pod itself, where no network policy applies.
    """
    budgets = [guards.disruption_budget(zone, each) for each in (etcd.ETCD, COREDNS)]
    if not zone.spec.network_policy:
        return budgets
    everybody = [
        guards.allow(zone, None, DNS_PORT, protocol="UDP"),
        guards.allow(zone, None, DNS_PORT),
        guards.allow(zone, None, METRICS_PORT),
    ]
    return [
        *budgets,
        guards.network_policy(zone, etcd.ETCD, etcd.ingress(zone, [COREDNS, CONTROLLER])),
        guards.network_policy(zone, COREDNS, everybody),
    ]
