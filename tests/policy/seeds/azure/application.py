"""## Deploying services into the federation."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from kubefed import Federation  # type: ignore[import-not-found]  # beside it once it runs
from shell import Command  # type: ignore[import-not-found]

SCENARIOS = "https://github.com/CSELATAM/istio-scenarios/blob/master/src/scenarios.yaml"


def deploy(federation: Federation) -> None:
    """The calculator, and a way to it from outside."""
    opts = pulumi.ResourceOptions(provider=federation.plane)
    # `After downloading the files to my master node`, of which it gives the link and not the command
    Command("get-scenarios", create=f"curl -LO {SCENARIOS}")
    # `kubectl create -f scenarios.yaml`, as that file is upstream
    # `deployment "calculator" created`, `service "calculator" created`
    _component("calculator", "allantargino/calculator:latest", 5000, opts)
    # `deployment "frontend" created`, `service "frontend" created`
    _component("frontend", "allantargino/frontend-calculator:latest", 5001, opts)
    # `kubectl create -f extlb.json`: `"kind": "Service"`, `"name": "calculatorlb"`, `"port": 5001`,
    # `"type": "LoadBalancer"`
    k8s.core.v1.Service(
        "calculatorlb",
        metadata={"name": "calculatorlb"},
        spec={
            "ports": [{"port": 5001, "targetPort": 5001}],
            "selector": {"app": "frontend"},
            "type": "LoadBalancer",
        },
        opts=opts,
    )


def _component(name: str, image: str, port: int, opts: pulumi.ResourceOptions) -> None:
    labels = {"app": name}
    # `kubectl get deployments`: two are `DESIRED`
    k8s.extensions.v1beta1.Deployment(
        name,
        metadata={"name": name},
        spec={
            "replicas": 2,
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": image, "ports": [{"containerPort": port}]}]},
            },
        },
        opts=opts,
    )
    k8s.core.v1.Service(
        name,
        metadata={"name": name},
        spec={"selector": labels, "ports": [{"port": port, "targetPort": port, "name": "http"}]},
        opts=opts,
    )
