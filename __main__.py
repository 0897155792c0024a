"""The stack: one Kubernetes provider for each cluster, and nginx in it."""

from __future__ import annotations

import os
from pathlib import Path

import pulumi
import pulumi_kubernetes as kubernetes

from components.nginx import Nginx, NginxArgs

config = pulumi.Config("federation")
kubeconfig = pulumi.Output.secret(Path(os.environ["KUBECONFIG"]).read_text())
ports = {}
for context in config.require_object("clusters"):
    provider = kubernetes.Provider(
        context,
        kubeconfig=kubeconfig,
        context=context,
        # Without it a new kubeconfig for the same cluster would show as the replacement of everything in it.
        cluster_identifier=context,
    )
    nginx = Nginx(
        context,
        NginxArgs(replicas=config.get_int("replicas") or NginxArgs.replicas),
        pulumi.ResourceOptions(provider=provider),
    )
    ports[context] = nginx.node_port
pulumi.export("nodePorts", ports)
