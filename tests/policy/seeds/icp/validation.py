"""## Validate the Federation Setup."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from contexts import Contexts  # type: ignore[import-not-found]  # beside it once it runs

NGINX = {"app": "nginx"}


def deploy(contexts: Contexts) -> None:
    """An nginx for everybody, and a pod to ask for its name."""
    opts = pulumi.ResourceOptions(provider=contexts.federation)
    # `kubectl config use-context fc-federated-cluster`, `kubectl create ns default`
    k8s.core.v1.Namespace("default", metadata={"name": "default"}, opts=opts)
    # `kubectl --context=fc-federated-cluster create deployment nginx --image=nginx && \`
    # `  kubectl --context=fc-federated-cluster scale deployment nginx --replicas=4`
    k8s.extensions.v1beta1.Deployment(
        "nginx",
        metadata={"name": "nginx", "labels": NGINX},
        spec={
            "replicas": 4,
            "selector": {"matchLabels": NGINX},
            "template": {
                "metadata": {"labels": NGINX},
                "spec": {"containers": [{"name": "nginx", "image": "nginx"}]},
            },
        },
        opts=opts,
    )
    # `kubectl expose deployment nginx --port=80 --type=LoadBalancer`
    k8s.core.v1.Service(
        "nginx",
        metadata={"name": "nginx", "labels": NGINX},
        spec={"type": "LoadBalancer", "selector": NGINX, "ports": [{"port": 80, "targetPort": 80}]},
        opts=opts,
    )
    # `kubectl config use-context fc01-context`,
    # `kubectl run -it --rm --restart=Never --image=infoblox/dnstools:latest dnstools`
    k8s.core.v1.Pod(
        "dnstools",
        metadata={"name": "dnstools", "labels": {"run": "dnstools"}},
        spec={
            "containers": [
                {"name": "dnstools", "image": "infoblox/dnstools:latest", "stdin": True, "tty": True}
            ],
            "restartPolicy": "Never",
        },
        opts=pulumi.ResourceOptions(provider=contexts.fc01),
    )
