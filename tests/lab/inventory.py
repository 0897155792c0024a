"""What is on this host that a lab could leave behind. Two inventories are equal when nothing was."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.lab.labs import SHARED

VOLATILE_SYSCTLS = (
    "fs.dentry-state",
    "fs.file-nr",
    "fs.inode-",
    "fs.quota.",
    "kernel.ns_last_pid",
    "kernel.random.",
)
"""Counters of the running kernel, which change by themselves."""

WATCHED_DIRECTORIES = (
    "/etc",
    "/opt",
    "/run",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/usr/libexec",
    "/root",
    "/mnt",
)
OWN_NAMESPACES = ("net", "mnt", "pid", "uts", "ipc", "cgroup")


BESIDE = tuple(filter(None, os.environ.get("FEDERATION_TESTS_BESIDE", "").split(",")))
"""Names of the labs of other tests that run at the same time on this machine (see tests/run): theirs does not count."""
SHARED_BY_LABS = ("/run/netns", "/run/k8s-federation-netns")
"""Made by the first lab, and taken away by the last one."""


def inventory() -> dict[str, set[str]]:
    """Kind of thing → the things. Pods of the lab that tests share come and go by themselves, and don't count."""
    found = _everything()
    if not BESIDE:
        return found
    return {kind: {thing for thing in things if not _beside(thing)} for kind, things in found.items()}


def _beside(thing: str) -> bool:
    return any(name in thing for name in BESIDE) or any(
        f" {path} " in f" {thing} " for path in SHARED_BY_LABS
    )


def _everything() -> dict[str, set[str]]:
    return {
        "mounts": set(Path("/proc/self/mountinfo").read_text().splitlines()),
        "named network namespaces": set(_names(Path("/run/netns"))),
        "processes in namespaces of their own": set(_strangers()),
        "cgroups": set(_cgroups()),
        "interfaces": {link["ifname"] for link in json.loads(_run("ip", "-json", "link"))},
        "addresses and routes": set(_run("ip", "-o", "addr").splitlines())
        | set(_run("ip", "route").splitlines()),
        "packet filter": set(_run("nft", "list", "ruleset").splitlines()),
        "sysctls": set(_sysctls()),
        "files": {f"{d}/{name}" for d in WATCHED_DIRECTORIES for name in _names(Path(d))},
    }


def difference(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    """Kind → what is only in one of the two; kinds without a difference are left out."""
    return {kind: changed for kind in before if (changed := before[kind] ^ after[kind])}


def _names(directory: Path) -> list[str]:
    return [entry.name for entry in directory.iterdir()] if directory.is_dir() else []


def _strangers() -> Iterator[str]:
    own = {kind: Path("/proc/self/ns", kind).readlink() for kind in OWN_NAMESPACES}
    theirs = {
        f"net:[{place.stat().st_ino}]" for name in BESIDE for place in Path("/run/netns").glob(f"{name}-*")
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            group = (process / "cgroup").read_text()
            if any(f"k8s-federation-{lab}-" in group for lab in (SHARED, *BESIDE)):
                continue
            if str((process / "ns" / "net").readlink()) in theirs:
                continue
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if words and any((process / "ns" / kind).readlink() != own[kind] for kind in OWN_NAMESPACES):
                yield f"{process.name} {words}"
        except OSError:  # it has ended
            continue


def _cgroups() -> Iterator[str]:
    for directory, below, _ in os.walk("/sys/fs/cgroup"):
        yield from (f"{directory}/{name}" for name in below if "k8s-federation" in name or "kubepods" in name)


def _sysctls() -> Iterator[str]:
    for line in _run("sysctl", "--all").splitlines():
        if not line.startswith(VOLATILE_SYSCTLS):
            yield line


def _run(*argv: str) -> str:
    return subprocess.run(argv, text=True, capture_output=True, check=True, timeout=30).stdout
