"""What the benchmark of names computes around its measurements: facts, logs of answers, command lines, verdicts."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import goals, names_answers, names_peer, names_plan, names_site
from bench.goals import Goal, p99
from bench.names_answers import Entry, answered, settled, unanswered
from bench.names_failover import holders, misplaced, not_back, server
from bench.names_goals import GOALS
from federation.dns.facts import parse
from federation.dns.plan import plan
from federation.errors import UnreachableError
from federation.kube import Object
from federation.topology import load
from lab.topology import Topology

A, B = frozenset({"10.250.0.2"}), frozenset({"10.250.1.2"})
BOTH = A | B
VIPS = {"fc01": "10.250.0.2", "fc02": "10.250.1.2"}
ROOT = "nginx.default.fc-federated-cluster.svc"


def test_facts_that_are_planned_are_those_of_a_federation_that_is_well() -> None:
    what = plan(parse(json.dumps(names_plan.facts(members=3, services=4))))
    assert (len(what.records), what.changes, what.conflicts) == (4 * 7, (), ())
    assert what.records[0].values == ("10.0.0.0", "10.1.0.0", "10.2.0.0")


def test_a_plan_is_measured_as_a_process(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(names_plan.facts(members=2, services=2)))
    argv = [sys.executable, "-m", "bench.names_plan", str(file)]
    found = json.loads(subprocess.run(argv, capture_output=True, check=True).stdout)
    assert 0 < found["processor"] <= found["seconds"] * 2
    assert 20e6 < found["bytes"] < 200e6


def test_what_is_lost_is_gone_after_the_last_answer_that_had_it() -> None:
    wanted = {"global": A, "zone": A}
    log = [
        Entry(9.0, "global", BOTH),
        Entry(11.0, "global", BOTH),
        Entry(12.5, "zone", B),
        Entry(13.0, "global", A),
        Entry(13.1, "zone", A),
        Entry(20.0, "global", BOTH),
    ]
    assert settled(log, 10.0, wanted, until=15.0) == 2.5
    assert settled(log, 13.0, wanted, until=15.0) == 0.0


def test_an_answer_without_an_address_is_counted_and_is_not_the_wanted_one() -> None:
    log = [Entry(1.0, "global", A), Entry(2.0, "global", frozenset())]
    assert unanswered(log) == 1
    assert settled(log, 0.5, {"global": A}, until=3.0) == 1.5


def test_the_first_wanted_answer_ends_the_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter([frozenset(), A, BOTH, A])
    monkeypatch.setattr(names_answers, "addresses", lambda *_: next(said))
    assert answered("127.0.0.1", "global", BOTH, every=0, within=5) is not None
    assert next(said) == A


def test_a_name_that_never_answers_is_not_waited_for_longer_than_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(names_answers, "addresses", lambda *_: A)
    assert answered("127.0.0.1", "global", BOTH, every=0.01, within=0.05) is None


def test_a_nameserver_that_is_silent_has_answered_without_an_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise UnreachableError("nameserver", "no answer within 2 s", "look")

    monkeypatch.setattr(names_answers, "ask", silent)
    assert names_answers.addresses("127.0.0.1", "global") == frozenset()


def test_every_level_is_asked_for_and_a_lost_zone_answers_with_the_others() -> None:
    assert names_site.levels(VIPS, "fc-federated.com") == {
        f"{ROOT}.fc-federated.com": BOTH,
        f"{ROOT}.us.fc-federated.com": BOTH,
        f"{ROOT}.east.us.fc-federated.com": A,
        f"{ROOT}.west.us.fc-federated.com": B,
    }
    lost = names_site.levels({"fc01": VIPS["fc01"]}, "fc-federated.com")
    assert set(lost.values()) == {A}
    assert len(lost) == 4


def test_the_lab_and_the_stack_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names_site, "crds", lambda: Path("crds"))
    lab, wanted = Topology.model_validate(names_site.LAB), load(names_site.wanted("file"))
    assert wanted.host_cluster.name == names_site.HOST
    assert {m.name: str(m.vips.cidr) for m in wanted.members if m.vips} == {
        c.name: str(c.vips) for c in lab.clusters if c.vips
    }
    assert "fc02-control-plane" in lab.clusters[1].node_names
    assert len(lab.clusters[1].node_names) == 1, "the only node of the member that is killed"


def test_the_holder_of_an_address_is_the_node_that_answers_for_it() -> None:
    nodes = {"w1": "10.99.1.11", "w2": "10.99.1.12"}
    neighbours = [
        {"dst": "10.99.1.11", "lladdr": "aa"},
        {"dst": "10.99.1.12", "lladdr": "bb"},
        {"dst": "10.250.0.3", "lladdr": "bb"},
    ]
    assert holders(neighbours, "10.250.0.3", nodes) == ["w2"]
    assert holders(neighbours, "10.250.0.4", nodes) == []
    assert holders([{"dst": "10.250.0.3"}, {"dst": "10.99.1.11"}], "10.250.0.3", nodes) == []


@pytest.mark.parametrize(
    ("node", "started", "ready", "back"),
    [
        ("w1", "2026-11-21T10:00:05Z", "True", True),
        ("w1", "2026-11-21T09:00:00Z", "True", False),
        ("w1", None, "True", False),
        ("w1", "2026-11-21T10:00:05Z", "False", False),
        ("w2", "2026-11-21T10:00:05Z", "True", False),
    ],
)
def test_a_node_is_back_when_its_agent_has_started_again(
    node: str, started: str | None, ready: str, back: bool
) -> None:
    agent = {
        "spec": {"nodeName": node},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"state": {"running": {"startedAt": started}} if started else {}}],
        },
    }
    found = not_back([agent], "w1", datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert found == (None if back else "w1 has no agent that is ready again")


def test_a_failover_begins_with_one_web_server_in_its_place() -> None:
    def pod(node: str, ready: str) -> Object:
        return {
            "spec": {"nodeName": node},
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }

    assert misplaced([pod("w1", "True")], "w1") is None
    for pods in ([], [pod("w2", "True")], [pod("w1", "False")], [pod("w1", "True"), pod("w2", "True")]):
        assert misplaced(pods, "w1") is not None


def test_the_web_server_of_a_failover_is_on_the_other_node() -> None:
    assert server("w1")["spec"]["template"]["spec"]["nodeName"] == "w1"


def test_external_dns_follows_events_and_writes_to_its_own_store() -> None:
    etcd, coredns, external_dns = names_peer.commands(lambda n: Path("/bin") / n, Path("/k"), Path("/d"))
    assert etcd.argv[0] == "/bin/etcd"
    assert coredns.argv == ("/bin/coredns", "-conf=/d/Corefile")
    assert {"--events", "--source=service", "--fqdn-template={{.Name}}.external-dns.example"} <= set(
        external_dns.argv
    )
    assert not [word for word in external_dns.argv if "interval" in word], "as it is by default"
    store = external_dns.env["ETCD_URLS"]
    assert f"--listen-client-urls={store}" in etcd.argv
    assert f"endpoint {store}" in names_peer.COREFILE
    assert names_peer.name("s0") == "s0.external-dns.example"


@given(st.lists(st.floats(0, 100), min_size=1, max_size=250))
def test_at_most_one_in_a_hundred_is_above_the_99th_percentile(values: list[float]) -> None:
    found = p99(values)
    assert found in values
    assert sum(value > found for value in values) <= len(values) / 100
    assert sum(value >= found for value in values) > len(values) / 100


@pytest.mark.parametrize(
    ("goal", "cells"),
    [
        (
            Goal(what="killed", of="killed", limit=30, by="p99"),
            ("killed", "<= 30 s", "31.00 s", "p99 of 3: 31.00 s; median: 8.00 s", "NO"),
        ),
        (
            Goal(what="none", of="unanswered", limit=0, unit="answers", by="max"),
            ("none", "<= 0 answers", "0 answers", "max of 2: 0 answers; median: 0 answers", "yes"),
        ),
        (
            Goal(what="memory", of="memory", limit=80, unit="MB"),
            ("memory", "<= 80 MB", "62 MB", "62 MB", "yes"),
        ),
    ],
)
def test_a_row_says_what_of_all_runs_is_held_against_the_goal(goal: Goal, cells: tuple[str, ...]) -> None:
    samples = {"killed": [8.0, 31.0, 7.0], "unanswered": [0.0, 0.0], "memory": [61.6]}
    [outcome] = goals.judge(samples, [goal])
    assert goals.row(outcome) == cells


def test_every_figure_of_a_goal_is_one_that_is_measured() -> None:
    folder = Path(__file__).parents[2] / "bench"
    source = "".join((folder / f"names_{part}.py").read_text() for part in ("measure", "race"))
    for goal in GOALS:
        for figure in filter(None, (goal.of, goal.per)):
            # "memory of dns" is put together there.
            kind = figure.removesuffix("dns").removesuffix("vip") if "memory of" in figure else figure
            assert f'"{kind}' in source, figure
