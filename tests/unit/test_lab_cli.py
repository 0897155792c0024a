"""The `lab` command as its user types it, on a machine without a lab."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lab import cli, kubeconfig, pki
from lab.images import catalog
from lab.preflight import BRING_YOUR_OWN
from lab.state import State
from lab.topology import DEFAULT, parse
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    remembered,
)

STEPS = [
    "make the fabric lab-fabric",
    "switch on fc01-control-plane",
    "wait for cluster fc01 at https://10.99.1.10:6443",
    "switch on fc02-control-plane",
    "wait for cluster fc02 at https://10.99.2.10:6443",
]


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


Lab = Callable[..., Said]


@pytest.fixture
def lab(machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lab:
    def command(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["lab", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        status = ended.value.code
        assert isinstance(status, int)
        said = capsys.readouterr()
        return Said(status, said.out, said.err)

    return command


@pytest.fixture
def off(machine: Path) -> State:
    """A lab whose machines are all off."""
    state = State("lab")
    remembered(state)
    return state


def test_an_error_is_one_paragraph_and_a_status(lab: Lab, machine: Path) -> None:
    assert lab("up", f"{machine}/no.yaml") == Said(
        1,
        "",
        f"error: topology {machine}/no.yaml: there is no such file. "
        "Next: give the path of a topology file, or none for two clusters.\n",
    )


def test_an_error_with_several_causes_has_a_line_for_each(lab: Lab, machine: Path) -> None:
    (machine / "lab.yaml").write_text("clusters: [{name: a, worker: 1}, {name: a}]\n")
    said = lab("up", f"{machine}/lab.yaml", "--dry-run")
    assert said.err == (
        f"error: topology {machine}/lab.yaml: it has mistakes:\n"
        "  - clusters[0].worker: there is no such key; did you mean 'workers'?\n"
        "  - clusters[1].name: 'a' is already the name of clusters[0]; "
        "names of clusters and of their nodes are unique in a lab\n"
        "Next: mend them and run the command again.\n"
    )
    assert (said.status, said.out) == (1, "")


def test_names_in_brackets_are_not_taken_for_colours(lab: Lab) -> None:
    assert lab("--lab", "[red]", "status").err == (
        "error: lab '[red]': that is no name for a lab. "
        "Next: use up to 20 lower-case letters, digits and '-'.\n"
    )


def test_a_word_that_is_no_command_is_a_usage_error(lab: Lab) -> None:
    said = lab("fly")
    assert said.status == 2
    assert "No such command 'fly'." in said.err


def interrupted(*words: object) -> None:
    raise KeyboardInterrupt


def test_an_interrupted_command_says_how_to_go_on(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.lifecycle.plan", interrupted)
    told = "interrupted; `lab up` goes on from here, `lab down` removes what is there\n"
    assert lab("up", "--dry-run") == Said(130, "", told)


def test_a_full_disk_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lab.lifecycle.plan", full)
    told = "error: this machine: the disk is full. Next: free some space and run the command again.\n"
    assert lab("up", "--dry-run") == Said(1, "", told)


def test_a_bug_keeps_its_traceback(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*words: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lab.lifecycle.plan", bug)
    with pytest.raises(ZeroDivisionError):
        lab("up", "--dry-run")


def test_any_user_can_ask_what_up_would_do(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert lab("up", "--dry-run") == Said(0, "\n".join(STEPS) + "\n", "")
    assert json.loads(lab("up", "--dry-run", "--json").out) == {"steps": STEPS}


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_a_command_that_needs_root_says_so(lab: Lab, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert lab(command) == Said(
        1,
        "",
        "error: this user: a lab needs root, as it makes network namespaces, mounts and cgroups. "
        f"Next: run it with sudo; {BRING_YOUR_OWN}.\n",
    )


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("kubectl", "fc01", "get", "nodes"),
        ("exec", "--", "true"),
        ("shell", "fc01"),
        ("logs", "fc01-control-plane"),
        ("load", "nginx"),
        ("forward", "fc01:80"),
        ("kubeconfig",),
        ("fault", "kill", "fc01"),
        ("fault", "restore", "fc01"),
    ],
)
def test_a_command_about_a_lab_that_is_not_up_says_so(lab: Lab, words: tuple[str, ...]) -> None:
    assert lab(*words) == Said(1, "", "error: lab 'lab': it is not up. Next: run `lab up`.\n")


@pytest.mark.parametrize(
    "words", [("kubectl", "fc09", "get", "nodes"), ("kubeconfig", "fc09"), ("shell", "fc09")]
)
def test_an_unknown_cluster_is_told_with_the_known_ones(lab: Lab, off: State, words: tuple[str, ...]) -> None:
    assert lab(*words) == Said(
        1, "", "error: cluster fc09: lab 'lab' has no such cluster. Next: name one of: fc01, fc02.\n"
    )


@pytest.mark.parametrize(
    "words",
    [("fault", "cut", "fc09"), ("load", "--cluster", "fc09", "x"), ("forward", "fc09:80"), ("logs", "fc09")],
)
def test_an_unknown_node_is_told_with_the_known_ones(lab: Lab, off: State, words: tuple[str, ...]) -> None:
    known = "fc01, fc02, fc01-control-plane, fc02-control-plane"
    assert lab(*words).err == (
        f"error: fc09: lab 'lab' has no such cluster or node. Next: name one of: {known}.\n"
    )


def test_labs_are_told_apart_by_name(lab: Lab, off: State, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lab("--lab", "other", "status").err == "error: lab 'other': it is not up. Next: run `lab up`.\n"
    monkeypatch.setenv("LAB_NAME", "more")
    assert lab("status").err == "error: lab 'more': it is not up. Next: run `lab up`.\n"


def test_the_default_topology_can_be_printed_and_read_again(lab: Lab) -> None:
    assert parse(yaml.safe_load(lab("topology").out)) == DEFAULT
    assert parse(json.loads(lab("topology", "--json").out)) == DEFAULT


def test_the_topology_of_a_lab_that_is_up_is_printed(lab: Lab) -> None:
    topology = parse({"clusters": [{"name": "solo", "workers": 3}], "images": []})
    remembered(State("lab"), topology)
    assert parse(json.loads(lab("topology", "--json").out)) == topology


def test_the_example_in_the_help_is_a_topology(lab: Lab) -> None:
    said = lab("up", "--help").out
    topology = parse(yaml.safe_load(said[said.index("  clusters:") :]))
    assert [c.name for c in topology.clusters] == ["fc01", "fc02"]
    assert topology.clusters[0].workers == 1


def test_the_state_of_a_lab_that_is_off_is_told(lab: Lab, off: State) -> None:
    found = json.loads(lab("status", "--json").out)
    assert [(c["name"], c["nodes"][0]["condition"]) for c in found["clusters"]] == [
        ("fc01", "off"),
        ("fc02", "off"),
    ]
    said = lab("status")
    assert [line.split() for line in said.out.splitlines()] == [
        ["CLUSTER", "VERSION", "REGION/ZONE", "NODE", "ADDRESS", "MACHINE", "READY", "MEMORY"],
        ["fc01", "no", "answer", "us/east", "fc01-control-plane", "10.99.1.10", "off", "-", "-"],
        ["fc02", "no", "answer", "us/west", "fc02-control-plane", "10.99.2.10", "off", "-", "-"],
    ]
    assert said.err == "".join(f"fc0{i}: it was never up: it has no certificates\n" for i in (1, 2))


def test_faults_of_a_lab_that_is_off(lab: Lab, off: State) -> None:
    assert lab("fault", "kill", "fc01").out == "nothing to do: it is so already\n"
    assert lab("fault", "cut", "fc01") == Said(
        1,
        "",
        "error: node fc01-control-plane: it is switched off. "
        "Next: run `lab fault restore fc01-control-plane` first.\n",
    )


def test_images_are_listed_for_people_and_programs(lab: Lab) -> None:
    listed = json.loads(lab("images", "--json").out)
    assert [image["name"] for image in listed] == [image.name for image in catalog.IMAGES]
    assert set(listed[0]) == {"name", "group", "references"}
    assert len(lab("images").out.splitlines()) == len(listed)


def test_any_image_is_loaded_by_its_reference(
    lab: Lab, off: State, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    loaded: list[Path] = []

    def pulled(reference: str) -> Path:
        asked.append(reference)
        return machine / "pulled.tar"

    monkeypatch.setattr("lab.cli.inside.pulled", pulled)
    monkeypatch.setattr("lab.cli.inside.describe", lambda file: [asked[-1]])
    monkeypatch.setattr("lab.cli.inside.load_archive", lambda node, file: loaded.append(file))
    reference = "registry.example/team/app:1.0"
    assert lab("load", reference).err == f"fc01-control-plane: {reference}\nfc02-control-plane: {reference}\n"
    assert asked == [reference]
    assert loaded == [machine / "pulled.tar"] * 2
    assert "no image or group of that name" in lab("load", "no-such-image").err, "it names no registry"
    assert lab("load", reference, "--source", "assemble").status == 1, "nothing is pulled then"
    assert asked == [reference]


def test_down_without_a_lab_says_so(lab: Lab, machine: Path) -> None:
    assert lab("down", "--dry-run").out.strip() == ""
    said = lab("down")
    assert said.err.endswith("lab: there was nothing to remove\n")
    assert (said.status, said.out) == (0, "")
    assert not (machine / "state").exists()


def test_down_says_first_what_it_would_remove(lab: Lab, off: State) -> None:
    assert lab("down", "--dry-run").out.splitlines() == [
        "remove fc01-control-plane",
        "remove fc02-control-plane",
        f"remove {off.directory}",
    ]
    assert off.record() is not None
    assert lab("down").err.endswith("lab: nothing left\n")
    assert off.record() is None


def test_kubeconfigs_are_printed_or_pointed_at(lab: Lab, off: State) -> None:
    assert lab("kubeconfig", "fc01") == Said(
        1, "", "error: lab 'lab': it is not wholly up. Next: run `lab up` again.\n"
    )
    cluster = off.layout(off.require()).cluster("fc01")
    keys = off.cluster_directory(cluster) / "pki"
    pki.ensure(keys, cluster)
    config = kubeconfig.kubeconfig(cluster, keys, "admin")
    kubeconfig.write(off.kubeconfig(cluster), config)
    kubeconfig.write(off.merged_kubeconfig, kubeconfig.merge([config]))
    assert yaml.safe_load(lab("kubeconfig", "fc01").out) == config
    assert yaml.safe_load(lab("kubeconfig").out)["current-context"] == "fc01"
    assert lab("kubeconfig", "--path").out == f"{off.merged_kubeconfig}\n"


@pytest.mark.parametrize("target", ["fc01", "fc01:", "fc01:http", "fc01:0", "fc01:65536", "fc01:\u00b2"])
def test_a_target_without_a_port_is_told(lab: Lab, off: State, target: str) -> None:
    assert lab("forward", target) == Said(
        1, "", f"error: {target}: it does not end with a port. Next: write it as fc01:30080.\n"
    )


def test_a_program_that_is_not_there_is_told(lab: Lab, off: State) -> None:
    assert lab("exec", "--", "no-such-program", "--help").err == (
        "error: program no-such-program: it is not on the PATH. Next: give its path.\n"
    )


def test_a_command_gets_its_own_options_and_the_labs_kubeconfig(
    lab: Lab, off: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    become: list[tuple[list[str], str]] = []

    def execvpe(file: str, argv: list[str], environ: dict[str, str]) -> None:
        become.append((argv, environ["KUBECONFIG"]))
        raise SystemExit(0)

    monkeypatch.setattr(os, "execvpe", execvpe)
    lab("exec", "--", "/bin/sh", "-c", "echo", "--json")
    ((argv, config),) = become
    assert argv[:2] == ["nsenter", f"--net={off.directory.parent.parent}/netns/lab-fabric"]
    assert argv[-4:] == ["/bin/sh", "-c", "echo", "--json"]
    assert config == f"{off.directory}/kubeconfig"


def test_a_log_that_is_not_there_is_told(lab: Lab, off: State) -> None:
    assert lab("logs", "fc01-control-plane", "kubelet").err == (
        "error: process kubelet of fc01-control-plane: it has no log. "
        "Next: name one of: none, as the node was never on.\n"
    )


def test_setup_names_the_packages_first(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == "dig" else f"/usr/bin/{name}")
    assert lab("setup", "--dry-run") == Said(0, "", "system packages to install: bind9-dnsutils\n")
