"""What a verification deploys and expects, computed from the topology alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Final

from federation.dns.records import sorted_values, type_of
from federation.karmada.member import MANAGED_BY
from federation.manifests import Document
from federation.names import GLOBAL, Level, Scheme, Service
from federation.topology.models import Failover, Topology, VipPool
from federation.vip.pool import Pool
from federation.workloads import Source, plan_workloads

VERIFY_LABEL: Final = "k8s-federation/verify"
"""On the namespace of a verification; its value is that of the run."""
IMAGE: Final = "docker.io/library/nginx:stable"
NAME: Final = "nginx"
PORT: Final = 80
REPLICAS_EACH: Final = 2
"""Replicas for each member: with two members the four of the walk-through, and none is without a backend."""


@dataclass(frozen=True)
class Site:
    """A member, as far as it matters here.

    Attributes:
        name: in the federation.
        region: as in names, or None.
        zones: each has a name.
        pool: of its virtual IPs; None where its load balancer is somebody else's.
    """

    name: str
    region: str | None
    zones: tuple[str, ...]
    pool: Pool | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One verification.

    Attributes:
        federation: its name.
        domain: its DNS zone.
        ttl: seconds that an answer may be kept.
        sites: all members.
        run: a word of its own for each run: an answer of the last one that a nameserver still keeps is not ours.
        namespace: in which everything is deployed, and which no one else uses.
        replicas: of the Deployment, over all members.
        image: of its pods; answers GET / on port 80.
    """

    federation: str
    domain: str
    ttl: int
    sites: tuple[Site, ...]
    run: str
    namespace: str
    replicas: int
    image: str = IMAGE

    @property
    def service(self) -> Service:
        """The Service."""
        return Service(self.namespace, NAME)

    def names(self) -> dict[str, tuple[str, ...]]:
        """Each name of the service, the global one first, with the members whose addresses it answers."""
        scheme, found = Scheme(self.federation, self.domain), dict[str, list[str]]()
        places = [(GLOBAL, site) for site in self.sites]
        places += [(Level(site.region), site) for site in self.sites if site.region]
        places += [(Level(s.region, zone), s) for s in self.sites if s.region for zone in s.zones]
        for level, site in places:
            found.setdefault(scheme.name(self.service, level), []).append(site.name)
        return {name: tuple(members) for name, members in found.items()}

    def expected(self, addresses: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], tuple[str, ...]]:
        """What each name must answer, by name and type, if the members have these addresses and all are well."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for name, members in self.names().items():
            values = {address for member in members for address in addresses.get(member, ())}
            for kind in sorted({type_of(value) for value in values}):
                found[name, kind] = sorted_values(value for value in values if type_of(value) == kind)
        return found

    def manifests(self) -> tuple[dict[str, Any], ...]:
        """The objects for the federation API, as those of a workload of the topology would be."""
        objects = (_namespace(self), _deployment(self), _service(self))
        source = Source([Document(manifest, "fedctl verify") for manifest in objects])
        return plan_workloads([source], [site.name for site in self.sites], Failover()).manifests


def scenario(
    topology: Topology,
    run: str,
    *,
    namespace: str | None = None,
    replicas: int | None = None,
    image: str = IMAGE,
) -> Scenario:
    """The verification of a topology.

    Args:
        topology: of the federation.
        run: see `Scenario`.
        namespace: must not exist; one named after the run if left out.
        replicas: two for each member if left out.
        image: see `Scenario`.
    """
    sites = tuple(Site(c.name, c.region, tuple(c.zones), _pool(c.vips)) for c in topology.members)
    return Scenario(
        federation=topology.name,
        domain=topology.domain,
        ttl=topology.ttl,
        sites=sites,
        run=run,
        namespace=namespace or f"verify-{run}",
        replicas=REPLICAS_EACH * len(sites) if replicas is None else replicas,
        image=image,
    )


def _pool(vips: VipPool | None) -> Pool | None:
    return Pool(vips.cidr) if vips and isinstance(vips.cidr, IPv4Network) else None


def _namespace(of: Scenario) -> dict[str, Any]:
    labels = {**MANAGED_BY, VERIFY_LABEL: of.run}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": of.namespace, "labels": labels}}


def _metadata(of: Scenario) -> dict[str, Any]:
    return {"name": NAME, "namespace": of.namespace, "labels": {"app.kubernetes.io/name": NAME}}


def _deployment(of: Scenario) -> dict[str, Any]:
    """nginx as in apps/nginx, without what a minute's life does not need."""
    labels = {"app.kubernetes.io/name": NAME}
    container = {
        "name": NAME,
        "image": of.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            # The image's first process is root: it binds its port, makes caches and starts workers as another user.
            "capabilities": {
                "drop": ["ALL"],
                "add": ["CHOWN", "DAC_OVERRIDE", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
            },
        },
    }
    pod = {"automountServiceAccountToken": False, "containers": [container]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(of),
        "spec": {
            "replicas": of.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _service(of: Scenario) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(of),
        "spec": {
            "type": "LoadBalancer",
            "selector": {"app.kubernetes.io/name": NAME},
            "ports": [{"name": "http", "port": PORT, "targetPort": "http"}],
        },
    }
