"""`fedctl status` and `fedctl records live` against a federation and members over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from federation import names
from federation.cli.commands import app, records_live, status
from federation.dns import query
from federation.dns.facts import Current
from federation.dns.live import BINDINGS, CLUSTERS, READERS, SERVICES, SLICES
from federation.dns.query import Answer
from federation.errors import FederationError, UnreachableError
from tests.unit.dns_live_fixtures import binding, cluster, endpoints, reader_secret, service
from tests.unit.live_api_fixtures import LiveApi, Start, start_fixture  # noqa: F401

EAST = "nginx.default.fed.svc.east.us.example.com"
GLOBAL = "nginx.default.fed.svc.example.com"


class Federation:
    """A healthy federation of two members, and the commands that look at it."""

    def __init__(self, start: Start, folder: Path) -> None:
        self.plane, self.fc01, self.fc02 = start(), start(), start()
        self.plane.put(CLUSTERS, cluster("fc01"), cluster("fc02", zones=("west",)))
        self.plane.put(SERVICES, service())
        self.plane.put(BINDINGS, binding())
        self.plane.put(READERS, reader_secret("fc01", self.fc01.url), reader_secret("fc02", self.fc02.url))
        for member in (self.fc01, self.fc02):
            member.put(SLICES, endpoints(True, True))
        self.folder, self.kubeconfig = folder, folder / "kubeconfig"
        self.kubeconfig.write_text(self.plane.kubeconfig)

    def topology(self, **more: Any) -> tuple[str, str]:
        """The option that names the stack's file."""
        clusters = [{"name": "fc01", "kubeconfig": "fc01.yaml"}]
        file = self.folder / "topology.json"
        file.write_text(json.dumps({"name": "fed", "domain": "example.com", "clusters": clusters, **more}))
        return "--topology", str(file)

    def run(self, *command: str) -> Any:
        options = ("--federation-kubeconfig", str(self.kubeconfig))
        return CliRunner().invoke(app, [*command, *options])


@pytest.fixture(name="federation")
def federation_fixture(start: Start, tmp_path: Path) -> Federation:
    return Federation(start, tmp_path)


def test_the_status_of_a_healthy_federation_is_0_and_says_so_in_two_lines(federation: Federation) -> None:
    done = federation.run("status", *federation.topology())
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "all is well\nfine: 2 members, 1 service, 4 names\n"


def test_the_whole_of_a_federation_is_a_tree(federation: Federation) -> None:
    done = federation.run("status", "--all", *federation.topology())
    assert (done.exit_code, done.stderr) == (0, "")
    region = "nginx.default.fed.svc.us.example.com"
    assert done.stdout == (
        "all is well\n"
        "fine: 2 members, 1 service, 4 names\n"
        "\n"
        "federation fed\n"
        "├── member fc01  us/east  ready\n"
        "│   └── service default/nginx  10.250.0.2  2 ready backends\n"
        f"│       ├── {EAST} A 10.250.0.2\n"
        f"│       ├── {GLOBAL} A 10.250.0.2 10.250.1.2\n"
        f"│       └── {region} A 10.250.0.2 10.250.1.2\n"
        "└── member fc02  us/west  ready\n"
        "    └── service default/nginx  10.250.1.2  2 ready backends\n"
        f"        ├── {GLOBAL} A 10.250.0.2 10.250.1.2\n"
        f"        ├── {region} A 10.250.0.2 10.250.1.2\n"
        "        └── nginx.default.fed.svc.west.us.example.com A 10.250.1.2\n"
    )


def test_what_is_wrong_comes_first_and_is_exit_status_3(federation: Federation) -> None:
    federation.fc02.cut()
    federation.fc01.put(SLICES, endpoints())
    done = federation.run("status", "-v")
    assert done.exit_code == 3
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"problem: member fc02 is not ready: {federation.fc02.url} does not answer: ")
    assert lines[1:] == [
        "problem: service default/nginx has no ready backend on member fc01",
        "fine: 1 of 2 members, 0 of 1 service",
        "",
        "federation",
        "├── member fc01  us/east  ready",
        "│   └── service default/nginx  10.250.0.2  0 ready backends",
        "└── member fc02  us/west  not ready",
        "    └── service default/nginx  10.250.1.2  0 ready backends",
    ]


def test_a_member_that_is_drained_is_a_note_even_if_it_is_down(federation: Federation) -> None:
    taint = {"key": "k8s-federation/drained", "value": "drained", "effect": "NoSchedule"}
    federation.plane.put(CLUSTERS, cluster("fc02", zones=("west",), spec={"taints": [taint]}))
    federation.plane.put(BINDINGS, binding(members=("fc01",)))
    federation.fc02.cut()
    done = federation.run("status", "--all")
    assert done.exit_code == 0
    first, *rest = done.stdout.splitlines()
    assert first.startswith(f"note: member fc02 is drained ({federation.fc02.url} does not answer: ")
    assert first.endswith("); `fedctl undrain fc02` ends that")
    assert rest[:2] == ["all is well", "fine: 1 of 2 members, 1 service"]
    assert rest[-1] == "└── member fc02  us/west  drained, not ready"
    note, *_ = json.loads(federation.run("status", "--json").stdout)["notes"]
    assert f"note: {note}" == first


def test_a_member_that_dies_while_its_workloads_move_is_a_problem(federation: Federation) -> None:
    taint = {"key": "k8s-federation/drained", "value": "moving", "effect": "NoSchedule"}
    federation.plane.put(CLUSTERS, cluster("fc02", zones=("west",), spec={"taints": [taint]}))
    note = "note: member fc02 is being drained: its workloads move; `fedctl undrain fc02` ends that"
    done = federation.run("status")
    assert (done.exit_code, done.stdout.splitlines()[:2]) == (0, [note, "all is well"])
    federation.fc02.cut()
    done = federation.run("status")
    assert done.exit_code == 3
    problem, second, *_ = done.stdout.splitlines()
    assert problem.startswith(f"problem: member fc02 is not ready: {federation.fc02.url} does not answer: ")
    assert second == note


def test_the_status_as_json(federation: Federation) -> None:
    federation.plane.put(BINDINGS, binding(members=("fc01",)))
    federation.plane.remove(CLUSTERS, cluster("fc02"))
    done = federation.run("status", "--json", *federation.topology())
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "problems": [],
        "notes": [],
        "members": [{"name": "fc01", "region": "us", "zones": ["east"], "ready": True}],
        "services": [
            {
                "namespace": "default",
                "name": "nginx",
                "deleted": False,
                "placements": [
                    {"member": "fc01", "applied": True, "addresses": ["10.250.0.2"], "readyBackends": 2}
                ],
            }
        ],
        "names": [
            {"name": name, "type": "A", "values": ["10.250.0.2"], "answers": {}}
            for name in (EAST, GLOBAL, "nginx.default.fed.svc.us.example.com")
        ],
    }


def test_names_are_asked_for_and_a_wrong_answer_is_a_problem(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(server: str, name: str, kind: str) -> Answer:
        if server == "10.0.0.2:53":
            cause = f"no answer within 2 s to {name} {kind} over UDP"
            raise UnreachableError(f"nameserver {server}", cause, "see whether it runs")
        return Answer("NXDOMAIN") if name == EAST else Answer("NOERROR", ("10.250.0.2", "10.250.1.2"))

    monkeypatch.setattr(query, "ask", ask)
    federation.plane.put(CLUSTERS, cluster("fc02"))  # both in one zone
    done = federation.run(
        "status", *federation.topology(), "--nameserver", "10.0.0.1:53", "--nameserver", "10.0.0.2:53"
    )
    assert done.exit_code == 3
    both = "10.250.0.2 10.250.1.2"
    silent = [
        f"problem: nameserver 10.0.0.2:53: no answer within 2 s to {name} A over UDP"
        for name in (EAST, GLOBAL, "nginx.default.fed.svc.us.example.com")
    ]
    wrong = f"problem: nameserver 10.0.0.1:53 answers {EAST} A with NXDOMAIN, not {both}"
    assert done.stdout.splitlines() == [wrong, *silent, "fine: 2 members, 1 service, 0 of 3 names"]


def test_records_that_are_not_as_they_shall_be_are_a_problem(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def there(path: Path, domain: str) -> records_live.There:
        assert (str(path), domain) == ("store.json", "example.com")
        names = (GLOBAL, "nginx.default.fed.svc.us.example.com")
        both = ("10.250.0.2", "10.250.1.2")
        found = (
            *(Current(name=name, type="A", ttl=30, values=both, owner="fed") for name in names),
            Current(name=EAST, type="A", ttl=30, values=("10.0.0.9",), owner="fed"),
            Current(name="web.default.fed.svc.example.com", type="A", ttl=30, values=both, owner="fed"),
        )
        return records_live.There(found)

    monkeypatch.setattr(status, "current_of", there)
    federation.plane.put(CLUSTERS, cluster("fc02", zones=()))
    done = federation.run("status", *federation.topology(), "--store", "store.json")
    assert done.exit_code == 3
    assert [line for line in done.stdout.splitlines() if line.startswith("problem")] == [
        f"problem: record {EAST} A is not as it shall be: update 10.250.0.2",
        (
            "problem: record web.default.fed.svc.example.com A is not as it shall be: "
            "delete 10.250.0.2 10.250.1.2"
        ),
    ]


def test_a_conflict_is_a_problem_with_its_owner(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = (Current(name=EAST, type="A", ttl=30, values=("10.0.0.9",), owner="other"),)
    monkeypatch.setattr(status, "current_of", lambda *_: records_live.There(foreign))
    done = federation.run("status", *federation.topology(), "--store", "store.json")
    assert done.stdout.splitlines()[0] == (
        f"problem: record {EAST} A belongs to other; nothing is changed for its service"
    )


@pytest.mark.parametrize("option", ["--store", "--nameserver"])
def test_names_need_the_topology(federation: Federation, option: str) -> None:
    done = federation.run("status", option, "10.0.0.1:53")
    assert isinstance(done.exception, FederationError)
    assert str(done.exception) == "fedctl status: names need --topology. Next: name the stack's file."


def test_a_federation_that_does_not_answer_is_an_error(federation: Federation) -> None:
    federation.plane.cut()
    assert isinstance(federation.run("status").exception, UnreachableError)
    federation.kubeconfig.unlink()
    assert str(federation.run("status").exception) == (
        f"{federation.kubeconfig}: No such file or directory. Next: name a file that can be read."
    )


def test_the_plan_of_a_living_federation(federation: Federation) -> None:
    done = federation.run("records", "live", *federation.topology(ttl=5), "--output", "zone")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        "$ORIGIN example.com.\n"
        "$TTL 5\n"
        "nginx.default.fed.svc.east.us 5 IN A 10.250.0.2\n"
        "nginx.default.fed.svc 5 IN A 10.250.0.2\n"
        "nginx.default.fed.svc 5 IN A 10.250.1.2\n"
        "nginx.default.fed.svc.us 5 IN A 10.250.0.2\n"
        "nginx.default.fed.svc.us 5 IN A 10.250.1.2\n"
        "nginx.default.fed.svc.west.us 5 IN A 10.250.1.2\n"
    )


def test_a_living_plan_says_what_it_cannot_see_and_exits_3_for_a_conflict(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = (Current(name=EAST, type="A", ttl=30, values=("10.0.0.9",), owner="other"),)
    monkeypatch.setattr(records_live, "current_of", lambda *_: records_live.There(foreign))
    federation.fc01.put(SLICES, endpoints())
    done = federation.run(
        "records", "live", *federation.topology(), "--store", "store.json", "--output", "json"
    )
    assert done.exit_code == 3
    assert json.loads(done.stdout) == {
        "records": [],
        "changes": [],
        "conflicts": [{"name": EAST, "type": "A", "owner": "other"}],
    }
    assert done.stderr.splitlines()[0] == ("note: service default/nginx has no ready backend on member fc01")


def test_names_that_are_somebody_elses_in_the_store_are_left_out(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    alias = (Current(name=GLOBAL, type="A", ttl=30, values=("alias of /subscriptions/s",)),)
    there = records_live.There(alias, (names.GLOBAL,))
    monkeypatch.setattr(records_live, "current_of", lambda *_: there)
    done = federation.run("records", "live", *federation.topology(), "--store", "store.json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert EAST in done.stdout
    assert f" {GLOBAL} " not in done.stdout
    monkeypatch.setattr(status, "current_of", lambda *_: there)
    done = federation.run("status", *federation.topology(), "--store", "store.json")
    assert not [line for line in done.stdout.splitlines() if f" {GLOBAL} " in line]


def test_a_file_with_several_stores_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "stores.json"
    one = {"endpoints": ["https://etcd:2379"], "ca": "", "certificate": "", "key": ""}
    file.write_text(json.dumps([one, one]))
    with pytest.raises(FederationError) as caught:
        records_live.current_of(file, "example.com")
    assert str(caught.value) == f"store {file}: names 2 stores. Next: name one of them."
