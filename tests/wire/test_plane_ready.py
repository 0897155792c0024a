"""`EtcdReady`, `ApiServerReady` and `Init` in the real dynamic server, against servers that speak HTTPS."""

from __future__ import annotations

import pytest

from components.dynamic.init import ApiServerReadyProvider, EtcdReadyProvider, InitProvider
from tests.unit.member_fixtures import cluster
from tests.wire.dynamic_fixtures import UNKNOWN, Remote, Server, refusal, server_fixture  # noqa: F401
from tests.wire.plane_fixtures import Plane, aggregated, plane_fixture, workload  # noqa: F401

FIX = "Next: see its pods in the host with `kubectl get pods`, then run `pulumi up` again."


@pytest.fixture(name="etcd")
def etcd_fixture(server: Server) -> Remote:
    return server.of(EtcdReadyProvider())


@pytest.fixture(name="api")
def api_fixture(server: Server) -> Remote:
    return server.of(ApiServerReadyProvider())


@pytest.fixture(name="init")
def init_fixture(server: Server) -> Remote:
    return server.of(InitProvider())


def test_etcd_that_runs_is_ready_at_once(etcd: Remote, plane: Plane) -> None:
    made = etcd.create(etcd.check({}, plane.inputs()))
    assert (made.id, made.outs) == ("federation-system/etcd", plane.inputs())


def test_etcd_that_does_not_start_is_told_with_what_is_missing(etcd: Remote, plane: Plane) -> None:
    plane.host.api.put(workload("StatefulSet", "etcd", readyReplicas=0))
    assert refusal(etcd.create, plane.inputs(timeoutSeconds=0.3)) == (
        f"control plane: not so within 0.3 s: etcd has 0 of 1 pods ready. {FIX}"
    )


def test_the_api_server_is_ready_when_its_pods_run_and_it_says_so(api: Remote, plane: Plane) -> None:
    made = api.create(plane.inputs())
    assert made.id == "federation-system/api"
    assert made.outs == {**plane.inputs(), "version": "v1.36.3"}


def test_an_api_server_that_cannot_be_reached_is_told_with_its_address(api: Remote, plane: Plane) -> None:
    inputs = plane.inputs(timeoutSeconds=0.5)
    plane.api.stop()
    told = refusal(api.create, inputs)
    assert told.startswith(
        f"federation API: not so within 0.5 s: {plane.api.url} is not ready: {plane.api.url} does not answer: "
    )
    assert told.endswith(FIX)


def test_a_server_of_another_minor_version_is_refused(api: Remote, plane: Plane) -> None:
    plane.api.version = "v1.35.1"
    assert refusal(api.create, plane.inputs()) == (
        "federation API: its server is v1.35.1, the stack declares 1.36.3. "
        "Next: make control_plane.kubernetes_version and the image of karmada-apiserver agree."
    )


def test_a_plane_is_healthy_when_all_its_parts_answer(init: Remote, plane: Plane) -> None:
    made = init.create(plane.inputs())
    assert made.id == "federation-system/plane"
    facts = {"version": "v1.36.3", "endpoint": plane.api.url, "healthy": True}
    assert made.outs == {**plane.inputs(), **facts}


def test_an_aggregated_api_that_is_not_available_is_waited_for(init: Remote, plane: Plane) -> None:
    plane.api.api.put(aggregated("False", "no route to host"))
    assert refusal(init.create, plane.inputs(timeoutSeconds=0.3)) == (
        "control plane: not so within 0.3 s: the API cluster.karmada.io is not available: no route to host. "
        f"{FIX}"
    )


def test_a_webhook_that_does_not_answer_is_waited_for(init: Remote, plane: Plane) -> None:
    plane.api.refused = "failed calling webhook: connection refused"
    assert refusal(init.create, plane.inputs(timeoutSeconds=0.3)) == (
        "control plane: not so within 0.3 s: the webhook does not answer: cannot try propagationpolicies "
        f"default/probe: failed calling webhook: connection refused. {FIX}"
    )


@pytest.mark.parametrize(
    "key",
    ["workloads", "revision", "kubeconfig", "federationKubeconfig", "kubernetesVersion", "force"],
)
def test_what_a_plane_waits_for_is_waited_for_again_when_it_changes(
    init: Remote, plane: Plane, key: str
) -> None:
    olds = init.create(plane.inputs()).outs
    assert init.diff("x", olds, plane.inputs(**{key: "other"})).changes
    unknown = init.diff("x", olds, plane.inputs(**{key: UNKNOWN}))
    assert (unknown.changes, unknown.replaces) == (True, [])


def test_the_same_wishes_and_another_patience_are_no_change(init: Remote, plane: Plane) -> None:
    olds = init.create(plane.inputs()).outs
    assert not init.diff("x", olds, plane.inputs(timeoutSeconds=99)).changes


def test_another_namespace_is_another_plane(init: Remote, plane: Plane) -> None:
    diff = init.diff("x", plane.inputs(), plane.inputs(namespace="other"))
    assert (diff.replaces, diff.delete_before_replace) == (["namespace"], True)


def test_an_update_waits_again_and_gives_complete_outputs(init: Remote, plane: Plane) -> None:
    olds, news = init.create(plane.inputs()).outs, plane.inputs(revision="r2")
    plane.api.version = "v1.36.4"
    updated = init.update("x", olds, news)
    assert updated == {**olds, "revision": "r2", "version": "v1.36.4"}


def test_a_refresh_says_whether_the_plane_is_healthy_now_without_waiting(init: Remote, plane: Plane) -> None:
    made = init.create(plane.inputs())
    assert init.read(made.id, made.outs).outs == made.outs
    plane.api.api.put(aggregated("False", "gone"))
    assert init.read(made.id, made.outs).outs == {**made.outs, "healthy": False}
    plane.api.stop()
    assert init.read(made.id, made.outs).outs == {**made.outs, "healthy": False}
    plane.host.stop()
    assert init.read(made.id, made.outs).outs == {**made.outs, "healthy": False}


def test_a_plane_with_a_member_that_the_stack_does_not_know_stays(init: Remote, plane: Plane) -> None:
    plane.api.api.put(cluster("stranger"))
    made = init.create(plane.inputs())
    assert refusal(init.delete, made.id, made.outs) == (
        "federation fed: has members that this stack does not know: stranger. Next: let them leave: fedctl leave "
        "stranger --federation fed --federation-kubeconfig FILE --kubeconfig FILE; or set "
        "control_plane.force_delete to true and run pulumi up first."
    )
    init.delete(made.id, {**made.outs, "force": True})


def test_a_plane_stays_until_a_member_that_is_leaving_has_left(init: Remote, plane: Plane) -> None:
    leaving = cluster("stranger")
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    plane.api.api.put(leaving)
    made = init.create(plane.inputs())
    assert "has members that this stack does not know: stranger" in refusal(init.delete, made.id, made.outs)


def test_a_plane_that_nobody_uses_or_that_is_gone_may_go(init: Remote, plane: Plane) -> None:
    made = init.create(plane.inputs())
    init.delete(made.id, made.outs)
    plane.api.stop()
    init.delete(made.id, made.outs)


def test_nothing_is_deleted_with_a_moment(etcd: Remote, api: Remote, plane: Plane) -> None:
    for remote in (etcd, api):
        remote.delete("x", plane.inputs())
    assert (plane.host.api.writes, plane.api.api.writes) == ([], [])
