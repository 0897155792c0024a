"""The control groups of a node, on version 1 (one tree per controller) and version 2 (one tree).

A node's group lies below the group this process is in, so limits set on us hold for the lab too. The node gets a
cgroup namespace with that group as its root: two kubelets with one root would remove each other's pods.

Rules: cgroups(7), cgroup_namespaces(7), and the kernel's "no internal processes" rule for version 2.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError

REQUIRED_V1 = frozenset({"cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer"})
REQUIRED_V2 = frozenset({"cpu", "cpuset", "memory", "pids"})
_FIX = "boot the kernel with these controllers, or run the lab on a machine that has them"


@dataclass(frozen=True)
class Hierarchy:
    """One mounted tree.

    Attributes:
        version: 1 or 2.
        controllers: as mounted together, such as ("cpu", "cpuacct"); of version 2, those available.
        mount: where the tree is mounted.
        own: this process's place in it, such as "/user.slice".
    """

    version: int
    controllers: tuple[str, ...]
    mount: Path
    own: str

    @property
    def base(self) -> Path:
        """The directory of the group this process is in."""
        return self.mount / self.own.lstrip("/")


def discover(mountinfo: str, own: str, available_v2: str = "") -> tuple[Hierarchy, ...]:
    """The trees in which a node gets a group. Pure.

    Args:
        mountinfo: text of /proc/self/mountinfo.
        own: text of /proc/self/cgroup.
        available_v2: text of the cgroup.controllers file of a version 2 mount.

    Raises `LabError` when a controller that Kubernetes needs is in no tree.
    """
    places = dict(_places(own))
    v1: list[Hierarchy] = []
    v2: list[Hierarchy] = []
    for kind, mount, root, options in _cgroup_mounts(mountinfo):
        if kind == "cgroup2":
            v2.append(Hierarchy(2, tuple(available_v2.split()), mount, _below(root, places.get("", "/"))))
            continue
        key = next((k for k in places if k and set(k.split(",")) <= options), None)
        if key is not None and all(h.controllers != tuple(key.split(",")) for h in v1):
            v1.append(Hierarchy(1, tuple(key.split(",")), mount, _below(root, places[key])))
    found = {c for h in v1 for c in h.controllers}
    if found >= REQUIRED_V1:
        return tuple(v1)
    if v2 and set(v2[0].controllers) >= REQUIRED_V2:
        return (v2[0],)
    missing = (
        sorted(REQUIRED_V2 - set(v2[0].controllers)) if v2 and not found else sorted(REQUIRED_V1 - found)
    )
    raise LabError("cgroups", f"this machine lacks the controllers {', '.join(missing)}", _FIX)


def _places(own: str) -> Iterable[tuple[str, str]]:
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        yield controllers, path


def _below(root: str, place: str) -> str:
    """A process's place in what is mounted: in a container the mount may begin at the container's own group.

    A place that is outside of it, as "/../x" in a cgroup namespace that was entered, is no path there.
    """
    if root != "/" and f"{place}/".startswith(f"{root}/"):
        return place.removeprefix(root) or "/"
    return "/" if ".." in place.split("/") else place


def _cgroup_mounts(mountinfo: str) -> Iterable[tuple[str, Path, str, set[str]]]:
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        fields, tail = before.split(), after.split()
        if tail and tail[0] in ("cgroup", "cgroup2"):
            yield tail[0], Path(fields[4]), fields[3], set(tail[2].split(","))


def current() -> tuple[Hierarchy, ...]:
    """The trees of this machine. Raises `LabError` when a controller is missing."""
    mountinfo = Path("/proc/self/mountinfo").read_text()
    available = ""
    for kind, mount, _, _ in _cgroup_mounts(mountinfo):
        if kind == "cgroup2":
            available = (mount / "cgroup.controllers").read_text()
    return discover(mountinfo, Path("/proc/self/cgroup").read_text(), available)


def group_name(lab: str, node: str) -> str:
    """The name of a node's group in every tree."""
    return f"k8s-federation-{lab}-{node}"


def directories(hierarchies: Sequence[Hierarchy], name: str) -> tuple[Path, ...]:
    """Where a group of that name lies. On version 2 it is at the top: below us there may be no group with members."""
    return tuple(h.base / name if h.version == 1 else h.mount / name for h in hierarchies)


def members(version: int, groups: Sequence[Path]) -> tuple[Path, ...]:
    """Where the node's own processes go: on version 2 only a group without members may hand controllers down."""
    return tuple(g / "init" if version == 2 else g for g in groups)


def create(hierarchies: Sequence[Hierarchy], groups: Sequence[Path]) -> None:
    """Make a node's group in every tree; one that is there already is taken. Raises `LabError`.

    Args:
        groups: as `directories` gave them when the lab was made; this process may be in other groups by now.
    """
    for hierarchy, directory in zip(hierarchies, groups, strict=True):
        try:
            directory.mkdir(exist_ok=True)
            _prepare(hierarchy, directory)
        except OSError as error:
            raise _not_made(directory, error) from None


def _not_made(directory: Path, error: OSError) -> LabError:
    """Why, and the next step. In a container the top of version 2 is often its processes' own group."""
    if error.errno == errno.EBUSY:
        return LabError(
            f"cgroup {directory.parent}",
            "it has processes of its own, so the kernel lets it hand no controllers down",
            f"move them into a group below it, or run the lab outside of this container ({error})",
        )
    return LabError(
        f"cgroup {directory}", f"it can't be made ({error})", "run as root where cgroups are writable"
    )


def _prepare(hierarchy: Hierarchy, directory: Path) -> None:
    if hierarchy.version == 2:
        wanted = " ".join(f"+{c}" for c in sorted({*REQUIRED_V2, "io"} & set(hierarchy.controllers)))
        (hierarchy.mount / "cgroup.subtree_control").write_text(wanted)
        for group in members(2, [directory]):
            group.mkdir(exist_ok=True)
    elif "cpuset" in hierarchy.controllers:
        for file in ("cpuset.cpus", "cpuset.mems"):  # empty in a new group, and then no process may enter
            (directory / file).write_text((directory.parent / file).read_text())


def remove(directories: Iterable[Path]) -> list[Path]:
    """Remove groups and all groups below them; returns those that still hold a process."""
    left = []
    for top in directories:
        below = (
            sorted((p for p in top.rglob("*") if p.is_dir()), key=lambda p: -len(p.parts))
            if top.exists()
            else []
        )
        for directory in [*below, top]:
            with contextlib.suppress(FileNotFoundError, OSError):
                directory.rmdir()
        if top.exists():
            left.append(top)
    return left


def freeze(directories: Iterable[Path], *, frozen: bool) -> None:
    """Stop every process of a node in its tracks, or let them go on."""
    for directory in directories:
        v1, v2 = directory / "freezer.state", directory / "cgroup.freeze"
        if v1.exists():
            v1.write_text("FROZEN" if frozen else "THAWED")
        elif v2.exists():
            v2.write_text("1" if frozen else "0")


def frozen(directories: Iterable[Path]) -> bool:
    """Whether the node is paused."""
    for directory in directories:
        v1, v2 = directory / "freezer.state", directory / "cgroup.freeze"
        if v1.exists() and v1.read_text().strip() != "THAWED":
            return True
        if v2.exists() and v2.read_text().strip() == "1":
            return True
    return False


def memory_in_use(directories: Iterable[Path]) -> int | None:
    """Bytes that the node's processes hold, without the page cache that can be dropped; None if nobody counts."""
    for directory in directories:
        for usage, inactive in (
            ("memory.usage_in_bytes", "total_inactive_file"),
            ("memory.current", "inactive_file"),
        ):
            if (directory / usage).exists():
                stat = dict(line.split() for line in (directory / "memory.stat").read_text().splitlines())
                return int((directory / usage).read_text()) - int(stat.get(inactive, 0))
    return None
