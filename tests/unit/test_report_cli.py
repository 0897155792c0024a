"""`fedctl report` against a federation and members over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from federation.dns import query
from federation.dns.live import BINDINGS, CLUSTERS, SLICES
from federation.dns.query import Answer
from federation.errors import FederationError, UnreachableError
from tests.unit.dns_live_fixtures import binding, cluster, endpoints
from tests.unit.live_api_fixtures import start_fixture  # noqa: F401
from tests.unit.test_dns_live_cli import EAST, GLOBAL, Federation, federation_fixture  # noqa: F401

POLICY = {
    "policyName": "p04-secrets",
    "policyPackName": "federation",
    "enforcementLevel": "mandatory",
    "severity": "critical",
    "resourceUrn": "urn:pulumi:icp::federation::kubernetes:core/v1:Secret::credentials",
    "message": "<{%fg 13%}>Credentials are marked as secrets\ntoken is in plain text<{%reset%}>\n",
}


def events(folder: Path, *found: dict[str, object]) -> str:
    file = folder / "policies.json"
    file.write_text("".join(json.dumps(each) + "\n" for each in (*found, {"summaryEvent": {}})))
    return str(file)


def test_a_healthy_federation_is_0_and_one_page(federation: Federation, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    clusters = [{"name": name, "kubeconfig": "k"} for name in ("fc01", "fc02")]
    done = federation.run("report", *federation.topology(clusters=clusters), "--output", str(page))
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{page}: 0 problems\n", "")
    text = page.read_text()
    assert "<title>All is well: federation fed</title>" in text
    for said in ("fc01", "fc02", "default/nginx", "10.250.1.2", EAST, GLOBAL):
        assert said in text
    assert federation.plane.kubeconfig not in text


def test_without_a_topology_the_page_is_about_what_is_there(federation: Federation) -> None:
    done = federation.run("report")
    assert done.exit_code == 0
    assert "<title>All is well: federation c</title>" in done.stdout
    assert "Not looked at: they need the topology" in done.stdout


def test_problems_are_exit_status_3_and_first_in_json(
    federation: Federation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "ask", lambda *_: Answer("NXDOMAIN"))
    federation.fc01.put(SLICES, endpoints())
    federation.plane.put(BINDINGS, binding(members=("fc01",)))
    federation.plane.remove(CLUSTERS, cluster("fc02"))
    clusters = [{"name": name, "kubeconfig": "k"} for name in ("fc01", "fc02")]
    done = federation.run(
        "report",
        *federation.topology(clusters=clusters),
        "--nameserver",
        "10.0.0.1:53",
        "--policy-results",
        events(tmp_path, {"policyEvent": POLICY}),
        "--json",
    )
    assert done.exit_code == 3
    found = json.loads(done.stdout)
    assert found["problems"] == [
        "member fc02 of the topology has not joined",
        "service default/nginx has no ready backend on member fc01",
        "policy p04-secrets is violated",
    ]
    assert found["policies"] == [
        {
            "policy": "p04-secrets",
            "pack": "federation",
            "mandatory": True,
            "severity": "critical",
            "urn": POLICY["resourceUrn"],
            "message": "Credentials are marked as secrets\ntoken is in plain text",
        }
    ]
    assert [member["name"] for member in found["members"]] == ["fc01"]


def test_answers_of_nameservers_are_judged(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(server: str, name: str, kind: str) -> Answer:
        return Answer("NXDOMAIN") if name == EAST else Answer("NOERROR", ("10.250.0.2", "10.250.1.2"))

    monkeypatch.setattr(query, "ask", ask)
    done = federation.run("report", *federation.topology(), "--nameserver", "10.0.0.1:53", "--json")
    answers = {row["name"]: row["answers"]["10.0.0.1:53"] for row in json.loads(done.stdout)["names"]}
    assert answers[EAST] == {"answer": "NXDOMAIN", "right": False}
    assert answers[GLOBAL] == {"answer": "10.250.0.2 10.250.1.2", "right": True}


def test_a_federation_that_does_not_answer_is_an_error_and_no_page(
    federation: Federation, tmp_path: Path
) -> None:
    federation.plane.cut()
    page = tmp_path / "report.html"
    assert isinstance(federation.run("report", "--output", str(page)).exception, UnreachableError)
    assert not page.exists()


def test_names_need_the_topology(federation: Federation) -> None:
    done = federation.run("report", "--nameserver", "10.0.0.1:53")
    assert str(done.exception) == "fedctl report: names need --topology. Next: name the stack's file."


def test_policy_results_must_be_the_engines(federation: Federation, tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("Policies:\n  all fine\n")
    done = federation.run("report", "--policy-results", str(file))
    assert isinstance(done.exception, FederationError)
    assert str(done.exception) == (
        f"{file}: holds no events of the engine. "
        "Next: write it with `pulumi policy analyze --json --policy-pack policy`."
    )
    file.unlink()
    assert str(federation.run("report", "--policy-results", str(file)).exception) == (
        f"{file}: cannot be read: No such file or directory. Next: name a file that is there."
    )


def test_policies_that_have_nothing_to_say_were_still_asked(federation: Federation, tmp_path: Path) -> None:
    done = federation.run("report", "--policy-results", events(tmp_path))
    assert "No policy has anything to say." in done.stdout
