"""What `kubefed init` makes in the host cluster of a federation.

The walk-throughs show what it says of that; source: kubernetes/federation, `pkg/kubefed/init/init.go`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from made_up import (  # type: ignore[import-not-found]  # beside it once it runs
    certificate,
    kubeconfig,
    private_key,
)

NAMESPACE = "federation-system"
ANNOTATION = "federation.alpha.kubernetes.io/federation-name"
LABEL = {"app": "federated-cluster"}
CONFIG = "federation-dns-provider.conf"
MANAGER = "federation-controller-manager"
MANAGER_ROLE = "federation-system:federation-controller-manager"
ETCD_IMAGE = "gcr.io/google_containers/etcd:3.1.10"  # default of --etcd-image


@dataclass(frozen=True, kw_only=True)
class Federation:
    """The arguments of `kubefed init`, and who is meant by its contexts.

    Attributes:
        host: of --host-cluster-context, which is also the name of a context.
        dns_config: the text of --dns-provider-config.
        nameserver: `coredns-endpoints` in that text, which goes to members.
        advertise: the address of --api-server-advertise-address.
        on_host: its cluster.
        plane: the federation's own API.
    """

    name: str
    host: str
    dns_provider: str
    dns_zone: str
    dns_config: str
    image: str
    service_type: str
    on_host: k8s.Provider
    plane: k8s.Provider
    advertise: str = ""
    nameserver: str = ""

    @property
    def domain(self) -> str:
        """The zone as kube-dns wants it."""
        return self.dns_zone.rstrip(".")

    def metadata(self, name: str, **annotations: str) -> dict[str, Any]:
        """Of what `init` makes in the host cluster."""
        return {
            "name": name,
            "namespace": NAMESPACE,
            "labels": LABEL,
            "annotations": {ANNOTATION: self.name, **annotations},
        }


def init(federation: Federation) -> None:
    """Make the control plane in the host cluster."""
    opts = pulumi.ResourceOptions(provider=federation.on_host)
    system_namespace(federation, federation.host, federation.on_host)
    _service(federation, opts)
    _credentials(federation, opts)
    _claim(federation, opts)
    _api_server(federation, opts)
    _manager_account(federation, opts)
    _dns_config(federation, opts)
    _controller_manager(federation, opts)


def system_namespace(
    federation: Federation, context: str, provider: k8s.Provider, **annotations: str
) -> None:
    """Make the namespace that the host and each member have."""
    # `Creating a namespace federation-system for federation system components... done`
    k8s.core.v1.Namespace(
        f"{context}-{NAMESPACE}",
        metadata={"name": NAMESPACE, "annotations": {ANNOTATION: federation.name, **annotations}},
        opts=pulumi.ResourceOptions(provider=provider),
    )


def _service(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    # `Creating federation control plane service... done`
    k8s.core.v1.Service(
        "apiserver",
        metadata=federation.metadata("apiserver"),
        spec={
            "type": federation.service_type,
            "selector": {**LABEL, "module": "federation-apiserver"},
            "ports": [{"name": "https", "protocol": "TCP", "port": 443, "targetPort": "https"}],
        },
        opts=opts,
    )


def _credentials(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    # `Creating federation control plane objects (credentials, persistent volume claim)... done`
    k8s.core.v1.Secret(
        "apiserver-credentials",
        metadata=federation.metadata("apiserver-credentials"),
        string_data={"ca.crt": certificate(), "server.crt": certificate(), "server.key": private_key()},
        opts=opts,
    )
    k8s.core.v1.Secret(
        "controller-manager-kubeconfig",
        metadata=federation.metadata("controller-manager-kubeconfig"),
        string_data={"kubeconfig": kubeconfig(federation.name, "https://apiserver", MANAGER)},
        opts=opts,
    )


def _claim(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    # `(credentials, persistent volume claim)`; --etcd-persistent-storage is true unless one says otherwise
    k8s.core.v1.PersistentVolumeClaim(
        "apiserver-etcd-claim",
        metadata=federation.metadata("apiserver-etcd-claim"),
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
        opts=opts,
    )


def _deployment(
    federation: Federation,
    name: str,
    opts: pulumi.ResourceOptions,
    *,
    pod: Mapping[str, Any],
    annotations: Mapping[str, str] | None = None,
) -> None:
    labels = {**LABEL, "module": f"federation-{name}"}
    # `Creating federation component deployments... done`
    k8s.extensions.v1beta1.Deployment(
        name,
        metadata=federation.metadata(name, **(annotations or {})),
        spec={"replicas": 1, "template": {"metadata": {"name": name, "labels": labels}, "spec": pod}},
        opts=opts,
    )


def _api_server(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    mount = "/etc/federation/apiserver"
    command = [
        "/hyperkube",
        "federation-apiserver",
        "--admission-control=NamespaceLifecycle",
        *([f"--advertise-address={federation.advertise}"] if federation.advertise else []),
        "--bind-address=0.0.0.0",
        f"--client-ca-file={mount}/ca.crt",
        "--etcd-servers=http://localhost:2379",
        "--secure-port=8443",
        f"--tls-cert-file={mount}/server.crt",
        f"--tls-private-key-file={mount}/server.key",
    ]
    server = {
        "name": "apiserver",
        "image": federation.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "ports": [{"name": "https", "containerPort": 8443}, {"name": "local", "containerPort": 8080}],
        "volumeMounts": [{"name": "apiserver-credentials", "mountPath": mount, "readOnly": True}],
    }
    etcd = {
        "name": "etcd",
        "image": ETCD_IMAGE,
        "command": ["/usr/local/bin/etcd", "--data-dir", "/var/etcd/data"],
        "volumeMounts": [{"name": "etcddata", "mountPath": "/var/etcd"}],
    }
    volumes = [
        {"name": "apiserver-credentials", "secret": {"secretName": "apiserver-credentials"}},
        {"name": "etcddata", "persistentVolumeClaim": {"claimName": "apiserver-etcd-claim"}},
    ]
    _deployment(federation, "apiserver", opts, pod={"containers": [server, etcd], "volumes": volumes})


def _manager_account(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    k8s.core.v1.ServiceAccount(MANAGER, metadata=federation.metadata(MANAGER), opts=opts)
    k8s.rbac.v1beta1.Role(
        MANAGER_ROLE,
        metadata=federation.metadata(MANAGER_ROLE),
        rules=[{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}],
        opts=opts,
    )
    k8s.rbac.v1beta1.RoleBinding(
        MANAGER_ROLE,
        metadata=federation.metadata(MANAGER_ROLE),
        role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": MANAGER_ROLE},
        subjects=[{"kind": "ServiceAccount", "name": MANAGER, "namespace": NAMESPACE}],
        opts=opts,
    )


def _dns_config(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    # `--dns-provider-config=...`: the file, as it is
    k8s.core.v1.Secret(
        CONFIG, metadata=federation.metadata(CONFIG), string_data={CONFIG: federation.dns_config}, opts=opts
    )


def _controller_manager(federation: Federation, opts: pulumi.ResourceOptions) -> None:
    access, dns = "/etc/federation/controller-manager", "/etc/federation/dns-provider"
    manager = {
        "name": "controller-manager",
        "image": federation.image,
        "imagePullPolicy": "IfNotPresent",
        "command": [
            "/hyperkube",
            MANAGER,
            f"--dns-provider={federation.dns_provider}",
            f"--federation-name={federation.name}",
            f"--kubeconfig={access}/kubeconfig",
            "--master=https://apiserver",
            f"--zone-name={federation.dns_zone}",
            f"--dns-provider-config={dns}/{CONFIG}",
        ],
        "env": [
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        ],
        "volumeMounts": [
            {"name": "controller-manager-kubeconfig", "mountPath": access, "readOnly": True},
            {"name": "config-volume", "mountPath": dns, "readOnly": True},
        ],
    }
    pod = {
        "serviceAccountName": MANAGER,
        "containers": [manager],
        "volumes": [
            {
                "name": "controller-manager-kubeconfig",
                "secret": {"secretName": "controller-manager-kubeconfig"},
            },
            {"name": "config-volume", "secret": {"secretName": CONFIG}},
        ],
    }
    annotations = {"federations": f"{federation.name}={federation.domain}"}
    if federation.nameserver:
        annotations |= {
            "dns-zone-name": federation.dns_zone,
            "nameserver": federation.nameserver,
            "dns-provider": federation.dns_provider,
        }
    _deployment(federation, "controller-manager", opts, pod=pod, annotations=annotations)
