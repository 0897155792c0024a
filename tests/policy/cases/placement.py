"""P22."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, dynamic, good, kubernetes, resource, secret, unknown

RBAC = "rbac.authorization.k8s.io/v1"
ENFORCE = "pod-security.kubernetes.io/enforce"
READER = "extension-apiserver-authentication-reader"
WHERE = f"metadata.labels.{ENFORCE}"
OVERRIDER = f"spec.overrideRules[0].overriders.labelsOverrider[0].value.{ENFORCE}"


def namespace(
    standard: Any = None, name: str = "apps", kind: str = "v1:Namespace", **labels: str
) -> Resource:
    given = {ENFORCE: standard} if standard is not None else {}
    return kubernetes(kind, name, metadata={"labels": {**given, **labels}})


def inside(name: str) -> str:
    return f"is in the namespace {name}"


def elsewhere(name: str) -> str:
    return f"says no namespace, which means {name}"


def says(title: str, what: str, where: str = "") -> str:
    key = title.split()[1]
    return f"{title} {what} ({key!r}{where and ', '}{where})"


def override(
    value: Any, operator: str = "add", kind: str = "OverridePolicy", name: str = "apps/open"
) -> Resource:
    change = {"operator": operator, "value": value}
    return kubernetes(
        f"policy.karmada.io/v1alpha1:{kind}",
        name,
        spec={"overrideRules": [{"overriders": {"labelsOverrider": [change]}}]},
    )


def binding(role: str, name: str = "kube-system/it") -> Resource:
    return kubernetes(f"{RBAC}:RoleBinding", name, roleRef={"name": role})


CASES = [
    *(
        bad(
            "P22",
            f"the namespace {name}",
            kubernetes("apps/v1:Deployment", f"{name}/web"),
            says=says(f"Deployment {name}/web", inside(name)),
        )
        for name in ("default", "kube-system", "kube-public", "kube-node-lease")
    ),
    bad(
        "P22",
        "no namespace",
        kubernetes("v1:Service", "web"),
        says=says("Service default/web", elsewhere("default")),
    ),
    bad(
        "P22",
        "the provider's namespace, but not for what a manifest carries",
        replace(kubernetes("v1:Service", "web"), provider={"namespace": "kube-system"}),
        replace(
            dynamic("my:Object", manifest=kubernetes("v1:Service", "web").raw), provider={"namespace": "apps"}
        ),
        says=[
            says("Service kube-system/web", elsewhere("kube-system")),
            says("Service default/web", elsewhere("default")),
        ],
    ),
    bad(
        "P22",
        "no name, and one in a secret",
        resource("kubernetes:core/v1:Service"),
        kubernetes("v1:Service", metadata={"name": secret("web"), "namespace": "default"}),
        says=[
            says("Service default/?", elsewhere("default")),
            says("Service default/[secret]", inside("default")),
        ],
    ),
    bad(
        "P22",
        "an object of the federation, a patch, and a kind that starts with Cluster",
        kubernetes("policy.karmada.io/v1alpha1:PropagationPolicy", "default/web"),
        kubernetes("apps/v1:DeploymentPatch", "kube-system/coredns"),
        kubernetes("operators.coreos.com/v1:ClusterServiceVersion", "default/web"),
        says=[
            says("PropagationPolicy default/web", inside("default")),
            says("Deployment kube-system/coredns", inside("kube-system")),
            says("ClusterServiceVersion default/web", inside("default")),
        ],
    ),
    good(
        "P22",
        "a namespace of its own",
        kubernetes("apps/v1:Deployment", "apps/web"),
        replace(kubernetes("v1:Service", "web"), provider={"namespace": "apps"}),
        replace(kubernetes("v1:Service", "apps/web"), provider={"namespace": "default"}),
    ),
    bad(
        "P22",
        "a list of one's own",
        kubernetes("v1:Service", "default/web"),
        kubernetes("v1:Service", "shared/web"),
        says=says("Service shared/web", inside("shared")),
        settings={"forbidden": ["shared"]},
    ),
    good(
        "P22",
        "what is in no namespace",
        *(
            kubernetes(f"some/v1:{kind}", "it")
            for kind in """CSIDriver CSINode CertificateSigningRequest ClusterIssuer ClusterRole DeviceClass FlowSchema
            IPAddress MutatingAdmissionPolicy MutatingAdmissionPolicyBinding PodSecurityPolicy
            PriorityLevelConfiguration Remedy ResourceInterpreterCustomization ResourceInterpreterWebhookConfiguration
            ResourceSlice RuntimeClass SecurityContextConstraints ServiceCIDR StorageVersion VolumeAttachment
            VolumeAttributesClass WorkloadRebalancer""".split()
        ),
        kubernetes("my.example/v1:Realm", "it"),
        settings={"cluster_wide": ["Realm"]},
    ),
    bad(
        "P22",
        "a kind that nobody has said anything of",
        kubernetes("my.example/v1:Realm", "it"),
        says=says("Realm default/it", elsewhere("default")),
    ),
    good(
        "P22",
        "what belongs there",
        *(
            kubernetes(f"some/v1:{kind}", f"{where}/it")
            for kind in ("Lease", "LimitRange", "NetworkPolicy", "ResourceQuota")
            for where in ("default", "kube-system")
        ),
        kubernetes("v1:ServiceAccountPatch", "default/default"),
        kubernetes("v1:ServiceAccount", "kube-system/default"),
        kubernetes("v1:Service", "default/kubernetes"),
        kubernetes("v1:Endpoints", "default/kubernetes"),
        kubernetes("discovery.k8s.io/v1:EndpointSlice", "default/kubernetes"),
        binding(READER),
        binding("system::leader-locking-kube-controller-manager"),
        kubernetes(f"{RBAC}:Role", "kube-system/controllers:leader-election"),
    ),
    bad(
        "P22",
        "what belongs elsewhere",
        kubernetes("v1:ServiceAccount", "default/kubernetes"),
        kubernetes("v1:ServiceAccount", f"kube-system/{READER}"),
        kubernetes("v1:ConfigMap", "default/kubernetes"),
        kubernetes("v1:Service", "kube-system/kubernetes"),
        kubernetes("v1:ConfigMap", "kube-system/leader"),
        kubernetes(f"{RBAC}:Role", "default/leader"),
        kubernetes(f"{RBAC}:Role", "kube-system/secrets", roleRef={"name": READER}),
        binding("admin", "kube-system/leader"),
        says=[
            says("ServiceAccount default/kubernetes", inside("default")),
            says(f"ServiceAccount kube-system/{READER}", inside("kube-system")),
            says("ConfigMap default/kubernetes", inside("default")),
            says("Service kube-system/kubernetes", inside("kube-system")),
            says("ConfigMap kube-system/leader", inside("kube-system")),
            says("Role default/leader", inside("default")),
            says("Role kube-system/secrets", inside("kube-system")),
            says("RoleBinding kube-system/leader", inside("kube-system")),
        ],
    ),
    good(
        "P22",
        "a change of an object",
        kubernetes(
            "policy.karmada.io/v1alpha1:OverridePolicy",
            "apps/size",
            spec={
                "resourceSelectors": [
                    {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "default"},
                    {"apiVersion": "v1", "kind": "Namespace"},
                ],
                "overrideRules": [{"overriders": {"plaintext": [{"path": "/spec/replicas", "value": 3}]}}],
            },
        ),
    ),
    good("P22", "namespaces with a standard", namespace("baseline"), namespace("restricted", "default")),
    bad(
        "P22",
        "namespaces without a standard",
        namespace(other="label"),
        kubernetes("v1:Namespace", "default"),
        says=[
            says("Namespace apps", "says no Pod Security Standard", WHERE),
            says("Namespace default", "says no Pod Security Standard", WHERE),
        ],
    ),
    bad(
        "P22",
        "a standard that is none",
        namespace("privileged"),
        namespace("Restricted", "other"),
        namespace(secret("strict"), "third"),
        says=[
            says("Namespace apps", "lets in pods that may do anything", WHERE),
            says("Namespace other", "has the Pod Security Standard 'Restricted', which there is not", WHERE),
            says("Namespace third", "has the Pod Security Standard '[secret]', which there is not", WHERE),
        ],
    ),
    good(
        "P22",
        "patches of a namespace",
        namespace(kind="v1:NamespacePatch", other="label"),
        namespace("baseline", kind="v1:NamespacePatch"),
    ),
    bad(
        "P22",
        "a patch that opens a namespace",
        namespace("privileged", kind="v1:NamespacePatch"),
        says=says("Namespace apps", "lets in pods that may do anything", WHERE),
    ),
    good(
        "P22",
        "the label of something else",
        kubernetes("v1:ConfigMap", "apps/x", metadata={"labels": {ENFORCE: "x"}}),
    ),
    bad(
        "P22",
        "overrides that open a namespace",
        override({ENFORCE: "privileged"}),
        override({ENFORCE: "baseline"}, "remove", "ClusterOverridePolicy", "open"),
        says=[
            says("OverridePolicy apps/open", "lets namespaces take in other pods", OVERRIDER),
            says("ClusterOverridePolicy open", "lets namespaces take in other pods", OVERRIDER),
        ],
    ),
    good(
        "P22",
        "overrides that do not",
        override({ENFORCE: "restricted"}, "replace"),
        override({"other": "privileged"}, "remove"),
        kubernetes("my.example/v1:Other", "apps/x", spec=override({ENFORCE: "privileged"}).raw["spec"]),
    ),
    unknown(
        "P22",
        "where one of two goes",
        dynamic(
            "my:Object",
            manifests=[
                kubernetes("v1:Service", metadata={"name": "web", "namespace": UNKNOWN}).raw,
                kubernetes("v1:Service", "web").raw,
            ],
        ),
        paths="manifests[0].metadata.namespace",
        says=says("Service default/web", elsewhere("default")),
    ),
    unknown(
        "P22",
        "a label of one namespace of two",
        namespace(UNKNOWN),
        namespace(name="other"),
        override(UNKNOWN),
        paths=[WHERE, OVERRIDER.partition(f".{ENFORCE}")[0]],
        says=says("Namespace other", "says no Pod Security Standard", WHERE),
    ),
]
