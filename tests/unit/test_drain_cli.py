from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from federation.cli import drain as command
from federation.cli import drain_names, undrain
from federation.cli.commands import app
from federation.dns import query
from federation.dns.facts import Member, Placement, ServiceFacts
from federation.dns.view import View
from federation.errors import FederationError, NotInTimeError, UnreachableError
from federation.kube import Object
from tests.unit.drain_fixtures import Karmada, everywhere, member, workload
from tests.unit.kube_fixtures import instant

TOPOLOGY = {
    "name": "fed",
    "domain": "fed.example",
    "ttl": 60,
    "clusters": [
        {"name": name, "kubeconfig": {"path": "/k"}, "region": "us", "zone": zone}
        for name, zone in (("fc01", "east"), ("fc02", "west"))
    ],
}
NAMES = [f"web.shop.fed.svc.{level}fed.example" for level in ("", "us.", "west.us.")]


def seen(**backends: int) -> View:
    """Service shop/web on both members, with so many ready backends on each."""
    addresses = {"fc01": "10.0.0.1", "fc02": "10.0.0.2"}
    placements = tuple(
        Placement(member=name, applied=True, addresses=(addresses[name],), ready_backends=count)
        for name, count in backends.items()
    )
    zones = {"fc01": ("east",), "fc02": ("west",)}
    return View(
        tuple(Member(name=name, region="us", zones=zones[name], ready=True) for name in addresses),
        (ServiceFacts(namespace="shop", name="web", placements=placements),),
    )


@dataclass
class Setting:
    """A federation of fc01 and fc02, with a topology's file, and nameservers that tell `answers` in turn."""

    karmada: Karmada
    folder: Path
    view: View = field(default_factory=lambda: seen(fc01=2, fc02=2))
    answers: list[Mapping[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def run(self, *words: str) -> Result:
        argv = [*words, "--federation-kubeconfig", "plane"]
        return CliRunner().invoke(app, argv, catch_exceptions=False)

    def ask(self, nameserver: str, name: str, kind: str = "A") -> query.Answer:
        assert (nameserver, kind) == ("10.0.0.53:53", "A")
        self.asked.append(name)
        now = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if name not in now:
            raise UnreachableError(f"nameserver {nameserver}", "no answer", "x")
        return query.Answer("NOERROR", (now[name],))


@pytest.fixture(name="of")
def of_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Setting:
    objects: list[Object] = [
        member("fc01"),
        member("fc02"),
        workload(fc01=2, fc02=2),
        everywhere("web", "Service", "fc01", "fc02"),
    ]
    setting = Setting(Karmada(*objects), tmp_path)
    (tmp_path / "topology.yaml").write_text(yaml.safe_dump(TOPOLOGY))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(drain_names, "view", lambda plane: setting.view)
    monkeypatch.setattr(query, "ask", setting.ask)
    for module in (command, undrain):
        monkeypatch.setattr(module, "connect", lambda path: setting.karmada.api.kube)
        monkeypatch.setattr(module, "Deadline", _instant)
    return setting


def _instant(seconds: float, progress: Any = print) -> Any:
    return instant(seconds)


def test_a_drain_shows_what_moves_each_step_and_the_way_back(of: Setting) -> None:
    done = of.run("drain", "fc02")
    assert done.exit_code == 0
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        " WORKLOAD        NAMESPACE  HERE  OF  ELSEWHERE",
        " Deployment web  shop       2     4   fc01",
        "stays there, as every member has it: 1 Service",
        "member fc02 takes no new replicas",
        "Deployment shop/web: ready elsewhere (fc01 4)",
        "member fc02 is drained; afterwards: fedctl undrain fc02",
    ]
    again = of.run("drain", "fc02")
    assert again.exit_code == 0
    assert again.stdout.splitlines()[0] == "no workload moves off member fc02"


def test_a_dry_run_changes_nothing(of: Setting) -> None:
    done = of.run("drain", "fc02", "--dry-run")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "nothing was changed"
    assert of.karmada.api.writes == []


def test_programs_read_the_plan_and_people_the_steps(of: Setting) -> None:
    done = of.run("drain", "fc02", "--json")
    assert json.loads(done.stdout) == {
        "member": "fc02",
        "done": True,
        "refused": None,
        "moves": [
            {
                "kind": "Deployment",
                "namespace": "shop",
                "name": "web",
                "here": 2,
                "replicas": 4,
                "policy": "ClusterPropagationPolicy federate-deployments",
                "to": ["fc01"],
            }
        ],
        "left": [],
        "stays": {"Service": 1},
        "names": [],
    }
    assert "ready elsewhere" in done.stderr


def test_what_cannot_move_is_refused_and_with_force_is_left_there(of: Setting) -> None:
    of.karmada.api.put(workload("sum", "Job", fc02=1))
    told = "Job shop/sum cannot be divided anew while it runs: wait for its end, or delete it"
    with pytest.raises(FederationError) as caught:
        of.run("drain", "fc02")
    assert caught.value.cause == told
    assert of.karmada.api.writes == []
    tried = of.run("drain", "fc02", "--dry-run")
    assert tried.exit_code == 3
    assert tried.stdout.splitlines()[-1].startswith(f"would be refused: member fc02: {told}. Next: ")
    forced = of.run("drain", "fc02", "--force")
    assert forced.exit_code == 3
    assert f"left there: {told}" in forced.stdout.splitlines()
    assert forced.stdout.splitlines()[-1] == (
        "member fc02 is drained as far as it can be; afterwards: fedctl undrain fc02"
    )


def test_a_move_that_is_forced_is_told(of: Setting) -> None:
    of.karmada.cluster("fc01")["status"]["resourceSummary"] = {"allocatable": {"pods": "1"}}
    done = of.run("drain", "fc02", "--force")
    assert done.exit_code == 0
    assert (
        "moved all the same: Deployment shop/web lacks room in fc01 for 1 of 2 replicas (one pod each)"
        in done.stdout.splitlines()
    )


def test_a_member_that_is_not_ready_is_noted(of: Setting) -> None:
    of.karmada.api.put(member("fc02", ready=False))
    done = of.run("drain", "fc02", "--dry-run")
    assert (
        "note: member fc02 is not Ready: what ran there is removed when it is back"
        in done.stdout.splitlines()
    )


def test_no_nameserver_may_lead_there_before_replicas_end(of: Setting) -> None:
    old, new = dict.fromkeys(NAMES, "10.0.0.2"), dict.fromkeys(NAMES, "10.0.0.1")
    of.answers = [{}, old, new | {NAMES[2]: "10.0.0.2"}, new]
    done = of.run("drain", "fc02", "--topology", "topology.yaml", "--nameserver", "10.0.0.53:53")
    assert done.exit_code == 0
    assert set(of.asked) == {*NAMES}
    assert of.karmada.log[-1] == "web-deployment leaves ['fc02']"


def test_names_that_still_lead_there_are_told_and_nothing_ends(of: Setting) -> None:
    of.answers = [dict.fromkeys(NAMES, "10.0.0.2")]
    with pytest.raises(NotInTimeError) as caught:
        of.run("drain", "fc02", "--topology", "topology.yaml", "--nameserver", "10.0.0.53:53")
    assert str(caught.value) == (
        "names that lead to fc02: not so within 600 s: nameserver 10.0.0.53:53 answers web.shop.fed.svc.fed.example "
        "with 10.0.0.2. Next: see whether the DNS controller runs: docs/dns-controller.md; then run the same command "
        "again."
    )
    assert of.karmada.log == ["web-deployment {'fc01': 4}"]


@pytest.mark.parametrize(
    ("words", "seconds"), [((), 35), (("--topology", "topology.yaml"), 65), (("--settle", "7"), 7)]
)
def test_clients_have_time_to_forget_an_address(of: Setting, words: tuple[str, ...], seconds: float) -> None:
    with pytest.raises(NotInTimeError) as caught:
        of.run("drain", "fc02", *words, "--timeout", str(seconds - 1))
    assert caught.value.cause.startswith(
        f"not so within {seconds - 1} s: clients may keep the old answers for "
    )
    assert of.run("drain", "fc02", *words, "--timeout", str(seconds + 4)).exit_code == 0


def test_a_service_that_nobody_else_serves_is_told(of: Setting) -> None:
    of.view = seen(fc01=0, fc02=1)
    done = of.run("drain", "fc02")
    assert done.exit_code == 3
    assert "names still lead there: service shop/web is served by no other member" in done.stdout.splitlines()


def test_a_service_without_any_backend_or_address_there_needs_no_wait(of: Setting) -> None:
    for view in (seen(fc01=0, fc02=0), seen(fc01=1), View((), ())):
        assert drain_names.services(view, "fc02") == ({}, [])


def test_a_nameserver_needs_a_topology(of: Setting) -> None:
    with pytest.raises(FederationError) as caught:
        of.run("drain", "fc02", "--nameserver", "10.0.0.53:53")
    assert str(caught.value) == "fedctl drain: --nameserver needs --topology. Next: name the stack's file."


def test_an_undrain_gives_the_member_back_once(of: Setting) -> None:
    of.run("drain", "fc02")
    assert of.run("undrain", "fc02", "--dry-run").stdout == "member fc02 is drained\n"
    assert of.run("undrain", "fc02").stdout.splitlines() == [
        "member fc02 takes replicas again",
        "1 workload is divided anew",
        "member fc02 runs its share again",
    ]
    assert of.run("undrain", "fc02").stdout == "member fc02 is not drained\n"
    assert json.loads(of.run("undrain", "fc02", "--json").stdout) == {
        "member": "fc02",
        "wasDrained": False,
        "done": True,
    }
    assert (
        of.run("undrain", "fc02", "--rebalance").stdout.splitlines()[-1] == "member fc02 runs its share again"
    )
