"""The keys of an api-model that a topology says nothing of, and why.

They are those of acs-engine's `pkg/api/vlabs/types.go` and its older versions, of `pkg/api/agentPoolOnlyApi`, and of
aks-engine, which went on with the same format.
"""

from __future__ import annotations

from collections.abc import Iterator

from federation.acs_engine import sources as at

POOL = "properties.agentPoolProfiles.*"
MASTER = "properties.masterProfile"
KUBERNETES = "properties.orchestratorProfile.kubernetesConfig"
LINUX = "properties.linuxProfile"
ADDONS = f"{KUBERNETES}.addons"

_MANAGED = "the control plane is Azure's own; there are no master VMs"
_NETWORK = "the stack makes a network of its own for each cluster; a network of yours can be peered with it"
_RANGES = (
    "pods and Services have the ranges of the overlay network, which are not routed outside of the cluster"
)
_PUBLIC = "nodes have no addresses of their own; make a Service of type LoadBalancer, whose name the federation serves"
_EXTENSIONS = (
    "nodes are replaced at any time; run it as a DaemonSet or a Job, as one of the stack's workloads"
)
_IDENTITY = "the stack makes two managed identities for each cluster, which have no secret"
_DOCKER = "there is no Docker on the nodes any more"
_PODS = "the overlay network has room for 250 pods on a node"
_OTHER = "belongs to another orchestrator"

# Place, reason and source, and the keys.
_TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("", "Azure gives the cluster its id; the stack names it", "", "id type plan name"),
    ("", "tells how to read this file; a topology needs no such key", at.ACS, "apiVersion"),
    (
        "properties",
        "tells the state of the old cluster, not a wish",
        "",
        "provisioningState fqdn accessProfiles nodeResourceGroup",
    ),
    ("properties", _MANAGED, at.CONTROL_PLANE, "hostedMasterProfile"),
    (
        "properties",
        "nobody logs in to nodes; `az aks command invoke` and kubectl do without",
        "",
        "jumpboxProfile",
    ),
    ("properties", _EXTENSIONS, "", "extensionProfiles"),
    ("properties", "the stack makes Linux nodes only", "", "windowsProfile"),
    ("properties", "Azure makes and renews the cluster's certificates", "", "certificateProfile"),
    ("properties", _IDENTITY, at.IDENTITY, "servicePrincipalProfile"),
    ("properties", "the stack sets add-ons of its own", at.ADDONS, "addonProfiles"),
    (
        "properties",
        "Azure Stack has no AKS; the location must be one of Azure's",
        "",
        "customCloudProfile",
    ),
    ("properties", "belongs to acs-engine itself", "", "telemetryProfile azProfile"),
    ("properties", "was an experiment of acs-engine", "", "featureFlags"),
    (
        "properties.featureFlags",
        "nodes reach the internet through the NAT gateway only",
        "",
        "blockOutboundInternet",
    ),
    (
        "properties.aadProfile",
        "Entra ID needs no application of yours for AKS any more",
        at.ENTRA,
        "clientAppID serverAppID serverAppSecret tenantID authenticator",
    ),
    (
        LINUX,
        "pods mount secrets with the Secrets Store CSI driver; nodes hold none",
        at.KEY_VAULT,
        "secrets",
    ),
    (LINUX, "was where acs-engine took its own scripts from", "", "scriptroot"),
    (LINUX, "nodes ask the DNS of their network", "", "customSearchDomain customNodesDNS"),
    ("properties.orchestratorProfile", _OTHER, "", "dcosConfig openShiftConfig"),
    (
        KUBERNETES,
        "Azure brings the images and binaries that belong to a Kubernetes version",
        "",
        """
        kubernetesImageBase kubernetesImageBaseType mcrKubernetesImageBase customHyperkubeImage customCcmImage
        customKubeAPIServerImage customKubeControllerManagerImage customKubeProxyImage customKubeSchedulerImage
        customKubeBinaryURL customWindowsPackageURL windowsNodeBinariesURL windowsContainerdURL windowsSdnPluginURL
        azureCNIVersion azureCNIURLLinux azureCNIURLWindows privateAzureRegistryServer containerdVersion
        """,
    ),
    (
        KUBERNETES,
        _DOCKER,
        at.DOCKERSHIM,
        "dockerEngineVersion mobyVersion dockerBridgeSubnet containerRuntimeConfig",
    ),
    (KUBERNETES, _RANGES, at.CILIUM, "clusterSubnet dnsServiceIP serviceCidr nonMasqueradeCidr"),
    (KUBERNETES, "Azure installs and updates its network plug-in", at.CILIUM, "networkMode kubeProxyMode"),
    (KUBERNETES, _PODS, at.LIMITS, "maxPods"),
    (KUBERNETES, _IDENTITY, at.IDENTITY, "userAssignedID userAssignedClientID"),
    (
        KUBERNETES,
        "Azure tunes its cloud provider itself",
        at.LOAD_BALANCER,
        """
        useCloudControllerManager useInstanceMetadata cloudProviderBackoff cloudProviderBackoffMode
        cloudProviderBackoffRetries cloudProviderBackoffJitter cloudProviderBackoffDuration
        cloudProviderBackoffExponent cloudProviderRateLimit cloudProviderRateLimitQPS cloudProviderRateLimitQPSWrite
        cloudProviderRateLimitBucket cloudProviderRateLimitBucketWrite cloudProviderDisableOutboundSNAT
        excludeMasterFromStandardLB maximumLoadBalancerRuleCount loadBalancerOutboundIPs
        outboundRuleIdleTimeoutInMinutes
        """,
    ),
    (
        KUBERNETES,
        "Azure sets the flags of its control plane",
        at.CONTROL_PLANE,
        """
        ctrlMgrNodeMonitorGracePeriod ctrlMgrPodEvictionTimeout ctrlMgrRouteReconciliationPeriod
        controllerManagerConfig cloudControllerManagerConfig apiServerConfig schedulerConfig components
        """,
    ),
    (
        KUBERNETES,
        "Azure sets up the kubelets; the stack adds RuntimeDefault seccomp",
        "",
        "gchighthreshold gclowthreshold kubeletConfig kubeReservedCgroup",
    ),
    (
        KUBERNETES,
        "Azure runs the cluster's etcd, and encrypts it",
        at.CONTROL_PLANE,
        "etcdVersion etcdDiskSizeGB etcdEncryptionKey enableEncryptionWithExternalKms keyVaultSku",
    ),
    (
        KUBERNETES,
        "was removed in Kubernetes 1.25",
        at.POD_SECURITY,
        "enablePodSecurityPolicy podSecurityPolicyConfig",
    ),
    (KUBERNETES, "nobody logs in to nodes, so that no jumpbox is needed", at.SSH, "privateCluster"),
    (
        MASTER,
        _MANAGED,
        at.CONTROL_PLANE,
        """
        vmSize osDiskSizeGB storageProfile distro imageReference availabilityProfile availabilityZones
        kubernetesConfig customFiles cosmosEtcd fqdn auditDEnabled singlePlacementGroup platformFaultDomainCount
        platformUpdateDomainCount customVMTags sysctldConfig ultraSSDEnabled encryptionAtHost
        proximityPlacementGroupID osDiskCachingType subjectAltNames extensions preProvisionExtension
        firstConsecutiveStaticIP ipAddressCount
        """,
    ),
    (MASTER, _OTHER, "", "oauthEnabled HTTPSourceAddressPrefix"),
    (MASTER, _NETWORK, "", "vnetSubnetID vnetCidr agentVnetSubnetID agentSubnet"),
    (
        POOL,
        "OS disks are ephemeral where the VM size has room for one",
        at.STORAGE,
        "osDiskSizeGB osDiskCachingType",
    ),
    (
        POOL,
        "pods ask for disks with PersistentVolumeClaims, which the CSI drivers fulfil",
        at.STORAGE,
        "diskSizesGB dataDiskCachingType ultraSSDEnabled",
    ),
    (POOL, _PUBLIC, "", "dnsPrefix ports enableVMSSNodePublicIP loadBalancerBackendAddressPoolIDs fqdn"),
    (POOL, _NETWORK, "", "vnetSubnetID"),
    (POOL, _RANGES, at.CILIUM, "ipAddressCount"),
    (
        POOL,
        "nodes of these pools are never spot nodes",
        "",
        "scaleSetPriority scaleSetEvictionPolicy spotMaxPrice",
    ),
    (
        POOL,
        "Azure sets up the kubelets; the stack adds RuntimeDefault seccomp",
        "",
        "kubernetesConfig",
    ),
    (POOL, _PODS, at.LIMITS, "maxPods"),
    (
        POOL,
        "count says how many there are at least; at most it is twice that",
        at.AUTOSCALER,
        "minCount maxCount autoscalePool",
    ),
    (POOL, _EXTENSIONS, "", "extensions preProvisionExtension"),
    (POOL, "the cluster's tags are on all that is made for it", "", "customVMTags"),
    (
        POOL,
        "AKS decides this for its scale sets",
        at.NODE_POOLS,
        """
        singlePlacementGroup platformFaultDomainCount platformUpdateDomainCount vmssOverProvisioningEnabled
        acceleratedNetworkingEnabledWindows proximityPlacementGroupID auditDEnabled sysctldConfig imageReference role
        """,
    ),
    (
        POOL,
        "Azure encrypts disks with its own keys",
        at.STORAGE,
        "diskEncryptionSetID encryptionAtHost",
    ),
    ("properties.networkProfile", _RANGES, at.CILIUM, "podCidr serviceCidr dnsServiceIP"),
    ("properties.networkProfile", _DOCKER, at.DOCKERSHIM, "dockerBridgeCidr"),
)

JUDGED = f"""
location tags properties properties.orchestratorProfile properties.masterProfile properties.agentPoolProfiles {LINUX}
properties.aadProfile properties.networkProfile properties.dnsPrefix properties.enableRBAC
properties.kubernetesVersion properties.aadProfile.adminGroupID {LINUX}.adminUsername
{LINUX}.ssh {LINUX}.ssh.publicKeys {LINUX}.ssh.publicKeys.*.keyData
properties.orchestratorProfile.orchestratorType properties.orchestratorProfile.orchestratorRelease
properties.orchestratorProfile.orchestratorVersion properties.networkProfile.networkPlugin
properties.networkProfile.networkPolicy {KUBERNETES} {KUBERNETES}.networkPlugin {KUBERNETES}.networkPolicy
{KUBERNETES}.containerRuntime {KUBERNETES}.loadBalancerSku {KUBERNETES}.enableRbac {KUBERNETES}.enableSecureKubelet
{KUBERNETES}.enableAggregatedAPIs {KUBERNETES}.enableDataEncryptionAtRest {KUBERNETES}.useManagedIdentity
{ADDONS} {MASTER}.count {MASTER}.dnsPrefix {POOL}.name {POOL}.count {POOL}.vmSize {POOL}.osType
{POOL}.availabilityProfile {POOL}.availabilityZones {POOL}.storageProfile {POOL}.distro
{POOL}.acceleratedNetworkingEnabled {POOL}.customNodeLabels {KUBERNETES}.privateCluster.enabled
""".split()
"""Paths of keys that are looked at one by one: known, so that a slip of the pen is told from them."""


def dropped() -> Iterator[tuple[str, str, str]]:
    """Path, reason and source of each key that is dropped."""
    for place, reason, source, keys in _TABLE:
        for key in keys.split():
            yield f"{place}.{key}".lstrip("."), reason, source
