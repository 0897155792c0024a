"""What all objects of a control plane share: names, addresses, images and labels. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components import etcd, pods
from components.etcd import ETCD
from components.place import Labelled
from federation.topology.models import ControlPlane

API_SERVER = "karmada-apiserver"
KUBE_CONTROLLER_MANAGER = "kube-controller-manager"
AGGREGATED_API_SERVER = "karmada-aggregated-apiserver"
CONTROLLER_MANAGER = "karmada-controller-manager"
SCHEDULER = "karmada-scheduler"
WEBHOOK = "karmada-webhook"
COMPONENTS = (
    ETCD,
    API_SERVER,
    KUBE_CONTROLLER_MANAGER,
    AGGREGATED_API_SERVER,
    CONTROLLER_MANAGER,
    SCHEDULER,
    WEBHOOK,
)
"""All seven are needed: without webhook nothing is scheduled, without kube-controller-manager nothing is removed."""

API_PORT = 5443
NODE_PORT = 32443
SERVING_PORT = (
    8443  # of the aggregated API server and the webhook: a process that is not root has no port below 1024
)
KUBECONFIG = f"{pods.CONFIG}/kubeconfig"
DELEGATED = {
    "kubeconfig": KUBECONFIG,
    "authentication-kubeconfig": KUBECONFIG,
    "authorization-kubeconfig": KUBECONFIG,
}
"""Flags of a server that asks the federation API who its callers are, and what they may do."""
FEDERATION_NAMESPACE = "karmada-system"
"""In the federation API: Karmada looks for its Service there, whatever the namespace in the host is called."""

_REPOSITORIES = {
    ETCD: "registry.k8s.io/etcd",
    API_SERVER: "registry.k8s.io/kube-apiserver",
    KUBE_CONTROLLER_MANAGER: "registry.k8s.io/kube-controller-manager",
}


@dataclass(frozen=True)
class Plane(Labelled):
    """One control plane.

    Attributes:
        federation: the federation's name.
        spec: its part of the topology.
    """

    federation: str
    spec: ControlPlane

    @property
    def namespace(self) -> str:
        """Its namespace in the host cluster."""
        return self.spec.namespace

    @property
    def replicas(self) -> int:
        """Of each server."""
        return self.spec.replicas

    @property
    def pull_policy(self) -> Literal["Always", "IfNotPresent", "Never"]:
        """Of images."""
        return self.spec.images.pull_policy

    @property
    def pull_secrets(self) -> tuple[str, ...]:
        """Names of Secrets in the namespace."""
        return self.spec.images.pull_secrets

    @property
    def node_selector(self) -> Mapping[str, str]:
        """Labels of the nodes that will do."""
        return self.spec.node_selector

    @property
    def resources(self) -> Mapping[str, dict[str, Any]]:
        """Component to its requests and limits, where the default ones are not wanted."""
        return self.spec.resources

    def host_name(self, service: str) -> str:
        """The DNS name of a Service of the plane in the host cluster."""
        return f"{service}.{self.namespace}.svc.{self.spec.cluster_domain}"

    @property
    def api_url(self) -> str:
        """Where the parts of the plane find its API server."""
        return f"https://{self.host_name(API_SERVER)}:{API_PORT}"

    @property
    def etcd_urls(self) -> tuple[str, ...]:
        """Every member by its own name, so that clients go on when one is gone."""
        return self.spec.etcd.servers or etcd.urls(self, self.spec.etcd.members)

    @property
    def version(self) -> str:
        """Karmada's version as its images are tagged."""
        return f"v{self.spec.karmada_version}"

    def image(self, component: str) -> str:
        """The full name of a component's image: an override, the mirror's, or the public one."""
        images = self.spec.images
        if component in images.overrides:
            return images.overrides[component]
        repository = _REPOSITORIES.get(component, f"docker.io/karmada/{component}")
        if images.registry:
            repository = f"{images.registry.rstrip('/')}/{repository.partition('/')[2]}"
        return f"{repository}:{self._tag(component)}"

    def _tag(self, component: str) -> str:
        if component == ETCD:
            return self.spec.etcd_version
        if component in {API_SERVER, KUBE_CONTROLLER_MANAGER}:
            return f"v{self.spec.kubernetes_version}"
        return self.version


def flags(plane: Plane, component: str, defaults: Mapping[str, str | int | bool]) -> list[str]:
    """A command line: the defaults, with what the topology says in their place."""
    return pods.flags(defaults, plane.spec.args.get(component))
