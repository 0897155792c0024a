"""A verification in a federation in memory: every step, the first failure, and the removal that always comes."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from federation.errors import UnreachableError
from federation.verify import steps
from federation.verify.result import Result
from federation.verify.run import run
from federation.verify.scenario import VERIFY_LABEL
from tests.unit.api_server_fixtures import Serve, serve_fixture  # noqa: F401  pytest finds fixtures by their import
from tests.unit.verify_fixtures import EAST, GLOBAL, NAMESERVER, SCENARIO, US, WEST, Federation, work

NAMES = [
    f"{name} A is {values} by {NAMESERVER} over {way}"
    for name, values in [
        (GLOBAL, "10.250.0.2 10.250.1.2"),
        (US, "10.250.0.2 10.250.1.2"),
        (EAST, "10.250.0.2"),
        (WEST, "10.250.1.2"),
    ]
    for way in ("UDP", "TCP")
]
SHARED = ["all members are ready", "nginx is deployed", "4 replicas run, divided evenly"]
GIVEN = [f"fc0{n + 1} gives an address out of 10.250.{n}.0/24 without 10.250.{n}.1" for n in (0, 1)]
GONE = [
    f"{name} A is gone by {NAMESERVER} over {way}"
    for name in (GLOBAL, US, EAST, WEST)
    for way in ("UDP", "TCP")
]


def verified(federation: Federation, *, keep: bool = False, **options: Any) -> list[Result]:
    told: list[Result] = []
    results = run(federation.context(**options), keep=keep, tell=told.append)
    assert told == list(results)
    return told


def whats(results: list[Result], *, ok: bool = True) -> list[str]:
    return [result.what for result in results if result.ok is ok]


def test_all_is_checked_and_nothing_is_left() -> None:
    federation = Federation()
    results = verified(federation)
    assert whats(results) == [*SHARED, *GIVEN, *NAMES, "nothing is left of it", *GONE]
    assert whats(results, ok=False) == []
    assert federation.plane.objects == {}
    assert {tcp for *_, tcp in federation.asked} == {False, True}


def test_pages_are_asked_for_if_that_is_wanted() -> None:
    results = verified(Federation(), http=True)
    assert whats(results)[len(SHARED + GIVEN + NAMES) :][:2] == [
        "http://10.250.0.2:80 of fc01 answers",
        "http://10.250.1.2:80 of fc02 answers",
    ]


def test_without_nameservers_no_name_is_asked() -> None:
    federation = Federation()
    assert whats(verified(federation, nameservers=())) == [*SHARED, *GIVEN, "nothing is left of it"]
    assert federation.asked == []


def test_what_comes_late_is_waited_for_with_progress() -> None:
    federation = Federation(addresses={"fc01": ("10.250.0.2",)})
    looks = iter(range(1000))
    late = federation.look

    def look() -> Any:
        if next(looks) == 30:
            federation.addresses["fc02"] = ("10.250.1.2",)
        return late()

    federation.look = look  # type: ignore[method-assign]
    assert whats(verified(federation), ok=False) == []
    assert f"addresses: waiting, {GIVEN[1]}: none (55 s left)" in federation.told


@pytest.mark.parametrize(
    ("changes", "failed", "last"),
    [
        ({"replicas": {"fc01": 4}}, ["4 replicas run, divided evenly"], SHARED[:2]),
        ({"addresses": {"fc01": ("10.250.0.1",)}}, GIVEN, SHARED),
        ({"silent": True}, NAMES, [*SHARED, *GIVEN]),
    ],
)
def test_the_first_step_that_fails_is_the_last_but_for_the_removal(
    changes: dict[str, Any], failed: list[str], last: list[str]
) -> None:
    federation = Federation(**changes)
    results = verified(federation, http=True)
    assert whats(results, ok=False) == failed
    assert whats(results) == [*last, "nothing is left of it"]
    assert federation.plane.objects == {}


def test_nothing_is_deployed_while_a_member_is_down() -> None:
    federation = Federation(down=("fc02",))
    assert whats(verified(federation), ok=False) == ["all members are ready"]
    assert federation.plane.writes == []


def test_a_federation_that_does_not_answer_is_one_failure() -> None:
    federation = Federation()
    error = UnreachableError("federation fed", "no answer", "see whether it runs")

    def look() -> Any:
        raise error

    federation.look = look  # type: ignore[method-assign]
    assert verified(federation) == [
        Result(
            ok=False,
            what="all members are ready",
            seen="federation fed: no answer",
            fix="see whether it runs",
        )
    ]


def test_a_namespace_of_somebody_else_is_refused_and_stays() -> None:
    federation = Federation()
    federation.plane.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SCENARIO.namespace}})
    assert [str(result) for result in verified(federation) if not result.ok] == [
        (
            "FAIL  nginx is deployed: namespace verify-x7k2q: exists already. Next: name one that does not with "
            "--namespace."
        )
    ]
    assert list(federation.plane.objects) == [("namespaces", None, SCENARIO.namespace)]


def test_what_is_half_deployed_is_removed() -> None:
    federation = Federation()
    federation.plane.failures = [None, UnreachableError("federation fed", "no answer", "see whether it runs")]
    assert whats(verified(federation), ok=False) == ["nginx is deployed"]
    assert federation.plane.writes[-1] == "delete namespaces verify-x7k2q"
    assert federation.plane.objects == {}


def test_an_interruption_removes_everything_and_goes_on() -> None:
    federation = Federation()

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    federation.ask = interrupted  # type: ignore[method-assign,assignment]
    told: list[Result] = []
    with pytest.raises(KeyboardInterrupt):
        run(federation.context(), keep=False, tell=told.append)
    assert told[-1] == Result(ok=True, what="nothing is left of it", seen="namespace verify-x7k2q is gone")
    assert federation.plane.objects == {}


def test_what_is_kept_stays() -> None:
    federation = Federation()
    assert whats(verified(federation, keep=True)) == [*SHARED, *GIVEN, *NAMES]
    assert federation.deployed


def test_what_stays_on_a_member_is_told() -> None:
    federation = Federation()
    federation.plane.put(work("fc02", "Namespace", SCENARIO.namespace))
    results = verified(federation)
    assert [str(result) for result in results if not result.ok] == [
        (
            "FAIL  nothing is left of it: fc02: Namespace verify-x7k2q. Next: see what `kubectl describe namespace "
            "verify-x7k2q` says in the federation API and the members."
        )
    ]


def test_names_that_go_on_answering_are_told() -> None:
    results = verified(Federation(stale=True))
    assert whats(results, ok=False) == GONE
    assert "fedctl records remove" in results[-1].fix


def test_namespaces_of_earlier_runs_are_found() -> None:
    federation = Federation()
    mark = {"app.kubernetes.io/managed-by": "k8s-federation"}
    for name, labels in [
        ("verify-b", mark | {VERIFY_LABEL: "b"}),
        ("verify-a", mark | {VERIFY_LABEL: "a"}),
        ("default", {}),
        ("shop", mark),
    ]:
        federation.plane.put(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        )
    assert steps.earlier(federation.plane.kube) == ["verify-a", "verify-b"]


def test_a_page_is_asked_for_by_the_services_name(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    server.says((503, {}))
    monkeypatch.setattr(steps, "PORT", int(server.url.rpartition(":")[2]))
    assert steps.fetch("127.0.0.1", GLOBAL) == 503
    assert [(asked.method, asked.path) for asked in server.asked] == [("GET", "/")]


def test_an_address_without_a_server_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: nobody else takes it meanwhile
        monkeypatch.setattr(steps, "PORT", held.getsockname()[1])
        with pytest.raises(UnreachableError) as raised:
            steps.fetch("127.0.0.1", GLOBAL)
    assert str(raised.value) == (
        "address 127.0.0.1: does not answer (NewConnectionError). Next: see whether this machine has a route to it."
    )
