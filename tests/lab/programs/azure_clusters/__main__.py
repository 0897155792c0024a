"""Two clusters in Azure, as the stack makes them, and nothing in them."""

import pulumi

from components.azure.clusters import acs_clusters
from federation.topology import Topology
from federation.topology.aks import AksCluster

config = pulumi.Config()
topology = Topology.model_validate(
    {
        "name": "test",
        "domain": "example.test",
        "clusters": [
            {
                "name": "west",
                "kind": "aks",
                "location": config.get("region") or "westus",
                "protect": False,
                "node_count": config.get_int("count") or 3,
                "tags": {"team": config.get("team") or "federation"},
                "maintenance": {"weekday": config.get("weekday") or "Monday"},
            },
            {"name": "east", "kind": "aks", "location": "eastus", "protect": False},
        ],
    }
)
clusters = [cluster for cluster in topology.clusters if isinstance(cluster, AksCluster)]
made = acs_clusters(topology.name, clusters, pulumi.ResourceOptions())
for name, cluster in made.items():
    pulumi.export(name, cluster.kubeconfig)
