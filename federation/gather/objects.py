"""Objects of an API server as files: all of a kind in one, and a summary for people. The summaries are pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from federation.errors import ForbiddenError
from federation.gather.parts import Files
from federation.kube import Kube, Object, Ref

MOST = 500
"""Objects of a kind that are shown in full; all are in the summaries."""


def collections(kube: Kube, kinds: Iterable[tuple[str, Ref]]) -> Files:
    """A file NAME.yaml for each kind; of one that cannot be read, a file with the reason."""
    for name, ref in kinds:
        yield listed(kube, name, ref)


def listed(kube: Kube, name: str, ref: Ref) -> tuple[str, Any]:
    """One such file. What is no lack of rights is raised: the requests after it would fail as well."""
    try:
        found = kube.list(ref)
    except ForbiddenError as error:
        return f"{name}.failed.txt", f"{error}\n"
    return f"{name}.yaml", shortened(found)


def shortened(found: Sequence[Object]) -> list[Object]:
    """At most `MOST` objects, and a note of how many there are."""
    if len(found) <= MOST:
        return list(found)
    return [*found[:MOST], {"note": f"{len(found) - MOST} more of {len(found)} are left out"}]


def name_of(found: Mapping[str, Any]) -> str:
    """Namespace and name."""
    metadata = found["metadata"]
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))


def conditions(found: Mapping[str, Any]) -> list[str]:
    """Of an object's status, each in a line."""
    return [
        " ".join(filter(None, (f"{c['type']}={c['status']}", c.get("reason"), c.get("message"))))
        for c in (found.get("status") or {}).get("conditions") or ()
    ]


def binding(found: Mapping[str, Any]) -> Object:
    """Of a ResourceBinding or ClusterResourceBinding: what, where, and how it is there."""
    spec, status = found["spec"], found.get("status") or {}
    resource = spec["resource"]
    return {
        "name": name_of(found),
        "resource": "/".join(filter(None, (resource["kind"], resource.get("namespace"), resource["name"]))),
        "replicas": spec.get("replicas"),
        "clusters": {c["name"]: c.get("replicas") for c in spec.get("clusters") or ()},
        "evictions": [task["fromCluster"] for task in spec.get("gracefulEvictionTasks") or ()],
        "conditions": conditions(found),
        "there": {
            item["clusterName"]: {key: item.get(key) for key in ("applied", "appliedMessage", "health")}
            for item in status.get("aggregatedStatus") or ()
        },
    }


def work(found: Mapping[str, Any]) -> Object:
    """Of a Work: which objects it holds, and whether they are applied."""
    manifests = found["spec"].get("workload", {}).get("manifests") or ()
    return {
        "name": name_of(found),
        "objects": [f"{m.get('kind')} {name_of(m)}" for m in manifests],
        "suspended": found["spec"].get("suspendDispatching"),
        "conditions": conditions(found),
    }


def pod(found: Mapping[str, Any]) -> Object:
    """Of a Pod: where it is, and how its containers are."""
    status = found.get("status") or {}
    return {
        "name": name_of(found),
        "node": found["spec"].get("nodeName"),
        "phase": status.get("phase"),
        "reason": status.get("reason"),
        "conditions": conditions(found),
        "containers": [
            {
                key: container.get(key)
                for key in ("name", "image", "ready", "restartCount", "state", "lastState")
            }
            for container in _containers(status)
        ],
    }


def _containers(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def restarted(found: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Containers of a Pod that have a log, and whether there is one of an earlier run."""
    return [(c["name"], c.get("restartCount", 0) > 0) for c in _containers(found.get("status") or {})]


def secret(found: Mapping[str, Any]) -> Object:
    """Of a Secret: that it is there, and the names of its keys."""
    return {"name": name_of(found), "type": found.get("type"), "keys": sorted(found.get("data") or {})}


def event(found: Mapping[str, Any]) -> str:
    """Of an Event, in one line."""
    about = found.get("involvedObject") or {}
    when = found.get("lastTimestamp") or found.get("eventTime") or found["metadata"].get("creationTimestamp")
    target = "/".join(filter(None, (about.get("kind"), about.get("namespace"), about.get("name"))))
    count = f" (x{found['count']})" if found.get("count", 1) and found.get("count", 1) > 1 else ""
    return f"{when} {found.get('type')} {found.get('reason')} {target}: {found.get('message')}{count}"
