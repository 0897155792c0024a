"""Tools that are on the machine already, in a version that does.

Only a complete set counts: a kubectl alone makes no cluster, and servers of different minor versions are a
combination nobody asked for.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.shell import run
from lab.tools.catalog import PULUMI_KUBERNETES
from lab.tools.tool import Tool

Version = tuple[int, int, int]
Find = Callable[[str], str | None]
Ask = Callable[[list[str]], str]


@dataclass(frozen=True)
class Range:
    """Versions that do: from `lowest` up to, but without, `below`."""

    lowest: Version
    below: Version

    def holds(self, version: Version | None) -> bool:
        """Whether the version is one of them; an unknown one is not."""
        return version is not None and self.lowest <= version < self.below


@dataclass(frozen=True)
class Existing:
    """What was found: the version as the tool tells it, and where its programs are."""

    version: str
    programs: dict[str, Path]


_SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
_PULUMI_HELPERS = (
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)

# By tool: the programs that must be there, and the arguments that make them tell a version (none: not asked).
_ASK: dict[str, dict[str, tuple[str, ...]]] = {
    "kubernetes": {**dict.fromkeys(_SERVERS, ("--version",)), "kubectl": ("version", "--client")},
    "etcd": {"etcd": ("--version",), "etcdctl": ("version",)},
    "coredns": {"coredns": ("-version",)},
    "pulumi": {"pulumi": ("version",), **dict.fromkeys(_PULUMI_HELPERS, ())},
}
_RANGES = {
    "kubernetes": Range((1, 36, 0), (1, 37, 0)),
    "etcd": Range((3, 6, 0), (3, 7, 0)),
    "coredns": Range((1, 14, 0), (1, 15, 0)),
    # 3.216 is the SDK that our Kubernetes provider plugin is made with.
    "pulumi": Range((3, 216, 0), (4, 0, 0)),
}


def parse_version(text: str) -> Version | None:
    """The first version in what a program says, such as "Kubernetes v1.36.3" or "CoreDNS-1.14.7".

    A pre-release counts as unknown: its order to the release is not that of its numbers.
    """
    found = re.search(r"(?<![\d.])v?(\d+)\.(\d+)\.(\d+)(?![\d.])(-\w)?", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found and not found[4] else None


def find_existing(tool: Tool, *, find: Find = shutil.which, ask: Ask | None = None) -> Existing | None:
    """The tool as installed on this machine, or None.

    Args:
        find: says where a program is.
        ask: runs a program and gives what it says; replaced in tests.
    """
    if tool.name == "pulumi-kubernetes":
        return _plugin()
    wanted = _ASK.get(tool.name)
    if wanted is None:
        return None
    found = {name: Path(path) for name in wanted if (path := find(name))}
    if found.keys() != wanted.keys():
        return None
    asked = ask or _ask
    versions = [
        parse_version(asked([str(path), *wanted[name]])) for name, path in found.items() if wanted[name]
    ]
    if not all(_RANGES[tool.name].holds(version) for version in versions) or versions[0] is None:
        return None
    return Existing("v" + ".".join(map(str, versions[0])), found)


def _plugin() -> Existing | None:
    """Pulumi's own plugin folder has the version in its name, and a marker beside one that is half there."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    folder = home / "plugins" / f"resource-kubernetes-v{PULUMI_KUBERNETES}"
    program = folder / "pulumi-resource-kubernetes"
    if not program.is_file() or folder.with_name(folder.name + ".partial").exists():
        return None
    return Existing(PULUMI_KUBERNETES, {program.name: program})


def _ask(argv: list[str]) -> str:
    try:
        return run(argv, timeout=10).stdout
    except LabError:
        return ""
