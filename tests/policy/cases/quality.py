"""P23."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import ADVICE, UNKNOWN, bad, dynamic, good, kubernetes, secret, unknown

LIMITS = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}}
PROBE = {"httpGet": {"port": 80}}
WEB = {"name": "web", "resources": LIMITS, "readinessProbe": PROBE, "livenessProbe": PROBE}
SPREAD = {"topologySpreadConstraints": [{"topologyKey": "kubernetes.io/hostname"}]}
LABELS = {"app": "web", "tier": "front"}
AFFINITY: dict[str, Any] = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}
SECOND = "a second replica"
NO_SPREAD = "topologySpreadConstraints or podAntiAffinity"


def workload(
    *containers: dict[str, Any],
    replicas: Any = 2,
    kind: str = "apps/v1:Deployment",
    name: str = "apps/web",
    pod: dict[str, Any] = SPREAD,
) -> Resource:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [*containers], **pod}}
    return kubernetes(kind, name, spec={"replicas": replicas, "template": template})


def budget(name: str = "apps/web", **selector: Any) -> Resource:
    return kubernetes("policy/v1:PodDisruptionBudget", name, spec={"selector": {**selector}})


def term(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": [*values]}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in WEB.items() if name != key}


def lacks(what: str, *, kind: str = "Deployment", name: str = "apps/web") -> str:
    return f"{kind} {name} lacks {what} ({name!r})"


def alone(replicas: str = "2", *, kind: str = "Deployment", name: str = "apps/web") -> str:
    return f"{ADVICE}{kind} {name} has {replicas} replicas and no PodDisruptionBudget ({name!r})"


EVERY = budget()

CASES = [
    good("P23", "all of it", workload(WEB), EVERY),
    good("P23", "an affinity in place of a spread", workload(WEB, pod={"affinity": AFFINITY}), EVERY),
    good(
        "P23",
        "limits that count as requests",
        workload(WEB | {"resources": {"limits": {"cpu": "1", "memory": "32Mi"}}}),
        EVERY,
    ),
    good(
        "P23",
        "what ends, or runs on every node, without replicas",
        workload({"name": "web", "resources": LIMITS}, kind="batch/v1:Job", replicas=None, pod={}),
        workload(WEB, kind="apps/v1:DaemonSet", replicas=None, pod={}),
        kubernetes(
            "batch/v1:CronJob",
            spec={"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"resources": LIMITS}]}}}}},
        ),
    ),
    good(
        "P23",
        "a container that runs first",
        workload(WEB, pod=SPREAD | {"initContainers": [{"resources": LIMITS}]}),
        EVERY,
    ),
    good(
        "P23",
        "what makes no pods",
        kubernetes("my.example/v1:Web", spec={"template": {"spec": {"containers": [{}]}}}),
    ),
    good(
        "P23",
        "a patch, and a change of an OverridePolicy",
        workload({"name": "web"}, kind="apps/v1:DeploymentPatch", replicas=None),
        kubernetes(
            "policy.karmada.io/v1alpha1:OverridePolicy",
            "apps/size",
            spec={
                "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
                "overrideRules": [{"overriders": {"plaintext": [{"path": "/spec/replicas", "value": 1}]}}],
            },
        ),
    ),
    *(
        bad("P23", f"no {key}", workload(without(key)), EVERY, says=lacks(f"{key} of container web"))
        for key in ("readinessProbe", "livenessProbe")
    ),
    bad(
        "P23",
        "no resources",
        workload(without("resources")),
        EVERY,
        says=lacks("requests.cpu, requests.memory, limits.memory of container web"),
    ),
    *(
        bad(
            "P23",
            f"no {what}",
            workload(WEB | {"resources": resources}),
            EVERY,
            says=lacks(f"{what} of container web"),
        )
        for what, resources in (
            ("requests.cpu", {"requests": {"memory": "1Mi"}, "limits": {"memory": "1Mi"}}),
            ("limits.memory", {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1"}}),
            ("requests.memory, limits.memory", {"requests": {"cpu": "1m"}}),
        )
    ),
    bad(
        "P23",
        "nothing at all, in several containers",
        workload(
            {},
            {"name": secret("a")},
            WEB,
            kind="apps/v1:StatefulSet",
            replicas=None,
            pod={"initContainers": [{"name": "first"}]},
        ),
        says=lacks(
            "requests.cpu, requests.memory, limits.memory of container first; "
            "requests.cpu, requests.memory, limits.memory, readinessProbe, livenessProbe of container ?; "
            "requests.cpu, requests.memory, limits.memory, readinessProbe, livenessProbe of container [secret]; "
            "a second replica",
            kind="StatefulSet",
        ),
    ),
    bad(
        "P23",
        "a pod of a Job",
        workload({"name": "web"}, kind="batch/v1:Job", replicas=None),
        says=lacks("requests.cpu, requests.memory, limits.memory of container web", kind="Job"),
    ),
    *(
        bad("P23", f"replicas {replicas!r}", workload(WEB, replicas=replicas, pod={}), says=lacks(SECOND))
        for replicas in (None, 0, 1, 1.0)
    ),
    bad("P23", "no spread", workload(WEB, pod={}), EVERY, says=lacks(NO_SPREAD)),
    bad(
        "P23",
        "a spread over nothing",
        workload(WEB, pod={"topologySpreadConstraints": []}),
        EVERY,
        says=lacks(NO_SPREAD),
    ),
    bad(
        "P23",
        "another affinity",
        workload(WEB, pod={"affinity": {"podAntiAffinity": {}, "nodeAffinity": {"a": 1}}}),
        EVERY,
        says=lacks(NO_SPREAD),
    ),
    bad(
        "P23",
        "in a manifest of a dynamic resource",
        dynamic("my:Object", manifest=workload(WEB, replicas=1).raw),
        says=lacks(SECOND),
    ),
    bad("P23", "no budget", workload(WEB, replicas=4.0), says=alone("4")),
    bad(
        "P23",
        "no budget of a StatefulSet",
        workload(WEB, kind="apps/v1:StatefulSet"),
        workload(WEB, kind="apps/v1:DaemonSet"),
        says=alone(kind="StatefulSet"),
    ),
    *(
        bad("P23", f"a budget {title}", workload(WEB), other, says=alone())
        for title, other in (
            ("of another namespace", budget("other/web")),
            ("of other labels", budget(matchLabels={"app": "web", "tier": "back"})),
            ("of a label that there is not", budget(matchLabels={"other": "web"})),
            ("without a selector", kubernetes("policy/v1:PodDisruptionBudget", "apps/web", spec={})),
            ("of other values", budget(matchExpressions=[term("app", "In", "api")])),
            ("of all but its value", budget(matchExpressions=[term("app", "NotIn", "web")])),
            ("of a key that there is not", budget(matchExpressions=[term("other", "Exists")])),
            ("of those without its key", budget(matchExpressions=[term("app", "DoesNotExist")])),
            ("with an operator that there is not", budget(matchExpressions=[term("app", "Is", "web")])),
            ("of another cluster", replace(budget(), provider={"kubeconfig": "b"})),
            ("of another kind", kubernetes("my.example/v1:Budget", "apps/web", spec={"selector": {}})),
            (
                "of which one part fits",
                budget(
                    matchLabels={"app": "web"},
                    matchExpressions=[term("app", "Exists"), term("tier", "In", "back")],
                ),
            ),
        )
    ),
    good(
        "P23",
        "a budget by labels and expressions, the second of two",
        workload(WEB),
        budget(matchLabels={"app": "other"}),
        budget(
            matchLabels={"app": "web", "tier": "front"},
            matchExpressions=[
                term("app", "In", "api", "web"),
                term("tier", "NotIn", "back"),
                term("tier", "Exists"),
                term("other", "DoesNotExist"),
            ],
        ),
    ),
    good(
        "P23",
        "a budget of the same cluster",
        replace(workload(WEB), provider={"kubeconfig": "b"}),
        replace(budget(), provider={"kubeconfig": "b"}),
    ),
    unknown("P23", "replicas", workload(WEB, replicas=UNKNOWN), paths=["spec.replicas"] * 2),
    unknown(
        "P23",
        "a budget's selector, beside another workload",
        workload(WEB),
        workload(WEB, name="other/web"),
        budget(matchLabels=UNKNOWN),
        paths="spec.selector.matchLabels",
        says=alone(name="other/web"),
    ),
    unknown(
        "P23",
        "one workload of two",
        dynamic(
            "my:Object", manifests=[workload(WEB | {"resources": UNKNOWN}).raw, workload(WEB, replicas=1).raw]
        ),
        EVERY,
        paths="manifests[0].spec.template.spec.containers[0].resources",
        says=lacks(SECOND),
    ),
]
