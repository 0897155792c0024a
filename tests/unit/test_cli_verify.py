from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from federation.cli import verify as command
from federation.cli.commands import app
from federation.dns import live, query
from federation.errors import FederationError
from federation.kube import Kube
from federation.verify import judge, steps
from tests.unit import kubeconfig_fixtures
from tests.unit.kube_fixtures import instant
from tests.unit.verify_fixtures import EAST, GLOBAL, NAMESERVER, TOPOLOGY, US, WEST, Federation

SERVER = ("--nameserver", NAMESERVER)


@pytest.fixture(name="federation")
def federation_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Federation:
    """What the files `topology` and `federation.kubeconfig` lead to."""
    federation = Federation()
    monkeypatch.chdir(tmp_path)
    Path("topology").write_text(yaml.safe_dump(TOPOLOGY))
    Path("federation.kubeconfig").write_text(kubeconfig_fixtures.text())
    monkeypatch.setattr(Kube, "connect", lambda text, name: federation.plane.kube)
    monkeypatch.setattr(live, "view", lambda plane, only: federation.look())
    monkeypatch.setattr(query, "ask", federation.ask)
    monkeypatch.setattr(steps, "fetch", federation.fetch)
    monkeypatch.setattr(command, "_word", lambda: "x7k2q")
    monkeypatch.setattr(command, "Deadline", lambda seconds, progress: instant(seconds))
    return federation


def run(*more: str) -> Any:
    argv = ["verify", "--topology", "topology", "--federation-kubeconfig", "federation.kubeconfig", *more]
    return CliRunner().invoke(app, argv, catch_exceptions=False)


def test_a_federation_that_does_all_is_verified(federation: Federation) -> None:
    done = run(*SERVER, "--http")
    assert (done.exit_code, done.stderr) == (0, "removing it again\n")
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "ok    all members are ready: fc01, fc02",
        "ok    nginx is deployed: namespace verify-x7k2q",
    ]
    assert (
        f"ok    {GLOBAL} A is 10.250.0.2 10.250.1.2 by {NAMESERVER} over UDP: 10.250.0.2 10.250.1.2, TTL 30"
        in lines
    )
    assert "ok    http://10.250.0.2:80 of fc01 answers: status 200" in lines
    assert lines[-1] == "federation fed is verified: 24 checks"
    assert len(lines) == 25


def test_what_is_wrong_is_said_with_an_exit_status_of_its_own(federation: Federation) -> None:
    federation.replicas = {"fc01": 4}
    done = run(*SERVER)
    assert done.exit_code == 4
    assert done.stdout.splitlines()[-3:] == [
        (
            "FAIL  4 replicas run, divided evenly: fc01: 4, fc02: 0. Next: see `kubectl get resourcebinding "
            "nginx-deployment -n verify-x7k2q -o yaml` in the federation API, and whether the pods in the "
            "members run."
        ),
        "ok    nothing is left of it: namespace verify-x7k2q is gone",
        "federation fed: 1 of 4 checks failed",
    ]


def test_the_answer_can_be_read_by_programs(federation: Federation) -> None:
    federation.down = ("fc02",)
    done = run(*SERVER, "--json")
    assert done.exit_code == 4
    assert json.loads(done.stdout) == {
        "federation": "fed",
        "namespace": "verify-x7k2q",
        "ok": False,
        "checks": [
            {
                "ok": False,
                "what": "all members are ready",
                "seen": "member fc02 is not ready: it is dead",
                "fix": (
                    "see `fedctl status`; a member that is not in the federation joins with `pulumi up`, and one that "
                    "is drained counts again after `fedctl undrain`"
                ),
            }
        ],
    }
    assert done.stderr.startswith("FAIL  all members are ready: ")


def test_a_dry_run_asks_nobody(federation: Federation) -> None:
    done = run(*SERVER, "--dry-run", "--replicas", "5", "--http")
    assert (done.exit_code, federation.asked, federation.plane.calls) == (0, [], 0)
    assert done.stdout.splitlines() == [
        "would look whether all members are ready: fc01, fc02",
        "would create namespace verify-x7k2q, Deployment nginx (5 replicas), Service nginx",
        "would wait for the replicas, divided evenly, and for an address in each member:",
        "  fc01: out of 10.250.0.0/24 without 10.250.0.1",
        "  fc02: out of 10.250.1.0/24 without 10.250.1.1",
        f"would ask {NAMESERVER}, over UDP and TCP:",
        f"  {GLOBAL}: the addresses of fc01, fc02",
        f"  {US}: the addresses of fc01, fc02",
        f"  {EAST}: the addresses of fc01",
        f"  {WEST}: the addresses of fc02",
        "would get the page from each address",
        "would remove it again",
    ]


def test_what_is_kept_is_not_removed(federation: Federation) -> None:
    assert run(*SERVER, "--keep").exit_code == 0
    assert federation.deployed
    again = run(*SERVER, "--namespace", "another")
    assert again.stderr.startswith(
        "namespace verify-x7k2q is of another run; if none is going on: kubectl delete namespace verify-x7k2q\n"
    )


def test_names_are_asked_of_the_topologys_nameservers(federation: Federation) -> None:
    tls = {"ca": "a", "certificate": "b", "key": "c"}
    dns = {
        "provider": "coredns",
        "nameservers": ["10.0.0.9:53"],
        "endpoints": ["https://etcd:2379"],
        "tls": tls,
    }
    Path("topology").write_text(yaml.safe_dump(TOPOLOGY | {"dns": [dns]}))
    assert run().exit_code == 0
    assert {server for server, *_ in federation.asked} == {"10.0.0.9:53"}


def test_a_federation_with_names_needs_a_nameserver(federation: Federation) -> None:
    Path("topology").write_text(yaml.safe_dump(TOPOLOGY | {"dns": [{"provider": "coredns"}]}))
    with pytest.raises(FederationError) as raised:
        run()
    assert str(raised.value) == (
        "fedctl verify: the topology names no nameserver. Next: add --nameserver ADDRESS:PORT, as `pulumi stack output "
        "nameservers` has it."
    )


def test_a_nameserver_is_looked_at_before_anything_is_done(federation: Federation) -> None:
    with pytest.raises(FederationError):
        run("--nameserver", "ns.example.com")
    assert federation.plane.calls == 0


def test_a_stack_file_is_a_topology_too(federation: Federation) -> None:
    Path("topology").write_text(yaml.safe_dump({"config": {"federation:topology": TOPOLOGY}}))
    assert run(*SERVER).exit_code == 0


def test_who_is_told_to_end_removes_everything_first(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert before is not signal.default_int_handler

    def ended(*_: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return federation.look()

    monkeypatch.setattr(judge, "given", ended)
    done = run(*SERVER)
    assert done.exit_code == 130
    assert federation.plane.objects == {}
    assert signal.getsignal(signal.SIGTERM) == before
