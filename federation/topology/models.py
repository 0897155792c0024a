"""What a stack is made of: the shape of `federation:topology`, with a default for everything but three keys.

Names of keys and their defaults are a contract: stack files depend on them. What must hold between several keys is
in `checks`; these models only say what each key may be.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$")]
"""An amount as Kubernetes writes it, such as "10Gi" or "250m"."""

KARMADA = "1.18.2"
KUBERNETES = "1.36.3"
ETCD = "3.6.14-0"


class Model(BaseModel):
    """An unknown key is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class KubeconfigRef(Model):
    """Where the kubeconfig of a cluster is. Exactly one of `path` and `secret`."""

    path: str | None = Field(None, description="a file; ~ and $VARIABLES are replaced")
    secret: str | None = Field(
        None, description="key of the stack's configuration that holds the file's text as a secret"
    )
    context: str | None = Field(None, description="context in it; its current context if left out")


class VipPool(Model):
    """Virtual IPs for the `LoadBalancer` Services of one cluster (seed 002: keepalived-cloud-provider)."""

    cidr: Network = Field(description="the pool; its first address is reserved for the router")
    nodes: dict[str, str] = Field(
        default_factory=dict, description="labels of the gateway nodes; all nodes if left out"
    )
    interface: str | None = Field(
        None, description="network interface; that of the node's address if left out"
    )
    router_id: int | None = Field(
        None, ge=1, le=255, description="VRRP router id, unique in its network segment; chosen if left out"
    )


class Grant(Model):
    """A rule of a ClusterRole; `*` is refused (RBAC API, PolicyRule)."""

    api_groups: tuple[str, ...] = Field(description="such as apps, or the empty string for the core group")
    resources: tuple[str, ...] = Field(description="such as deployments, or deployments/status")
    verbs: tuple[str, ...] = Field(
        ("get", "list", "watch", "create", "update", "patch", "delete"), description="what may be done"
    )


class Member(Model):
    """What every cluster of the federation has."""

    name: str = Field(
        description="DNS-1123 label of at most 48 characters; the member's name in the federation"
    )
    region: str | None = Field(None, description="as in DNS names: nginx.default.<fed>.svc.<region>.<domain>")
    zones: tuple[str, ...] = Field((), description="the zones of its nodes; each gives a DNS name")
    labels: dict[str, str] = Field(default_factory=dict, description="labels of the member, for placements")
    node_labels: bool = Field(
        False, description="label its nodes with region and zone, unless somebody else has labelled them"
    )
    join: bool = Field(True, description="false for a host that takes no workloads")
    on_leave: Literal["keep", "remove"] = Field(
        "keep", description="what happens to the federation's namespaces on the member when it leaves"
    )
    grants: tuple[Grant, ...] = Field(
        (), description="rights for the federation on this member beyond the default ones"
    )
    pods: tuple[Network, ...] = Field((), description="addresses of its pods, to be checked for overlaps")
    services: tuple[Network, ...] = Field(
        (), description="addresses of its services, to be checked for overlaps"
    )
    nodes: tuple[Network, ...] = Field((), description="addresses of its nodes, to be checked for overlaps")
    vips: VipPool | None = Field(
        None, description="left out where the cluster has a load balancer of its own"
    )


class ExistingCluster(Member):
    """A cluster that is there already, wherever it runs."""

    kind: Literal["existing"] = "existing"
    kubeconfig: KubeconfigRef = Field(description="a path, or where to find it")


class AksCluster(Member):
    """A cluster that this stack makes in Azure."""

    kind: Literal["aks"]
    location: str = Field(description="Azure region, such as westus")
    kubernetes_version: str | None = Field(None, description="such as 1.34; a supported one if left out")
    resource_group: str | None = Field(
        None, description="made by the stack; named after the cluster if left out"
    )
    node_count: int = Field(3, ge=1, le=1000, description="nodes of the user pool")
    vm_size: str = Field("Standard_D4ds_v5", description="size of the nodes")
    acs_engine: str | None = Field(None, description="an acs-engine api-model file to take the settings from")


Cluster = Annotated[ExistingCluster | AksCluster, Field(discriminator="kind")]


class EtcdTls(Model):
    """Files with which an API server reaches an etcd that is there already."""

    ca: str
    certificate: str
    key: str


class Etcd(Model):
    """The etcd of the federation's control plane."""

    members: int = Field(1, description="1, or 3 to survive the loss of one node")
    storage: Quantity = Field(
        "10Gi", description="size of each member's volume (kubefed: --etcd-pv-capacity)"
    )
    storage_class: str | None = Field(None, description="the host's default if left out")
    persistent: bool = Field(
        True, description="false: nothing survives the pod (kubefed: --etcd-persistent-storage)"
    )
    servers: tuple[str, ...] = Field(
        (), description="URLs of an etcd that is there already; then none is made (kubefed: --etcd-servers)"
    )
    tls: EtcdTls | None = Field(None, description="needed with servers")


class ApiServer(Model):
    """How the federation's API server is reached."""

    service_type: Literal["NodePort", "LoadBalancer"] = "NodePort"
    advertise_address: str | None = Field(
        None,
        description="address or name under which clients find it; with NodePort that of the host's API server "
        "if left out. With LoadBalancer also the address that is asked for, which may be a virtual IP",
    )
    port: int | None = Field(None, ge=1, le=65535, description="32443 with NodePort, else 5443, if left out")
    external_names: tuple[str, ...] = Field((), description="more names and addresses for its certificate")
    service_cidr: Network = Field(
        IPv4Network("10.96.0.0/12"), description="no pod has these; Services of the federation API carry them"
    )
    node_port_range: str = Field(
        "32000-32767",
        pattern=r"^\d+-\d+$",
        description="node ports of federated Services; members should not hand them out to others",
    )


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
    overrides: dict[str, str] = Field(
        default_factory=dict,
        description="component to full image name, such as etcd: mirror.example/etcd@sha256:…",
    )


class ControlPlane(Model):
    """The federation's control plane, in the host cluster."""

    namespace: str = "federation-system"
    karmada_version: str = KARMADA
    kubernetes_version: str = Field(
        KUBERNETES, description="of its kube-apiserver and kube-controller-manager"
    )
    etcd_version: str = ETCD
    replicas: int = Field(1, ge=1, le=7, description="of each server; 2 or more are kept on different nodes")
    etcd: Etcd = Etcd()
    api_server: ApiServer = ApiServer()
    failover: Failover = Failover()
    images: Images = Images()
    crds: str | None = Field(
        None,
        description="folder or archive with Karmada's CRDs; the pinned release is downloaded if left out",
    )
    cluster_domain: str = Field("cluster.local", description="DNS domain of the host cluster")
    node_selector: dict[str, str] = Field(default_factory=dict)
    resources: dict[str, Any] = Field(
        default_factory=dict, description="component to Kubernetes resource requirements"
    )
    args: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="component to flags that are added or replaced (kubefed: --apiserver-arg-overrides)",
    )
    certificate_days: int = Field(365, ge=1, le=3650, description="validity of certificates")
    renew_before_days: int = Field(60, ge=0, description="how early `pulumi up` renews them")
    network_policy: bool = Field(
        True, description="only the parts of the plane may talk to its etcd and servers"
    )
    timeout_seconds: int = Field(300, ge=10, description="how long to wait for the plane to be healthy")
    force_delete: bool = Field(
        False, description="remove the plane although members or federated workloads are left"
    )


class CoreDns(Model):
    """The zone on CoreDNS and etcd in a cluster (seed 002), or on a CoreDNS that is there already."""

    provider: Literal["coredns"]
    cluster: str | None = Field(None, description="where it runs; the host if left out")
    etcd_members: int = Field(1, description="1 or 3")
    node_port: int | None = Field(None, ge=1, le=65535)
    endpoints: tuple[str, ...] = Field(
        (), description="an etcd-backed CoreDNS that is there: URLs of its etcd"
    )
    tls: EtcdTls | None = Field(None, description="needed with endpoints")
    nameservers: tuple[str, ...] = Field((), description="addresses with port of a CoreDNS that is there")


class AzureDns(Model):
    """The zone in Azure DNS (seed 000)."""

    provider: Literal["azure"]
    resource_group: str
    zone: str | None = Field(None, description="name of the zone; the federation's domain if left out")
    create: bool = Field(True, description="false: the zone is there already")
    private: bool = False
    traffic_manager: bool = False


DnsBackend = Annotated[CoreDns | AzureDns, Field(discriminator="provider")]


class ClusterPreference(Model):
    """How many replicas a cluster is given (kubefed v1, ClusterPreferences)."""

    min_replicas: int = Field(0, ge=0)
    max_replicas: int | None = Field(None, ge=0)
    weight: int = Field(0, ge=0)


class Preferences(Model):
    """How replicas divide (kubefed v1, ReplicaSetPreferences); `*` stands for all clusters that are not named."""

    rebalance: bool = False
    clusters: dict[str, ClusterPreference]


class Workload(Model):
    """Manifests for the federation API: a file or a folder."""

    path: str
    namespace: str | None = Field(None, description="for objects that name none; made if it is not there")
    preferences: Preferences | None = Field(
        None, description="for its Deployments; equal weights if left out. An annotation of a Deployment wins"
    )


class Topology(Model):
    """A federation: clusters, control plane, names and workloads. Only `name`, `domain` and `clusters` are needed."""

    name: str = Field(description="the federation's name, part of every DNS name of its services")
    domain: str = Field(description="the DNS zone of the federation, such as fc-federated.com")
    clusters: tuple[Cluster, ...] = Field(min_length=1)
    host: str | None = Field(None, description="the cluster of the control plane; the first one if left out")
    control_plane: ControlPlane = ControlPlane()
    dns: tuple[DnsBackend, ...] = Field((), description="where the names are written; nowhere if left out")
    ttl: int = Field(30, ge=1, le=86400, description="seconds that resolvers may keep an answer (RFC 1035)")
    workloads: tuple[Workload, ...] = ()

    @property
    def host_cluster(self) -> ExistingCluster | AksCluster:
        """The cluster of the control plane."""
        wanted = self.host or self.clusters[0].name
        return next(c for c in self.clusters if c.name == wanted)

    @property
    def members(self) -> tuple[ExistingCluster | AksCluster, ...]:
        """The clusters that take workloads."""
        return tuple(c for c in self.clusters if c.join)
