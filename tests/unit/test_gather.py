"""`fedctl gather` against a federation, its host and its members over HTTP: nothing secret is in the bundle."""

from __future__ import annotations

import json
import stat
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from federation.cli.commands import app
from federation.dns.live import BINDINGS, CLUSTERS, READERS, SERVICES, SLICES
from federation.kube import Object, Ref
from tests.unit.api_server_fixtures import pair
from tests.unit.dns_live_fixtures import binding, cluster, endpoints, service
from tests.unit.gather_fixtures import Marks, WholeApi, fill, pod_spec, secret, texts

WORKS = Ref("work.karmada.io/v1alpha1", "works")
POLICIES = Ref("policy.karmada.io/v1alpha1", "propagationpolicies")


class World:
    """A federation of two members, all of it full of secrets."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.plane, self.host, self.fc01, self.fc02 = (self._start(stack) for _ in range(4))
        self.marks, self.folder = Marks(), folder
        self.bundle = folder / "bundle.tar.gz"
        for api in (self.plane, self.host):
            api.token = self.marks.new("token of a kubeconfig")
        fill(self.host, self.marks, "federation-system", "federation-dns")
        self.host.logs["federation-system/p1/main"] += f"and {self.plane.token} or {self.host.token}\n"
        for member in (self.fc01, self.fc02):
            fill(member, self.marks, "federation-fed")
            member.put(SLICES, endpoints(True))
        self._fill_plane()

    @staticmethod
    def _start(stack: ExitStack) -> WholeApi:
        api = WholeApi()
        stack.callback(api.close)
        return api

    def _fill_plane(self) -> None:
        marks, plane = self.marks, self.plane
        fill(plane, marks, "default")
        for name, api in (("fc01", self.fc01), ("fc02", self.fc02)):
            spec = {"apiEndpoint": api.url, "insecureSkipTLSVerification": False}
            plane.put(CLUSTERS, cluster(name, spec=spec))
            token = marks.new(f"token of member {name}")
            plane.put(Ref("v1", "secrets"), secret(name, "karmada-cluster", token=token, caBundle=""))
            reader = {"server": api.url, "caBundle": "", "token": marks.new(f"reader of {name}")}
            plane.put(READERS, secret(name, "karmada-system", **reader))
        plane.put(SERVICES, service())
        plane.put(BINDINGS, binding())
        tls = pair(days=40)
        own = secret("tls", "default", **{"tls.crt": tls.certificate, "tls.key": tls.key})
        marks.all[tls.key.splitlines()[1]] = "the key beside a certificate"
        plane.put(Ref("v1", "secrets"), own)
        inner = secret("inner", "default", password=marks.new("Secret in a Work"))
        deployment = {
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"template": {"spec": pod_spec(marks, "Work")}},
        }
        work: Object = {
            "metadata": {"name": "w1", "namespace": "karmada-es-fc01"},
            "spec": {"workload": {"manifests": [inner, deployment]}},
            "status": {"conditions": [{"type": "Applied", "status": "True", "reason": "Fine"}]},
        }
        plane.put(WORKS, work)
        annotated = {
            "name": "pp",
            "namespace": "default",
            "annotations": {"note": texts(marks, "annotation")},
        }
        plane.put(POLICIES, {"metadata": annotated, "spec": {"resourceSelectors": []}})

    def topology(self) -> Path:
        file = self.folder / "topology.json"
        args = {"etcd": {"initial-cluster-token": self.marks.new("argument in the topology")}}
        clusters = [{"name": "fc01", "kubeconfig": "fc01.yaml"}]
        document = {
            "name": "fed",
            "domain": "example.com",
            "clusters": clusters,
            "control_plane": {"args": args},
        }
        file.write_text(json.dumps(document))
        return file

    def run(self, *more: str) -> Any:
        files = {"federation": self.plane, "host": self.host}
        for name, api in files.items():
            (self.folder / name).write_text(api.kubeconfig)
        options = ("--federation-kubeconfig", str(self.folder / "federation"), "--output", str(self.bundle))
        host = ("--kubeconfig", str(self.folder / "host"))
        return CliRunner().invoke(app, ["gather", *options, *host, *more])

    def files(self) -> dict[str, str]:
        with tarfile.open(self.bundle) as archive:
            return {
                entry.name.removeprefix("bundle/"): file.read().decode()
                for entry in archive.getmembers()
                if (file := archive.extractfile(entry))
            }


@pytest.fixture(name="world")
def world_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ExitStack() as stack:
        yield World(stack, tmp_path)


def test_nothing_secret_of_any_source_is_in_the_bundle_or_in_what_is_printed(world: World) -> None:
    done = world.run("--topology", str(world.topology()))
    assert done.exit_code == 0, done.output
    assert len(world.marks.all) > 150, "every source was filled"
    files = world.files()
    found = {name: secrets for name, text in files.items() if (secrets := world.marks.found_in(text))}
    assert found == {}
    assert world.marks.found_in(done.output) == []
    assert world.marks.found_in("".join(files)) == []


def test_the_bundle_has_what_helps(world: World) -> None:
    done = world.run("--topology", str(world.topology()))
    assert done.exit_code == 0
    assert (
        done.stdout
        == f"{world.bundle}: {len(world.files())} files, {world.bundle.stat().st_size >> 10} KiB\n"
    )
    files = world.files()
    assert [name for name in files if "failed" in name] == []
    assert json.loads(files["failures.json"]) == []
    assert json.loads(files["status/status.json"])["problems"] == []
    assert json.loads(files["topology/topology.json"])["name"] == "fed"
    assert "nginx.default.fed.svc 30 IN A 10.250.0.2\n" in files["status/records.zone"]
    assert json.loads(files["placement/resourcebindings.json"])[0]["clusters"] == {"fc01": None, "fc02": None}
    assert json.loads(files["placement/works.json"]) == [
        {
            "name": "karmada-es-fc01/w1",
            "objects": ["Secret default/inner", "Deployment default/web"],
            "suspended": None,
            "conditions": ["Applied=True Fine"],
        }
    ]
    log = files["host/federation-system/logs/p1/main.log"]
    assert log.startswith(
        "I1129 12:00:00 server.go:1] started in log in federation-system\ntoken=[redacted]\n"
    )
    assert "host/federation-system/logs/p1/main.previous.log" in files, "it has been started twice"
    assert (
        "2026-11-29T12:00:00Z Warning Failed Pod/default/p: cannot pull with token=[redacted] (x3)"
        in (files["federation/events.txt"])
    )
    for member in ("fc01", "fc02"):
        pods = json.loads(files[f"members/{member}/federation-fed/pods.json"])
        assert [(found["name"], found["phase"]) for found in pods] == [("federation-fed/p1", "Running")]
    works = yaml.safe_load(files["placement/works.yaml"])["spec"]["workload"]["manifests"]
    assert works[0]["data"] == {"password": "[redacted]"}
    env = works[1]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env[-1] == {"name": "PORT", "value": "8080"}
    certificates = json.loads(files["certificates/secrets.json"])
    assert [(c["where"], c["subject"], c["days"]) for c in certificates] == [
        ("secret default/tls tls.crt", "CN=test", 39)
    ]


def test_the_bundle_is_its_owners_alone_and_has_the_same_names_each_time(world: World) -> None:
    assert world.run().exit_code == 0
    names = sorted(world.files())
    assert stat.S_IMODE(world.bundle.stat().st_mode) == 0o600
    world.bundle.chmod(0o644)
    assert world.run().exit_code == 0
    assert sorted(world.files()) == names
    assert stat.S_IMODE(world.bundle.stat().st_mode) == 0o600
    with tarfile.open(world.bundle) as archive:
        assert {(e.mode, e.mtime, e.uid, e.uname) for e in archive.getmembers()} == {(0o600, 0, 0, "")}
    assert [file.name for file in world.folder.iterdir() if file.name.startswith(".")] == []


def test_what_fails_is_named_and_the_rest_is_there(world: World) -> None:
    world.fc02.cut()
    world.host.forbidden |= {"/federation-system/events", "/federation-system/pods/p1/log", "/secrets"}
    world.fc01.forbidden.add("/log")
    done = world.run("--json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert [failure["part"] for failure in answer["failures"]] == ["members/fc02"]
    assert f"member fc02: {world.fc02.url} does not answer: " in answer["failures"][0]["why"]
    files = world.files()
    assert files["members/fc02/failed.txt"].startswith("member fc02: ")
    assert json.loads(files["failures.json"]) == answer["failures"]
    assert "is forbidden" in files["host/federation-system/events.failed.txt"]
    assert "is forbidden" in files["host/federation-system/logs.failed.txt"]
    assert "host/federation-dns/logs/p1/main.log" in files
    assert "members/fc01/federation-fed/logs.failed.txt" in files
    stays = world.marks.found_in("".join(files.values()))
    assert stays == ["Secret in federation-dns"], "in free text, as the Secret that has it may not be read"


def test_a_federation_that_does_not_answer_still_has_a_host(world: World) -> None:
    world.plane.cut()
    done = world.run("--json", "--topology", str(world.topology()))
    assert done.exit_code == 0
    parts = [failure["part"] for failure in json.loads(done.stdout)["failures"]]
    assert parts == ["federation", "placement", "status", "certificates"]
    assert "host/federation-system/pods.json" in world.files()


def test_a_dry_run_asks_nothing_and_writes_nothing(world: World) -> None:
    done = world.run("--dry-run")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "would ask for versions of this program and its libraries",
        "would ask for the federation API",
        "would ask for members, policies, bindings and works",
        "would ask for status, names and records",
        "would ask for ends of certificates",
        "would ask for pods, logs and events of the host cluster",
        "would ask for pods of the federation on each member",
        f"would write {world.bundle}",
    ]
    assert json.loads(world.run("--dry-run", "--json").stdout)["bundle"] == str(world.bundle)
    assert [*world.plane.asked, *world.host.asked, *world.fc01.asked] == []
    assert not world.bundle.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--since", "yesterday"),
            "fedctl gather: --since yesterday is no duration. Next: write one such as 30m, 1h or 2d.",
        ),
        (("--store", "s.json"), "fedctl gather: --store needs --topology. Next: name the stack's file."),
        (
            ("--kubeconfig", "missing.yaml"),
            "missing.yaml: No such file or directory. Next: name a file that can be read.",
        ),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_asked(
    world: World, options: tuple[str, ...], message: str
) -> None:
    assert str(world.run(*options).exception) == message
    assert world.plane.asked == []


def test_a_bundle_that_cannot_be_written_is_an_error(world: World) -> None:
    world.bundle = world.folder / "missing" / "bundle.tar.gz"
    assert str(world.run().exception) == (
        f"bundle {world.bundle}: cannot be written: No such file or directory. Next: name another file with --output."
    )
