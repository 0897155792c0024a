"""etcd in a cluster: TLS for clients and peers, a volume for each member. Pure.

Flags follow the etcd operations guide, "Transport security model" and "Clustering".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.guards import allow
from components.kubernetes import SKIP_AWAIT
from components.place import Place
from components.pods import CONFIG, Component, field_value, flags, http, template

ETCD = "etcd"
CLIENT_PORT, PEER_PORT, METRICS_PORT = 2379, 2380, 2381
DATA = "/var/lib/etcd"
ADDRESS_SECONDS = 35
"""How long members may look for a restarted one at its old address: a cluster's DNS has answers cached for 30 s."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """How many there are, and what they keep their data on.

    Attributes:
        count: 1 or 3.
        storage: size of each one's volume, such as "10Gi".
        storage_class: the cluster's default if None.
        persistent: False: nothing survives the pod.
    """

    count: int
    storage: str
    storage_class: str | None = None
    persistent: bool = True


@dataclass(frozen=True)
class Identity:
    """A certificate, its key, and a hash that changes with it."""

    certificate: pulumi.Input[str]
    key: pulumi.Input[str]
    fingerprint: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Identities:
    """Who the members are.

    Attributes:
        ca: certificate of the authority of members and clients.
        server: what clients see. etcd is also a client of itself, for its JSON gateway.
        peer: what other members see.
    """

    ca: pulumi.Input[str]
    server: Identity
    peer: Identity


def names(place: Place, count: int) -> tuple[str, ...]:
    """The DNS names of the members."""
    return tuple(f"{ETCD}-{i}.{place.host_name(ETCD)}" for i in range(count))


def urls(place: Place, count: int) -> tuple[str, ...]:
    """Every member by its own name, so that clients go on when one is gone."""
    return tuple(f"https://{name}:{CLIENT_PORT}" for name in names(place, count))


def component(
    place: Place, count: int, identities: Identities, overrides: Mapping[str, str] | None = None
) -> Component:
    """The program and its files; `overrides` are flags."""
    server, peer = identities.server, identities.peer
    return Component(
        name=ETCD,
        command=["etcd", *flags(_flags(place, count), overrides)],
        ports={"client": CLIENT_PORT, "peer": PEER_PORT, "metrics": METRICS_PORT},
        # The metrics listener has no TLS, so that the kubelet can ask; it tells health and figures, no data.
        readiness=http("/readyz", METRICS_PORT),
        liveness=http("/livez", METRICS_PORT),
        cpu="100m",
        memory="128Mi",
        files={
            "ca.crt": identities.ca,
            "server.crt": server.certificate,
            "server.key": server.key,
            "peer.crt": peer.certificate,
            "peer.key": peer.key,
        },
        fingerprints=[server.fingerprint, peer.fingerprint],
        environment={"POD_NAME": field_value("metadata.name")},
    )


def _flags(place: Place, count: int) -> dict[str, str | int | bool]:
    own = f"$(POD_NAME).{place.host_name(ETCD)}"
    members = (f"{name.partition('.')[0]}=https://{name}:{PEER_PORT}" for name in names(place, count))
    return {
        "name": "$(POD_NAME)",
        "data-dir": f"{DATA}/data",
        "listen-client-urls": f"https://0.0.0.0:{CLIENT_PORT}",
        "advertise-client-urls": f"https://{own}:{CLIENT_PORT}",
        "listen-peer-urls": f"https://0.0.0.0:{PEER_PORT}",
        "initial-advertise-peer-urls": f"https://{own}:{PEER_PORT}",
        "listen-metrics-urls": f"http://0.0.0.0:{METRICS_PORT}",
        "initial-cluster": ",".join(members),
        "initial-cluster-state": "new",
        "initial-cluster-token": f"{place.namespace}-{place.federation}",
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


def service(place: Place) -> dict[str, Any]:
    """Headless: it gives each member its name, also before it is ready, as members look for each other then."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": place.metadata(ETCD, annotations=SKIP_AWAIT),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": place.selector(ETCD),
            "ports": [
                {"name": "client", "port": CLIENT_PORT},
                {"name": "peer", "port": PEER_PORT},
            ],
        },
    }


def stateful_set(place: Place, etcd: Component, members: Members) -> dict[str, Any]:
    """Members start together and are replaced one by one. Their volumes outlive it, and go with the namespace.

    A member is ready as soon as it has found the others, which is before they find it: the next one waits for that,
    else two of three are lost together.
    """
    mount = {"name": "data", "mountPath": DATA}
    volumes = [{"name": "data", "emptyDir": {}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": place.metadata(ETCD, annotations=SKIP_AWAIT),
        "spec": {
            "serviceName": ETCD,
            "replicas": members.count,
            "podManagementPolicy": "Parallel",
            "minReadySeconds": ADDRESS_SECONDS if members.count > 1 else 0,
            "selector": {"matchLabels": place.selector(ETCD)},
            "template": template(
                place,
                etcd,
                replicas=members.count,
                mounts=[mount],
                volumes=[] if members.persistent else volumes,
            ),
            "volumeClaimTemplates": [_claim(place, members)] if members.persistent else [],
            # As Kubernetes does by default; said, so that nobody has to know.
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
    }


def ingress(place: Place, clients: Sequence[str]) -> list[dict[str, Any]]:
    """Rules of a network policy: these components may ask, members may talk to each other."""
    return [allow(place, clients, CLIENT_PORT), allow(place, [ETCD], PEER_PORT)]


def _claim(place: Place, members: Members) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": members.storage}},
    }
    if members.storage_class:
        spec["storageClassName"] = members.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "labels": place.selector(ETCD)},
        "spec": spec,
    }
