"""Which trees a node gets its groups in, read from what real machines say; and groups in a tree that only looks so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from lab.node.cgroups import (
    Hierarchy,
    create,
    directories,
    discover,
    freeze,
    frozen,
    group_name,
    memory_in_use,
    remove,
)
from tests.unit.lab_fixtures import refusal

FIX = "Next: boot the kernel with these controllers, or run the lab on a machine that has them."

V1_NESTED_MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
24 22 0:22 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
"""
V1_NESTED_OWN = """\
9:name=systemd:/
8:pids:/
7:blkio:/
6:freezer:/
5:devices:/
4:memory:/jobs/17
3:cpuset:/
2:cpuacct:/jobs/17
1:cpu:/jobs/17
"""

UBUNTU_2004_MOUNTS = """\
24 29 0:22 / /sys rw,nosuid,nodev,noexec shared:7 - sysfs sysfs rw
29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard
33 24 0:27 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755
34 33 0:28 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec shared:10 - cgroup2 cgroup2 rw,nsdelegate
35 33 0:29 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec shared:11 - cgroup cgroup rw,xattr,name=systemd
38 33 0:32 / /sys/fs/cgroup/rdma rw,nosuid,nodev,noexec shared:15 - cgroup cgroup rw,rdma
39 33 0:33 / /sys/fs/cgroup/net_cls,net_prio rw,nosuid,nodev,noexec shared:16 - cgroup cgroup rw,net_cls,net_prio
40 33 0:34 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec shared:17 - cgroup cgroup rw,cpu,cpuacct
41 33 0:35 / /sys/fs/cgroup/cpuset rw,nosuid,nodev,noexec shared:18 - cgroup cgroup rw,cpuset
42 33 0:36 / /sys/fs/cgroup/devices rw,nosuid,nodev,noexec shared:19 - cgroup cgroup rw,devices
43 33 0:37 / /sys/fs/cgroup/freezer rw,nosuid,nodev,noexec shared:20 - cgroup cgroup rw,freezer
44 33 0:38 / /sys/fs/cgroup/pids rw,nosuid,nodev,noexec shared:21 - cgroup cgroup rw,pids
45 33 0:39 / /sys/fs/cgroup/hugetlb rw,nosuid,nodev,noexec shared:22 - cgroup cgroup rw,hugetlb
46 33 0:40 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec shared:23 - cgroup cgroup rw,memory
47 33 0:41 / /sys/fs/cgroup/perf_event rw,nosuid,nodev,noexec shared:24 - cgroup cgroup rw,perf_event
48 33 0:42 / /sys/fs/cgroup/blkio rw,nosuid,nodev,noexec shared:25 - cgroup cgroup rw,blkio
"""
UBUNTU_2004_OWN = """\
12:blkio:/user.slice
11:perf_event:/
10:memory:/user.slice/user-1000.slice/session-3.scope
9:hugetlb:/
8:pids:/user.slice/user-1000.slice/session-3.scope
7:freezer:/
6:devices:/user.slice
5:cpuset:/
4:cpu,cpuacct:/user.slice
3:net_cls,net_prio:/
2:rdma:/
1:name=systemd:/user.slice/user-1000.slice/session-3.scope
0::/user.slice/user-1000.slice/session-3.scope
"""

DEBIAN_12_MOUNTS = """\
23 29 0:21 / /sys rw,nosuid,nodev,noexec shared:7 - sysfs sysfs rw
29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
31 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
"""
DEBIAN_12_OWN = "0::/user.slice/user-0.slice/session-5.scope\n"
DEBIAN_12_CONTROLLERS = "cpuset cpu io memory hugetlb pids rdma misc\n"


def tree(*controllers: str, own: str = "/") -> Hierarchy:
    name = ",".join(controllers).removeprefix("name=")
    return Hierarchy(1, controllers, Path("/sys/fs/cgroup", name), own)


def test_version_1_has_a_tree_for_each_controller_and_a_place_of_ours_in_each() -> None:
    assert set(discover(V1_NESTED_MOUNTS, V1_NESTED_OWN)) == {
        tree("cpu", own="/jobs/17"),
        tree("cpuacct", own="/jobs/17"),
        tree("memory", own="/jobs/17"),
        tree("cpuset"),
        tree("devices"),
        tree("freezer"),
        tree("blkio"),
        tree("pids"),
        tree("name=systemd"),
    }


def test_our_limits_hold_for_the_groups_of_nodes() -> None:
    memory = tree("memory", own="/jobs/17")
    assert memory.base == Path("/sys/fs/cgroup/memory/jobs/17")
    assert directories([tree("pids"), memory], "node") == (
        Path("/sys/fs/cgroup/pids/node"),
        Path("/sys/fs/cgroup/memory/jobs/17/node"),
    )


def test_controllers_mounted_together_are_one_tree() -> None:
    session = "/user.slice/user-1000.slice/session-3.scope"
    found = discover(UBUNTU_2004_MOUNTS, UBUNTU_2004_OWN)
    assert {h for h in found if h.own != "/"} == {
        tree("cpu", "cpuacct", own="/user.slice"),
        tree("devices", own="/user.slice"),
        tree("blkio", own="/user.slice"),
        tree("memory", own=session),
        tree("pids", own=session),
        tree("name=systemd", own=session),
    }
    assert tree("net_cls", "net_prio") in found
    assert len(found) == 12


def test_a_second_tree_without_controllers_is_left_alone() -> None:
    assert all(h.version == 1 for h in discover(UBUNTU_2004_MOUNTS, UBUNTU_2004_OWN, ""))
    hybrid = V1_NESTED_MOUNTS + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
    found = discover(hybrid, V1_NESTED_OWN + "0::/\n", "")
    assert found == discover(V1_NESTED_MOUNTS, V1_NESTED_OWN)


def test_a_tree_that_is_mounted_twice_counts_once() -> None:
    again = V1_NESTED_MOUNTS + V1_NESTED_MOUNTS.replace("/sys/fs/cgroup", "/run/cgroup")
    assert discover(again, V1_NESTED_OWN) == discover(V1_NESTED_MOUNTS, V1_NESTED_OWN)


def test_version_2_is_one_tree() -> None:
    (found,) = discover(DEBIAN_12_MOUNTS, DEBIAN_12_OWN, DEBIAN_12_CONTROLLERS)
    assert found == Hierarchy(
        2,
        ("cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"),
        Path("/sys/fs/cgroup"),
        "/user.slice/user-0.slice/session-5.scope",
    )


def test_a_controller_that_version_2_lacks_is_named() -> None:
    assert refusal(lambda: discover(DEBIAN_12_MOUNTS, DEBIAN_12_OWN, "cpu io memory pids\n")) == (
        f"cgroups: this machine lacks the controllers cpuset. {FIX}"
    )


def without(text: str, *words: str) -> str:
    return "".join(line for line in text.splitlines(True) if not any(w in line for w in words))


def test_controllers_that_version_1_lacks_are_named() -> None:
    mounts = without(V1_NESTED_MOUNTS, "freezer", "pids")
    own = without(V1_NESTED_OWN, "freezer", "pids")
    assert refusal(lambda: discover(mounts, own)) == (
        f"cgroups: this machine lacks the controllers freezer, pids. {FIX}"
    )


def test_a_machine_without_cgroups_is_told_all_it_lacks() -> None:
    assert refusal(lambda: discover("22 1 254:0 / / rw - ext4 /dev/vda rw\n", "")) == (
        f"cgroups: this machine lacks the controllers cpu, cpuacct, cpuset, devices, freezer, memory, pids. {FIX}"
    )


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """A directory where a group of a node can be."""
    return tmp_path / group_name("lab", "fc01-control-plane")


def look_alike(directory: Path, *files: tuple[str, str]) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files:
        (directory / name).write_text(text)
    return directory


def test_the_group_of_a_node_can_be_told_from_everything_else() -> None:
    assert group_name("lab", "fc01-control-plane") == "k8s-federation-lab-fc01-control-plane"


def test_a_group_of_version_1_may_use_the_processors_and_memory_of_its_parent(
    tmp_path: Path, group: Path
) -> None:
    look_alike(tmp_path, ("cpuset.cpus", "0-3"), ("cpuset.mems", "0"))
    create([Hierarchy(1, ("cpuset",), tmp_path, "/")], [group])
    assert (group / "cpuset.cpus").read_text() == "0-3"
    assert (group / "cpuset.mems").read_text() == "0"


def test_version_2_hands_its_controllers_down(tmp_path: Path, group: Path) -> None:
    controllers = ("cpuset", "cpu", "io", "memory", "hugetlb", "pids")
    create([Hierarchy(2, controllers, tmp_path, "/")], [group])
    assert group.is_dir()
    handed_down = (tmp_path / "cgroup.subtree_control").read_text().split()
    assert set(handed_down) >= {"+cpu", "+cpuset", "+io", "+memory", "+pids"}


def test_a_group_that_is_there_is_taken(tmp_path: Path, group: Path) -> None:
    for _ in range(2):
        create([Hierarchy(1, ("pids",), tmp_path, "/")], [group])
    assert group.is_dir()


def test_a_group_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    group = tmp_path / "gone" / "node"
    assert refusal(lambda: create([Hierarchy(1, ("pids",), tmp_path, "/gone")], [group])) == (
        f"cgroup {group}: it can't be made ([Errno 2] No such file or directory: '{group}'). "
        "Next: run as root where cgroups are writable."
    )


def test_a_group_is_removed_with_all_below_it(group: Path) -> None:
    (group / "kubepods" / "burstable" / "pod1").mkdir(parents=True)
    (group / "init").mkdir()
    assert remove([group]) == []
    assert not group.exists()
    assert remove([group]) == [], "gone is done"


def test_a_group_that_is_still_in_use_is_named(tmp_path: Path, group: Path) -> None:
    look_alike(group / "kubepods", ("cgroup.procs", "17"))  # a plain file keeps a plain directory
    (tmp_path / "other").mkdir()
    assert remove([group, tmp_path / "other"]) == [group]
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("file", "running", "stopped"), [("freezer.state", "THAWED", "FROZEN"), ("cgroup.freeze", "0", "1")]
)
def test_a_node_is_frozen_and_thawed(group: Path, file: str, running: str, stopped: str) -> None:
    groups = [look_alike(group.with_name("pids")), look_alike(group, (file, f"{running}\n"))]
    assert not frozen(groups)
    freeze(groups, frozen=True)
    assert (group / file).read_text() == stopped
    assert frozen(groups)
    freeze(groups, frozen=False)
    assert (group / file).read_text() == running
    assert not frozen(groups)


def test_a_node_that_is_about_to_freeze_counts_as_frozen(group: Path) -> None:
    assert frozen([look_alike(group, ("freezer.state", "FREEZING\n"))])


V1_MEMORY = (("memory.usage_in_bytes", "1000\n"), ("memory.stat", "cache 500\ntotal_inactive_file 300\n"))
V2_MEMORY = (("memory.current", "1000\n"), ("memory.stat", "anon 500\ninactive_file 300\n"))


@pytest.mark.parametrize("files", [V1_MEMORY, V2_MEMORY])
def test_memory_that_can_be_dropped_is_not_counted(group: Path, files: Iterable[tuple[str, str]]) -> None:
    groups = [look_alike(group.with_name("pids")), look_alike(group, *files)]
    assert memory_in_use(groups) == 700


def test_memory_that_nobody_counts_is_unknown(group: Path) -> None:
    assert memory_in_use([look_alike(group)]) is None
    assert memory_in_use([]) is None


@pytest.mark.parametrize(
    ("root", "place", "base"),
    [
        ("/", "/user.slice", "user.slice"),
        ("/docker/ab12", "/docker/ab12", ""),  # a container that sees the host's names
        ("/docker/ab12", "/docker/ab12/inner", "inner"),
        ("/docker/ab12", "/docker/ab123", "docker/ab123"),
        ("/..", "/../other", "other"),  # mounted before the cgroup namespace was made
        ("/", "/../other", ""),  # and after: there is no path to where we are
    ],
)
def test_a_group_is_looked_for_below_what_is_mounted(root: str, place: str, base: str) -> None:
    mounts = f"30 20 0:25 {root} /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    (tree,) = discover(mounts, f"0::{place}\n", "cpu cpuset memory pids")
    assert tree.base == Path("/sys/fs/cgroup") / base
