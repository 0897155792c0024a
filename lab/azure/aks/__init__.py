"""Microsoft.ContainerService: managed clusters that are clusters of the lab, their pools and maintenance windows."""

from lab.azure.aks.addresses import LoadBalancer
from lab.azure.aks.clusters import ManagedCluster
from lab.azure.aks.maintenance import MaintenanceConfiguration
from lab.azure.aks.pools import AgentPool
from lab.azure.kinds import Kind

KINDS: tuple[Kind, ...] = (ManagedCluster(), AgentPool(), MaintenanceConfiguration(), LoadBalancer())
