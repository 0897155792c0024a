"""PID 1 of a node: gives the machine a root of its own, then keeps its processes running.

It is a program by itself (standard library only; the lab copies it beside the node's files) and runs as the first
process in new mount, UTS, IPC, PID and cgroup namespaces, in the node's network namespace and control groups:

    init.py machine.json

The root is a small tmpfs with the host's programs read-only and the node's own /etc, /var, /run and /tmp, so nothing
a node does can change a file of the host. When this process ends, the kernel ends everything in the node.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAMS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
SHARED_ETC = (
    "alternatives ca-certificates group host.conf ld.so.cache ld.so.conf ld.so.conf.d localtime nsswitch.conf "
    "os-release passwd protocols rpc services ssl xattr.conf"
).split()
LOOK_ALIKES = {"vm/overcommit_memory": "1", "kernel/panic": "10", "kernel/panic_on_oops": "1"}
"""The kubelet insists on these values and would set them, for the whole machine; a file in their place satisfies it."""

CANNOT_START = 127
"""The exit status that a shell gives for a program that can't be started."""

RESTART_FIRST, RESTART_LONGEST = 1.0, 10.0
"""Seconds until an ended process is started again: doubled each time, and reset once it has run for a minute."""


def mount(*words: str) -> None:
    """mount(8). Raises CalledProcessError."""
    subprocess.run(["mount", *words], check=True)


def build_root(root: Path, node: Path, visible: list[str]) -> None:
    """Lay out the node's file tree at `root`.

    Args:
        root: an empty directory.
        node: the node's directory on the host, with etc, var and tmp.
        visible: further paths of the host that the node reads, such as the tools.
    """
    mount("-t", "tmpfs", "-o", "mode=755,size=64m", "tmpfs", str(root))
    for name in PROGRAMS:
        source = Path("/", name)
        if source.is_symlink():
            (root / name).symlink_to(source.readlink())
        elif source.is_dir():
            bind(source, root / name, read_only=True)
    bind(Path("/dev"), root / "dev")
    for name in ("proc", "sys", "run", "root", "opt", "mnt", "home", "etc"):
        (root / name).mkdir()
    for name in ("var", "tmp"):
        bind(node / name, root / name)
    for name in SHARED_ETC:
        if (source := Path("/etc", name)).exists():
            bind(source.resolve(), root / "etc" / name, read_only=True)
    for source in sorted((node / "etc").iterdir()):
        bind(source, root / "etc" / source.name)
    for path in visible:
        bind(Path(path), root / path.lstrip("/"), read_only=True)


def bind(source: Path, target: Path, *, read_only: bool = False) -> None:
    """Show `source` at `target` too."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount("--rbind", str(source), str(target))
    if read_only:
        mount("-o", "remount,bind,ro", str(target))


def enter_root(root: Path) -> None:
    """Make `root` the root, and let go of the old one with all its mounts (other nodes' namespaces among them)."""
    old = root / ".host"
    old.mkdir()
    os.chdir(root)
    subprocess.run(["pivot_root", ".", ".host"], check=True)
    os.chdir("/")
    mount("-t", "proc", "proc", "/proc")
    subprocess.run(["umount", "--lazy", "/.host"], check=True)
    Path("/.host").rmdir()


def mount_kernel_files(cgroups: list[dict[str, Any]]) -> None:
    """/sys of this network namespace, the control groups with the node's own as root, /run, and the look-alikes."""
    mount("-t", "sysfs", "sysfs", "/sys")
    if cgroups[0]["version"] == 2:
        mount("-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
        hand_down_v2(Path("/sys/fs/cgroup"))
    else:
        mount_cgroups_v1([group["controllers"] for group in cgroups])
    mount("-t", "tmpfs", "-o", "mode=755", "run", "/run")
    for name in ("containerd", "netns", "lock", "sysctl"):
        Path("/run", name).mkdir()
    for name, value in LOOK_ALIKES.items():
        if (real := Path("/proc/sys", name)).exists():
            likeness = Path("/run/sysctl", name.replace("/", "."))
            likeness.write_text(value + "\n")
            mount("--bind", str(likeness), str(real))
    mount("--make-rshared", "/")  # pods' mounts must be able to travel (mount propagation)


def mount_cgroups_v1(trees: list[list[str]]) -> None:
    """One mount a tree, and a link for each controller of a tree that has several."""
    mount("-t", "tmpfs", "-o", "mode=755", "cgroup", "/sys/fs/cgroup")
    for controllers in trees:
        named = controllers[0].startswith("name=")
        directory = Path(
            "/sys/fs/cgroup", controllers[0].removeprefix("name=") if named else ",".join(controllers)
        )
        directory.mkdir()
        mount(
            "-t",
            "cgroup",
            "-o",
            f"none,{controllers[0]}" if named else ",".join(controllers),
            "cgroup",
            str(directory),
        )
        for controller in controllers if len(controllers) > 1 else ():
            directory.with_name(controller).symlink_to(directory.name)


def hand_down_v2(top: Path) -> None:
    """Give the groups of pods their controllers. `top` has no members: the lab starts this process one level below."""
    for controller in (top / "cgroup.controllers").read_text().split():
        (top / "cgroup.subtree_control").write_text(f"+{controller}")


class Service:
    """One process that is kept running."""

    def __init__(self, spec: dict[str, Any], logs: Path) -> None:
        self.name: str = spec["name"]
        self.argv: list[str] = spec["argv"]
        self.after: dict[str, Any] = spec["after"]
        self.log = logs / f"{self.name}.log"
        self.pid = 0
        self.starts = 0
        self.last_status: int | None = None
        self._started = self._due = 0.0
        self._delay = RESTART_FIRST

    def may_start(self, now: float) -> bool:
        """Whether it is down, its pause is over, and what it needs is there."""
        return not self.pid and now >= self._due and self._ready()

    def _ready(self) -> bool:
        if (path := self.after.get("path")) and not Path(path).exists():
            return False
        if (address := self.after.get("tcp")) is None:
            return True
        # Not create_connection: it would load a codec, and the interpreter's files stayed outside with the old root.
        with socket.socket() as probe:
            probe.settimeout(0.3)
            return probe.connect_ex(tuple(address)) == 0

    def start(self, now: float) -> None:
        """Start it with its output in its log."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        actions: list[Any] = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.log), flags, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        self.starts += 1
        self._started = now
        try:
            self.pid = os.posix_spawn(
                self.argv[0], self.argv, dict(os.environ), file_actions=actions, setsid=True
            )
        except OSError:  # the program is gone, or the disk is full: no reason for the machine to stop
            self.ended(CANNOT_START << 8, now)

    def ended(self, status: int, now: float) -> None:
        """Note the end, and when to start again."""
        if now - self._started > 60:
            self._delay = RESTART_FIRST
        self.pid, self.last_status = 0, os.waitstatus_to_exitcode(status)
        self._due, self._delay = now + self._delay, min(self._delay * 2, RESTART_LONGEST)


def supervise(services: list[Service], report: Path) -> None:
    """Start, restart and reap for as long as the machine is on."""
    while True:
        changed = reap(services)
        for service in services:
            if service.may_start(now := time.monotonic()):
                service.start(now)
                changed = True
        if changed:
            write_report(services, report)
        busy = any(not s.pid for s in services)
        time.sleep(0.1 if busy else 0.5)


def reap(services: list[Service]) -> bool:
    """Collect every child that has ended, orphans of pods too. True if a service was among them."""
    ended = False
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not pid:
            return ended
        for service in services:
            if service.pid == pid:
                service.ended(status, time.monotonic())
                ended = True


def write_report(services: list[Service], report: Path) -> None:
    """For `lab status`: what runs, and how often it had to be started."""
    lines = {
        s.name: {"running": bool(s.pid), "starts": s.starts, "exit_status": s.last_status} for s in services
    }
    draft = report.with_suffix(".draft")
    with contextlib.suppress(OSError):  # a full disk makes the report old, and must not stop the machine
        draft.write_text(json.dumps(lines))
        draft.rename(report)


def main() -> None:
    """Become the machine that machine.json describes."""
    machine = json.loads(Path(sys.argv[1]).read_text())
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    socket.sethostname(machine["name"])
    mount("--make-rprivate", "/")
    root = Path(machine["directory"], "root")
    build_root(root, Path(machine["directory"]), machine["visible"])
    enter_root(root)
    mount_kernel_files(machine["cgroups"])
    os.environ.clear()
    os.environ.update(machine["environment"])
    logs = Path("/var/log/lab")
    logs.mkdir(exist_ok=True)
    supervise([Service(s, logs) for s in machine["services"]], Path("/var/lib/lab-services.json"))


if __name__ == "__main__":
    main()
