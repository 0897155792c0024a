"""P30."""

from __future__ import annotations

from typing import Any

from policy.stack import Resource
from tests.policy.case_fixtures import UNKNOWN, bad, deployment, good, kubernetes, overriding, unknown

GATES, EVICTION = "--feature-gates=", "--enable-no-execute-taint-eviction"
PURGE = "--no-execute-taint-eviction-purge-mode"
MANAGER = "docker.io/karmada/karmada-controller-manager:v1.18.2"


def manager(*command: str, image: str = MANAGER) -> Resource:
    return deployment({"image": "x"}, {"image": image, "command": [*command]}, name="karmada-system/manager")


def left(flag: str) -> str:
    return (
        f"Deployment 'karmada-system/manager' leaves {flag} to its version (spec.template.spec.containers[1])"
    )


def policy(kind: str = "PropagationPolicy", group: str = "policy.karmada.io", **placement: Any) -> Resource:
    return kubernetes(f"{group}/v1alpha1:{kind}", "apps/web", spec={"placement": placement})


def override(value: dict[str, Any]) -> Resource:
    return overriding("apps/v1:Deployment", "/spec", value, name="karmada-system/west")


def named(*clusters: str) -> dict[str, Any]:
    return {"clusterNames": [*clusters]}


FAILOVER = "--feature-gates=Failover"
ON = (f"{GATES}PropagationPolicyPreemption=true,Failover=true", f"{EVICTION}=true")
ONE = "PropagationPolicy 'apps/web' knows one cluster, so nothing of it can fail over (spec.placement)"
PLACE = "PropagationPolicy 'apps/web' puts all in one place, which fails as a whole"
CASES = [
    bad("P30", "nothing is said", manager("/bin/manager"), says=[left(FAILOVER), left(EVICTION)]),
    bad(
        "P30",
        "other gates",
        manager(f"{GATES}AllBeta=true,MyFailover=true", f"{EVICTION}=false"),
        says=left(FAILOVER),
    ),
    bad("P30", "no eviction", manager(f"{GATES}Failover=false"), says=left(EVICTION)),
    bad("P30", "no purge mode", manager(*ON), says=left(PURGE)),
    bad(
        "P30",
        "graceful, but not so",
        manager(f"{ON[0]},GracefulEviction=false", ON[1], f"{PURGE}=Gracefully"),
        says="Deployment 'karmada-system/manager' evicts gracefully with GracefulEviction off"
        " (spec.template.spec.containers[1])",
    ),
    good("P30", "on", manager(*ON, f"{PURGE}=Gracefully")),
    good("P30", "on with all of it", manager(f"{ON[0]},GracefulEviction=true", ON[1], f"{PURGE}=Gracefully")),
    good("P30", "on without grace", manager(f"{ON[0]},GracefulEviction=false", ON[1], f"{PURGE}=Directly")),
    good("P30", "off", manager(f"{GATES}Failover=false", f"{EVICTION}=false")),
    good("P30", "another program", manager(image="docker.io/karmada/karmada-webhook:v1.18.2")),
    good("P30", "a part of it", override({"template": {"spec": {"containers": [{"image": MANAGER}]}}})),
    bad("P30", "one cluster", policy(clusterAffinity=named("fc01")), says=ONE),
    bad(
        "P30",
        "one cluster twice, everywhere",
        policy("ClusterPropagationPolicy", clusterAffinities=[named("fc01"), named("fc01", "fc01")]),
        says=ONE.replace("Prop", "ClusterProp").replace("apps/", ""),
    ),
    good("P30", "two clusters", policy(clusterAffinity=named("fc01", "fc02"))),
    good("P30", "one after the other", policy(clusterAffinities=[named("fc01"), named("fc02")])),
    good("P30", "one before all", policy(clusterAffinities=[named("fc01"), {"labelSelector": {}}])),
    good("P30", "all clusters", policy()),
    good("P30", "none of these kinds", policy("OverridePolicy", clusterAffinity=named("fc01"))),
    good("P30", "of another group", policy(group="example.com", clusterAffinity=named("fc01"))),
    bad(
        "P30",
        "one group",
        policy(spreadConstraints=[{"maxGroups": 2.0}, {"spreadByField": "region", "maxGroups": 1.0}]),
        says=f"{PLACE} (spec.placement.spreadConstraints[1].maxGroups)",
    ),
    good("P30", "no bound", policy(spreadConstraints=[{"minGroups": 1}, {"maxGroups": 0}])),
    unknown("P30", "the command", manager(UNKNOWN), paths="spec.template.spec.containers[1].command[0]"),
    unknown("P30", "the image", manager(image=UNKNOWN), paths="spec.template.spec.containers[1].image"),
    unknown(
        "P30",
        "a cluster",
        policy(clusterAffinity=named(UNKNOWN)),
        paths="spec.placement.clusterAffinity.clusterNames[0]",
    ),
    unknown(
        "P30",
        "a bound",
        policy(spreadConstraints=[{"maxGroups": UNKNOWN}], clusterAffinity=named("fc01")),
        paths="spec.placement.spreadConstraints[0].maxGroups",
        says=ONE,
    ),
]
