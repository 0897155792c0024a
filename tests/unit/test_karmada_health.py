"""Whether a control plane runs, and one line that says what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from federation.errors import FederationError, NotInTimeError, RejectedError
from federation.karmada.health import (
    PATIENCE,
    Host,
    check_version,
    rollout,
    trouble,
    wait_for_api,
    wait_for_plane,
)
from tests.unit.kube_fixtures import FakeKube, instant

NAMESPACE = "federation-system"
DONE = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1}


def deployment(name: str = "etcd", **status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "generation": 1},
        "spec": {"replicas": 1},
        "status": {**DONE, **status},
    }


def pod(**status: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "etcd-0",
            "namespace": NAMESPACE,
            "labels": {"app.kubernetes.io/name": "etcd"},
        },
        "status": status,
    }


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    return {"image": "docker.io/x/etcd:1", "state": {"waiting": {"reason": reason}}, **more}


def api_service(status: str, message: str = "") -> dict[str, Any]:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1alpha1.cluster.karmada.io"},
        "status": {"conditions": [{"type": "Available", "status": status, "message": message}]},
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({}, None),
        ({"observedGeneration": 0}, "etcd is not looked at yet"),
        ({"updatedReplicas": 0}, "etcd has 0 of 1 new pods"),
        ({"replicas": 2}, "etcd has 1 of 1 new pods"),
        ({"readyReplicas": 0}, "etcd has 0 of 1 pods ready"),
        ({"updatedReplicas": 0, "updateRevision": "a", "currentRevision": "a"}, None),
        ({"updatedReplicas": 0, "updateRevision": "b", "currentRevision": "a"}, "etcd has 0 of 1 new pods"),
    ],
)
def test_a_rollout_is_done_when_all_new_pods_are_ready_and_no_old_one_is_left(
    status: dict[str, Any], reason: str | None
) -> None:
    assert rollout(deployment(**status), "etcd") == reason


def test_a_workload_that_is_not_there_is_missing() -> None:
    assert rollout(None, "etcd") == "etcd is not there"


def test_a_workload_without_replicas_does_not_run() -> None:
    scaled = {**deployment(replicas=0, updatedReplicas=0, readyReplicas=0), "spec": {"replicas": 0}}
    assert rollout(scaled, "karmada-webhook") == "karmada-webhook is scaled to 0"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"containerStatuses": [{"image": "x", "state": {"running": {}}}]}, None),
        (
            {"containerStatuses": [waiting("ImagePullBackOff")]},
            "etcd cannot use image docker.io/x/etcd:1: ImagePullBackOff",
        ),
        (
            {
                "containerStatuses": [
                    waiting("CrashLoopBackOff", lastState={"terminated": {"exitCode": 1}}),
                ]
            },
            "etcd ends again and again, with exit code 1",
        ),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "message": "0/1 nodes. preemption: none"}
                ]
            },
            "etcd finds no node: 0/1 nodes",
        ),
    ],
)
def test_what_a_pod_tells_of_its_trouble(status: dict[str, Any], reason: str | None) -> None:
    assert trouble([pod(**status)]) == reason


def test_an_image_that_cannot_be_had_ends_the_wait_early() -> None:
    kube = FakeKube(deployment(readyReplicas=0), pod(containerStatuses=[waiting("ErrImagePull")]))
    now = iter(range(0, 1000, 5))
    host = Host(kube.kube, NAMESPACE, clock=lambda: float(next(now)))
    deadline = instant(300)
    with pytest.raises(FederationError) as failed:
        wait_for_api(host, FakeKube().kube, ["deployments/etcd"], deadline)
    assert str(failed.value) == (
        "control plane in federation-system: etcd cannot use image docker.io/x/etcd:1: ErrImagePull. "
        "Next: load or mirror the image (control_plane.images), then run `pulumi up` again."
    )
    assert deadline.left > 300 - PATIENCE


def test_a_registry_that_is_slow_to_answer_is_waited_for() -> None:
    kube = FakeKube(deployment(readyReplicas=0), pod(containerStatuses=[waiting("ErrImagePull")]))
    kube.after(20, lambda: kube.put(deployment()))
    wait_for_api(
        Host(kube.kube, NAMESPACE, clock=lambda: 0.0), FakeKube().kube, ["deployments/etcd"], instant(60)
    )


def test_a_wait_that_takes_too_long_says_what_was_missing() -> None:
    kube = FakeKube(deployment(readyReplicas=0))
    told: list[str] = []
    with pytest.raises(NotInTimeError) as late:
        wait_for_api(Host(kube.kube, NAMESPACE), FakeKube().kube, ["deployments/etcd"], instant(12, told))
    assert str(late.value) == (
        "federation API: not so within 12 s: etcd has 0 of 1 pods ready. "
        "Next: see its pods in the host with `kubectl get pods`, then run `pulumi up` again."
    )
    assert told[0] == "federation API: waiting, etcd has 0 of 1 pods ready (7 s left)"


def test_the_plane_is_healthy_when_its_apis_are_served_and_its_webhook_answers() -> None:
    host = Host(FakeKube(deployment()).kube, NAMESPACE)
    wait_for_plane(host, FakeKube(api_service("True")).kube, ["deployments/etcd"], instant(1))


class WithoutWebhook(FakeKube):
    def dry_run(self, manifest: Any) -> Any:
        raise RejectedError("federation fed", "cannot try it: failed calling webhook", "mend it")


@pytest.mark.parametrize(
    ("plane", "reason"),
    [
        (FakeKube(), "the API cluster.karmada.io is not registered"),
        (
            FakeKube(api_service("False", "no endpoints")),
            "the API cluster.karmada.io is not available: no endpoints",
        ),
        (
            WithoutWebhook(api_service("True")),
            "the webhook does not answer: cannot try it: failed calling webhook",
        ),
    ],
)
def test_a_plane_that_is_not_served_is_not_healthy(plane: FakeKube, reason: str) -> None:
    host = Host(FakeKube(deployment()).kube, NAMESPACE)
    with pytest.raises(NotInTimeError) as late:
        wait_for_plane(host, plane.kube, ["deployments/etcd"], instant(1))
    assert late.value.cause == f"not so within 1 s: {reason}"


def test_another_minor_version_than_the_declared_one_is_an_error() -> None:
    assert check_version(FakeKube().kube, "1.36.0") == "v1.36.3"
    with pytest.raises(FederationError) as wrong:
        check_version(FakeKube().kube, "1.35.0")
    assert wrong.value.cause == "its server is v1.36.3, the stack declares 1.35.0"
