"""Previews by the real engine, with access and without: they say the same, and without access nothing is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from federation.kubeconfig import minify
from federation.preview.compare import Comparison, compare, read
from lab.azure.plugin.safety import CA_VARIABLE, HOST_VARIABLE
from tests.lab.azure_engine_fixtures import azure_fixture, cloud_fixture  # noqa: F401  pytest finds them so
from tests.lab.engine_fixtures import Engine, Project, engine_fixture  # noqa: F401
from tests.policy.preview_fixtures import PACK, own_fixture  # noqa: F401
from tests.preview.forged_fixtures import State, forged

# Each call of the engine has a limit of its own; beside tests with clusters it takes five times as long.
pytestmark = pytest.mark.timeout(900)

FEDCTL = str(Path(sys.executable).with_name("fedctl"))
Topology = dict[str, Any]
Change = Callable[[Topology], None]


@dataclass(frozen=True)
class Stack:
    """One in a copy of the checkout's program.

    Attributes:
        engine: with the access that a user has.
        project: the copy; its kubeconfigs lead nowhere, but are there.
        name: of the stack.
    """

    engine: Engine
    project: Path
    name: str

    @property
    def settings(self) -> Path:
        return self.project / f"Pulumi.{self.name}.yaml"

    @property
    def topology(self) -> Topology:
        found: Topology = yaml.safe_load(self.settings.read_text())["config"]["federation:topology"]
        return found

    def changed(self, change: Change) -> None:
        settings = yaml.safe_load(self.settings.read_text())
        change(settings["config"]["federation:topology"])
        self.settings.write_text(yaml.safe_dump(settings))

    def fedctl(self, *words: str, without: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in self.engine.env.items() if name not in without}
        argv = [FEDCTL, *words, "--stack", self.name, "--project", str(self.project)]
        return subprocess.run(
            argv,
            env={**env, "PULUMI": str(self.engine.pulumi)},
            text=True,
            capture_output=True,
            timeout=240,
            check=False,
        )

    def snapshot(self) -> None:
        done = self.fedctl("snapshot")
        assert done.returncode == 0, done.stderr

    def offline(self, events: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """As in a pipeline of a fork: no backend, no passphrase, no kubeconfig, no cloud."""
        gone = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", HOST_VARIABLE, CA_VARIABLE)
        kubeconfig = self.project / "kubeconfig"
        away = kubeconfig.rename(kubeconfig.with_suffix(".away"))
        try:
            return self.fedctl("preview", "--offline", "--events", str(events), *words, without=gone)
        finally:
            away.rename(kubeconfig)

    def compared(self, folder: Path, *words: str) -> Comparison:
        """A preview with access beside one without."""
        files = folder / "with.jsonl", folder / "without.jsonl"
        both = (
            self.fedctl("preview", "--json", "--events", str(files[0]), *words),
            self.offline(files[1], *words),
        )
        assert [done.returncode for done in both] == [0, 0], "\n".join(d.stdout + d.stderr for d in both)
        return compare(*map(read, files))


def deployed(stack: Stack) -> None:
    """As `pulumi up` would leave it."""
    kubeconfig = (stack.project / "kubeconfig").read_text()
    clusters = [c["name"] for c in stack.topology["clusters"] if "kubeconfig" in c]
    state: State = forged(stack.topology, stack.name, {name: minify(kubeconfig, name) for name in clusters})
    exported = json.loads(stack.engine.does(stack.project, "stack", "export", "--stack", stack.name))
    state["deployment"]["secrets_providers"] = exported["deployment"]["secrets_providers"]
    file = stack.project / "forged.json"
    file.write_text(json.dumps(state))
    stack.engine.does(stack.project, "stack", "import", "--stack", stack.name, "--file", str(file))
    file.unlink()


def files(folder: Path) -> Mapping[str, int]:
    """All of a folder, with the time of the last change; Python's own files are no matter."""
    found = (p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {str(p): p.stat().st_mtime_ns for p in found}


@pytest.mark.parametrize("name", ["icp", "westus"])
def test_from_nothing_all_of_a_stack_is_made_with_access_and_without(
    cloud: Engine, own: Project, tmp_path: Path, name: str
) -> None:
    stack = Stack(cloud, own(name), name)
    before = files(stack.project)
    found = stack.compared(tmp_path, "--policies", str(PACK))
    assert (found.share, found.replacements) == (1.0, ()), found.lines()
    assert found.resources > 150
    after = {path: time for path, time in files(stack.project).items() if path in before}
    assert after == before, "nothing is written into the project"


def nothing_at_all(_: Topology) -> None:
    """What is deployed is what is wanted."""


def more_replicas_and_no_workload(topology: Topology) -> None:
    topology["control_plane"]["replicas"] = 2
    topology["workloads"] = []


def a_member_more(topology: Topology) -> None:
    topology["clusters"].append(
        {
            "name": "fc03",
            "kubeconfig": topology["clusters"][1]["kubeconfig"],
            "region": "us",
            "zone": "north",
            "vips": {"cidr": "10.250.2.0/24"},
        }
    )


def a_member_less(topology: Topology) -> None:
    topology["clusters"].pop()


def another_namespace(topology: Topology) -> None:
    topology["control_plane"]["namespace"] = "elsewhere-system"


def another_domain(topology: Topology) -> None:
    topology["domain"] = "example.com"


def another_name(topology: Topology) -> None:
    topology["name"] = "other-federation"


def new_certificates(topology: Topology) -> None:
    topology["control_plane"]["certificate_generation"] = 1


def other_addresses(topology: Topology) -> None:
    topology["ttl"] = 17
    topology["clusters"][0]["vips"] = {"cidr": "10.251.0.0/24"}
    topology["clusters"][1]["region"] = "eu"


LONG = (
    another_namespace,
    nothing_at_all,
    a_member_less,
    another_domain,
    another_name,
    new_certificates,
    other_addresses,
)


@pytest.mark.parametrize(
    "change",
    [
        more_replicas_and_no_workload,
        a_member_more,
        *(pytest.param(change, marks=pytest.mark.long) for change in LONG),
    ],
    ids=lambda change: change.__name__,
)
def test_a_change_of_what_is_deployed_is_the_same_one_without_access(
    engine: Engine, own: Project, tmp_path: Path, change: Change
) -> None:
    stack = Stack(engine, own("icp"), "icp")
    deployed(stack)
    stack.snapshot()
    stack.changed(change)
    found = stack.compared(tmp_path)
    assert found.replacements == ()
    assert found.share >= 0.95, found.lines()
    ops = {each.op for each in read(tmp_path / "with.jsonl").changes}
    assert ops == {"same"} if change is nothing_at_all else ops > {"same"}


def test_clusters_in_azure_that_stay_as_they_are_are_shown_so_and_another_region_is_still_stopped(
    cloud: Engine, own: Project, tmp_path: Path
) -> None:
    stack, events = Stack(cloud, own("westus"), "westus"), tmp_path / "events.jsonl"
    deployed(stack)
    stack.snapshot()
    done = stack.offline(events)
    assert done.returncode == 0, done.stderr
    (counts,) = done.stdout.splitlines()[-1:]
    assert counts == f"{len(read(events).changes)} same"

    stack.changed(lambda topology: topology["clusters"][1].update(location="eastus2", protect=False))
    done = stack.offline(events)
    assert done.returncode == 1, done.stdout
    assert "location changes from eastus to eastus2: the cluster is REPLACED" in done.stdout
    assert 'unable to replace resource "urn:pulumi:westus' in done.stdout


@pytest.mark.long
def test_neither_a_zone_nor_an_etcd_that_is_somebody_elses_is_looked_at(
    cloud: Engine, own: Project, tmp_path: Path
) -> None:
    """The plugin of the stand-in ends the preview if it is asked for anything."""

    def elsewhere(topology: Topology) -> None:
        tls = {"ca": "no/ca.crt", "certificate": "no/tls.crt", "key": "no/tls.key"}
        topology["dns"] = [{"provider": "azure", "resource_group": "theirs", "create": False}]
        topology["control_plane"]["etcd"] = {"servers": ["https://192.0.2.1:2379"], "tls": tls}

    stack = Stack(cloud, own("westus"), "westus")
    stack.changed(elsewhere)
    done = stack.offline(tmp_path / "events.jsonl", "--policies", str(PACK))
    assert done.returncode == 0, done.stdout
    counts = done.stdout.splitlines()[-1].split(", ")
    assert [count.split()[1] for count in counts] == ["create", "read"], counts


def test_a_mandatory_policy_is_checked_without_access_and_secrets_of_the_configuration_are_not_needed(
    engine: Engine, own: Project, tmp_path: Path
) -> None:
    stack = Stack(engine, own("icp"), "icp")
    settings = yaml.safe_load(stack.settings.read_text())
    settings["config"]["federation:topology"]["control_plane"]["images"] = {"registry": "example.com"}
    settings["config"]["federation:kubeconfigs"] = {"list": [{"secure": "v1:nobody:can-read-this"}]}
    stack.settings.write_text(yaml.safe_dump(settings))
    done = stack.offline(tmp_path / "events.jsonl", "--policies", str(PACK), "--json")
    assert done.returncode == 3, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert {each["policy"] for each in said["policies"] if each["mandatory"]} == {"p07-images"}
    assert (said["offline"], said["finished"]) == (True, True)
