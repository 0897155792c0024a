"""A member of a federation: what is wanted of it, what is known of it, and how its objects are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from federation.kube import Object, Ref

MANAGED_BY = {"app.kubernetes.io/managed-by": "k8s-federation"}
FEDERATION_LABEL = "k8s-federation/federation"
MEMBER_ANNOTATION = "k8s-federation/member"
ON_LEAVE_ANNOTATION = "k8s-federation/on-leave"

CLUSTER_API = "cluster.karmada.io/v1alpha1"
CLUSTERS = Ref(CLUSTER_API, "clusters")
WORK_API = "work.karmada.io/v1alpha1"
BINDING_API = "work.karmada.io/v1alpha2"
PLANE_NAMESPACE = "karmada-cluster"  # shared by all members; Karmada never propagates it
READERS_NAMESPACE = (
    "karmada-system"  # of the members' readers; every control plane has it, and never propagates it
)
TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class MemberSpec:
    """A cluster that is to be a member of a federation.

    Attributes:
        name: the member's name in the federation: a DNS-1123 label of at most 48 characters (Karmada, validation.go).
        federation: the federation's name.
        region: as in DNS names, or None.
        zones: of its nodes.
        labels: of the `Cluster` object, for placements.
        grants: rules of a ClusterRole beyond the default ones: mappings of `apiGroups`, `resources`, `verbs`.
        on_leave: what becomes of namespaces that the federation has made on the member.
        timeout: seconds for a join or a leave.
        kubeconfig: of the member's administrator, as text.
        kubeconfig_path: a file with it, and `kubeconfig_context` in it; named in advice only.
        federation_kubeconfig: of the federation API's administrator, as text.
        cluster_id: UID of the cluster's namespace kube-system, where it is known already.
    """

    name: str
    federation: str
    region: str | None = None
    zones: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    grants: tuple[Mapping[str, Any], ...] = ()
    on_leave: Literal["keep", "remove"] = "keep"
    timeout: float = TIMEOUT_SECONDS
    kubeconfig: str = field(default="", repr=False)
    kubeconfig_path: str | None = None
    kubeconfig_context: str | None = None
    federation_kubeconfig: str = field(default="", repr=False)
    cluster_id: str | None = None

    @classmethod
    def from_props(cls, props: Mapping[str, Any], cluster_id: str | None = None) -> MemberSpec:
        """From a resource's inputs or outputs, with keys in camelCase; what is None or left out has its default."""
        return cls(
            name=props["member"],
            federation=props["federation"],
            region=props.get("region"),
            zones=tuple(props.get("zones") or ()),
            labels=dict(props.get("labels") or {}),
            grants=tuple(props.get("grants") or ()),
            on_leave=props.get("onLeave") or "keep",
            timeout=float(props.get("timeoutSeconds") or TIMEOUT_SECONDS),
            kubeconfig=props.get("kubeconfig") or "",
            kubeconfig_path=props.get("kubeconfigPath"),
            kubeconfig_context=props.get("kubeconfigContext"),
            federation_kubeconfig=props.get("federationKubeconfig") or "",
            cluster_id=cluster_id,
        )

    @property
    def subject(self) -> str:
        """How messages call it."""
        return f"member {self.name}"

    @property
    def manager(self) -> str:
        """Field manager of everything that is applied for it (KEP-555)."""
        return f"federation-{self.federation}"

    @property
    def namespace(self) -> str:
        """The namespace on the member that holds the federation's identity."""
        return f"federation-{self.federation}"

    @property
    def role(self) -> str:
        """The ClusterRole and its binding on the member; a colon keeps them apart from those of users."""
        return f"federation:{self.federation}"

    @property
    def execution_space(self) -> str:
        """Namespace of the member's Works in the federation API (Karmada, names.GenerateExecutionSpaceName)."""
        return f"karmada-es-{self.name}"

    @property
    def reader_ref(self) -> Ref:
        """The Secret in the federation API with which the member's Services are read."""
        return Ref("v1", "secrets", self.name, READERS_NAMESPACE)

    @property
    def reader_role(self) -> str:
        """The reader's ClusterRole and its binding on the member."""
        return f"{self.role}:dns-reader"

    @property
    def object_labels(self) -> dict[str, str]:
        """The mark of every object that a join makes; nothing without it is ever deleted."""
        return {**MANAGED_BY, FEDERATION_LABEL: self.federation}

    @property
    def cluster_ref(self) -> Ref:
        """The `Cluster` object in the federation API."""
        return Ref(CLUSTER_API, "clusters", self.name)

    @property
    def secret_ref(self) -> Ref:
        """The Secret in the federation API with which Karmada reaches the member."""
        return Ref("v1", "secrets", self.name, PLANE_NAMESPACE)

    def owns(self, found: Object | None) -> bool:
        """Whether an object bears this federation's mark."""
        labels: Mapping[str, str] = (found or {}).get("metadata", {}).get("labels", {})
        return self.object_labels.items() <= labels.items()


@dataclass(frozen=True)
class MemberFacts:
    """What a join has found.

    Attributes:
        cluster_id: UID of the cluster's namespace kube-system.
        endpoint: URL of its API server, as the federation reaches it.
        version: its Kubernetes version, such as "v1.36.3"; empty until Karmada has asked.
        ready: whether Karmada reaches it and finds it healthy.
    """

    cluster_id: str
    endpoint: str
    version: str
    ready: bool

    @classmethod
    def of(cls, cluster: Object) -> MemberFacts:
        """From a `Cluster` object."""
        spec, status = cluster["spec"], cluster.get("status", {})
        return cls(
            cluster_id=spec.get("id", ""),
            endpoint=spec.get("apiEndpoint", ""),
            version=status.get("kubernetesVersion", ""),
            ready=not_ready(cluster) is None,
        )

    def as_props(self) -> dict[str, Any]:
        """As outputs of a resource."""
        return {
            "clusterId": self.cluster_id,
            "endpoint": self.endpoint,
            "version": self.version,
            "ready": self.ready,
        }


def not_ready(cluster: Object) -> str | None:
    """Why a `Cluster` is not Ready, or None if it is."""
    for condition in cluster.get("status", {}).get("conditions", []):
        if condition["type"] == "Ready":
            return None if condition["status"] == "True" else str(condition.get("message") or "not Ready")
    return "Karmada has not looked at it yet"
