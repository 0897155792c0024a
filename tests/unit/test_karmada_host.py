"""Whether a cluster can host a control plane, found out before anything is made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from federation.errors import FederationError, NotInTimeError
from federation.karmada.host import Findings, Wish, problems, refuse_resize, wait_for_volumes
from tests.unit.kube_fixtures import FakeKube, instant

WISH = Wish(
    federation="fed",
    namespace="federation-system",
    storage=True,
    storage_class=None,
    node_port=32443,
    nodes=1,
    etcd_members=1,
)
NODE: dict[str, Any] = {"metadata": {"name": "n1"}, "spec": {}}
STANDARD = {
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
}
SLOW = {"metadata": {"name": "slow"}}
FOUND = Findings(
    storage_classes=[STANDARD], services=[], nodes=[NODE], namespace=None, skew=2.0, version="v1.36.3"
)


def service(namespace: str, port: int | None) -> dict[str, Any]:
    return {
        "metadata": {"namespace": namespace, "name": "web"},
        "spec": {"ports": [{"port": 80} | ({"nodePort": port} if port else {})]},
    }


def namespace(phase: str = "Active", **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "federation-system", "labels": labels}, "status": {"phase": phase}}


def test_a_cluster_that_has_all_of_it_can_host() -> None:
    assert problems(WISH, FOUND) == []


@pytest.mark.parametrize(
    ("wish", "found", "reason"),
    [
        (
            WISH,
            replace(FOUND, storage_classes=[]),
            (
                "no StorageClass: install a provisioner, or set control_plane.etcd.persistent to false "
                "if the federation may be lost with a pod"
            ),
        ),
        (
            WISH,
            replace(FOUND, storage_classes=[SLOW]),
            "no default StorageClass: set control_plane.etcd.storage_class to one of ['slow']",
        ),
        (
            replace(WISH, storage_class="fast"),
            FOUND,
            "no StorageClass 'fast': choose control_plane.etcd.storage_class from ['standard']",
        ),
        (
            WISH,
            replace(FOUND, services=[service("shop", None), service("shop", 32443)]),
            "node port 32443 is taken by Service shop/web: set control_plane.api_server.port to a free one",
        ),
        (
            replace(WISH, nodes=3),
            FOUND,
            (
                "replicas are kept on different nodes, and only 1 of the 3 needed take pods: "
                "add nodes, or lower control_plane.replicas and control_plane.etcd.members"
            ),
        ),
        (
            WISH,
            replace(FOUND, nodes=[{**NODE, "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}]),
            (
                "replicas are kept on different nodes, and only 0 of the 1 needed take pods: "
                "add nodes, or lower control_plane.replicas and control_plane.etcd.members"
            ),
        ),
        (
            WISH,
            replace(FOUND, namespace=namespace("Terminating")),
            "namespace federation-system is being removed: wait until it is gone",
        ),
        (
            WISH,
            replace(FOUND, namespace=namespace(**{"app.kubernetes.io/instance": "other"})),
            (
                "namespace federation-system belongs to federation 'other': "
                "set control_plane.namespace to one of its own"
            ),
        ),
        (
            WISH,
            replace(FOUND, skew=-4000.0),
            (
                "its clock is 4000 s ahead of this machine's: "
                "set both by NTP, as certificates made here would not be valid there"
            ),
        ),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(wish: Wish, found: Findings, reason: str) -> None:
    assert problems(wish, found) == [reason]


def test_a_host_that_is_too_old_is_refused() -> None:
    assert problems(WISH, replace(FOUND, version="v1.30.0-gke.1")) == []
    assert problems(WISH, replace(FOUND, version="v1.29.9")) == [
        "its Kubernetes is v1.29.9, which cannot drain pods (preStop sleep): upgrade it to 1.30 or newer"
    ]


def test_all_reasons_are_told_at_once() -> None:
    found = replace(FOUND, storage_classes=[], services=[service("shop", 32443)], nodes=[])
    assert len(problems(WISH, found)) == 3


@pytest.mark.parametrize(
    "found",
    [
        replace(FOUND, services=[service("federation-system", 32443)]),
        replace(FOUND, namespace=namespace(**{"app.kubernetes.io/instance": "fed"})),
        replace(FOUND, namespace=namespace()),
    ],
)
def test_what_an_interrupted_run_left_is_no_obstacle(found: Findings) -> None:
    assert problems(WISH, found) == []


def test_a_plane_without_volumes_needs_no_class() -> None:
    assert problems(replace(WISH, storage=False), replace(FOUND, storage_classes=[])) == []


def test_a_plane_behind_a_load_balancer_takes_no_port() -> None:
    taken = replace(FOUND, services=[service("shop", 32443), service("shop", None)])
    assert problems(replace(WISH, node_port=None), taken) == []


def test_members_of_etcd_are_not_added_to_a_running_plane() -> None:
    refuse_resize(3, 3)
    with pytest.raises(FederationError) as refused:
        refuse_resize(1, 3)
    assert str(refused.value) == (
        "control plane: control_plane.etcd.members cannot change from 1 to 3 while the plane runs. "
        "Next: set it back to 1, or destroy the plane and make it anew."
    )


def volume(name: str, of: str, policy: str = "Delete") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {"claimRef": {"namespace": of}, "persistentVolumeReclaimPolicy": policy},
    }


def test_volumes_that_go_are_waited_for_and_those_that_stay_are_named() -> None:
    kube = FakeKube(volume("pv-1", "ours"), volume("pv-2", "ours", "Retain"), volume("pv-3", "theirs"))
    kube.after(2, lambda: kube.remove("persistentvolumes", "pv-1"))
    assert wait_for_volumes(kube.kube, "ours", instant(10)) == ["pv-2"]


def test_a_volume_that_never_goes_is_named() -> None:
    kube = FakeKube(volume("pv-1", "ours"))
    with pytest.raises(NotInTimeError) as late:
        wait_for_volumes(kube.kube, "ours", instant(3))
    assert str(late.value) == (
        "volumes of ours: not so within 3 s: volumes pv-1 are still there. "
        "Next: see why with `kubectl describe pv`, then run `pulumi destroy` again."
    )
