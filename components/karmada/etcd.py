"""etcd of a control plane: TLS for clients and peers, a volume for each member. Pure.

Flags follow the etcd operations guide, "Transport security model" and "Clustering".
"""

from __future__ import annotations

from typing import Any

from components.karmada.certificates import PlaneCertificates
from components.karmada.plane import (
    ETCD,
    ETCD_CLIENT_PORT,
    ETCD_METRICS_PORT,
    ETCD_PEER_PORT,
    Plane,
    flags,
)
from components.karmada.pods import CONFIG, Component, field_value, http, template
from components.kubernetes import SKIP_AWAIT

DATA = "/var/lib/etcd"
ADDRESS_SECONDS = 35
"""How long members may look for a restarted one at its old address: a cluster's DNS has answers cached for 30 s."""


def component(plane: Plane, certificates: PlaneCertificates) -> Component:
    """The program and its files."""
    server, peer = certificates.servers[ETCD], certificates.servers["etcd-peer"]
    return Component(
        name=ETCD,
        command=["etcd", *flags(plane, ETCD, _flags(plane))],
        ports={"client": ETCD_CLIENT_PORT, "peer": ETCD_PEER_PORT, "metrics": ETCD_METRICS_PORT},
        # The metrics listener has no TLS, so that the kubelet can ask; it tells health and figures, no data.
        readiness=http("/readyz", ETCD_METRICS_PORT),
        liveness=http("/livez", ETCD_METRICS_PORT),
        cpu="100m",
        memory="128Mi",
        files={
            "ca.crt": certificates.etcd_ca.certificate,
            "server.crt": server.certificate,
            "server.key": server.key,
            "peer.crt": peer.certificate,
            "peer.key": peer.key,
        },
        fingerprints=[server.fingerprint, peer.fingerprint],
        environment={"POD_NAME": field_value("metadata.name")},
    )


def _flags(plane: Plane) -> dict[str, str | int | bool]:
    own = f"$(POD_NAME).{plane.host_name(ETCD)}"
    members = (f"{name.partition('.')[0]}=https://{name}:{ETCD_PEER_PORT}" for name in plane.etcd_names)
    return {
        "name": "$(POD_NAME)",
        "data-dir": f"{DATA}/data",
        "listen-client-urls": f"https://0.0.0.0:{ETCD_CLIENT_PORT}",
        "advertise-client-urls": f"https://{own}:{ETCD_CLIENT_PORT}",
        "listen-peer-urls": f"https://0.0.0.0:{ETCD_PEER_PORT}",
        "initial-advertise-peer-urls": f"https://{own}:{ETCD_PEER_PORT}",
        "listen-metrics-urls": f"http://0.0.0.0:{ETCD_METRICS_PORT}",
        "initial-cluster": ",".join(members),
        "initial-cluster-state": "new",
        "initial-cluster-token": f"{plane.namespace}-{plane.federation}",
        "client-cert-auth": True,
        "cert-file": f"{CONFIG}/server.crt",
        "key-file": f"{CONFIG}/server.key",
        "trusted-ca-file": f"{CONFIG}/ca.crt",
        "peer-client-cert-auth": True,
        "peer-cert-file": f"{CONFIG}/peer.crt",
        "peer-key-file": f"{CONFIG}/peer.key",
        "peer-trusted-ca-file": f"{CONFIG}/ca.crt",
        "tls-min-version": "TLS1.3",
        "auto-compaction-mode": "periodic",
        "auto-compaction-retention": "1h",
        "quota-backend-bytes": 4 * 2**30,
        "snapshot-count": 10000,
    }


def service(plane: Plane) -> dict[str, Any]:
    """Headless: it gives each member its name, also before it is ready, as members look for each other then."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": plane.metadata(ETCD, annotations=SKIP_AWAIT),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": plane.selector(ETCD),
            "ports": [
                {"name": "client", "port": ETCD_CLIENT_PORT},
                {"name": "peer", "port": ETCD_PEER_PORT},
            ],
        },
    }


def stateful_set(plane: Plane, etcd: Component) -> dict[str, Any]:
    """Members start together and are replaced one by one. Their volumes outlive it, and go with the namespace.

    A member is ready as soon as it has found the others, which is before they find it: the next one waits for that,
    else two of three are lost together.
    """
    mount = {"name": "data", "mountPath": DATA}
    claim, volumes = _claim(plane), [{"name": "data", "emptyDir": {}}]
    persistent = plane.spec.etcd.persistent
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": plane.metadata(ETCD, annotations=SKIP_AWAIT),
        "spec": {
            "serviceName": ETCD,
            "replicas": plane.spec.etcd.members,
            "podManagementPolicy": "Parallel",
            "minReadySeconds": ADDRESS_SECONDS if plane.spec.etcd.members > 1 else 0,
            "selector": {"matchLabels": plane.selector(ETCD)},
            "template": template(
                plane,
                etcd,
                replicas=plane.spec.etcd.members,
                mounts=[mount],
                volumes=[] if persistent else volumes,
            ),
            "volumeClaimTemplates": [claim] if persistent else [],
        },
    }


def _claim(plane: Plane) -> dict[str, Any]:
    settings = plane.spec.etcd
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": settings.storage}},
    }
    if settings.storage_class:
        spec["storageClassName"] = settings.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "labels": plane.selector(ETCD)},
        "spec": spec,
    }
