"""nginx in one cluster, reached through a NodePort: the smallest thing that shows a cluster works."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Namespace, Service

PORT = 80


@dataclass(frozen=True, kw_only=True)
class NginxArgs:
    """Inputs of `Nginx`."""

    image: str = "docker.io/library/nginx:stable"
    replicas: pulumi.Input[int] = 2
    node_port: int = 30080  # the same in every cluster, so that one URL pattern serves all


class Nginx(pulumi.ComponentResource):
    """A Namespace, a Deployment and a Service in the cluster of the provider that is passed in `opts`.

    It does not set resource limits or a disruption budget: it is for showing, not for serving.

    Attributes:
        node_port: the port that answers on every node of the cluster.
    """

    node_port: pulumi.Output[int]

    def __init__(self, name: str, args: NginxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("federation:demo:Nginx", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        namespace = Namespace(f"{name}-namespace", metadata={"name": "demo"}, opts=child)
        metadata = {"name": "nginx", "namespace": namespace.metadata["name"]}
        labels = {"app": "nginx"}
        container = {
            "name": "nginx",
            "image": args.image,
            "image_pull_policy": "IfNotPresent",
            "ports": [{"container_port": PORT}],
            "readiness_probe": {"http_get": {"path": "/", "port": PORT}, "period_seconds": 1},
        }
        deployment = Deployment(
            f"{name}-deployment",
            metadata=metadata,
            spec={
                "replicas": args.replicas,
                "selector": {"match_labels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
            },
            opts=child,
        )
        service = Service(
            f"{name}-service",
            metadata=metadata,
            spec={
                "type": "NodePort",
                "selector": labels,
                "ports": [{"port": PORT, "node_port": args.node_port}],
            },
            # The await of a Service wants endpoints, which the Deployment gives.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[deployment]),
        )
        self.node_port = service.spec.ports[0].node_port
        self.register_outputs({"nodePort": self.node_port})
