"""What a stack is made of: the shape of `federation:topology`, with a default for everything but three keys.

Names of keys and their defaults are a contract: stack files depend on them. What must hold between several sections
is in `checks`; these models only say what each one may be.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from federation.topology.aks import Maintenance
from federation.topology.base import Model
from federation.topology.clusters import (
    AksCluster,
    Cluster,
    ExistingCluster,
    Grant,
    KubeconfigRef,
    Member,
    VipPool,
)
from federation.topology.dns import AzureDns, CoreDns, DnsBackend, EtcdTls, ParentZone, both
from federation.topology.fields import (
    Component,
    Domain,
    FilePath,
    Host,
    HttpsUrl,
    Label,
    LabelKey,
    LabelValue,
    Name,
    Network,
    PortRange,
    Quantity,
    Version,
    mistake,
)
from federation.topology.pools import SystemPool, UserPool

VERSION = "0.2.0"
"""Of this project, as pyproject.toml has it."""
KARMADA = "1.18.2"
KUBERNETES = "1.36.3"
ETCD = "3.6.14-0"
NODE_PORT = 32443
"""Of the federation API on the host, as `karmadactl init` has it."""


class Etcd(Model):
    """The etcd of the federation's control plane."""

    members: Literal[1, 3] = Field(1, description="1, or 3 to survive the loss of one node")
    storage: Quantity = Field(
        "10Gi", description="size of each member's volume (kubefed: --etcd-pv-capacity)"
    )
    storage_class: str | None = Field(None, description="the host's default if left out")
    persistent: bool = Field(
        True, description="false: nothing survives the pod (kubefed: --etcd-persistent-storage)"
    )
    servers: tuple[HttpsUrl, ...] = Field(
        (), description="URLs of an etcd that is there already; then none is made (kubefed: --etcd-servers)"
    )
    tls: EtcdTls | None = Field(None, description="needed with servers")

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        both(self.servers, self.tls, "servers")
        return self


class ApiServer(Model):
    """How the federation's API server is reached."""

    service_type: Literal["NodePort", "LoadBalancer"] = "NodePort"
    advertise_address: Host | None = Field(
        None,
        description="address or name under which clients find it; with NodePort that of the host's API server "
        "if left out. With LoadBalancer also the address that is asked for, which may be a virtual IP",
    )
    port: int | None = Field(None, ge=1, le=65535, description="32443 with NodePort, else 5443, if left out")
    external_names: tuple[Host, ...] = Field((), description="more names and addresses for its certificate")
    service_cidr: Network = Field(
        IPv4Network("10.96.0.0/12"), description="no pod has these; Services of the federation API carry them"
    )
    node_port_range: PortRange = Field(
        "32500-32767",
        description="node ports of federated Services; members should not hand them out to others",
    )

    @model_validator(mode="after")
    def _own_port(self) -> Self:
        """A federated Service with the plane's own port could not be made on the host (Karmada issue 7823)."""
        first, last = map(int, self.node_port_range.split("-"))
        port = self.port or NODE_PORT
        if self.service_type == "NodePort" and first <= port <= last:
            cause = f"contains {port}, the federation API's own port on the host"
            raise mistake(cause, "start it higher, or give another port", key="node_port_range")
        return self


class Failover(Model):
    """When workloads leave a member that does not answer. Continuous: no `pulumi up` is needed."""

    enabled: bool = True
    toleration_seconds: int = Field(
        30, ge=0, description="how long a member may be not Ready before they leave"
    )
    failure_threshold_seconds: int = Field(
        30, ge=1, description="how long it must not answer to be not Ready"
    )
    success_threshold_seconds: int = Field(30, ge=1, description="how long it must answer to be Ready again")
    status_frequency_seconds: int = Field(10, ge=1, description="how often each member is asked")
    eviction_rate: float = Field(10.0, gt=0, description="objects a second that leave")
    purge_mode: Literal["Gracefully", "Directly"] = Field(
        "Gracefully", description="Gracefully: the old copy is removed when the new one runs"
    )


class Images(Model):
    """Where the control plane's images come from; a tag or digest in any of them is kept as it is."""

    registry: str | None = Field(None, description="a mirror that has all of them under their usual paths")
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pull_secrets: tuple[str, ...] = Field((), description="names of Secrets in the control plane's namespace")
    overrides: dict[Component, str] = Field(
        default_factory=dict,
        description="component to full image name, such as etcd: mirror.example/etcd@sha256:…",
    )


class ControlPlane(Model):
    """The federation's control plane, in the host cluster."""

    namespace: Label = "federation-system"
    karmada_version: Version = KARMADA
    kubernetes_version: Version = Field(
        KUBERNETES, description="of its kube-apiserver and kube-controller-manager"
    )
    etcd_version: Version = ETCD
    replicas: int = Field(1, ge=1, le=7, description="of each server; 2 or more are kept on different nodes")
    etcd: Etcd = Etcd()
    api_server: ApiServer = ApiServer()
    failover: Failover = Failover()
    images: Images = Images()
    crds: str | None = Field(
        None,
        description="folder or archive with Karmada's CRDs; the pinned release is downloaded if left out",
    )
    cluster_domain: Domain = Field("cluster.local", description="DNS domain of the host cluster")
    node_selector: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    resources: dict[Component, dict[str, Any]] = Field(
        default_factory=dict, description="component to Kubernetes resource requirements"
    )
    args: dict[Component, dict[str, str]] = Field(
        default_factory=dict,
        description="component to flags that are added or replaced (kubefed: --apiserver-arg-overrides)",
    )
    certificate_days: int = Field(365, ge=1, le=3650, description="validity of certificates")
    renew_before_days: int = Field(60, ge=0, description="how early `pulumi up` renews them")
    certificate_generation: int = Field(
        0, ge=0, description="raise it to renew all certificates with the next `pulumi up`"
    )
    network_policy: bool = Field(
        True, description="only the parts of the plane may talk to its etcd and servers"
    )
    timeout_seconds: int = Field(300, ge=10, description="how long to wait for the plane to be healthy")
    force_delete: bool = Field(
        False, description="remove the plane although members or federated workloads are left"
    )

    @model_validator(mode="after")
    def _renewed_in_time(self) -> Self:
        if self.renew_before_days >= self.certificate_days:
            cause = (
                f"is no less than certificate_days ({self.certificate_days}): each `pulumi up` would renew"
            )
            raise mistake(cause, "make it smaller", key="renew_before_days")
        return self


class Controllers(Model):
    """The processes of this project that run in clusters: for names (`dns`) and virtual IPs (`vips`)."""

    image: str = Field(
        f"federation-controllers:{VERSION}",
        min_length=1,
        description="built with the Dockerfile, and pushed to where the clusters find it",
    )
    replicas: int = Field(2, ge=1, le=5, description="of each; one of them works, the others wait")
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    pull_secrets: tuple[str, ...] = Field((), description="names of Secrets in the controllers' namespaces")


class ClusterPreference(Model):
    """How many replicas a cluster is given (kubefed v1, ClusterPreferences)."""

    min_replicas: int = Field(0, ge=0)
    max_replicas: int | None = Field(None, ge=0)
    weight: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _room(self) -> Self:
        if self.max_replicas is not None and self.min_replicas > self.max_replicas:
            cause = f"is more than max_replicas ({self.max_replicas})"
            raise mistake(cause, "lower it, or raise max_replicas", key="min_replicas")
        return self


class Preferences(Model):
    """How replicas divide (kubefed v1, ReplicaSetPreferences); `*` stands for all clusters that are not named."""

    rebalance: bool = False
    clusters: dict[str, ClusterPreference]


class Workload(Model):
    """Manifests for the federation API: a file or a folder."""

    path: FilePath
    namespace: Label | None = Field(None, description="for objects that name none; made if it is not there")
    preferences: Preferences | None = Field(
        None, description="for its Deployments; equal weights if left out. An annotation of a Deployment wins"
    )


class Topology(Model):
    """A federation: clusters, control plane, names and workloads. Only `name`, `domain` and `clusters` are needed."""

    name: Name = Field(description="the federation's name, part of every DNS name of its services")
    domain: Domain = Field(description="the DNS zone of the federation, such as fc-federated.com")
    clusters: tuple[Cluster, ...] = Field(min_length=1)
    host: str | None = Field(None, description="the cluster of the control plane; the first one if left out")
    control_plane: ControlPlane = ControlPlane()
    dns: tuple[DnsBackend, ...] = Field((), description="where the names are written; nowhere if left out")
    ttl: int = Field(30, ge=1, le=86400, description="seconds that resolvers may keep an answer (RFC 1035)")
    controllers: Controllers = Controllers()
    workloads: tuple[Workload, ...] = ()
    verify: bool = Field(
        False, description="`pulumi up` ends with `fedctl verify`, which the plugin pulumi-command runs"
    )

    @property
    def host_cluster(self) -> ExistingCluster | AksCluster:
        """The cluster of the control plane."""
        wanted = self.host or self.clusters[0].name
        return next(c for c in self.clusters if c.name == wanted)

    @property
    def members(self) -> tuple[ExistingCluster | AksCluster, ...]:
        """The clusters that take workloads."""
        return tuple(c for c in self.clusters if c.join)


__all__ = [
    "ETCD",
    "KARMADA",
    "KUBERNETES",
    "NODE_PORT",
    "AksCluster",
    "ApiServer",
    "AzureDns",
    "Cluster",
    "ClusterPreference",
    "ControlPlane",
    "Controllers",
    "CoreDns",
    "DnsBackend",
    "Etcd",
    "EtcdTls",
    "ExistingCluster",
    "Failover",
    "Grant",
    "Images",
    "KubeconfigRef",
    "Maintenance",
    "Member",
    "ParentZone",
    "Preferences",
    "SystemPool",
    "Topology",
    "UserPool",
    "VipPool",
    "Workload",
]
