"""A backup is taken and put back: what is stopped and started, what is asked, and how an interrupted one goes on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from federation.backup import plane, store
from federation.backup.archive import Backup
from federation.backup.errors import BackupError
from federation.backup.plan import Plan, plan
from federation.backup.restore import UNSETTLED, look, members, restore
from federation.backup.take import take
from federation.errors import FederationError, NotInTimeError, RejectedError
from tests.unit.backup_fixtures import (
    BACKUP,
    ENTRIES,
    ORIGIN,
    SECRET,
    World,
    component,
    topology,
    world_fixture,
)
from tests.unit.kube_fixtures import instant
from tests.unit.member_fixtures import cluster

__all__ = ["world_fixture"]
NOW = datetime(2026, 11, 29, 12, 0, 0, 5, tzinfo=UTC)
DOWN_AND_UP = [
    "karmada-controller-manager 0",
    "karmada-scheduler 0",
    "karmada-aggregated-apiserver 0",
    "karmada-webhook 0",
    "kube-controller-manager 0",
    "karmada-apiserver 0",
    "karmada-apiserver 1",
    "karmada-aggregated-apiserver 1",
    "karmada-webhook 1",
    "kube-controller-manager 1",
    "karmada-controller-manager 1",
    "karmada-scheduler 1",
]


def put_back(world: World, backup: Backup = BACKUP) -> dict[str, str | None]:
    return restore(world.plane, backup, world.deadline)


def test_a_backup_has_all_that_lasts_and_stops_nothing(world: World) -> None:
    world.etcd.put("/registry/leases/kube-system/scheduler", b"leader")
    world.etcd.put("/registry/events/default/e", b"event", leased=True)
    world.etcd.put("/registry/things/with-a-lease", b"x", leased=True)
    world.etcd.put("/elsewhere/a", b"x")
    made = take(world.plane, now=NOW)
    assert made.entries == ENTRIES | {"/registry/deployments/default/web": b"changed"}
    assert made.manifest.model_copy(update={"sha256": ""}) == BACKUP.manifest.model_copy(
        update={"revision": world.etcd.revision, "bytes": BACKUP.manifest.bytes + 4, "sha256": ""}
    )
    assert world.host.writes == []


def test_an_empty_etcd_is_no_backup(world: World) -> None:
    world.etcd.keys.clear()
    with pytest.raises(BackupError) as caught:
        take(world.plane, now=NOW)
    assert str(caught.value) == (
        "control plane of federation fed: its etcd has no keys below /registry. "
        "Next: see whether the federation API answers, and restore an older backup."
    )


def test_a_look_changes_nothing(world: World) -> None:
    before = world.etcd.values
    assert look(world.plane, BACKUP).written == ("/registry/deployments/default/web",)
    assert world.etcd.values == before
    assert world.host.writes == []


def test_what_uses_etcd_is_stopped_then_keys_are_replaced_then_it_starts_in_order(world: World) -> None:
    assert put_back(world) == {"fc01": None}
    assert world.etcd.values == ENTRIES
    assert world.host.scaled == DOWN_AND_UP
    assert world.told == [
        "control plane of federation fed: stops; members go on, and names keep their answers",
        "etcd: 1 of 1 keys are done",
        "control plane of federation fed: starts",
    ]


def test_replicas_are_those_of_the_topology(world: World) -> None:
    world.topology = topology(replicas=3)
    put_back(world)
    assert world.host.scaled[6:] == [line.replace(" 1", " 3") for line in DOWN_AND_UP[6:]]


def test_a_second_restore_has_nothing_to_do(world: World) -> None:
    put_back(world)
    assert look(world.plane, BACKUP) == Plan((), (), ())


def test_keys_are_written_while_nothing_runs(world: World) -> None:
    seen: list[set[str]] = []
    write = world.etcd.txn

    def txn(compare: object, success: object) -> bool:
        seen.append({key[2] for key in world.host.objects if key[0] == "pods"})
        return write(compare, success)  # type: ignore[arg-type]

    world.etcd.txn = txn  # type: ignore[method-assign]
    put_back(world)
    assert seen == [{"etcd"}]


def many(count: int) -> Backup:
    return Backup.of(ORIGIN, ENTRIES | {f"/registry/configmaps/a/{i:04}": b"x" for i in range(count)})


@pytest.mark.parametrize("done", [0, 1, 2])
def test_an_interrupted_restore_leaves_the_plane_stopped_and_is_gone_on_with(world: World, done: int) -> None:
    backup = many(300)
    for number in range(9):
        world.etcd.put(f"/registry/secrets/later/{number}", b"x")
    world.etcd.fails_after = done
    with pytest.raises(KeyboardInterrupt):
        put_back(world, backup)
    assert plane.stopped(world.plane)
    assert sum(world.etcd.batches) == 128 * done
    world.etcd.fails_after = 10**9
    assert put_back(world, backup) == {"fc01": None}
    assert world.etcd.values == backup.entries
    assert not plane.stopped(world.plane)
    left = plan(many(300), store.snapshot(world.etcd.client, ("/registry",)).found)
    assert left.steps == ()


def test_one_who_was_interrupted_before_the_start_has_only_that_left(world: World) -> None:
    world.etcd.keys = {key: (value, 2, False) for key, value in ENTRIES.items()}
    plane.stop(world.plane, world.deadline())
    assert look(world.plane, BACKUP).steps == ()
    assert plane.stopped(world.plane)
    put_back(world)
    assert world.etcd.batches == []
    assert not plane.stopped(world.plane)


def test_somebody_else_who_writes_is_noticed_and_the_plane_stays_stopped(world: World) -> None:
    write = world.etcd.txn

    def txn(compare: object, success: object) -> bool:
        world.etcd.put("/registry/deployments/default/web", b"by somebody else")
        return write(compare, success)  # type: ignore[arg-type]

    world.etcd.txn = txn  # type: ignore[method-assign]
    with pytest.raises(BackupError) as caught:
        put_back(world)
    assert str(caught.value) == (
        "etcd of the federation: a key of /registry/deployments/default/web to /registry/deployments/default/web was "
        "written by somebody else. Next: stop whatever else writes to this etcd, and run the same command again."
    )
    assert plane.stopped(world.plane)


def test_an_etcd_that_takes_no_writes_is_told_before_anything_is_stopped(world: World) -> None:
    world.etcd.alarms = [{"memberID": "1", "alarm": "NOSPACE"}]
    with pytest.raises(BackupError) as caught:
        look(world.plane, BACKUP)
    assert str(caught.value) == (
        "etcd of the federation: has the alarm NOSPACE, and takes no writes. Next: compact and defragment it, disarm "
        "the alarm (etcdctl alarm disarm), and run the same command again."
    )


def test_all_reasons_against_a_backup_are_told_at_once(world: World) -> None:
    other = Backup.of(
        ORIGIN.model_copy(update={"federation": "other", "service_cidr": "10.0.0.0/16"}), ENTRIES
    )
    with pytest.raises(BackupError) as caught:
        look(world.plane, other)
    assert str(caught.value) == (
        "backup: does not fit: it is of federation other, and the topology's is fed: use one of that; "
        "control_plane.api_server.service_cidr is 10.96.0.0/12, and was 10.0.0.0/16: set it back, and run `pulumi up`. "
        "Next: mend this, or use another backup."
    )
    assert world.host.writes == []


def test_secrets_that_the_api_server_cannot_decrypt_are_told_and_no_controller_starts(world: World) -> None:
    world.api.failures = [RejectedError("federation fed", "cannot list secrets: no matching key", "x")]
    with pytest.raises(BackupError) as caught:
        put_back(world)
    assert str(caught.value) == (
        "federation API: cannot read Secrets of the backup: cannot list secrets: no matching key. Next: give "
        "karmada-apiserver the encryption configuration of then, with its key, run `pulumi up --refresh`, and the same "
        "command again."
    )
    assert world.host.scaled == DOWN_AND_UP[:7]


def test_a_member_that_does_not_become_ready_is_told_and_is_no_error(world: World) -> None:
    world.api.put(cluster("fc02", "7d2a", ready=False))
    assert put_back(world) == {"fc01": None, "fc02": "not reachable"}


def test_a_member_that_takes_its_time_is_waited_for(world: World) -> None:
    world.api.put(cluster("fc02", "7d2a", ready=False))
    world.api.after(3, lambda: world.api.put(cluster("fc02", "7d2a")))
    assert members(world.api.kube, 0, instant(60)) == {"fc01": None, "fc02": None}


def test_a_status_of_the_backup_is_not_believed_before_karmada_has_had_time_to_ask(world: World) -> None:
    world.api.after(30, lambda: world.api.put(cluster("fc01", ready=False)))
    assert put_back(world) == {"fc01": "not reachable"}


def test_a_wait_that_ends_too_early_says_that_nothing_is_known(world: World) -> None:
    assert members(world.api.kube, 40, instant(20)) == {"fc01": UNSETTLED}


def test_a_federation_without_members_is_not_waited_for(world: World) -> None:
    world.api.remove("clusters", "fc01")
    world.api.calls = 0
    assert members(world.api.kube, 40, instant(60)) == {}
    assert world.api.calls == 1


def test_a_part_that_does_not_stop_is_told(world: World) -> None:
    world.host.put(
        component("Pod", "karmada-webhook") | {"metadata": component("Pod", "karmada-webhook")["metadata"]}
    )
    world.host.reactions.clear()
    with pytest.raises(NotInTimeError) as caught:
        put_back(world)
    assert str(caught.value) == (
        "control plane of federation fed: not so within 60 s: karmada-aggregated-apiserver, karmada-apiserver, "
        "karmada-controller-manager, karmada-scheduler, karmada-webhook, kube-controller-manager still run. "
        "Next: see `kubectl -n federation-system get pods` in the host cluster, then run the same command again: it "
        "goes on from there."
    )


def test_a_plane_that_is_not_there_is_to_be_made_first(world: World) -> None:
    world.host.remove("deployments", "karmada-scheduler", "federation-system")
    assert refused(world) == (
        "control plane of federation fed: has no karmada-scheduler. "
        "Next: run `pulumi up`, and the same command again."
    )
    world.host.remove("namespaces", "federation-system")
    assert refused(world) == (
        "control plane of federation fed: host cluster fc01 has no namespace federation-system. "
        "Next: run `pulumi up`, and the same command again."
    )


@pytest.mark.parametrize(
    ("labels", "whose"),
    [({"app.kubernetes.io/instance": "other"}, "federation other's"), ({}, "no federation's")],
)
def test_a_namespace_of_somebody_else_is_not_touched(
    world: World, labels: dict[str, str], whose: str
) -> None:
    world.host.objects["namespaces", None, "federation-system"]["metadata"]["labels"] = labels
    assert refused(world) == (
        f"control plane of federation fed: namespace federation-system of host cluster fc01 is {whose}. "
        "Next: name the kubeconfig and the topology of one federation."
    )


def refused(world: World) -> str:
    with pytest.raises(FederationError) as caught:
        look(world.plane, BACKUP)
    return str(caught.value)


def test_what_is_told_has_no_secret_in_it(world: World) -> None:
    world.etcd.keys.clear()
    wanted = look(world.plane, BACKUP)
    put_back(world)
    assert SECRET.decode() not in repr(wanted)
    assert SECRET.decode() not in repr(store.snapshot(world.etcd.client, ("/registry",)))
    assert SECRET.decode() not in "".join(world.told)


def test_the_parts_are_those_of_the_plane() -> None:
    from components.karmada.plane import COMPONENTS  # noqa: PLC0415  with Pulumi's SDK

    assert {name for stage in plane.STAGES for name in stage} | {plane.ETCD} == {*COMPONENTS}
