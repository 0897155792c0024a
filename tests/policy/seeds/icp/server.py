"""### Deploy CoreDNS.

The objects are those of the chart at the time of the text (stable/coredns 0.7.0, which has `middleware` in its values),
with its defaults where `coredns-chart-values.yaml` says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s
from shell import Command, File  # type: ignore[import-not-found]  # beside it once it runs

ETCD = "http://etcd-cluster-client.default:2379"
ZONE = "fc-federated.com."
NAME = "coredns-coredns"  # release and chart
LABELS = {"app": NAME, "release": "coredns"}

# `cat <<EOF >  coredns-chart-values.yaml`
VALUES = f"""\
isClusterService: false
serviceType: "NodePort"
middleware:
  kubernetes:
    enabled: false
  etcd:
    enabled: true
    zones:
    - "{ZONE}"
    endpoint: "{ETCD}"
"""
COREFILE = f"""\
.:53 {{
    cache 30
    errors stdout
    etcd {ZONE} {{
        path /skydns
        endpoint {ETCD}
    }}
    health
    loadbalance round_robin
    prometheus 0.0.0.0:9153
    proxy . /etc/resolv.conf
}}
"""


def deploy(host: k8s.Provider) -> None:
    """The chart, and what is in it."""
    File("coredns-chart-values.yaml", VALUES)
    Command(
        "helm-install-coredns",
        create="helm install --name coredns -f  coredns-chart-values.yaml  stable/coredns",
    )
    opts = pulumi.ResourceOptions(provider=host)
    metadata = {"name": NAME, "labels": LABELS}
    # `etcd: enabled: true`, `endpoint: "http://etcd-cluster-client.default:2379"`
    k8s.core.v1.ConfigMap(NAME, metadata=metadata, data={"Corefile": COREFILE}, opts=opts)
    _deployment(metadata, opts)
    # `serviceType: "NodePort"`
    k8s.core.v1.Service(
        NAME,
        metadata=metadata,
        spec={
            "type": "NodePort",
            "selector": LABELS,
            "ports": [
                {"port": 53, "protocol": "UDP", "name": "dns"},
                {"port": 53, "protocol": "TCP", "name": "dns-tcp"},
            ],
        },
        opts=opts,
    )


def _deployment(metadata: Mapping[str, object], opts: pulumi.ResourceOptions) -> None:
    container = {
        "name": "coredns",
        "image": "coredns/coredns:011",
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns"}],
        "resources": {
            "limits": {"cpu": "100m", "memory": "128Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
        "ports": [
            {"containerPort": 53, "name": "dns", "protocol": "UDP"},
            {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"},
            {"containerPort": 9153, "name": "metrics", "protocol": "TCP"},
        ],
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": 8080, "scheme": "HTTP"},
            "initialDelaySeconds": 60,
        },
    }
    volume = {
        "name": "config-volume",
        "configMap": {"name": NAME, "items": [{"key": "Corefile", "path": "Corefile"}]},
    }
    # `helm install --name coredns`
    k8s.extensions.v1beta1.Deployment(
        NAME,
        metadata=metadata,
        spec={
            "replicas": 1,
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {"containers": [container], "dnsPolicy": "Default", "volumes": [volume]},
            },
        },
        opts=opts,
    )
