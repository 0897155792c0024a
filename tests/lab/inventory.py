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


def inventory() -> dict[str, set[str]]:
    """Kind of thing → the things. Pods of the lab that tests share come and go by themselves, and don't count."""
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
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"k8s-federation-{SHARED}-" in (process / "cgroup").read_text():
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
