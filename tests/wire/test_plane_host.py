"""`Host` in the real dynamic server: what would only fail in the middle is found before anything is made."""

from __future__ import annotations

from typing import Any

import pytest

from components.dynamic.host import HostProvider
from tests.unit.member_fixtures import UID
from tests.wire.dynamic_fixtures import UNKNOWN, Diff, Remote, Server, refusal, server_fixture  # noqa: F401
from tests.wire.plane_fixtures import NAMESPACE, Plane, plane_fixture  # noqa: F401

FACTS = {"clusterId": UID, "version": "v1.36.3"}


@pytest.fixture(name="host")
def host_fixture(server: Server) -> Remote:
    return server.of(HostProvider())


@pytest.fixture(name="inputs")
def inputs_fixture(plane: Plane) -> dict[str, Any]:
    return {
        "cluster": "fc01",
        "kubeconfig": plane.host.kubeconfig(),
        "federation": "fed",
        "namespace": NAMESPACE,
        "storage": True,
        "nodePort": 32443,
        "nodes": 1,
        "etcdMembers": 1,
    }


def volume(name: str, policy: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "persistentVolumeReclaimPolicy": policy,
            "claimRef": {"namespace": NAMESPACE, "name": "data-etcd-0"},
        },
    }


def test_a_cluster_that_fits_is_known_by_its_id(host: Remote, plane: Plane, inputs: dict[str, Any]) -> None:
    made = host.create(host.check({}, inputs))
    assert (made.id, made.outs) == (UID, {**inputs, **FACTS})
    assert plane.host.api.writes == []


def test_all_that_does_not_fit_is_told_at_once(host: Remote, plane: Plane, inputs: dict[str, Any]) -> None:
    plane.host.api.remove("storageclasses", "local")
    plane.host.api.put(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ports": [{"nodePort": 32443}]},
        }
    )
    told = refusal(host.create, {**inputs, "nodes": 3})
    assert told == (
        "host cluster fc01: cannot host the federation: no StorageClass: install a provisioner, or set "
        "control_plane.etcd.persistent to false if the federation may be lost with a pod; node port 32443 is "
        "taken by Service shop/web: set control_plane.api_server.port to a free one; replicas are kept on "
        "different nodes, and only 1 of the 3 needed take pods: add nodes, or lower control_plane.replicas and "
        "control_plane.etcd.members. Next: run `pulumi up` again."
    )


def test_a_load_balancer_needs_no_node_port(host: Remote, plane: Plane, inputs: dict[str, Any]) -> None:
    without = {key: value for key, value in inputs.items() if key != "nodePort"}
    assert host.create(without).outs == {**without, **FACTS}


def test_an_expired_token_is_told_as_such(host: Remote, plane: Plane, inputs: dict[str, Any]) -> None:
    told = refusal(host.create, {**inputs, "kubeconfig": plane.host.kubeconfig("old")})
    assert told.startswith("host cluster fc01: cannot ")
    assert told.endswith(
        ": Unauthorized. Next: get a new kubeconfig; its credentials are wrong or have expired."
    )


def test_the_number_of_etcds_members_cannot_change(host: Remote, inputs: dict[str, Any]) -> None:
    olds = host.create(inputs).outs
    assert refusal(host.update, UID, olds, {**inputs, "etcdMembers": 3}) == (
        "control plane: control_plane.etcd.members cannot change from 1 to 3 while the plane runs. "
        "Next: set it back to 1, or destroy the plane and make it anew."
    )


def test_an_update_checks_the_new_wishes(host: Remote, inputs: dict[str, Any]) -> None:
    olds, news = host.create(inputs).outs, {**inputs, "storage": False, "nodePort": 31000}
    assert host.update(UID, olds, news) == {**news, **FACTS}
    assert "only 1 of the 2 needed" in refusal(host.update, UID, olds, {**inputs, "nodes": 2})


def test_only_wishes_are_compared(host: Remote, inputs: dict[str, Any]) -> None:
    olds = host.create(inputs).outs
    assert not host.diff(UID, olds, inputs).changes
    assert host.diff(UID, olds, {**inputs, "nodePort": 31000}) == Diff(
        changes=True, delete_before_replace=True
    )
    assert host.diff(UID, olds, {**inputs, "kubeconfig": UNKNOWN}).replaces == []
    assert host.diff(UID, olds, {**inputs, "namespace": "other"}).replaces == ["namespace"]


def test_a_refresh_tells_the_version_of_today_and_keeps_what_is_known_of_a_dead_host(
    host: Remote, plane: Plane, inputs: dict[str, Any]
) -> None:
    made = host.create(inputs)
    plane.host.version = "v1.37.0"
    assert host.read(made.id, made.outs).outs == {**made.outs, "version": "v1.37.0"}
    plane.host.stop()
    assert host.read(made.id, made.outs).outs == made.outs


def test_volumes_are_waited_for_and_those_that_stay_are_named(
    host: Remote, plane: Plane, server: Server, inputs: dict[str, Any]
) -> None:
    plane.host.api.put(volume("pv-kept", "Retain"))
    plane.host.api.put(volume("pv-going", "Delete"))
    plane.host.api.after(3, lambda: plane.host.api.remove("persistentvolumes", "pv-going"))
    host.delete(UID, {**inputs, **FACTS})
    assert (
        "kept, as their StorageClass retains volumes: pv-kept. Next: kubectl delete pv NAME." in server.stdout
    )
    assert ("persistentvolumes", None, "pv-going") not in plane.host.api.objects
