"""## Create a work area directory, save and merge the kubeconfig files."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_kubernetes as k8s
import yaml
from made_up import token  # type: ignore[import-not-found]  # beside it once it runs
from shell import Command, File  # type: ignore[import-not-found]

SERVERS = {"fc01": "https://10.11.12.1:8001", "fc02": "https://10.11.12.2:8001"}


@dataclass(frozen=True)
class Contexts:
    """Those of `kubectl config get-contexts`."""

    fc01: k8s.Provider
    fc02: k8s.Provider
    federation: k8s.Provider

    def both(self) -> dict[str, k8s.Provider]:
        """The clusters, by their short names."""
        return {"fc01": self.fc01, "fc02": self.fc02}


def create() -> Contexts:
    """Each cluster's file, and the merged one."""
    # `cd /opt/icp`, `mkdir federation`, `cd federation`
    Command("work-area", create="mkdir /opt/icp/federation")
    for cluster in SERVERS:
        # `kubectl config view > fc01-kubeconfig.yml`, `kubectl config view > fc02-kubeconfig.yml`
        Command(f"save-{cluster}", create=f"kubectl config view > {cluster}-kubeconfig.yml")
    # `The resulting fc-kubeconfig.yml file looks like:`
    merged = yaml.safe_dump(_merged(), sort_keys=False)
    File("fc-kubeconfig.yml", merged)
    # `export KUBECONFIG=./fc-kubeconfig.yml`; see `_rendered`
    k8s.Provider("fc-kubeconfig", kubeconfig=merged, context="fc01.icp-context")
    return Contexts(
        *(_rendered(context) for context in ("fc01-context", "fc02-context", "fc-federated-cluster"))
    )


def _merged() -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "clusters": [
            # `insecure-skip-tls-verify: true`, `server: https://10.11.12.1:8001`
            {"cluster": {"insecure-skip-tls-verify": True, "server": server}, "name": f"{cluster}.icp"}
            for cluster, server in SERVERS.items()
        ],
        "contexts": [
            {
                "context": {
                    "cluster": f"{cluster}.icp",
                    "namespace": namespace,
                    "user": f"{cluster}.icp-user",
                },
                "name": f"{cluster}.icp-context",
            }
            for cluster, namespace in (("fc01", "kube-system"), ("fc02", "default"))
        ],
        "current-context": "fc01.icp-context",
        # `token: REDACTED`
        "users": [{"name": f"{cluster}.icp-user", "user": {"token": token()}} for cluster in SERVERS],
        "kind": "Config",
        "preferences": {},
    }


def _rendered(context: str) -> k8s.Provider:
    """A context. It writes files, so that no cluster is needed.

    Such a provider may not have a kubeconfig, which is why there is another for that, which nothing uses.
    """
    return k8s.Provider(context, render_yaml_to_directory=f"manifests/{context}")
