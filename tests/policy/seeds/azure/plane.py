"""## Creating the federation."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s
from clusters import EAST, WEST, Made  # type: ignore[import-not-found]  # beside it once it runs
from kubefed import Federation, init  # type: ignore[import-not-found]
from kubefed_join import join  # type: ignore[import-not-found]
from shell import Command  # type: ignore[import-not-found]
from zone import ZONE, External  # type: ignore[import-not-found]

GROUP = "rbac.authorization.k8s.io"


def create(made: Made, external: External) -> Federation:
    """Host, control plane and members."""
    for context in (EAST, WEST):
        # `export KUBECONFIG="/home/azureuser/eastus.config:/home/azureuser/.kube/config"`; see `_rendered`
        k8s.Provider(f"kubeconfig-{context}", kubeconfig=made.kubeconfigs[context], context=context)
    west, east, plane = (_rendered(context) for context in (WEST, EAST, "myfederation"))
    _permit_everything(west)
    federation = Federation(
        name="myfederation",
        host=WEST,
        dns_provider="azure-azuredns",
        dns_zone=ZONE,
        dns_config=external.config,
        image="xtoph/hyperkube-amd64:xtoph.azuredns.2",
        service_type="LoadBalancer",  # kubefed's default
        on_host=west,
        plane=plane,
    )
    # `kubefed init myfederation --host-cluster-context=westuscluster1 --dns-provider="azure-azuredns"
    #  --dns-zone-name="syncweek.com" --dns-provider-config=dns.conf --image=xtoph/hyperkube-amd64:xtoph.azuredns.2`
    Command(
        "kubefed-init",
        create=f"kubefed init myfederation --host-cluster-context={WEST} --dns-provider=azure-azuredns"
        f" --dns-zone-name={ZONE} --dns-provider-config=dns.conf --image={federation.image}",
    )
    init(federation)
    # `kubectl config use-context myfederation`, `kubectl create ns default`
    k8s.core.v1.Namespace(
        "default", metadata={"name": "default"}, opts=pulumi.ResourceOptions(provider=plane)
    )
    # `kubefed join westuscluster1 --host-cluster-context=westuscluster1 --cluster-context=westuscluster1`
    join(federation, WEST, west, made.servers[WEST])
    # `kubefed join eastuscluster1 --host-cluster-context=westuscluster1 --cluster-context=eastuscluster1`
    join(federation, EAST, east, made.servers[EAST])
    return federation


def _rendered(context: str) -> k8s.Provider:
    """A context. It writes files, so that no cluster is needed.

    Such a provider may not have a kubeconfig, which is why there are others for those, which nothing uses.
    """
    return k8s.Provider(context, render_yaml_to_directory=f"manifests/{context}")


def _permit_everything(host: k8s.Provider) -> None:
    # `kubectl create clusterrolebinding permissive-binding --clusterrole=cluster-admin --user=client
    #  --user=kubeconfig --group=system:serviceaccounts`
    k8s.rbac.v1.ClusterRoleBinding(
        "permissive-binding",
        metadata={"name": "permissive-binding"},
        role_ref={"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        subjects=[
            {"apiGroup": GROUP, "kind": "User", "name": "client"},
            {"apiGroup": GROUP, "kind": "User", "name": "kubeconfig"},
            {"apiGroup": GROUP, "kind": "Group", "name": "system:serviceaccounts"},
        ],
        opts=pulumi.ResourceOptions(provider=host),
    )
