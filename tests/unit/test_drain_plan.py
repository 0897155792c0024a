from __future__ import annotations

import pytest

from federation.errors import FederationError
from federation.karmada.drain_plan import Plan, plan
from federation.kube import Object
from tests.unit.drain_fixtures import EVENLY, along, everywhere, item, member, workload
from tests.unit.test_drain_fit import weights, with_room

TWO = [member("fc01"), member("fc02")]
THREE = [*TWO, member("fc03")]
PLACED = {"propagationpolicy.karmada.io/name": "web", "propagationpolicy.karmada.io/namespace": "shop"}


def reasons(what: Plan) -> list[str]:
    return [str(each) for each in what.obstacles]


def one(binding: Object, *others: Object, clusters: list[Object] = TWO, force: bool = False) -> Plan:
    return plan("fc02", clusters, [binding, *others], force=force)


def test_divided_workloads_move_and_what_every_member_has_stays() -> None:
    what = plan(
        "fc02",
        THREE,
        [
            workload("web", fc01=2, fc02=2),
            workload("api", fc01=3),
            everywhere("web", "Service", "fc01", "fc02"),
            everywhere("more", "Service", "fc02"),
            everywhere("log", "DaemonSet", "fc01", "fc02", "fc03"),
        ],
    )
    assert what.refusal() is None
    (web,) = what.moves
    assert (str(web), web.here, web.replicas, web.ready, web.to) == (
        "Deployment shop/web",
        2,
        4,
        4,
        ("fc01", "fc03"),
    )
    assert what.stays == {"DaemonSet": 1, "Service": 2}


def test_what_is_being_deleted_and_a_job_that_is_over_do_not_count() -> None:
    deleted = workload("old", fc02=1)
    deleted["metadata"]["deletionTimestamp"] = "x"
    over = workload("once", "Job", fc02=1)
    over["status"]["aggregatedStatus"] = [
        item("fc02", 0, conditions=[{"type": "Complete", "status": "True"}])
    ]
    what = one(deleted, over)
    assert (what.moves, what.obstacles) == ((), ())


def test_what_comes_along_with_a_workload_is_kept_as_long_as_that() -> None:
    web = workload("web", fc01=2, fc02=2)
    what = one(web, along("robot", "ServiceAccount", web, "fc01", "fc02"))
    assert what.along == (("shop", "robot-serviceaccount"),)


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        (
            workload(
                placement=EVENLY | {"clusterAffinity": {"clusterNames": ["fc02"]}}, annotations=PLACED, fc02=2
            ),
            "may run on no other member that is Ready: see the placement of PropagationPolicy shop/web",
        ),
        (
            workload(placement=EVENLY | {"clusterTolerations": [{"operator": "Exists"}]}, fc02=2),
            "would be put back at once: ClusterPropagationPolicy federate-deployments tolerates every taint",
        ),
        (
            workload(kind="Job", fc02=2),
            "cannot be divided anew while it runs: wait for its end, or delete it",
        ),
        (
            workload(placement=EVENLY | {"spreadConstraints": [{"minGroups": 2}]}, fc01=1, fc02=1),
            "needs 2 of cluster, by the spread constraints of ClusterPropagationPolicy federate-deployments",
        ),
    ],
)
def test_what_cannot_move_stays_even_if_forced(binding: Object, reason: str) -> None:
    what = one(binding, force=True)
    assert what.moves == ()
    assert [each.reason for each in what.left] == [reason]


def test_what_would_not_be_removed_stays() -> None:
    binding = workload(fc01=1, fc02=1)
    binding["spec"]["preserveResourcesOnDeletion"] = True
    told = "would not be removed here: ClusterPropagationPolicy federate-deployments sets preserveResourcesOnDeletion"
    assert reasons(one(binding)) == [f"Deployment shop/web {told}"]


def test_data_is_not_given_up() -> None:
    web = workload("web", fc01=1, fc02=1)
    claim = along("disk", "PersistentVolumeClaim", web, "fc01", "fc02")
    assert reasons(one(web, claim, force=True)) == [
        "Deployment shop/web would lose its data here, as PersistentVolumeClaim shop/disk would go with it"
    ]


def test_a_member_that_is_not_ready_is_given_nothing_more() -> None:
    clusters = [*TWO, member("fc03", ready=False)]
    what = one(workload(fc01=1, fc02=1, fc03=1), clusters=clusters)
    assert reasons(what) == ["Deployment shop/web would get more replicas on fc03, which is not Ready"]
    assert [m.to for m in one(workload(fc01=1, fc02=1), clusters=clusters).moves] == [("fc01",)]


def test_weights_for_one_member_alone_are_overruled_only_by_force() -> None:
    binding = workload(placement=weights(fc02=4), fc02=4)
    assert reasons(one(binding)) == [
        "Deployment shop/web has weights for this member alone: see ClusterPropagationPolicy federate-deployments"
    ]
    forced = one(binding, force=True)
    assert [m.to for m in forced.moves] == [("fc01",)]
    assert forced.left == ()


def test_a_member_with_weights_goes_before_one_without() -> None:
    what = one(workload(placement=weights(fc01=1, fc02=3), fc01=1, fc02=3), clusters=THREE)
    assert [m.to for m in what.moves] == [("fc01",)]


def test_room_that_is_missing_is_told_in_numbers() -> None:
    clusters = [with_room("fc01", cpu="1", memory="1Gi", pods="9"), member("fc02")]
    binding = workload(request={"cpu": "250m", "memory": "64Mi"}, fc01=1, fc02=3)
    assert reasons(one(binding, clusters=clusters)) == [
        "Deployment shop/web lacks room in fc01 for 1 of 3 replicas (cpu 250m, memory 64Mi each)"
    ]
    assert len(one(binding, clusters=clusters, force=True).moves) == 1


def test_a_refusal_names_everything_and_the_way_round_it() -> None:
    refused = one(workload("a", "Job", fc02=1), workload("b", "Job", fc02=1)).refusal()
    assert str(refused) == (
        "member fc02: Job shop/a cannot be divided anew while it runs: wait for its end, or delete it; Job shop/b "
        "cannot be divided anew while it runs: wait for its end, or delete it. Next: change what is named here; with "
        "--force, the rest is drained: what cannot run elsewhere stays, and what only lacks room or weights elsewhere "
        "is moved as far as it goes."
    )


@pytest.mark.parametrize(
    "other",
    [
        member("fc01", ready=False),
        member(
            "fc01", taints=({"key": "k8s-federation/drained", "value": "drained", "effect": "NoSchedule"},)
        ),
    ],
)
def test_the_last_member_that_takes_replicas_is_not_drained(other: Object) -> None:
    what = plan("fc02", [other, member("fc02")], [workload(fc02=2)])
    assert str(what.refusal()) == (
        "member fc02: no other member is Ready, so its workloads have nowhere to go. Next: see fedctl status for the "
        "others; with --force, only new replicas are kept away from it."
    )
    assert what.moves == ()


def test_a_member_that_is_not_there_or_is_leaving_is_named() -> None:
    with pytest.raises(FederationError) as unknown:
        plan("fc09", TWO, [])
    assert str(unknown.value) == (
        "member fc09: is not in the federation, which has fc01, fc02. Next: name one of these."
    )
    leaving = member("fc02")
    leaving["metadata"]["deletionTimestamp"] = "x"
    with pytest.raises(FederationError) as gone:
        plan("fc02", [leaving], [])
    assert str(gone.value) == "member fc02: is leaving the federation. Next: see fedctl status."
