"""Tools the machine has already: which versions do, and which sets are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.tools.catalog import giving
from lab.tools.existing import Existing, Range, Version, find_existing, parse_version

KUBERNETES = giving("kubelet").programs


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Kubernetes v1.36.3\n", (1, 36, 3)),
        ("Client Version: v1.36.10\nKustomize Version: v5.8.1\n", (1, 36, 10)),
        ("etcd Version: 3.6.14\nGit SHA: Not provided\nGo Version: go1.26.8\n", (3, 6, 14)),
        ("CoreDNS-1.14.7\nlinux/amd64, go1.26.8, \n", (1, 14, 7)),
        ("v3.259.0\n", (3, 259, 0)),
        ("v3.259.0-dev.1+abc\n", None),
        ("version 1.2\n", None),
        ("", None),
    ],
)
def test_versions_are_read_from_what_programs_say(said: str, version: Version | None) -> None:
    assert parse_version(said) == version


@pytest.mark.parametrize(
    ("version", "inside"),
    [((3, 215, 9), False), ((3, 216, 0), True), ((3, 999, 0), True), ((4, 0, 0), False), (None, False)],
)
def test_a_range_has_its_lower_end_and_not_its_upper(version: Version | None, inside: bool) -> None:
    assert Range((3, 216, 0), (4, 0, 0)).holds(version) is inside


def _here(*programs: str) -> dict[str, str]:
    return {name: f"/opt/{name}" for name in programs}


def test_a_complete_kubernetes_of_the_minor_version_is_used() -> None:
    found = find_existing(giving("kubelet"), find=_here(*KUBERNETES).get, ask=lambda _: "Kubernetes v1.36.0")
    assert found == Existing("v1.36.0", {name: Path(f"/opt/{name}") for name in KUBERNETES})


def test_a_kubectl_alone_is_no_kubernetes() -> None:
    find = _here("kubectl").get
    assert find_existing(giving("kubelet"), find=find, ask=lambda _: "Client Version: v1.36.3") is None


def test_a_set_of_two_minor_versions_is_none() -> None:
    said = {"kubelet": "Kubernetes v1.35.1"}
    found = find_existing(
        giving("kubelet"),
        find=_here(*KUBERNETES).get,
        ask=lambda argv: said.get(Path(argv[0]).name, "Kubernetes v1.36.3"),
    )
    assert found is None


@pytest.mark.parametrize(("said", "used"), [("v3.216.0", True), ("v3.215.0", False), ("v4.0.0", False)])
def test_pulumi_needs_its_python_helpers_and_a_version_in_range(said: str, used: bool) -> None:
    pulumi = giving("pulumi")
    complete = _here(*pulumi.programs, *pulumi.extras)
    assert (find_existing(pulumi, find=complete.get, ask=lambda _: said) is not None) is used
    without_host = _here(*pulumi.programs)
    assert find_existing(pulumi, find=without_host.get, ask=lambda _: said) is None


def test_a_program_that_fails_or_hangs_counts_as_absent(tmp_path: Path) -> None:
    (tmp_path / "coredns").write_text("#!/bin/sh\necho CoreDNS-1.14.7\nexit 1\n")
    (tmp_path / "coredns").chmod(0o755)
    assert find_existing(giving("coredns"), find=lambda name: str(tmp_path / name)) is None


def test_a_program_is_asked_for_its_version(tmp_path: Path) -> None:
    (tmp_path / "coredns").write_text('#!/bin/sh\n[ "$1" = -version ] && echo CoreDNS-1.14.9\n')
    (tmp_path / "coredns").chmod(0o755)
    found = find_existing(giving("coredns"), find=lambda name: str(tmp_path / name))
    assert found == Existing("v1.14.9", {"coredns": tmp_path / "coredns"})


def test_the_plugin_is_found_where_pulumi_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    provider = giving("pulumi-resource-kubernetes")
    assert find_existing(provider) is None
    program = tmp_path / "plugins/resource-kubernetes-v4.25.0/pulumi-resource-kubernetes"
    program.parent.mkdir(parents=True)
    program.write_text("plugin")
    assert find_existing(provider) == Existing("4.25.0", {program.name: program})
    (tmp_path / "plugins/resource-kubernetes-v4.25.0.partial").write_text("")
    assert find_existing(provider) is None


def test_what_nobody_packages_is_never_found() -> None:
    assert (
        find_existing(giving("karmadactl"), find=lambda name: f"/opt/{name}", ask=lambda _: "v1.18.2") is None
    )
