"""Network namespaces: the lab's machines and the fabric that joins them.

Namespaces are named with `ip netns`, so that an operator can look into them with standard tools. Programs are never
started with `ip netns exec`: it mounts over /sys and hides the cgroups. `nsenter --net` changes the network only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import threading
import time
from pathlib import Path

from lab.shell import run

DIRECTORY = Path("/run/netns")
CLAIM = Path("/run/k8s-federation-netns")
_CLONE_NEWNET = 0x40000000  # <linux/sched.h>


def path(name: str) -> Path:
    """The file that stands for the namespace."""
    return DIRECTORY / name


def exists(name: str) -> bool:
    """Whether there is a namespace of that name."""
    return path(name).exists()


def create(name: str) -> None:
    """Make a namespace with its loopback up; one that is there already is taken."""
    if not exists(name):
        _claim_directory()
        run(["ip", "netns", "add", name])
    run(["ip", "-n", name, "link", "set", "lo", "up"])


def delete(name: str) -> None:
    """Remove the name; the namespace ends with its last process."""
    if exists(name):
        run(["ip", "netns", "delete", name])


def enter(name: str, *argv: str) -> list[str]:
    """The command that runs `argv` in the namespace, all else unchanged."""
    return ["nsenter", f"--net={path(name)}", "--", *argv]


def processes(name: str) -> list[int]:
    """The processes whose network is this namespace, by their numbers on the host."""
    if not exists(name):
        return []
    wanted = path(name).stat().st_ino
    return [pid for pid in _all_pids() if _namespace_of(pid) == wanted]


def _all_pids() -> list[int]:
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]


def _namespace_of(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:  # it has ended
        return None


def end_processes(name: str, seconds: float = 10) -> list[int]:
    """Kill everything in the namespace; returns what is still there after so many seconds."""
    end = time.monotonic() + seconds
    while (pids := processes(name)) and time.monotonic() < end:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    return pids


def _claim_directory() -> None:
    """Note that /run/netns is about to become a mount through us: the first `ip netns add` of a machine makes it one.

    The note is shared by all labs of the machine, as the last of them takes the mount away, and gone with a reboot.
    """
    if not _directory_mounts():
        CLAIM.touch()


def release_directory() -> None:
    """Take the mount of /run/netns away if a lab made it and nobody's namespace is in it any more."""
    if not CLAIM.exists() or (DIRECTORY.is_dir() and any(DIRECTORY.iterdir())):
        return
    for _ in range(_directory_mounts()):
        run(["umount", DIRECTORY])
    if DIRECTORY.is_dir():
        DIRECTORY.rmdir()
    CLAIM.unlink(missing_ok=True)


def _directory_mounts() -> int:
    """How often something is mounted on /run/netns. `Path.is_mount` sees no bind mount within one file system."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return sum(line.split()[4] == str(DIRECTORY) for line in mounts)


def connect(name: str, host: str, port: int, timeout: float) -> socket.socket:
    """A TCP connection from inside the namespace, made by this process.

    A socket stays in the namespace in which it was made, so only a short-lived thread has to go there.
    Raises `OSError`.
    """
    made: list[socket.socket | OSError] = []

    def work() -> None:
        try:
            _move_this_thread(name)
            made.append(socket.create_connection((host, port), timeout))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=work, name=f"connect-{name}")
    thread.start()
    thread.join()
    if isinstance(result := made[0], OSError):
        raise result
    return result


def _move_this_thread(name: str) -> None:
    """setns(2), which moves only the calling thread. `os.setns` came with Python 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(path(name), os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(handle, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns to {name}")
    finally:
        os.close(handle)
