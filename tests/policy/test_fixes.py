"""What findings of P07 and P22 to P24 say to do, and what the remediating variants do, and leave as it is."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from policy.properties import OUTPUT, SIGNATURE
from policy.rule import Context, Policy
from policy.rules import images, placement, quality, topology_labels
from policy.stack import Resource, Stack
from tests.policy.case_fixtures import (
    TODAY,
    UNKNOWN,
    Case,
    dynamic,
    federation,
    kubernetes,
    resource,
    secret,
    verdicts,
)

IMAGES, NAMESPACES, QUALITY, LABELS = (
    module.POLICIES[0] for module in (images, placement, quality, topology_labels)
)
ENFORCE = "pod-security.kubernetes.io/enforce"
REQUESTS = {"requests": {"cpu": "50m", "memory": "64Mi"}}
LIMITED = {"limits": {"cpu": "1", "memory": "32Mi"}}
ZONE, ZONE_NOW = "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"
ARCH, ARCH_NOW = "beta.kubernetes.io/arch", "kubernetes.io/arch"


def fixed(policy: Policy, found: Resource, **settings: Any) -> dict[str, Any] | None:
    """What a policy makes of it; None if it leaves it. It changes nothing that it was given, and is content then."""
    assert policy.fix
    context = Context(policy.settings.model_validate(settings), TODAY)
    before = copy.deepcopy(found.raw)
    after = policy.fix(found, context)
    assert found.raw == before
    if after is not None:
        assert policy.fix(replace(found, raw=after), context) is None
    return after


def namespace(**metadata: Any) -> Resource:
    return kubernetes("v1:Namespace", "apps", metadata=metadata)


def labels(found: dict[str, Any] | None) -> Any:
    return found and found["metadata"]["labels"]


def workload(
    *containers: Any, replicas: Any = 1, kind: str = "apps/v1:Deployment", selector: Any = None, **pod: Any
) -> Resource:
    template = {"spec": {"containers": [*containers], **pod}}
    spec = {
        "replicas": replicas,
        "selector": selector or {"matchLabels": {"app": "web"}},
        "template": template,
    }
    return kubernetes(kind, spec=spec)


def pod(found: dict[str, Any] | None) -> Any:
    return found and found["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("policy", "found", "remedy"),
    [
        (
            IMAGES,
            kubernetes("v1:Pod", "apps/web", spec={"containers": [{"image": f"x@sha256:{'0' * 64}"}]}),
            "take it from a registry in the policy's `registries`, or review this one and add it there",
        ),
        (
            NAMESPACES,
            kubernetes("v1:Service", "default/web"),
            "give it a namespace of its own, and set metadata.namespace",
        ),
        (
            QUALITY,
            workload(replicas=2),
            "add a PodDisruptionBudget with maxUnavailable: 1 that selects its pods",
        ),
        (
            LABELS,
            federation("Join", region="eastus"),
            "say in which region and zones the cluster's nodes are",
        ),
        (LABELS, federation("Join", zones=["1"]), "say in which region and zones the cluster's nodes are"),
    ],
)
def test_a_finding_says_what_to_do_about_it(policy: Policy, found: Resource, remedy: str) -> None:
    findings = verdicts(policy, Case(policy.id, "", (found,))).findings
    assert findings[-1].fix == remedy


def test_a_missing_budget_is_said_of_the_workload() -> None:
    found = workload(replicas=2)
    unclear = workload(replicas=UNKNOWN, kind="apps/v1:StatefulSet")
    context = Context(QUALITY.settings(), TODAY)
    said = list(QUALITY.stack_advice[0](Stack((found, unclear)), context))
    assert [verdict.urn for verdict in said] == [found.urn, unclear.urn]


def test_a_namespace_without_a_standard_gets_the_strictest() -> None:
    found = namespace(labels={"team": "a"})
    after = fixed(NAMESPACES, found)
    assert labels(after) == {"team": "a", ENFORCE: "restricted"}
    assert after == {
        **found.raw,
        "metadata": {"name": "apps", "labels": {"team": "a", ENFORCE: "restricted"}},
    }


def test_a_namespace_without_labels_gets_the_configured_standard() -> None:
    assert labels(fixed(NAMESPACES, namespace(), enforce="baseline")) == {ENFORCE: "baseline"}
    assert labels(fixed(NAMESPACES, namespace(labels=None))) == {ENFORCE: "restricted"}
    assert labels(fixed(NAMESPACES, resource("kubernetes:core/v1:Namespace"))) == {ENFORCE: "restricted"}


@pytest.mark.parametrize(
    "found",
    [
        namespace(labels={ENFORCE: "privileged"}),
        namespace(labels={ENFORCE: UNKNOWN}),
        namespace(labels=UNKNOWN),
        namespace(labels="none"),
        kubernetes("v1:Namespace", "apps", metadata={"labels": secret(UNKNOWN)}),
        kubernetes("v1:NamespacePatch", "apps"),
        kubernetes("v1:ConfigMap", "default/x"),
        resource("kubernetes:core/v1:Namespace", metadata="apps"),
        resource("my:index:Namespace"),
    ],
)
def test_other_namespaces_are_for_somebody_to_decide(found: Resource) -> None:
    assert fixed(NAMESPACES, found) is None


def test_marks_of_secrets_and_outputs_stay() -> None:
    output = {SIGNATURE: OUTPUT, "value": {"team": UNKNOWN}, "dependencies": ["urn:a"]}
    after = fixed(NAMESPACES, namespace(labels=output))
    assert labels(after) == {**output, "value": {"team": UNKNOWN, ENFORCE: "restricted"}}
    assert labels(fixed(NAMESPACES, namespace(labels=secret({})))) == secret({ENFORCE: "restricted"})


def test_namespaces_in_manifests_get_a_standard_too() -> None:
    manifests = [namespace(labels={ENFORCE: "baseline"}).raw, namespace().raw, namespace(labels=UNKNOWN).raw]
    after = fixed(NAMESPACES, dynamic("my:Objects", manifests=manifests))
    assert after
    assert [each["metadata"].get("labels") for each in after["manifests"]] == [
        {ENFORCE: "baseline"},
        {ENFORCE: "restricted"},
        UNKNOWN,
    ]


def test_changes_of_an_override_policy_lack_nothing() -> None:
    selected = [{"apiVersion": "v1", "kind": "Namespace"}, {"apiVersion": "apps/v1", "kind": "Deployment"}]
    change = {"path": "/spec/template/spec/containers/0", "value": {"name": "web"}}
    found = kubernetes(
        "policy.karmada.io/v1alpha1:OverridePolicy",
        spec={"resourceSelectors": selected, "overrideRules": [{"overriders": {"plaintext": [change]}}]},
    )
    assert fixed(NAMESPACES, found) is None
    assert fixed(QUALITY, found) is None


def test_containers_get_the_requests_that_they_lack() -> None:
    found = workload(
        {"name": "a"},
        {"name": "b", "resources": {"requests": {"cpu": "1"}, "claims": []}},
        initContainers=[{"name": "c", "resources": None}],
        ephemeralContainers=[{"name": "d"}],
    )
    assert pod(fixed(QUALITY, found)) == {
        "containers": [
            {"name": "a", "resources": REQUESTS},
            {"name": "b", "resources": {"requests": {"cpu": "1", "memory": "64Mi"}, "claims": []}},
        ],
        "initContainers": [{"name": "c", "resources": REQUESTS}],
        "ephemeralContainers": [{"name": "d"}],
    }


def test_requests_are_those_of_the_settings() -> None:
    after = fixed(QUALITY, workload({}), cpu="1m", memory="2Mi")
    assert pod(after)["containers"] == [{"resources": {"requests": {"cpu": "1m", "memory": "2Mi"}}}]


def test_a_request_is_never_above_a_limit() -> None:
    assert fixed(QUALITY, workload({"resources": LIMITED})) is None


def test_what_is_not_known_of_one_container_leaves_the_next_one() -> None:
    unknown = {"resources": {"requests": UNKNOWN}}
    after = fixed(QUALITY, workload(unknown, {"resources": {"limits": UNKNOWN}}, {"resources": "none"}, {}))
    assert pod(after)["containers"] == [
        unknown,
        {"resources": {"limits": UNKNOWN}},
        {"resources": "none"},
        {"resources": REQUESTS},
    ]


@pytest.mark.parametrize("kind", ["apps/v1:Deployment", "apps/v1:StatefulSet"])
def test_replicas_are_spread_over_nodes_where_that_is_possible(kind: str) -> None:
    found = workload(replicas=2, kind=kind, selector={"matchLabels": secret({"app": UNKNOWN})})
    assert pod(fixed(QUALITY, found)) == {
        "containers": [],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": secret({"app": UNKNOWN})},
            }
        ],
    }


@pytest.mark.parametrize(
    "found",
    [
        workload(replicas=1),
        workload(replicas=UNKNOWN),
        workload(replicas=2, kind="apps/v1:DaemonSet"),
        workload(replicas=2, kind="apps/v1:DeploymentPatch"),
        workload(replicas=2, topologySpreadConstraints=[{"topologyKey": ZONE_NOW}]),
        workload(replicas=2, affinity={"podAntiAffinity": {"a": []}}),
        workload(replicas=2, selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}),
        workload(replicas=2, selector={"matchLabels": UNKNOWN}),
        kubernetes("apps/v1:Deployment", spec={"replicas": 2, "template": UNKNOWN}),
        kubernetes(
            "apps/v1:Deployment",
            spec={"replicas": 2, "template": "", "selector": {"matchLabels": {"a": "b"}}},
        ),
    ],
)
def test_what_needs_no_spread_gets_none(found: Resource) -> None:
    assert fixed(QUALITY, found) is None


def test_the_selector_of_a_spread_is_a_copy() -> None:
    after = fixed(QUALITY, workload(replicas=2))
    assert after
    spread = pod(after)["topologySpreadConstraints"][0]["labelSelector"]
    assert spread["matchLabels"] is not after["spec"]["selector"]["matchLabels"]


def test_old_labels_are_renamed_wherever_they_are() -> None:
    found = workload(
        {"name": ARCH},
        nodeSelector=secret({ARCH: UNKNOWN, "a": 1}),
        topologySpreadConstraints=[{"topologyKey": ZONE, "maxSkew": 1.0, "matchLabelKeys": None}],
        path="/nodeSelector/beta.kubernetes.io~1arch/x",
        other=[True, f"{ARCH} in a text", UNKNOWN],
    )
    assert pod(fixed(LABELS, found)) == {
        "containers": [{"name": ARCH_NOW}],
        "nodeSelector": secret({ARCH_NOW: UNKNOWN, "a": 1}),
        "topologySpreadConstraints": [{"topologyKey": ZONE_NOW, "maxSkew": 1.0, "matchLabelKeys": None}],
        "path": "/nodeSelector/kubernetes.io~1arch/x",
        "other": [True, f"{ARCH} in a text", UNKNOWN],
    }


def test_what_is_said_by_both_names_is_said_by_the_new_one() -> None:
    found = workload(
        nodeSelector={ARCH: "amd64", ARCH_NOW: "arm64"},
        labels={ARCH_NOW: "arm64", ARCH: "amd64"},
        terms=[{"key": ZONE}, {"key": ZONE_NOW}, {"key": ZONE_NOW}, {"key": ARCH}],
    )
    assert pod(fixed(LABELS, found)) == {
        "containers": [],
        "nodeSelector": {ARCH_NOW: "arm64"},
        "labels": {ARCH_NOW: "arm64"},
        "terms": [{"key": ZONE_NOW}, {"key": ZONE_NOW}, {"key": ARCH_NOW}],
    }


def test_todays_labels_stay() -> None:
    assert fixed(LABELS, workload(nodeSelector={ARCH_NOW: "amd64"}, path="/a/b~1c")) is None
