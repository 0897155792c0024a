"""What became of acs-engine's add-ons, by name (docs/clusterdefinition.md, "addons")."""

from __future__ import annotations

from federation.acs_engine import sources as at
from federation.acs_engine.tree import Node
from federation.acs_engine.values import Loc

_ADDONS: dict[str, tuple[str, str]] = {
    "tiller": ("Helm has no server any more since version 3", "https://helm.sh/docs/topics/v2_v3_migration/"),
    "kubernetes-dashboard": (
        "AKS has no dashboard since Kubernetes 1.19; the portal shows workloads",
        at.ADDONS,
    ),
    "cluster-autoscaler": ("every pool is autoscaled between its count and max_count", at.AUTOSCALER),
    "metrics-server": ("AKS runs it in every cluster", at.ADDONS),
    "heapster": ("metrics-server is in its place", at.ADDONS),
    "coredns": ("AKS runs it in every cluster", at.ADDONS),
    "kube-dns": ("AKS runs CoreDNS in every cluster", at.ADDONS),
    "kube-proxy": ("Cilium does its work", at.CILIUM),
    "cilium": ("AKS runs it in every cluster of this stack", at.CILIUM),
    "calico-daemonset": ("Cilium enforces network policies", at.CILIUM),
    "azure-npm-daemonset": ("Cilium enforces network policies", at.CILIUM),
    "azure-cni-networkmonitor": ("Azure installs and updates its network plug-in", at.CILIUM),
    "flannel": ("Azure's overlay network is in its place", at.CILIUM),
    "ip-masq-agent": ("AKS runs it where it is needed", at.ADDONS),
    "nvidia-device-plugin": ("make a GPU pool, and run NVIDIA's GPU operator as a workload", at.ADDONS),
    "aci-connector": ("virtual nodes are in its place, and not part of this stack", at.ADDONS),
    "aad-pod-identity": ("workload identity is in its place, and is on", at.WORKLOAD_IDENTITY),
    "azure-ad-pod-identity": ("workload identity is in its place, and is on", at.WORKLOAD_IDENTITY),
    "keyvault-flexvolume": ("the Secrets Store CSI driver is in its place", at.KEY_VAULT),
    "blobfuse-flexvolume": ("the Blob CSI driver is in its place", at.STORAGE),
    "smb-flexvolume": ("the Files CSI driver is in its place", at.STORAGE),
    "azuredisk-csi-driver": ("AKS runs it in every cluster", at.STORAGE),
    "azurefile-csi-driver": ("AKS runs it in every cluster", at.STORAGE),
    "azure-storage-classes": ("AKS has storage classes of its own", at.STORAGE),
    "container-monitoring": ("the stack sends metrics and audit logs to Azure Monitor", at.ADDONS),
    "rescheduler": ("run the descheduler as a workload, if you need it", ""),
    "dns-autoscaler": ("AKS scales CoreDNS itself", at.ADDONS),
    "audit-policy": ("Azure sets the flags of its control plane", at.CONTROL_PLANE),
    "pod-security-policy": ("was removed in Kubernetes 1.25", at.POD_SECURITY),
    "azure-policy": ("the stack turns Azure Policy on", at.ADDONS),
    "node-problem-detector": ("AKS runs it on every node", at.ADDONS),
    "cloud-node-manager": ("AKS runs it on every node", at.ADDONS),
    "scheduled-maintenance": ("the stack sets maintenance windows", at.ADDONS),
    "appgw-ingress": (
        "Application Gateway for Containers is in its place, and not part of this stack",
        at.ADDONS,
    ),
}
_OTHER = ("acs-engine's add-ons are not installed; run what you need as a workload", at.ADDONS)


def reason_of_addon(loc: Loc, root: Node) -> tuple[str, str]:
    """Reason and source for a leaf of `properties.orchestratorProfile.kubernetesConfig.addons`."""
    here = root
    for part in loc[:5]:
        found = here.items[part] if isinstance(part, int) and here.items else here.get(str(part))
        if found is None:
            return _OTHER
        here = found
    name = here.get("name")
    return _ADDONS.get(str(name.value).lower(), _OTHER) if name is not None else _OTHER
