"""P10."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import (
    UNKNOWN,
    bad,
    deployment,
    dynamic,
    good,
    kubernetes,
    overriding,
    unknown,
)

IMAGE = "registry.k8s.io/etcd:3.6.14-0@sha256:0"
LABELS = {"app": "etcd", "part": "dns"}
TEMPLATE = {"spec": {"storageClassName": "fast"}}
SPREAD = {"topologySpreadConstraints": [{"maxSkew": 1}]}
PRODUCTION = {"production": True}


def etcd(
    replicas: Any = 3,
    name: str = "dns/etcd",
    pod: dict[str, Any] = SPREAD,
    *,
    image: str = IMAGE,
    **spec: Any,
) -> Resource:
    body = {
        "replicas": replicas,
        "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [{"image": image}], **pod}},
        "volumeClaimTemplates": [TEMPLATE],
        **spec,
    }
    return kubernetes("apps/v1:StatefulSet", name, spec=body)


def budget(namespace: str = "dns", kind: str = "PodDisruptionBudget", **selector: Any) -> Resource:
    return kubernetes(
        f"policy/v1:{kind}", f"{namespace}/budget", spec={"selector": selector} if selector else {}
    )


def operated(
    size: Any = 3, namespace: str = "dns", pod: Any = None, group: str = "etcd.database.coreos.com"
) -> Resource:
    claim = {"persistentVolumeClaimSpec": {"storageClassName": "fast"}}
    spec = {"size": size, "pod": claim if pod is None else pod}
    return kubernetes(f"{group}/v1beta2:EtcdCluster", f"{namespace}/etcd", spec=spec)


def elsewhere(one: Resource, **provider: str) -> Resource:
    """The same in a cluster of its own."""
    return Resource(one.type, one.name, one.urn, one.raw, provider=provider)


def override(kind: str, value: dict[str, Any], api: str = "apps/v1") -> Resource:
    return overriding(f"{api}:{kind}", "/spec", value, name="default/west")


BUDGET = budget(matchLabels=LABELS)
RUNS = {"containers": [{"image": IMAGE}]}
NO_BUDGET = "etcd 'dns/etcd' has no PodDisruptionBudget"
NO_VOLUME = "etcd 'dns/etcd' keeps its data in its pods (spec.volumeClaimTemplates is missing)"
NO_CLAIM = "etcd 'dns/etcd' keeps its data in its pods (spec.pod.persistentVolumeClaimSpec is missing)"
ONE_NODE = (
    "members of etcd 'dns/etcd' may all be on one node: no anti-affinity and no spread constraints"
    " (spec.template.spec)"
)
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "etcd"}}
LOST = "has an etcd whose data goes with the pod (spec.template.spec)"


def even(members: int, where: str = "spec.replicas") -> str:
    return f"etcd 'dns/etcd' has {members} members ({where}): an even number survives no more failures than one less"


def few(members: int, where: str = "spec.replicas") -> str:
    return f"etcd 'dns/etcd' has {members} members ({where}), and in production 3 are needed"


def shared(namespace: str) -> str:
    return f"etcd '{namespace}/etcd' is in a namespace that others share"


CASES = [
    *(bad("P10", f"{n} members", etcd(float(n)), BUDGET, says=even(n)) for n in (2, 4)),
    bad("P10", "2 members in production", etcd(2.0), BUDGET, says=even(2), settings=PRODUCTION),
    bad("P10", "1 member in production", etcd(1.0), BUDGET, says=few(1), settings=PRODUCTION),
    bad("P10", "no number in production", etcd(None), BUDGET, says=few(1), settings=PRODUCTION),
    good("P10", "3 members in production", etcd(), BUDGET, settings=PRODUCTION),
    *(good("P10", f"{n!r} members", etcd(n), BUDGET) for n in (5.0, 1.0, None, "2")),
    bad("P10", "no volume", etcd(volumeClaimTemplates=[]), BUDGET, says=NO_VOLUME),
    bad(
        "P10",
        "by its container's name",
        etcd(image="me/x", pod={"containers": [{"name": "etcd"}]}, replicas=1, volumeClaimTemplates=None),
        BUDGET,
        says=NO_VOLUME,
    ),
    bad(
        "P10",
        "any class in production",
        etcd(volumeClaimTemplates=[TEMPLATE, {"spec": {}}]),
        BUDGET,
        says="etcd 'dns/etcd' takes any class of storage"
        " (spec.volumeClaimTemplates[1].spec.storageClassName is missing)",
        settings=PRODUCTION,
    ),
    good("P10", "any class", etcd(volumeClaimTemplates=[{}]), BUDGET),
    bad("P10", "3 members on one node", etcd(pod={}), BUDGET, says=ONE_NODE),
    bad(
        "P10",
        "2 members on one node",
        etcd(2, pod={"affinity": {"podAffinity": {}}}),
        BUDGET,
        says=[even(2), ONE_NODE],
    ),
    good("P10", "1 member on one node", etcd(1, pod={}), BUDGET),
    good(
        "P10", "members that avoid each other", etcd(pod={"affinity": {"podAntiAffinity": {"x": []}}}), BUDGET
    ),
    *(
        bad(
            "P10",
            f"in {name}",
            etcd(name=f"{name}/etcd"),
            budget(name, matchLabels=LABELS),
            says=shared(name),
        )
        for name in ("default", "kube-system")
    ),
    bad(
        "P10",
        "a digest and arguments",
        etcd(2, pod={"containers": [{"image": "r/etcd@sha256:0", "args": ["--name=x"]}]}),
        BUDGET,
        says=[even(2), ONE_NODE],
    ),
    good("P10", "another program", etcd(2, image="me/etcd-operator:1")),
    good(
        "P10",
        "its client",
        etcd(pod={"containers": [{"image": IMAGE, "command": ["sh", "-c", "etcdctl get x"]}]}),
    ),
    good("P10", "a part of it", override("StatefulSet", {"replicas": 2, "template": {"spec": RUNS}})),
    good(
        "P10",
        "another kind",
        kubernetes("apps/v1:Other", "dns/etcd", spec={"replicas": 2, "template": {"spec": RUNS}}),
    ),
    bad("P10", "no budget", etcd(), says=NO_BUDGET),
    bad("P10", "a budget elsewhere", etcd(), budget("other", matchLabels=LABELS), says=NO_BUDGET),
    bad(
        "P10",
        "a budget of others",
        etcd(),
        budget(matchLabels={"app": "etcd", "part": "karmada"}),
        says=NO_BUDGET,
    ),
    bad("P10", "a budget of nobody", etcd(), budget(), says=NO_BUDGET),
    bad(
        "P10",
        "something else that selects it",
        etcd(),
        budget(kind="Other", matchLabels=LABELS),
        says=NO_BUDGET,
    ),
    good("P10", "a budget of all", etcd(), budget(matchExpressions=[])),
    good("P10", "a budget of some labels", etcd(), budget(matchLabels={"app": "etcd"})),
    *(
        bad(
            "P10",
            f"a budget in a cluster of another {key}",
            elsewhere(etcd(), **{key: "a"}),
            elsewhere(BUDGET, **{key: "b"}),
            says=NO_BUDGET,
        )
        for key in ("kubeconfig", "context")
    ),
    good(
        "P10",
        "a budget in its cluster",
        elsewhere(etcd(), context="a"),
        elsewhere(BUDGET, context="a", namespace="b"),
    ),
    *(
        bad(
            "P10",
            f"{kind} without a volume",
            deployment({"image": IMAGE}, name="dns/etcd", kind=kind, volumes=[{"emptyDir": {}}]),
            says=f"{kind} 'dns/etcd' {LOST}",
        )
        for kind in ("Deployment", "DaemonSet", "ReplicaSet")
    ),
    bad(
        "P10",
        "beside another program",
        deployment({"image": "me/api"}, {"image": IMAGE}),
        says=f"Deployment 'apps/web' {LOST}",
    ),
    bad(
        "P10",
        "a Deployment with a volume",
        deployment({"image": IMAGE}, volumes=[{"emptyDir": {}}, CLAIM]),
        says="Deployment 'apps/web' is an etcd whose members would share name and volume (spec.template.spec)",
    ),
    good(
        "P10",
        "beside another program with a volume",
        deployment({"image": "me/api"}, {"image": IMAGE}, volumes=[CLAIM]),
    ),
    good("P10", "another Deployment", deployment({"image": "me/api"})),
    good(
        "P10",
        "a Job that saves it",
        kubernetes("batch/v1:Job", "dns/save", spec={"template": {"spec": RUNS}}),
    ),
    good(
        "P10",
        "a CronJob that saves it",
        kubernetes(
            "batch/v1:CronJob", "dns/save", spec={"jobTemplate": {"spec": {"template": {"spec": RUNS}}}}
        ),
    ),
    good("P10", "a part of a Deployment", override("Deployment", {"template": {"spec": RUNS}})),
    bad("P10", "2 of the operator's", operated(2.0), budget(), says=even(2, "spec.size")),
    bad(
        "P10",
        "1 of the operator's in production",
        operated(1),
        budget(),
        says=few(1, "spec.size"),
        settings=PRODUCTION,
    ),
    bad("P10", "no volume of the operator's", operated(pod={}), budget(), says=NO_CLAIM),
    bad(
        "P10",
        "the operator's in default",
        operated(namespace="default"),
        budget("default"),
        says=shared("default"),
    ),
    bad("P10", "no budget of the operator's", operated(), budget("other"), says=NO_BUDGET),
    good("P10", "the operator's", operated(), budget(), settings=PRODUCTION),
    good("P10", "the operator's without size", operated(None), budget()),
    good("P10", "a kind of another operator", operated(2, "default", {}, "example.com")),
    good(
        "P10",
        "a part of the operator's",
        override("EtcdCluster", {"size": 2}, "etcd.database.coreos.com/v1beta2"),
    ),
    unknown(
        "P10",
        "the number",
        etcd(UNKNOWN, volumeClaimTemplates=None),
        BUDGET,
        paths=["spec.replicas"] * 2,
        says=NO_VOLUME,
    ),
    unknown("P10", "the image", etcd(image=UNKNOWN), paths=["spec.template.spec.containers[0].image"] * 2),
    unknown(
        "P10", "a budget", etcd(), budget(matchLabels={"app": UNKNOWN}), paths="spec.selector.matchLabels.app"
    ),
    good("P10", "one budget of two", etcd(), budget(matchLabels={"app": UNKNOWN}), BUDGET),
    unknown(
        "P10", "the operator's size", operated(UNKNOWN, pod={}), budget(), paths="spec.size", says=NO_CLAIM
    ),
    bad(
        "P10",
        "of a dynamic resource",
        dynamic(
            "my:Object", manifest={"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": RUNS}
        ),
        says="Pod 'default/x' has an etcd whose data goes with the pod (manifest.spec)",
    ),
]
