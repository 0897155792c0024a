from __future__ import annotations

import pytest

from federation.errors import ConflictError, NotInTimeError
from federation.karmada import drain, drain_mark
from federation.kube import Object
from tests.unit.drain_fixtures import Karmada, along, everywhere, member, workload
from tests.unit.kube_fixtures import instant


def members(*names: str) -> list[Object]:
    return [member(name) for name in names or ("fc01", "fc02")]


def drained(karmada: Karmada, *, seconds: float = 60, force: bool = False) -> list[str]:
    """Drain fc02; returns what is told, with "names" for the moment at which names are left."""
    said: list[str] = []
    what = drain.look("fc02", karmada.api.kube, force=force)

    def quit_names() -> None:
        assert drain_mark.state(karmada.cluster("fc02")) == "drained"
        said.append("names")

    drain.drain(what, karmada.api.kube, instant(seconds), quit_names=quit_names, say=said.append)
    return said


def undrained(karmada: Karmada, *, again: bool = False) -> bool:
    return drain.undrain("fc02", karmada.api.kube, instant(60), say=lambda _: None, again=again)


def given(karmada: Karmada, name: str = "web-deployment") -> dict[str, int]:
    return {c["name"]: c["replicas"] for c in karmada.binding(name)["spec"]["clusters"]}


def test_replicas_are_ready_elsewhere_and_names_are_left_before_any_ends() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2), everywhere("web", "Service", "fc01", "fc02"))
    assert drained(karmada) == [
        "member fc02 takes no new replicas",
        "Deployment shop/web: ready elsewhere (fc01 4)",
        "names",
    ]
    assert karmada.log == ["web-deployment {'fc01': 4}", "web-deployment leaves ['fc02']"]
    assert karmada.least == 4
    assert [c["name"] for c in karmada.binding("web-service")["spec"]["clusters"]] == ["fc01", "fc02"]


def test_the_old_copy_is_kept_by_a_task_that_karmada_does_not_end_by_itself() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2), slow=None)
    with pytest.raises(NotInTimeError) as caught:
        drained(karmada)
    assert str(caught.value) == (
        "member fc02: not so within 60 s: Deployment shop/web: 2 of 4 replicas are ready elsewhere. Next: it still "
        "runs here; see the pods there, then run the same command again, or fedctl undrain fc02."
    )
    assert karmada.binding("web-deployment")["spec"]["gracefulEvictionTasks"] == [
        {
            "fromCluster": "fc02",
            "purgeMode": "Gracefully",
            "replicas": 2,
            "reason": "Drained",
            "message": "fedctl drain fc02",
            "producer": "fedctl-drain",
            "suppressDeletion": True,
        }
    ]
    (taint,) = karmada.cluster("fc02")["spec"]["taints"]
    assert (taint["key"], taint["value"], taint["effect"]) == (
        "k8s-federation/drained",
        "moving",
        "NoSchedule",
    )


def test_a_drain_that_was_interrupted_is_taken_up() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2), slow=None)
    with pytest.raises(NotInTimeError):
        drained(karmada, seconds=1)
    karmada.api.after(3, lambda: karmada._start("web-deployment"))
    assert drained(karmada)[-1] == "names"
    assert karmada.least == 4
    assert drained(karmada) == ["member fc02 takes no new replicas"], "and once more changes nothing"
    assert given(karmada) == {"fc01": 4}


def test_a_workload_of_which_few_were_ready_needs_no_more_elsewhere() -> None:
    weak = workload(fc01=2, fc02=2)
    weak["status"]["aggregatedStatus"][1]["status"] = {}
    karmada = Karmada(*members(), weak, slow=None)
    assert "Deployment shop/web: ready elsewhere (fc01 4)" in drained(karmada), "two were ready, and two are"


def test_what_has_no_place_elsewhere_says_why() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2))
    what = drain.look("fc02", karmada.api.kube)
    found = workload(fc01=2)
    found["spec"]["replicas"] = 4
    found["status"]["conditions"] = [{"type": "Scheduled", "status": "False", "message": "0/2 clusters fit"}]
    assert drain.lacking(what.moves[0], found, "fc02") == (
        "Deployment shop/web: Karmada has no place for all of it yet (0/2 clusters fit)"
    )
    assert drain.lacking(what.moves[0], None, "fc02") is None


def test_what_came_along_stays_until_the_workload_is_gone() -> None:
    web = workload(fc01=2, fc02=2)
    karmada = Karmada(*members(), web, along("robot", "ServiceAccount", web, "fc01", "fc02"), slow=None)
    with pytest.raises(NotInTimeError):
        drained(karmada, seconds=1)
    robot = karmada.binding("robot-serviceaccount")
    assert drain_mark.task(robot, "fc02"), "its pods still run"
    karmada._start("web-deployment")
    drained(karmada)
    assert karmada.binding("robot-serviceaccount")["spec"]["gracefulEvictionTasks"] == []


def test_tasks_of_others_are_left_alone() -> None:
    web = workload(fc01=2, fc02=2)
    other = {"fromCluster": "fc03", "producer": "TaintManager", "reason": "TaintUntolerated"}
    web["spec"]["gracefulEvictionTasks"] = [other]
    karmada = Karmada(*members(), web)
    drained(karmada)
    assert karmada.binding("web-deployment")["spec"]["gracefulEvictionTasks"] == [other]


def test_who_was_faster_is_heard_and_who_always_is_ends_it() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2))
    what = drain.look("fc02", karmada.api.kube)
    karmada.api.failures = [None, ConflictError("federation API", "was changed", "x")]
    drain.drain(what, karmada.api.kube, instant(60), quit_names=lambda: None, say=lambda _: None)
    assert given(karmada) == {"fc01": 4}
    karmada.api.failures = [None, ConflictError("federation API", "was changed", "x")] * 9
    with pytest.raises(ConflictError):
        drain.drain(
            drain.look("fc01", Karmada(*members()).api.kube),
            karmada.api.kube,
            instant(60),
            quit_names=lambda: None,
            say=lambda _: None,
        )


def test_of_the_last_member_only_new_replicas_are_kept_away() -> None:
    karmada = Karmada(member("fc02"), workload(fc02=2))
    assert drained(karmada, force=True) == ["member fc02 takes no new replicas"]
    assert drain_mark.state(karmada.cluster("fc02")) == "moving", "names lead there, as nobody else is there"
    assert given(karmada) == {"fc02": 2}


def test_what_is_left_there_keeps_what_it_needs() -> None:
    job = workload("sum", "Job", fc02=1)
    karmada = Karmada(*members(), workload(fc01=2, fc02=2), job)
    drained(karmada, force=True)
    assert given(karmada, "sum-job") == {"fc02": 1}
    assert given(karmada) == {"fc01": 4}


def test_of_a_member_that_is_dead_nothing_is_waited_for_that_only_it_could_do() -> None:
    karmada = Karmada(member("fc01"), member("fc02", ready=False), workload(fc01=2, fc02=2))
    karmada._remove = lambda found: None  # type: ignore[method-assign]
    assert drained(karmada)[-1] == "names"
    assert given(karmada) == {"fc01": 4}


def test_what_is_not_removed_in_time_is_named() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2))
    karmada._remove = lambda found: None  # type: ignore[method-assign]
    with pytest.raises(NotInTimeError) as caught:
        drained(karmada)
    assert str(caught.value) == (
        "member fc02: not so within 60 s: Deployment shop/web still there. Next: see the logs of "
        "karmada-controller-manager, then run the same command again."
    )


def test_an_undrain_divides_anew_and_is_done_once() -> None:
    other = {"key": "gpu", "effect": "NoSchedule"}
    karmada = Karmada(member("fc01"), member("fc02", taints=(other,)), workload(fc01=2, fc02=2))
    drained(karmada)
    karmada.cluster("fc02")["spec"]["taints"] = [
        t for t in karmada.cluster("fc02")["spec"]["taints"] if t["key"] != "gpu"
    ]
    assert undrained(karmada)
    assert given(karmada) == {"fc01": 2, "fc02": 2}
    assert "taints" not in karmada.cluster("fc02")["spec"]
    assert not drain_mark.is_due(karmada.cluster("fc02"))
    written = len(karmada.api.writes)
    assert not undrained(karmada)
    assert len(karmada.api.writes) == written
    assert not undrained(karmada, again=True)
    assert any(w.startswith("create workloadrebalancers") for w in karmada.api.writes[written:])


def test_taints_of_others_stay() -> None:
    other = {"key": "gpu", "effect": "NoSchedule"}
    karmada = Karmada(member("fc01"), member("fc02", taints=(other,)), workload(fc01=4))
    drained(karmada)
    assert [t["key"] for t in karmada.cluster("fc02")["spec"]["taints"]] == ["gpu", "k8s-federation/drained"]
    undrained(karmada)
    assert karmada.cluster("fc02")["spec"]["taints"] == [other]


def test_an_undrain_in_the_middle_of_a_drain_touches_nothing_that_runs() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2), slow=None)
    with pytest.raises(NotInTimeError):
        drained(karmada, seconds=1)
    assert undrained(karmada)
    assert given(karmada) == {"fc01": 2, "fc02": 2}
    assert "gracefulEvictionTasks" not in karmada.binding("web-deployment")["spec"]
    assert not [line for line in karmada.log if "leaves" in line]


def test_an_undrain_that_was_interrupted_is_taken_up() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2))
    drained(karmada)
    karmada.api.reactions.clear()
    with pytest.raises(NotInTimeError):
        undrained(karmada)
    assert drain_mark.state(karmada.cluster("fc02")) is None
    assert drain.is_drained("fc02", karmada.api.kube), "its share is still missing"
    karmada.api.reactions.append(karmada.react)
    assert undrained(karmada)
    assert given(karmada) == {"fc01": 2, "fc02": 2}


def test_an_undrain_waits_for_the_share_to_be_ready() -> None:
    karmada = Karmada(*members(), workload(fc01=2, fc02=2))
    drained(karmada)
    karmada.slow = None
    with pytest.raises(NotInTimeError) as caught:
        undrained(karmada)
    assert str(caught.value) == (
        "member fc02: not so within 60 s: Deployment shop/web: 0 of 2 replicas are ready here. Next: see its pods "
        "there, then run the same command again."
    )


def test_an_undrain_waits_for_the_scheduler_and_not_for_what_has_no_place() -> None:
    late, stuck = workload("late", fc02=1), workload("stuck", fc02=1)
    for each in (late, stuck):
        each["spec"]["rescheduleTriggeredAt"] = "2026-01-01T00:00:05Z"
        each["status"]["lastScheduledTime"] = "2026-01-01T00:00:04Z"
    stuck["status"]["conditions"] = [{"type": "Scheduled", "status": "False", "message": "no room"}]
    karmada = Karmada(member("fc01"), member("fc02"), late, stuck)
    with pytest.raises(NotInTimeError) as caught:
        undrained(karmada, again=True)
    assert caught.value.cause == "not so within 60 s: Deployment shop/late is not divided anew yet"
