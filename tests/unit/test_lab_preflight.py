"""What a machine lacks, told before anything is made; and the packages that can be had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab import preflight, system
from lab.errors import LabError
from lab.node import cgroups
from lab.preflight import BRING_YOUR_OWN, Problem, raise_if_any, require
from tests.unit.lab_fixtures import (  # noqa: F401  pytest finds fixtures by their import
    bare_machine,
    refusal,
)

Facts = Callable[..., None]


@pytest.fixture
def facts(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Facts:
    """Sets what the machine is like; without a word it has everything."""
    read = Path.read_text

    def tell(
        *, missing: str = "", memory_mib: int = 8000, inotify: int = 8192, used: int = 10, cgroup: str = ""
    ) -> None:
        proc = {
            "/proc/meminfo": f"MemTotal: 16000000 kB\nMemAvailable: {memory_mib << 10} kB\n",
            "/proc/sys/fs/inotify/max_user_instances": f"{inotify}\n",
        }

        def trees() -> tuple[cgroups.Hierarchy, ...]:
            if cgroup:
                raise LabError("cgroups", cgroup, "take another machine")
            return ()

        monkeypatch.setattr(Path, "read_text", lambda file: proc.get(str(file)) or read(file))
        monkeypatch.setattr("shutil.which", lambda name: None if name in missing.split() else f"/bin/{name}")
        monkeypatch.setattr(preflight, "inotify_instances", lambda: used)
        monkeypatch.setattr(cgroups, "current", trees)

    tell()
    return tell


def test_a_machine_that_has_everything_will_do(facts: Facts) -> None:
    require(nodes=3, clusters=2)


def test_only_linux_will_do(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert refusal(lambda: require(1, 1)) == (
        f"this machine: a lab needs Linux, and this is Darwin. Next: {BRING_YOUR_OWN}."
    )


def test_only_root_will_do(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert refusal(lambda: require(1, 1)) == (
        "this user: a lab needs root, as it makes network namespaces, mounts and cgroups. "
        f"Next: run it with sudo; {BRING_YOUR_OWN}."
    )


def test_missing_packages_are_named(facts: Facts) -> None:
    facts(missing="nft runc")
    assert refusal(lambda: require(1, 1)) == (
        "this machine: system packages are missing (nftables runc). "
        "Next: run `lab setup`, or `apt-get install nftables runc`."
    )


def test_missing_network_plugins_are_a_missing_package(facts: Facts, machine: Path) -> None:
    (machine / "cni" / "bridge").unlink()
    assert preflight.missing_packages() == ["containernetworking-plugins"]


def test_too_few_inotify_instances_are_told(facts: Facts) -> None:
    facts(inotify=128, used=100)
    assert refusal(lambda: require(nodes=3, clusters=2)) == (
        "this machine: fs.inotify.max_user_instances is 128, 100 are in use, and 3 more nodes need about 48. "
        "Next: run `sysctl -w fs.inotify.max_user_instances=512`, or take fewer nodes."
    )
    facts(inotify=148, used=100)
    require(nodes=3, clusters=2)


def test_the_proposed_number_of_inotify_instances_will_do(facts: Facts) -> None:
    facts(inotify=512, used=500)
    message = refusal(lambda: require(nodes=40, clusters=2))
    facts(inotify=int(message.partition("max_user_instances=")[2].partition("`")[0]), used=500)
    require(nodes=40, clusters=2)


def test_too_little_memory_is_told(facts: Facts) -> None:
    facts(memory_mib=1500)
    assert refusal(lambda: require(nodes=3, clusters=2)) == (
        "this machine: 1500 MiB of memory are free, and 2 more clusters need about 1800 MiB. "
        "Next: end other programs, or take fewer clusters."
    )


def test_what_runs_already_needs_nothing_more(facts: Facts) -> None:
    facts(memory_mib=10, inotify=128, used=128)
    require(nodes=0, clusters=0)


def test_missing_controllers_are_told(facts: Facts) -> None:
    facts(cgroup="this machine lacks the controllers cpuset")
    assert refusal(lambda: require(1, 1)) == (
        "this machine: cgroups: this machine lacks the controllers cpuset. Next: take another machine."
    )


def test_all_problems_are_told_at_once(facts: Facts) -> None:
    facts(missing="conntrack", memory_mib=100, inotify=128, used=120, cgroup="it has none")
    assert refusal(lambda: require(nodes=2, clusters=1)) == (
        "this machine: it lacks 4 things a lab needs:\n"
        "  - system packages are missing (conntrack): run `lab setup`, or `apt-get install conntrack`\n"
        "  - cgroups: it has none: take another machine\n"
        "  - fs.inotify.max_user_instances is 128, 120 are in use, and 2 more nodes need about 28: "
        "run `sysctl -w fs.inotify.max_user_instances=512`, or take fewer nodes\n"
        "  - 100 MiB of memory are free, and 1 more clusters need about 900 MiB: "
        "end other programs, or take fewer clusters\n"
        "Next: mend these and run it again."
    )


def test_no_problem_is_no_error() -> None:
    raise_if_any([])
    assert refusal(lambda: raise_if_any(Problem(c, "f") for c in "ab")) == (
        "this machine: it lacks 2 things a lab needs:\n  - a: f\n  - b: f\nNext: mend these and run it again."
    )


def test_packages_are_named_before_anything_is_installed(facts: Facts) -> None:
    facts(missing="gcc dig nft")
    said: list[str] = []
    wanted = ["bind9-dnsutils", "gcc", "libc6-dev", "nftables"]
    assert system.install_packages(say=said.append, dry_run=True) == wanted
    assert said == ["system packages to install: bind9-dnsutils gcc libc6-dev nftables"]


def test_nothing_is_installed_where_nothing_is_missing(facts: Facts) -> None:
    said: list[str] = []
    assert system.install_packages(say=said.append) == []
    assert said == ["system packages: all there"]


def test_packages_are_installed_with_apt(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    facts(missing="nft")
    calls: list[list[str]] = []
    monkeypatch.setattr(system, "run", lambda argv, **options: calls.append(argv))
    assert system.install_packages(say=lambda text: None) == ["nftables"]
    assert calls == [
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "nftables"],
    ]


def test_the_browser_is_installed_for_those_who_want_it_unless_there_is_one(facts: Facts) -> None:
    facts(missing="chromium chromium-browser google-chrome")
    assert system.install_packages(say=lambda text: None, dry_run=True) == []
    wanted = system.install_packages(say=lambda text: None, dry_run=True, with_browser=True)
    assert wanted == ["chromium"]
    facts(missing="chromium")
    assert system.install_packages(say=lambda text: None, dry_run=True, with_browser=True) == []


def test_without_apt_the_packages_are_named(facts: Facts) -> None:
    facts(missing="nft apt-get")
    assert refusal(lambda: system.install_packages(say=lambda text: None)) == (
        "system packages: this machine has no apt-get, so they can't be installed from here. "
        "Next: install what your distribution calls nftables."
    )
