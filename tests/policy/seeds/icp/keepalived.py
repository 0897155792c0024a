"""## Setting up Load Balancer.

`Note: The following procedure have to be executed on all the clusters under each context.`
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from contexts import Contexts  # type: ignore[import-not-found]  # beside it once it runs

NAME = "kube-keepalived-vip"
GROUP = "rbac.authorization.k8s.io"
METADATA = {"name": NAME, "namespace": "kube-system"}
ACCOUNT = {"kind": "ServiceAccount", **METADATA}

# `i.e. in the lab we used 10.250.0.0/24 for fc01 cluster and 10.250.1.0/24 for fc02 cluster.`
NETWORKS = {"fc01": ("10.250.0.0/24", "10.250.0.1"), "fc02": ("10.250.1.0/24", "10.250.1.1")}


def deploy(contexts: Contexts) -> None:
    """All of it in both clusters."""
    for cluster, provider in contexts.both().items():
        opts = pulumi.ResourceOptions(provider=provider)
        _superuser(cluster, opts)
        _rights(cluster, opts)
        _daemons(cluster, opts)
        # `kind: ConfigMap`, `name: vip-configmap`, `data: `
        k8s.core.v1.ConfigMap(
            f"{cluster}-vip-configmap",
            metadata={"name": "vip-configmap", "namespace": "kube-system"},
            opts=opts,
        )
        _cloud_provider(cluster, *NETWORKS[cluster], opts)


def _superuser(cluster: str, opts: pulumi.ResourceOptions) -> None:
    # `we need create the service account called `keepalived` and grant superuser access to it.`
    account = {"name": "keepalived", "namespace": "kube-system"}
    k8s.core.v1.ServiceAccount(f"{cluster}-keepalived", metadata=account, opts=opts)
    k8s.rbac.v1alpha1.ClusterRoleBinding(
        f"{cluster}-keepalived",
        metadata={"name": "keepalived"},
        role_ref={"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        subjects=[{"kind": "ServiceAccount", **account}],
        opts=opts,
    )


def _rights(cluster: str, opts: pulumi.ResourceOptions) -> None:
    # `# create service account`, which has no command below it; what follows calls it so
    k8s.core.v1.ServiceAccount(f"{cluster}-{NAME}", metadata=METADATA, opts=opts)
    # `apiVersion: rbac.authorization.k8s.io/v1alpha1`, `kind: ClusterRole`, `name: kube-keepalived-vip`
    k8s.rbac.v1alpha1.ClusterRole(
        f"{cluster}-{NAME}",
        metadata={"name": NAME},
        rules=[
            {
                "apiGroups": [""],
                "resources": ["pods", "nodes", "endpoints", "services", "configmaps"],
                "verbs": ["get", "list", "watch"],
            }
        ],
        opts=opts,
    )
    # `Bind the service account to the ClusterRole you created above`: `kind: ClusterRoleBinding`
    k8s.rbac.v1alpha1.ClusterRoleBinding(
        f"{cluster}-{NAME}",
        metadata={"name": NAME},
        role_ref={"apiGroup": GROUP, "kind": "ClusterRole", "name": NAME},
        subjects=[ACCOUNT],
        opts=opts,
    )
    # `kubectl create clusterrolebinding kube-keepalived-vip-privileged
    #  --serviceaccount=kube-system:kube-keepalived-vip --clusterrole=privileged`
    k8s.rbac.v1beta1.ClusterRoleBinding(
        f"{cluster}-{NAME}-privileged",
        metadata={"name": f"{NAME}-privileged"},
        role_ref={"apiGroup": GROUP, "kind": "ClusterRole", "name": "privileged"},
        subjects=[ACCOUNT],
        opts=opts,
    )


def _daemons(cluster: str, opts: pulumi.ResourceOptions) -> None:
    environment = {"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace"}
    container = {
        "image": "gcr.io/google_containers/kube-keepalived-vip:0.11",
        "name": NAME,
        "imagePullPolicy": "Always",
        "securityContext": {"privileged": True},
        "volumeMounts": [
            {"mountPath": "/lib/modules", "name": "modules", "readOnly": True},
            {"mountPath": "/dev", "name": "dev"},
        ],
        "env": [
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for name, path in environment.items()
        ],
        "args": [
            "--services-configmap=kube-system/vip-configmap",
            "--watch-all-namespaces=true",
            "--vrid=51",
        ],
    }
    pod = {
        "hostNetwork": True,
        "serviceAccount": NAME,
        "containers": [container],
        "volumes": [
            {"name": "modules", "hostPath": {"path": "/lib/modules"}},
            {"name": "dev", "hostPath": {"path": "/dev"}},
        ],
        "nodeSelector": {"beta.kubernetes.io/arch": "amd64"},
    }
    # `apiVersion: extensions/v1beta1`, `kind: DaemonSet`, `name: kube-keepalived-vip`
    k8s.extensions.v1beta1.DaemonSet(
        f"{cluster}-{NAME}",
        metadata=METADATA,
        spec={"template": {"metadata": {"labels": {"name": NAME}}, "spec": pod}},
        opts=opts,
    )


def _cloud_provider(cluster: str, network: str, router: str, opts: pulumi.ResourceOptions) -> None:
    name = "keepalived-cloud-provider"
    environment = {
        "KEEPALIVED_NAMESPACE": "kube-system",
        "KEEPALIVED_CONFIG_MAP": "vip-configmap",
        # `value: 10.250.1.0/24 # pick a CIDR that is explicitly reserved for keepalived`
        "KEEPALIVED_SERVICE_CIDR": network,
        # `value: 10.250.1.1 # router address for my CIDR`
        "KEEPALIVED_SERVICE_RESERVED": router,
    }
    container = {
        "name": name,
        "image": "jkwong/keepalived-cloud-provider:latest",
        "imagePullPolicy": "IfNotPresent",
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "volumeMounts": [{"name": "certs", "mountPath": "/etc/ssl/certs"}],
        "resources": {"requests": {"cpu": "200m"}},
        "livenessProbe": {
            "httpGet": {"path": "/healthz", "port": 10252, "host": "127.0.0.1"},
            "initialDelaySeconds": 15,
            "timeoutSeconds": 15,
            "failureThreshold": 8,
        },
    }
    template = {
        "metadata": {
            "annotations": {
                "scheduler.alpha.kubernetes.io/critical-pod": "",
                "scheduler.alpha.kubernetes.io/tolerations": '[{"key":"CriticalAddonsOnly", "operator":"Exists"}]',
            },
            "labels": {"app": name},
        },
        "spec": {
            "containers": [container],
            "volumes": [{"name": "certs", "hostPath": {"path": "/etc/ssl/certs"}}],
        },
    }
    # `apiVersion: apps/v1beta1`, `kind: Deployment`, `name: keepalived-cloud-provider`
    k8s.apps.v1beta1.Deployment(
        f"{cluster}-{name}",
        metadata={"labels": {"app": name}, "name": name, "namespace": "kube-system"},
        spec={
            "replicas": 1,
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": {"app": name}},
            "strategy": {"type": "RollingUpdate"},
            "template": template,
        },
        opts=opts,
    )
