"""A node as a machine of its own: power it on, look whether it runs, run a command in it, cut its power.

On the host a running node is: a network namespace, one group in each cgroup tree, and an `unshare` process whose
child is the node's PID 1 (`lab/node/init.py`). The kernel ends everything in the node when that child ends, so
nothing has to be remembered to be able to remove it: who is in the namespace, belongs to the node.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.deadline import Deadline
from lab.errors import LabError
from lab.layout import Node
from lab.network import netns
from lab.node import cgroups, init
from lab.shell import run

NAMESPACES = ("--mount", "--uts", "--ipc", "--pid")
"""Beside those of the network and of cgroups."""
_JOIN = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"'
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Machine:
    """One node on this host.

    Attributes:
        node: its name and network.
        directory: its files on the host; `var` is its disk and survives a power cut.
        groups: its directories in the cgroup trees, as recorded when they were made.
        cgroup_version: 1 or 2.
    """

    node: Node
    directory: Path
    groups: tuple[Path, ...]
    cgroup_version: int

    @property
    def var(self) -> Path:
        """The node's /var as the host sees it."""
        return self.directory / "var"

    def log(self, process: str) -> Path:
        """The log of one of the node's processes."""
        return self.var / "log" / "lab" / f"{process}.log"

    def write_files(self, etc: dict[str, str], machine: dict[str, Any]) -> None:
        """Lay down the node's /etc (path below it → text) and what its init shall do."""
        for directory in ("etc", "tmp", "root", "var/lib", "var/log", "var/tmp"):
            (self.directory / directory).mkdir(parents=True, exist_ok=True, mode=0o755)
        (self.directory / "tmp").chmod(0o1777)
        for name, target in (("run", "/run"), ("lock", "/run/lock")):
            with contextlib.suppress(FileExistsError):
                (self.var / name).symlink_to(target)
        for name, text in etc.items():
            file = self.directory / "etc" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o600 if file.suffix in (".key", ".kubeconfig") else 0o644)
        (self.directory / "machine.json").write_text(json.dumps(machine, indent=1))
        shutil.copyfile(init.__file__, self.directory / "init.py")

    def power_on(self) -> None:
        """Start the node's init; returns once it is there. Its network namespace must exist."""
        log = self.directory / "init.log"
        inner = [
            sys.executable,
            "-I",
            "-S",
            str(self.directory / "init.py"),
            str(self.directory / "machine.json"),
        ]
        unshare = ["unshare", *NAMESPACES, "--fork", "--kill-child", *inner]
        # The group in which the cgroup namespace is made becomes its root; on version 2 nobody may stay there.
        rooted = ["unshare", "--cgroup", *self._joined(self._own_groups, unshare)]
        argv = self._joined(self.groups, netns.enter(self.node.namespace, *rooted))
        with log.open("wb") as output:
            subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
            )
        Deadline(15).until(
            f"node {self.node.name}",
            lambda: self._not_up(log),
            fix=f"read {log} and run `lab up` again",
            interval=0.05,
        )

    def _not_up(self, log: Path) -> str | None:
        if self.init_pid() and (self.var / "lib" / "lab-services.json").exists():
            return None
        return f"its init has not started; its log says: {log.read_text(errors='replace').strip()[-500:] or 'nothing'}"

    def init_pid(self) -> int | None:
        """The number on the host of the node's PID 1, or None when it is off."""
        for pid in netns.processes(self.node.namespace):
            numbers = _numbers(pid)
            if len(numbers) == 2 and numbers[1] == 1:
                return pid
        return None

    def command(self, argv: Sequence[str]) -> list[str]:
        """The host's command line that runs `argv` in the node. Raises `LabError` when the node is off."""
        pid = self.init_pid()
        if pid is None:
            raise LabError(
                f"node {self.node.name}", "it is switched off", f"run `lab fault restore {self.node.name}`"
            )
        # No --wd: whoever enters a mount namespace is at its root, and --wd would be a directory of the host.
        enter = ["nsenter", f"--target={pid}", "--net", "--cgroup", *NAMESPACES, "--"]
        environment = ["env", f"PATH={SEARCH_PATH}", "HOME=/root", "CONTAINERD_NAMESPACE=k8s.io"]
        return self._joined(self._own_groups, [*enter, *environment, *argv])

    @property
    def _own_groups(self) -> tuple[Path, ...]:
        """The groups of the node's own processes, as against those of its pods."""
        return cgroups.members(self.cgroup_version, self.groups)

    @staticmethod
    def _joined(groups: Sequence[Path], argv: Sequence[str]) -> list[str]:
        """`argv`, run as a member of the node's groups."""
        return ["sh", "-c", _JOIN, "sh", *map(str, groups), "--", *argv]

    def power_off(self) -> list[int]:
        """End everything in the node at once, like a power cut. Returns the processes that would not end in 10 s."""
        cgroups.freeze(self.groups, frozen=False)  # a frozen process does not die
        left = netns.end_processes(self.node.namespace)
        (self.var / "lib" / "lab-services.json").unlink(missing_ok=True)
        return left

    def wait_for_groups(self) -> None:
        """Wait until the pods' processes, which are in namespaces of their own, have left the cgroups too."""
        end = time.monotonic() + 10
        while any(_members(g) for g in self.groups) and time.monotonic() < end:
            time.sleep(0.05)

    @property
    def paused(self) -> bool:
        """Whether `pause` holds it."""
        return cgroups.frozen(self.groups)

    def pause(self, *, paused: bool) -> None:
        """Stop the node in its tracks, or let it go on: its processes stay, and no packet is answered by them."""
        cgroups.freeze(self.groups, frozen=paused)

    def services(self) -> dict[str, dict[str, Any]]:
        """What init says of its processes: name → running, starts, exit_status. Empty when it is off."""
        try:
            report: dict[str, dict[str, Any]] = json.loads(
                (self.var / "lib" / "lab-services.json").read_text()
            )
        except FileNotFoundError:
            return {}
        return report


def _numbers(pid: int) -> list[int]:
    """The numbers of a process in each PID namespace from ours inwards (proc(5), NSpid)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return []
    line = next((text for text in status.splitlines() if text.startswith("NSpid:")), "NSpid:")
    return [int(n) for n in line.split()[1:]]


def _members(group: Path) -> bool:
    for file in [group / "cgroup.procs", *group.rglob("cgroup.procs")]:
        with contextlib.suppress(OSError):
            if file.read_text().strip():
                return True
    return False


def overlay_works(directory: Path) -> bool:
    """Whether overlayfs can be used below `directory` (not on top of another overlay, as inside a container)."""
    trial = directory / "overlay-trial"
    for name in ("lower", "upper", "work", "merged"):
        (trial / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={trial}/lower,upperdir={trial}/upper,workdir={trial}/work"
    done = run(
        ["unshare", "--mount", "mount", "-t", "overlay", "-o", options, "overlay", trial / "merged"],
        check=False,
    )
    shutil.rmtree(trial, ignore_errors=True)
    return done.returncode == 0
