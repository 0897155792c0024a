"""What a machine must have before a lab can run on it. All problems are reported at once, before anything is made."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.node import cgroups
from lab.node.files import cni_plugins

BRING_YOUR_OWN = (
    "on any other machine, bring clusters of your own: put their kubeconfig files into the stack's topology "
    "(kind: existing) and leave the lab out"
)

PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "ip": "iproute2",
    "nft": "nftables",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "nsenter": "util-linux",
    "sysctl": "procps",
    "mount": "mount",
}
"""Program → the Debian package it comes in. The CNI plugins are looked for in their directories."""

CNI_PACKAGE = "containernetworking-plugins"
INOTIFY_PER_CONTROL_PLANE, INOTIFY_PER_NODE = 12, 8
"""inotify instances held by the API server and the controller manager, and by every node's agents and runtime."""

MEMORY_PER_CLUSTER = 900 << 20


@dataclass(frozen=True)
class Problem:
    """Why a lab can't run here, and the next step."""

    cause: str
    fix: str


def missing_packages() -> list[str]:
    """Debian packages whose programs this machine lacks."""
    missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    try:
        cni_plugins()
    except LabError:
        missing.append(CNI_PACKAGE)
    return sorted(set(missing))


def require(nodes: int, clusters: int) -> None:
    """Check this machine for a lab of so many new nodes and clusters. Raises `LabError` with every problem."""
    require_linux_and_root()
    problems = [
        *_package_problems(),
        *_cgroup_problems(),
        *_limit_problems(nodes, clusters),
        *_memory_problems(clusters),
    ]
    raise_if_any(problems)


def require_linux_and_root() -> None:
    """Without these nothing of a lab can even be looked at. Raises `LabError`."""
    if platform.system() != "Linux":
        raise LabError("this machine", f"a lab needs Linux, and this is {platform.system()}", BRING_YOUR_OWN)
    if os.geteuid() != 0:
        raise LabError(
            "this user",
            "a lab needs root, as it makes network namespaces, mounts and cgroups",
            f"run it with sudo; {BRING_YOUR_OWN}",
        )


def raise_if_any(problems: Iterable[Problem]) -> None:
    """One `LabError` for all problems, or none."""
    found = list(problems)
    if not found:
        return
    if len(found) == 1:
        raise LabError("this machine", found[0].cause, found[0].fix)
    causes = "".join(f"\n  - {p.cause}: {p.fix}" for p in found)
    raise LabError(
        "this machine", f"it lacks {len(found)} things a lab needs:{causes}\n", "mend these and run it again"
    )


def _package_problems() -> Iterator[Problem]:
    if missing := missing_packages():
        names = " ".join(missing)
        yield Problem(
            f"system packages are missing ({names})", f"run `lab setup`, or `apt-get install {names}`"
        )


def _cgroup_problems() -> Iterator[Problem]:
    try:
        cgroups.current()
    except LabError as error:
        yield Problem(f"{error.obj}: {error.cause}", error.fix)


def _limit_problems(nodes: int, clusters: int) -> Iterator[Problem]:
    """The limit counts all processes of a user on the machine, so it is no lab's to raise: the operator decides."""
    limit = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    used = inotify_instances()
    more = clusters * INOTIFY_PER_CONTROL_PLANE + nodes * INOTIFY_PER_NODE
    if used + more > limit:
        yield Problem(
            f"fs.inotify.max_user_instances is {limit}, {used} are in use, and {nodes} more nodes need about {more}",
            f"run `sysctl -w fs.inotify.max_user_instances={max(512, (used + more) * 2)}`, or take fewer nodes",
        )


def inotify_instances() -> int:
    """How many inotify instances are open now."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            count += sum(str(f.readlink()) == "anon_inode:inotify" for f in (process / "fd").iterdir())
        except OSError:  # it has ended
            continue
    return count


def _memory_problems(clusters: int) -> Iterator[Problem]:
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) << 10
    if free < clusters * MEMORY_PER_CLUSTER:
        yield Problem(
            f"{free >> 20} MiB of memory are free, and {clusters} more clusters need about "
            f"{clusters * MEMORY_PER_CLUSTER >> 20} MiB",
            "end other programs, or take fewer clusters",
        )
