"""The zone fc-federated.com on one cluster; ZONE is its part of a topology, CLUSTER a context of KUBECONFIG."""

import json
import os

import pulumi
import pulumi_kubernetes as kubernetes

from components.coredns import CoreDnsArgs, CoreDnsStack
from components.dynamic.cluster_dns import ClusterDns, ClusterDnsArgs
from federation.kubeconfig import read
from federation.topology.dns import CoreDns

CLUSTER, KUBECONFIG = os.environ["CLUSTER"], os.environ["KUBECONFIG"]
where = {
    "federation": "fed",
    "domain": "fc-federated.com",
    "kubeconfig": read(KUBECONFIG, context=CLUSTER),
    "kubeconfig_path": KUBECONFIG,
    "kubeconfig_context": CLUSTER,
}
provider = kubernetes.Provider(
    "host",
    kubeconfig=where["kubeconfig"],
    cluster_identifier=CLUSTER,
    enable_secret_mutable=True,
    enable_config_map_mutable=True,
)
zone = CoreDnsStack(
    "dns",
    CoreDnsArgs(spec=CoreDns(provider="coredns", **json.loads(os.environ["ZONE"])), cluster=CLUSTER, **where),
    pulumi.ResourceOptions(providers={"kubernetes": provider}),
)
ClusterDns(
    "wiring",
    ClusterDnsArgs(member=CLUSTER, nameservers=zone.nameservers, ttl=30, **where),
    pulumi.ResourceOptions(depends_on=[zone.ready]),
)
pulumi.export("nameservers", zone.nameservers)
pulumi.export("store", zone.store)
