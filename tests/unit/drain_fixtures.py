"""Members and workloads of a federation API in memory, with a Karmada that schedules, starts and removes replicas."""

from __future__ import annotations

from typing import Any

from federation.karmada import drain_fit
from federation.kube import Object
from tests.unit.member_fixtures import FakeApi, cluster

POLICY = {"clusterpropagationpolicy.karmada.io/name": "federate-deployments"}
EVENLY: Object = {
    "replicaScheduling": {"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Weighted"}
}


def member(name: str, *, ready: bool = True, taints: tuple[Object, ...] = (), **spec: Any) -> Object:
    found = cluster(name, f"id-{name}", ready=ready)
    found["spec"] |= spec | ({"taints": list(taints)} if taints else {})
    return found


def item(name: str, available: int, **status: Any) -> Object:
    """What Karmada has heard from a member."""
    told = {"availableReplicas": available} if available else {}
    return {"clusterName": name, "applied": True, "health": "Healthy", "status": told | status}


def workload(
    name: str = "web",
    kind: str = "Deployment",
    *,
    placement: Object | None = None,
    annotations: Object | None = None,
    request: Object | None = None,
    **given: int,
) -> Object:
    """The binding of a workload with replicas on members, all of them ready."""
    return {
        "apiVersion": "work.karmada.io/v1alpha2",
        "kind": "ResourceBinding",
        "metadata": {
            "name": f"{name}-{kind.lower()}",
            "namespace": "shop",
            "annotations": annotations or POLICY,
        },
        "spec": {
            "resource": {"apiVersion": "apps/v1", "kind": kind, "namespace": "shop", "name": name},
            "replicas": sum(given.values()),
            "clusters": [{"name": n, "replicas": count} for n, count in given.items()],
            "placement": EVENLY if placement is None else placement,
            **({"replicaRequirements": {"resourceRequest": request}} if request else {}),
        },
        "status": {"aggregatedStatus": [item(n, count) for n, count in given.items()]},
    }


def everywhere(name: str, kind: str, *members: str) -> Object:
    """The binding of what each member has."""
    found = workload(name, kind, placement={})
    found["spec"] |= {"clusters": [{"name": n} for n in members]}
    del found["spec"]["replicas"]
    return found


def along(name: str, kind: str, needed_by: Object, *members: str) -> Object:
    """The binding of what comes along with a workload."""
    found = everywhere(name, kind, *())
    del found["spec"]["placement"], found["spec"]["clusters"]
    metadata = needed_by["metadata"]
    required = {"namespace": metadata["namespace"], "name": metadata["name"]}
    found["spec"]["requiredBy"] = [required | {"clusters": [{"name": n} for n in members]}]
    return found


class Karmada:
    """The scheduler, the eviction controller and the members' kubelets.

    Attributes:
        slow: so many requests go by until a new replica is ready; None: it never is.
        least: the fewest replicas of any workload that were ready at any moment.
        log: what was scheduled and removed, in turn.
    """

    def __init__(self, *objects: Object, slow: int | None = 3) -> None:
        self.api = FakeApi(*objects, name="federation API")
        self.slow, self.log, self.least = slow, list[str](), 10**6
        self.api.reactions.append(self.react)

    def objects(self, resource: str) -> list[Object]:
        return [o for key, o in self.api.objects.items() if key[0] == resource]

    def binding(self, name: str) -> Object:
        return self.api.objects["resourcebindings", "shop", name]

    def cluster(self, name: str) -> Object:
        return self.api.objects["clusters", None, name]

    def react(self, found: Object) -> None:
        if found["kind"] == "WorkloadRebalancer":
            for reference in found["spec"]["workloads"]:
                one = self.binding(f"{reference['name']}-{reference['kind'].lower()}")
                self._schedule(one)
            found["status"] = {"finishTime": "now"}
        elif found["kind"] == "ResourceBinding":
            self._remove(found)
            spec = found["spec"]
            given = sum(c.get("replicas", 0) for c in spec.get("clusters") or ())
            if spec.get("placement") and spec.get("replicas") and given != spec["replicas"]:
                self._schedule(found)

    def _schedule(self, found: Object) -> None:
        spec = found["spec"]
        evicting = {t["fromCluster"] for t in spec.get("gracefulEvictionTasks") or ()}
        fit = drain_fit.candidates(found, self.objects("clusters"))
        names = [name for name in fit if name not in evicting]
        if not names:
            return
        each, rest = divmod(spec["replicas"], len(names))
        counts = {name: each + (place < rest) for place, name in enumerate(names)}
        spec["clusters"] = [{"name": n, "replicas": c} for n, c in counts.items() if c]
        self.log.append(f"{found['metadata']['name']} {counts}")
        if self.slow is not None:
            self.api.after(self.slow, lambda: self._start(found["metadata"]["name"]))

    def _start(self, name: str) -> None:
        found = self.binding(name)
        held = {t["fromCluster"] for t in found["spec"].get("gracefulEvictionTasks") or ()}
        kept = [i for i in found["status"]["aggregatedStatus"] if i["clusterName"] in held]
        started = [item(c["name"], c["replicas"]) for c in found["spec"]["clusters"]]
        found["status"]["aggregatedStatus"] = [*kept, *started]

    def _remove(self, found: Object) -> None:
        tasks = found["spec"].get("gracefulEvictionTasks") or []
        gone = {t["fromCluster"] for t in tasks if t.get("suppressDeletion") is False}
        if gone:
            found["spec"]["gracefulEvictionTasks"] = [t for t in tasks if t["fromCluster"] not in gone]
            items = found["status"]["aggregatedStatus"]
            found["status"]["aggregatedStatus"] = [i for i in items if i["clusterName"] not in gone]
            self.log.append(f"{found['metadata']['name']} leaves {sorted(gone)}")
            if found["spec"].get("replicas"):
                left = sum(
                    i["status"].get("availableReplicas", 0) for i in found["status"]["aggregatedStatus"]
                )
                self.least = min(self.least, left)
