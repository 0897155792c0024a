"""The guard of the cluster that the configuration describes, and tags of which some are somebody else's."""

import pulumi
from provider import Tagged  # type: ignore[import-not-found]  # beside it once it runs

from components.azure.arm import foreign
from components.azure.guard import ClusterGuard
from components.azure.lifetime import guarded
from federation.topology.aks import AksCluster

config = pulumi.Config()
cluster = AksCluster.model_validate({"kind": "aks", "name": "west", **config.require_object("cluster")})
ClusterGuard("west-guard", guarded(cluster))
ignore = pulumi.ResourceOptions(ignore_changes=foreign(["costs", "absent"]))
Tagged("tags", config.get_object("tags"), ignore)
