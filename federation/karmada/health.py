"""Whether a control plane is healthy, and what is missing if it is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from federation.deadline import Deadline
from federation.errors import FederationError, RejectedError, UnreachableError
from federation.kube import Kube, Object, Ref

HOPELESS = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
}
"""Reasons of waiting containers that no waiting mends, but for a registry that is slow to answer."""
PATIENCE = 15.0
"""Seconds that a hopeless reason is believed to be a passing one."""
API_SERVICE = Ref("apiregistration.k8s.io/v1", "apiservices", "v1alpha1.cluster.karmada.io")


def rollout(workload: Mapping[str, Any] | None, name: str) -> str | None:
    """None if a Deployment or StatefulSet runs as it is declared, else what is missing (kubectl rollout status)."""
    if workload is None:
        return f"{name} is not there"
    spec, status = workload["spec"], workload.get("status", {})
    wanted = spec.get("replicas", 1)
    if not wanted:
        return f"{name} is scaled to 0"
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return f"{name} is not looked at yet"
    updated = status.get("updatedReplicas", 0)
    if status.get("updateRevision") and status["updateRevision"] == status.get("currentRevision"):
        updated = status.get("replicas", 0)  # a StatefulSet counts no updates where there was none
    if updated < wanted or status.get("replicas", 0) > updated:
        return f"{name} has {updated} of {wanted} new pods"
    if (ready := status.get("readyReplicas", 0)) < wanted:
        return f"{name} has {ready} of {wanted} pods ready"
    return None


def trouble(pods: Sequence[Mapping[str, Any]]) -> str | None:
    """What is wrong with the first pod that has a problem that it tells of; None if none has."""
    for pod in pods:
        name, status = pod["metadata"]["labels"].get("app.kubernetes.io/name", "?"), pod.get("status", {})
        for condition in status.get("conditions", ()):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                return f"{name} finds no node: {condition.get('message', '').partition('. ')[0]}"
        for container in status.get("containerStatuses", ()):
            if reason := _container_trouble(container):
                return f"{name} {reason}"
    return None


def _container_trouble(container: Mapping[str, Any]) -> str | None:
    waiting = container.get("state", {}).get("waiting", {})
    reason = waiting.get("reason", "")
    if reason in HOPELESS:
        return f"cannot use image {container['image']}: {reason}"
    if reason == "CrashLoopBackOff":
        last = container.get("lastState", {}).get("terminated", {})
        return f"ends again and again, with exit code {last.get('exitCode', '?')}"
    return None


class Host:
    """The control plane's pods, seen from its host cluster.

    Args:
        kube: the host.
        namespace: of the control plane.
        clock: monotonic seconds; replaced in tests.
    """

    def __init__(self, kube: Kube, namespace: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._kube, self._namespace, self._clock = kube, namespace, clock
        self._hopeless_since: float | None = None

    def missing(self, workloads: Sequence[str]) -> str | None:
        """None when all run; else which do not and why. Names are "deployments/NAME" or "statefulsets/NAME".

        Raises `FederationError` when waiting is in vain.
        """
        lacking = [reason for reason in map(self._rollout, workloads) if reason]
        if not lacking:
            return None
        pods = self._kube.list(Ref("v1", "pods", namespace=self._namespace))
        told = trouble(pods)
        if told and self._in_vain(told):
            raise FederationError(
                f"control plane in {self._namespace}",
                told,
                "load or mirror the image (control_plane.images), then run `pulumi up` again",
            )
        return "; ".join(lacking) + (f" ({told})" if told else "")

    def _in_vain(self, told: str) -> bool:
        if "cannot use image" not in told:
            self._hopeless_since = None
            return False
        self._hopeless_since = self._hopeless_since or self._clock()
        return self._clock() - self._hopeless_since > PATIENCE

    def _rollout(self, workload: str) -> str | None:
        plural, _, name = workload.partition("/")
        return rollout(self._kube.get(Ref("apps/v1", plural, name, self._namespace)), name)


def wait_for_pods(
    host: Host, workloads: Sequence[str], deadline: Deadline, *, subject: str = "control plane"
) -> None:
    """Until these run. Raises `NotInTimeError`, `FederationError`."""
    deadline.until(
        subject,
        lambda: host.missing(workloads),
        fix="see its pods in the host with `kubectl get pods`, then run `pulumi up` again",
    )


def wait_for_api(host: Host, plane: Kube, workloads: Sequence[str], deadline: Deadline) -> None:
    """Until the federation's API server answers. Raises `NotInTimeError`, `FederationError`."""
    deadline.until(
        "federation API",
        lambda: host.missing(workloads) or _not_ready(plane),
        fix="see its pods in the host with `kubectl get pods`, then run `pulumi up` again",
    )


def wait_for_plane(host: Host, plane: Kube, workloads: Sequence[str], deadline: Deadline) -> None:
    """Until every part runs, and the kinds `Cluster` and the policies are served. Raises as `wait_for_api`."""
    deadline.until(
        "control plane",
        lambda: missing(host, plane, workloads),
        fix="see its pods in the host with `kubectl get pods`, then run `pulumi up` again",
    )


def missing(host: Host, plane: Kube, workloads: Sequence[str]) -> str | None:
    """None if the plane is healthy, else what is missing. Raises `FederationError`."""
    return host.missing(workloads) or _not_ready(plane) or _not_served(plane)


def _not_ready(plane: Kube) -> str | None:
    reason = plane.ready()
    return f"{plane.server} is not ready: {reason}" if reason else None


def _not_served(plane: Kube) -> str | None:
    """Asks the aggregated API server through the API server, and the webhook by a policy that is only tried."""
    service = plane.get(API_SERVICE)
    if service is None:
        return "the API cluster.karmada.io is not registered"
    conditions = service.get("status", {}).get("conditions", ())
    available = next((c for c in conditions if c["type"] == "Available"), dict[str, Any]())
    if available.get("status") != "True":
        return f"the API cluster.karmada.io is not available: {available.get('message') or 'not asked yet'}"
    return _webhook(plane)


def _webhook(plane: Kube) -> str | None:
    probe: Object = {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {"name": "probe", "namespace": "default"},
        "spec": {"resourceSelectors": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "probe"}]},
    }
    try:
        plane.dry_run(probe)
    except (RejectedError, UnreachableError) as error:
        return f"the webhook does not answer: {error.cause}"
    return None


def check_version(plane: Kube, expected: str) -> str:
    """The version of the API server, which must be the declared minor version. Raises `FederationError`."""
    found = plane.version()
    if found.removeprefix("v").split(".")[:2] != expected.split(".")[:2]:
        raise FederationError(
            "federation API",
            f"its server is {found}, the stack declares {expected}",
            "make control_plane.kubernetes_version and the image of karmada-apiserver agree",
        )
    return found
