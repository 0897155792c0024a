"""### Deploy the etcd-operator.

What its files hold is upstream (ufcg-lsd/k8s-onpremise-federation at the time of the text, when they were in `default`,
as the text's `http://etcd-cluster-client.default:2379` has it).
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from shell import Command  # type: ignore[import-not-found]  # beside it once it runs

NAME = "etcd-operator"
METADATA = {"name": NAME, "namespace": "default"}
ALL = ["*"]


def deploy(host: k8s.Provider) -> None:
    """The operator, and the etcd that it makes."""
    opts = pulumi.ResourceOptions(provider=host)
    Command("get-etcd-operator", create="git clone https://github.com/ufcg-lsd/k8s-onpremise-federation")
    _rbac(opts)
    _operator(opts)
    # `kubectl apply -f etcd-operator/cluster.yaml`, `etcdcluster "etcd-cluster" created`
    k8s.apiextensions.CustomResource(
        "etcd-cluster",
        api_version="etcd.database.coreos.com/v1beta2",
        kind="EtcdCluster",
        metadata={"name": "etcd-cluster", "namespace": "default"},
        spec={"size": 3, "version": "3.1.8"},
        opts=opts,
    )
    # `kubectl run --rm -i --tty fun --image quay.io/coreos/etcd --restart=Never -- /bin/sh`
    k8s.core.v1.Pod(
        "fun",
        metadata={"name": "fun", "labels": {"run": "fun"}},
        spec={
            "containers": [
                {
                    "name": "fun",
                    "image": "quay.io/coreos/etcd",
                    "args": ["/bin/sh"],
                    "stdin": True,
                    "tty": True,
                }
            ],
            "restartPolicy": "Never",
        },
        opts=opts,
    )


def _rbac(opts: pulumi.ResourceOptions) -> None:
    # `kubectl apply -f etcd-operator/rbac.yaml`, `serviceaccount "etcd-operator" created`
    k8s.core.v1.ServiceAccount(NAME, metadata=METADATA, opts=opts)
    # `clusterrole "etcd-operator" created`
    k8s.rbac.v1beta1.ClusterRole(
        NAME,
        metadata={"name": NAME},
        rules=[
            {"apiGroups": [group], "resources": resources, "verbs": ALL}
            for group, resources in (
                ("etcd.database.coreos.com", ["etcdclusters"]),
                ("apiextensions.k8s.io", ["customresourcedefinitions"]),
                ("storage.k8s.io", ["storageclasses"]),
                ("", ["pods", "services", "endpoints", "persistentvolumeclaims", "events"]),
                ("apps", ["deployments"]),
            )
        ],
        opts=opts,
    )
    # `clusterrolebinding "etcd-operator" created`
    k8s.rbac.v1beta1.ClusterRoleBinding(
        NAME,
        metadata={"name": NAME},
        role_ref={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
        subjects=[{"kind": "ServiceAccount", **METADATA}],
        opts=opts,
    )


def _operator(opts: pulumi.ResourceOptions) -> None:
    environment = {"MY_POD_NAMESPACE": "metadata.namespace", "MY_POD_NAME": "metadata.name"}
    container = {
        "name": NAME,
        "image": "quay.io/coreos/etcd-operator:v0.5.0",
        "env": [
            {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
            for name, path in environment.items()
        ],
    }
    # `kubectl apply -f etcd-operator/deployment.yaml`, `deployment "etcd-operator" created`
    k8s.extensions.v1beta1.Deployment(
        NAME,
        metadata=METADATA,
        spec={
            "replicas": 1,
            "template": {
                "metadata": {"labels": {"name": NAME}},
                "spec": {"serviceAccountName": NAME, "containers": [container]},
            },
        },
        opts=opts,
    )
