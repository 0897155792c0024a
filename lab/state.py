"""What a lab remembers on disk, and the lock that keeps two commands from working on it at once.

The record is written before anything is made, and names everything that will be. So `lab down` can remove what a
killed `lab up` left, whenever that was.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal, TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from lab.errors import LabError, NotFoundError
from lab.layout import ClusterLayout, Layout, Node, lay_out
from lab.node.machine import Machine
from lab.paths import state_dir
from lab.topology import Topology

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,18}[a-z0-9])?")


class Record(BaseModel):
    """The facts about a lab that can't be computed again."""

    model_config = ConfigDict(frozen=True)

    schema_version: Literal[1] = 1
    topology: Topology
    added: tuple[str, ...] = ()
    """Clusters that came while the lab was up, by other ways than `lab up`."""
    groups: dict[str, tuple[Path, ...]]
    """A node's name → its directories in the cgroup trees."""
    cgroup_version: int


class State:
    """The directory of one lab.

    Args:
        lab: its name; several labs can be up side by side, as each has its own fabric.

    Raises `LabError` for a name that can't be used.
    """

    def __init__(self, lab: str) -> None:
        if not _NAME.fullmatch(lab):
            raise LabError(
                f"lab {lab!r}", "that is no name for a lab", "use up to 20 lower-case letters, digits and '-'"
            )
        self.lab = lab
        self.directory = state_dir(lab)

    @property
    def _file(self) -> Path:
        return self.directory / "lab.json"

    def record(self) -> Record | None:
        """What is remembered; None when there is no such lab. Raises `LabError` for a file that can't be read."""
        try:
            return Record.model_validate_json(self._file.read_text())
        except FileNotFoundError:
            return None
        except PermissionError:
            raise LabError(
                f"lab {self.lab!r}", f"{self._file} is root's alone to read", "run it with sudo"
            ) from None
        except ValidationError as error:
            raise self._unreadable(error.errors()[0]["msg"]) from None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, why: object) -> LabError:
        return LabError(f"lab {self.lab!r}", f"{self._file} can't be read ({why})", "run `lab down --force`")

    def require(self) -> Record:
        """What is remembered. Raises `NotFoundError` when there is no such lab."""
        if (record := self.record()) is None:
            raise NotFoundError(f"lab {self.lab!r}", "it is not up", "run `lab up`")
        return record

    def save(self, record: Record) -> None:
        """Remember, whole or not at all."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(record.model_dump_json(indent=1))
        draft.rename(self._file)

    def layout(self, record: Record) -> Layout:
        """The lab's names and addresses."""
        return lay_out(self.lab, record.topology)

    def cluster_directory(self, cluster: ClusterLayout) -> Path:
        """A cluster's certificates and kubeconfigs."""
        return self.directory / "clusters" / cluster.name

    def kubeconfig(self, cluster: ClusterLayout) -> Path:
        """The administrator's kubeconfig."""
        return self.cluster_directory(cluster) / "admin.kubeconfig"

    @property
    def merged_kubeconfig(self) -> Path:
        """The kubeconfig of all clusters."""
        return self.directory / "kubeconfig"

    def machine(self, record: Record, node: Node) -> Machine:
        """The machine of a node."""
        return Machine(node, self.node_directory(node), record.groups[node.name], record.cgroup_version)

    def node_directory(self, node: Node) -> Path:
        """The files of a node."""
        return self.directory / "nodes" / node.name

    @contextmanager
    def lock(self, doing: str, *, wait: float = 0) -> Iterator[None]:
        """Hold the lab for one command.

        Args:
            doing: the command, for whoever is refused meanwhile.
            wait: so many seconds for another command's end.

        Raises `LabError` that names the command which holds it now.
        """
        end = time.monotonic() + wait
        while (stream := self._taken()) is None:
            if time.monotonic() >= end:
                raise LabError(
                    f"lab {self.lab!r}",
                    _holder((self.directory / "lock").read_text()),
                    "wait for it to end, then run this again",
                )
            time.sleep(0.05)
        with stream:
            stream.truncate(0)
            stream.write(json.dumps({"pid": os.getpid(), "doing": doing}))
            stream.flush()
            yield

    def _taken(self) -> TextIO | None:
        """The lock file, locked until it is closed; None while another command has it."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self.directory / "lock"
        with ExitStack() as failing:
            stream = failing.enter_context(os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+"))
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            if not file.exists() or file.stat().st_ino != os.fstat(stream.fileno()).st_ino:
                raise LabError(f"lab {self.lab!r}", "it was just being removed", "run this again")
            failing.pop_all()
        return stream


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
    except ValueError:
        return "another command is working on it"
    return f"`lab {holder['doing']}` (process {holder['pid']}) is working on it"
