"""What all objects of CoreDNS and its etcd share: names, images and labels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components import etcd
from components.place import Labelled
from federation.topology.dns import CoreDns

COREDNS = "coredns"


@dataclass(frozen=True)
class Zone(Labelled):
    """A zone on CoreDNS; a `components.place.Place`.

    Attributes:
        federation: the federation's name.
        domain: of the zone, without trailing dot.
        spec: its part of the topology.
        cluster_domain: DNS domain of the cluster that it is in.
    """

    federation: str
    domain: str
    spec: CoreDns
    cluster_domain: str

    @property
    def namespace(self) -> str:
        """Of all objects."""
        return self.spec.namespace

    @property
    def replicas(self) -> int:
        """Of CoreDNS."""
        return self.spec.replicas

    @property
    def pull_policy(self) -> Literal["Always", "IfNotPresent", "Never"]:
        """Of images."""
        return self.spec.pull_policy

    @property
    def pull_secrets(self) -> tuple[str, ...]:
        """Names of Secrets in the namespace."""
        return self.spec.pull_secrets

    @property
    def node_selector(self) -> Mapping[str, str]:
        """All nodes will do."""
        return {}

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The default ones."""
        return {}

    @property
    def etcd_urls(self) -> tuple[str, ...]:
        """Every member by its own name."""
        return etcd.urls(self, self.spec.etcd_members)

    def host_name(self, service: str) -> str:
        """The DNS name of a Service in its cluster."""
        return f"{service}.{self.namespace}.svc.{self.cluster_domain}"

    def image(self, component: str) -> str:
        """As the topology has it."""
        return self.spec.etcd_image if component == etcd.ETCD else self.spec.image
