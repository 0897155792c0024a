"""Kubernetes objects wherever they hide: resources of the Kubernetes provider, and manifests that others carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policy.properties import Property, UnknownValueError

CLUSTER_WIDE = frozenset(
    """APIService CSIDriver CSINode CertificateSigningRequest Cluster ClusterOverridePolicy ClusterPropagationPolicy
    ClusterRole ClusterRoleBinding ClusterTaintPolicy CustomResourceDefinition DeviceClass FlowSchema GatewayClass
    IPAddress IngressClass MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace
    Node PersistentVolume PodSecurityPolicy PriorityClass PriorityLevelConfiguration Remedy
    ResourceInterpreterCustomization ResourceInterpreterWebhookConfiguration ResourceSlice RuntimeClass
    SecurityContextConstraints ServiceCIDR StorageClass StorageVersion ValidatingAdmissionPolicy
    ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass
    WorkloadRebalancer""".split()
)
"""Kinds that are in no namespace (Kubernetes, Karmada and OpenShift API references)."""


@dataclass(frozen=True, slots=True)
class KubernetesObject:
    """One object, or what an OverridePolicy makes of one.

    Attributes:
        api: group and version, such as "apps/v1".
        kind: such as "Deployment".
        root: the manifest.
        partial: it holds what is changed and nothing else, so nothing can be missing in it.
    """

    api: str
    kind: str
    root: Property
    partial: bool = False

    @property
    def group(self) -> str:
        """Its API group; empty for the core one."""
        return self.api.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its name; empty if the provider makes one up."""
        return self.root.at("metadata", "name").text()

    @property
    def namespace(self) -> str:
        """Where it goes, which is "default" if it does not say; empty for kinds that are in none."""
        if self.kind in CLUSTER_WIDE:
            return ""
        return self.root.at("metadata", "namespace").text() or "default"

    @property
    def title(self) -> str:
        """Such as "Deployment kube-system/keepalived-cloud-provider"; never raises."""
        return f"{self.kind} {self.key}"

    @property
    def key(self) -> str:
        """Such as "kube-system/keepalived-cloud-provider", with "?" for what is not known yet; never raises."""
        try:
            namespace = self.namespace
        except UnknownValueError:
            namespace = "?"
        try:
            name = self.name or "?"
        except UnknownValueError:
            name = "?"
        return f"{namespace}/{name}" if namespace else name


def kubernetes_objects(type_: str, props: Property) -> list[KubernetesObject]:
    """All of them in a resource."""
    module, _, kind = type_.rpartition(":")
    package, _, api = module.partition(":")
    if package == "kubernetes" and not api.startswith(("helm.sh/", "yaml", "kustomize")):
        found = KubernetesObject(api.removeprefix("core/"), kind.removesuffix("Patch"), props)
        return [found, *_carried(found)]
    if package == "pulumi-python":
        return [inner for each in _manifests(props) for inner in (each, *_carried(each))]
    return []


def _manifests(props: Property) -> Iterator[KubernetesObject]:
    """What a dynamic resource has in a property that is a manifest, or a list of manifests."""
    for _, value in props.entries():
        try:
            candidates = [value, *value.items()]
        except UnknownValueError:
            continue
        yield from (found for each in candidates if (found := manifest(each)))


def manifest(value: Property) -> KubernetesObject | None:
    """The object that it describes, if it is a manifest."""
    try:
        api, kind = value.at("apiVersion").text(), value.at("kind").text()
    except UnknownValueError:
        return None
    return KubernetesObject(api, kind, value) if api and kind else None


def _carried(outer: KubernetesObject) -> Iterator[KubernetesObject]:
    """Members of a List, and what Karmada would put into members: manifests of a Work, changes of an OverridePolicy.

    Karmada API reference: work.karmada.io/v1alpha1 Work, policy.karmada.io/v1alpha1 OverridePolicy.
    """
    try:
        if outer.group == "work.karmada.io" and outer.kind == "Work":
            for each in outer.root.at("spec", "workload", "manifests").items():
                if found := manifest(each):
                    yield found
        elif outer.kind.endswith("List"):
            for each in outer.root.at("items").items():
                of_kind = KubernetesObject(outer.api, outer.kind.removesuffix("List"), each)
                yield manifest(each) or of_kind
        elif outer.group == "policy.karmada.io" and outer.kind.endswith("OverridePolicy"):
            yield from _overridden(outer)
    except UnknownValueError:
        return  # which rules on these kinds say themselves


def _overridden(policy: KubernetesObject) -> Iterator[KubernetesObject]:
    """Each change in plain text, as a part of each object that the policy selects."""
    selected = [
        (
            each.at("apiVersion").text(),
            each.at("kind").text(),
            each.at("namespace").text() or policy.namespace,
        )
        for each in policy.root.at("spec", "resourceSelectors").items()
    ]
    for rule in policy.root.at("spec", "overrideRules").items():
        for change in rule.at("overriders", "plaintext").items():
            if change.at("operator").text() == "remove":
                continue
            for api, kind, namespace in selected:
                root = _part(change, {"namespace": namespace, "name": policy.name})
                yield KubernetesObject(api, kind, Property(root, change.path), partial=True)


def _part(change: Property, identity: dict[str, str]) -> dict[str, Any]:
    """What one change sets, under the name of what it is set in."""
    tree = _grown(change.at("path").text(), change.at("value").raw)
    found = tree if isinstance(tree, dict) else {}
    metadata = found.get("metadata")
    return {**found, "metadata": {**(metadata if isinstance(metadata, dict) else {}), **identity}}


def _grown(pointer: str, value: Any) -> Any:
    """A document that has this value at a JSON pointer (RFC 6901), and nothing else."""
    tree = value
    for part in reversed(pointer.split("/")[1:]):
        key = part.replace("~1", "/").replace("~0", "~")
        tree = [tree] if key.isdigit() or key == "-" else {key: tree}
    return tree
